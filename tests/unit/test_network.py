"""The clauses of NetworkPolicies one by one; beside each refusal stands what is taken."""

from dataclasses import replace
from time import process_time
from typing import Any

import pytest
import yaml

from gitops.errors import InvalidInput
from gitops.network import (
    INTERNET,
    Answer,
    Direction,
    Network,
    Outside,
    Pod,
    Service,
    outside,
    read_policy,
)
from gitops.network.addresses import ranges_of
from gitops.network.workloads import Port

WEB = Pod("shop", "Deployment/web", {"app": "web", "tier": "front"})
DB = Pod(
    "data",
    "StatefulSet/db",
    {"app": "db"},
    (Port("sql", 5432, "TCP"), Port("dns", 53, "UDP"), Port(None, 9000, "TCP")),
)
HOST = Pod("shop", "DaemonSet/agent", {"app": "web"}, host_network=True)
NAMESPACES = """
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {team: shop}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: data}}
"""


def policy(spec: str, namespace: str = "data", name: str = "p") -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": yaml.safe_load(spec),
    }


def network(*policies: dict[str, Any]) -> Network:
    found = Network.read([*yaml.safe_load_all(NAMESPACES), *policies])
    assert found.unread == ()
    return found


def answer(
    spec: str, source: Pod | Outside = WEB, target: Pod | Outside = DB, port: int = 5432
) -> Answer:
    return network(policy(spec)).allows(source, target, port).answer


FROM = "{podSelector: {}, ingress: [{from: [%s]}]}"

PEERS = {
    "{namespaceSelector: {}}": True,
    "{podSelector: {}}": False,
    "{namespaceSelector: {matchLabels: {team: shop}}}": True,
    "{namespaceSelector: {matchLabels: {team: data}}}": False,
    "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}}": True,
    "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: data}}}": False,
    "{namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}": True,
    "{namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}": False,
    "{namespaceSelector: {matchLabels: {team: data}}, podSelector: {matchLabels: {app: web}}}": (
        False
    ),
    "{namespaceSelector: {matchLabels: {team: data}}}, {namespaceSelector: {}}": True,
    "{namespaceSelector: {}, podSelector: {matchLabels: {app: web, tier: back}}}": False,
    "{namespaceSelector: {}, podSelector: {matchExpressions: [{key: app, operator: In, "
    "values: [a, web]}]}}": True,
    "{namespaceSelector: {}, podSelector: {matchExpressions: [{key: app, operator: NotIn, "
    "values: [web]}]}}": False,
    "{namespaceSelector: {}, podSelector: {matchExpressions: [{key: gone, operator: NotIn, "
    "values: [web]}]}}": True,
    "{namespaceSelector: {}, podSelector: {matchExpressions: [{key: tier, operator: Exists}]}}": (
        True
    ),
    "{namespaceSelector: {}, podSelector: {matchExpressions: [{key: tier, operator: "
    "DoesNotExist}]}}": False,
    "{namespaceSelector: {}, podSelector: {matchLabels: {app: web}, matchExpressions: [{key: "
    "tier, operator: DoesNotExist}]}}": False,
    "{namespaceSelector: {}, podSelector: null}": True,
    "{namespaceSelector: null, podSelector: {}}": False,
}


@pytest.mark.parametrize("peers", PEERS)
def test_a_peer_by_labels(peers: str) -> None:
    assert answer(FROM % peers) is (Answer.YES if PEERS[peers] else Answer.NO)


SPECS = {
    "{}": (False, True),
    "{podSelector: {}}": (False, True),
    "{podSelector: {}, policyTypes: []}": (False, True),
    "{podSelector: {}, ingress: [{}]}": (True, True),
    "{podSelector: {}, ingress: [{from: []}]}": (True, True),
    "{podSelector: {}, egress: [{}]}": (False, True),
    "{podSelector: {}, egress: []}": (False, True),
    "{podSelector: {}, egress: [{ports: [{port: 1}]}]}": (False, False),
    "{podSelector: {}, policyTypes: [Egress]}": (True, False),
    "{podSelector: {}, policyTypes: [Ingress], egress: [{ports: [{port: 1}]}]}": (False, True),
    "{podSelector: {}, policyTypes: [Egress], ingress: [{}], egress: [{}]}": (True, True),
    "{podSelector: {}, policyTypes: [Ingress, Egress]}": (False, False),
    "{podSelector: {matchLabels: {app: db}}}": (False, True),
    "{podSelector: {matchLabels: {app: other}}, policyTypes: [Ingress, Egress]}": (True, True),
}


@pytest.mark.parametrize("spec", SPECS)
def test_which_directions_a_policy_isolates(spec: str) -> None:
    inwards = answer(spec) is Answer.YES
    outwards = answer(spec, DB, WEB, 80) is Answer.YES
    assert (inwards, outwards) == SPECS[spec]


PORTS = {
    "{}": True,
    "{port: 5432}": True,
    "{port: 5432, protocol: TCP}": True,
    "{port: 5432, protocol: UDP}": False,
    "{protocol: TCP}": True,
    "{protocol: SCTP}": False,
    "{port: 5431}": False,
    "{port: 5431}, {port: 5432}": True,
    "{port: 5000, endPort: 6000}": True,
    "{port: 5432, endPort: 5432}": True,
    "{port: 5433, endPort: 6000}": False,
    "{port: sql}": True,
    "{port: sql, protocol: UDP}": False,
    "{port: dns, protocol: UDP}": False,
    "{port: unknown}": False,
}


@pytest.mark.parametrize("ports", PORTS)
def test_a_port_is_judged_at_both_ends_by_the_target(ports: str) -> None:
    expected = Answer.YES if PORTS[ports] else Answer.NO
    assert answer(f"{{ingress: [{{ports: [{ports}]}}]}}") is expected
    egress = policy(f"{{egress: [{{ports: [{ports}]}}]}}", namespace="shop")
    assert network(egress).allows(WEB, DB, 5432).answer is expected


def test_a_named_port_means_nothing_outside() -> None:
    found = network(policy("{policyTypes: [Egress], egress: [{ports: [{port: sql}]}]}"))
    assert found.allows(DB, INTERNET, 5432).denied
    assert found.allows(DB, DB, 5432).allowed


def test_protocols_are_asked_for() -> None:
    found = network(policy("{ingress: [{ports: [{port: dns, protocol: UDP}]}]}"))
    assert found.allows(WEB, DB, 53, "UDP").allowed
    assert found.allows(WEB, DB, 53).denied


def test_both_ends_must_agree() -> None:
    deny = policy("{policyTypes: [Egress]}", namespace="shop")
    take = policy(FROM % "{namespaceSelector: {}}")
    verdict = network(deny, take).allows(WEB, DB, 5432)
    assert verdict.denied
    assert verdict.egress.isolating[0].namespace == "shop"
    assert verdict.ingress.answer is Answer.YES
    assert "may not leave: no rule of shop/p" in str(verdict)
    assert network(take).allows(WEB, DB, 5432).allowed


def test_policies_add_up() -> None:
    deny = policy("{}", name="deny")
    take = policy("{podSelector: {matchLabels: {app: db}}, ingress: [{ports: [{port: 5432}]}]}")
    assert network(deny, take).allows(WEB, DB, 5432).by == ("data/p",)
    assert network(deny, take).allows(WEB, DB, 9000).denied
    assert network(deny, take).allows(WEB, replace(DB, labels={}), 5432).denied


def test_a_policy_holds_in_its_own_namespace_alone() -> None:
    assert network(policy("{}", namespace="shop")).allows(WEB, DB, 5432).allowed
    assert network(policy("{}")).allows(WEB, DB, 5432).denied


def test_where_there_is_no_policy_everything_is_open() -> None:
    verdict = network().allows(INTERNET, DB, 1)
    assert verdict.allowed
    assert verdict.by == ()
    assert "no policy isolates" in str(verdict)


def test_every_namespace_has_its_name_for_a_label_whatever_is_written() -> None:
    said = {"kubernetes.io/metadata.name": "shop"}
    liar = {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {"name": "evil", "labels": said},
    }
    spec = FROM % "{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}}"
    for name, allowed in (("shop", False), ("evil", True)):
        found = Network.read([liar, policy(spec % name)])
        assert found.allows(replace(WEB, namespace="evil"), DB, 5432).allowed is allowed


ADDRESSES = {
    ("{cidr: 203.0.113.0/24}", "203.0.113.9"): Answer.YES,
    ("{cidr: 203.0.113.77/24}", "203.0.113.9"): Answer.YES,
    ("{cidr: 203.0.113.0/24}", "203.0.114.1"): Answer.NO,
    ("{cidr: 203.0.113.0/24, except: [203.0.113.0/28]}", "203.0.113.9"): Answer.NO,
    ("{cidr: 203.0.113.0/24, except: [203.0.113.0/28]}", "203.0.113.16"): Answer.YES,
    ("{cidr: 203.0.113.0/24, except: [203.0.113.9/32]}", "203.0.113.9"): Answer.NO,
    ("{cidr: 203.0.113.0/24, except: [203.0.113.8/32, 203.0.113.10/32]}", "203.0.113.9"): (
        Answer.YES
    ),
    ("{cidr: '::/0'}", "203.0.113.9"): Answer.NO,
    ("{cidr: '2001:db8::/32'}", "2001:db8::1"): Answer.YES,
    ("{cidr: 0.0.0.0/0}", ""): Answer.YES,
    ("{cidr: '::/0'}", ""): Answer.YES,
    ("{cidr: 0.0.0.0/0, except: [10.0.0.0/8, 169.254.169.254/32]}", ""): Answer.YES,
    ("{cidr: 0.0.0.0/0, except: [8.8.8.8/32]}", ""): Answer.DEPENDS,
    ("{cidr: 8.8.8.0/24}", ""): Answer.DEPENDS,
    ("{cidr: 10.0.0.0/8}", ""): Answer.NO,
    ("{cidr: 'fd00::/8'}", ""): Answer.NO,
}
"""By block and by address; "" is the internet."""


@pytest.mark.parametrize(("block", "address"), ADDRESSES)
def test_a_block_and_somebody_outside(block: str, address: str) -> None:
    caller = outside(address) if address else INTERNET
    assert answer(FROM % f"{{ipBlock: {block}}}", caller) is ADDRESSES[block, address]


def test_ten_thousand_exceptions_are_read_once_each() -> None:
    spec = policy("{ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}")
    parts = [f"{a}.{b}.0.0/17" for a in range(1, 41) for b in range(250)]
    spec["spec"]["ingress"][0]["from"][0]["ipBlock"]["except"] = parts[::-1]
    before = process_time()
    found = network(spec)
    assert found.allows(outside("40.249.1.1"), DB, 1).denied
    assert found.allows(outside("40.249.128.1"), DB, 1).allowed
    assert found.allows(INTERNET, DB, 1).answer is Answer.DEPENDS
    assert process_time() - before < 20


def test_two_halves_of_the_internet_are_not_yet_judged_together() -> None:
    halves = "{ipBlock: {cidr: 0.0.0.0/1}}, {ipBlock: {cidr: 128.0.0.0/1}}"
    assert answer(FROM % halves, INTERNET) is Answer.DEPENDS


BLOCKS_AND_PODS = {
    "{cidr: 0.0.0.0/0}": Answer.DEPENDS,
    "{cidr: 10.0.0.0/8}": Answer.DEPENDS,
    "{cidr: 203.0.113.0/24}": Answer.NO,
    "{cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10]}": (
        Answer.NO
    ),
    "{cidr: 0.0.0.0/0, except: [10.0.0.0/8]}": Answer.DEPENDS,
}


@pytest.mark.parametrize("block", BLOCKS_AND_PODS)
def test_whether_a_block_covers_a_pod_is_the_plugins_choice(block: str) -> None:
    assert answer(FROM % f"{{ipBlock: {block}}}") is BLOCKS_AND_PODS[block]


def test_a_pod_whose_address_is_known_is_not_covered_by_another_block() -> None:
    web = replace(WEB, addresses=ranges_of(["10.1.2.3/32"]))
    assert answer(FROM % "{ipBlock: {cidr: 10.1.0.0/16}}", web) is Answer.DEPENDS
    assert answer(FROM % "{ipBlock: {cidr: 10.2.0.0/16}}", web) is Answer.NO


def test_a_selector_knows_nobody_outside() -> None:
    assert answer(FROM % "{namespaceSelector: {}}", INTERNET) is Answer.NO
    assert answer("{ingress: [{}]}", INTERNET) is Answer.YES


def test_a_pod_on_its_hosts_network_is_a_node_to_most_plugins() -> None:
    assert answer("{}", HOST) is Answer.DEPENDS
    assert answer(FROM % "{namespaceSelector: {}}", HOST) is Answer.DEPENDS
    assert answer("{ingress: [{}]}", HOST) is Answer.YES
    assert answer("{ingress: [{ports: [{port: 1}]}]}", HOST) is Answer.DEPENDS
    deny = policy("{policyTypes: [Ingress, Egress]}", namespace="shop")
    assert network(deny).allows(HOST, INTERNET, 443).answer is Answer.DEPENDS
    assert network(deny).allows(replace(HOST, host_network=False), INTERNET, 443).denied


def test_a_verdict_tells_what_it_depends_on() -> None:
    verdict = network(policy(FROM % "{ipBlock: {cidr: 10.0.0.0/8}}")).allows(WEB, DB, 5432)
    assert not verdict.allowed
    assert not verdict.denied
    assert verdict.by == ("data/p",)
    assert str(verdict).startswith("depends: ")
    assert "where the network plugin reads it so" in str(verdict)


def test_a_verdict_names_those_alone_that_say_most() -> None:
    sure = policy(FROM % "{namespaceSelector: {}}", name="sure")
    unsure = policy(FROM % "{ipBlock: {cidr: 10.0.0.0/8}}", name="unsure")
    assert network(unsure, sure).allows(WEB, DB, 5432).by == ("data/sure",)
    assert network(unsure).allows(WEB, DB, 5432).by == ("data/unsure",)


REFUSED = {
    "{podSelectors: {}}": "spec has a field that is not known: podSelectors",
    "{podSelector: []}": "spec.podSelector is no mapping",
    "{podSelector: {matchLabels: {app: 1}}}": "app is no text: 1",
    "{podSelector: {matchLabel: {app: a}}}": "matchLabel",
    "{podSelector: {matchExpressions: [{key: a, operator: in, values: [b]}]}}": "operator is none",
    "{podSelector: {matchExpressions: [{key: a, operator: In}]}}": "In needs values",
    "{podSelector: {matchExpressions: [{key: a, operator: In, values: []}]}}": "In needs values",
    "{podSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}": "no values",
    "{podSelector: {matchExpressions: [{key: a, operator: In, values: [1]}]}}": "no text: 1",
    "{podSelector: {matchExpressions: [{operator: Exists}]}}": "key is no text",
    "{policyTypes: [ingress]}": "policyTypes has what is none: ingress",
    "{policyTypes: Ingress}": "policyTypes is no list",
    "{policyTypes: [Ingress, Egress, Egress]}": "more than two",
    "{ingress: {}}": "spec.ingress is no list",
    "{ingress: [null]}": "spec.ingress has an empty entry",
    "{ingress: [{form: []}]}": "spec.ingress has a field that is not known: form",
    "{ingress: [{to: []}]}": "field that is not known: to",
    "{ingress: [{from: [{}]}]}": "names no peer",
    "{ingress: [{from: [{podSelector: null}]}]}": "names no peer",
    "{ingress: [{from: [{podSelector: {}, ipBlock: {cidr: 10.0.0.0/8}}]}]}": "no selector",
    "{ingress: [{from: [{ipBlock: {}}]}]}": "cidr is no CIDR",
    "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.1}}]}]}": "cidr is no CIDR: 10.0.0.1",
    "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/255.0.0.0}}]}]}": "is no CIDR",
    "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/33}}]}]}": "is no CIDR",
    "{ingress: [{from: [{ipBlock: {cidr: 7}}]}]}": "is no CIDR: 7",
    "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [11.0.0.0/9]}}]}]}": "no part of",
    "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/8]}}]}]}": "no part of",
    "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: ['::/9']}}]}]}": "no part of",
    "{ingress: [{ports: [null]}]}": "has an empty entry",
    "{ingress: [{ports: [{port: 0}]}]}": "is no port: 0",
    "{ingress: [{ports: [{port: 65536}]}]}": "is no port: 65536",
    "{ingress: [{ports: [{port: true}]}]}": "is no port: True",
    "{ingress: [{ports: [{port: 80.0}]}]}": "is no port: 80.0",
    "{ingress: [{ports: [{port: '80'}]}]}": "no name of a port: 80",
    "{ingress: [{ports: [{port: a-name-too-long-to-be}]}]}": "no name of a port",
    "{ingress: [{ports: [{port: a--b}]}]}": "no name of a port",
    "{ingress: [{ports: [{port: 80, protocol: tcp}]}]}": "is no protocol: tcp",
    "{ingress: [{ports: [{port: 80, endPort: 79}]}]}": "endPort 79",
    "{ingress: [{ports: [{port: http, endPort: 90}]}]}": "endPort 90",
    "{ingress: [{ports: [{endPort: 90}]}]}": "endPort 90",
    "7": "spec is no mapping: 7",
}


@pytest.mark.parametrize("spec", REFUSED)
def test_what_the_api_server_refuses_is_left_out_and_told(spec: str) -> None:
    found = Network.read([policy(spec)])
    assert found.policies == ()
    assert [(each.index, each.name) for each in found.unread] == [(0, "NetworkPolicy/data/p")]
    assert REFUSED[spec] in found.unread[0].reason
    with pytest.raises(InvalidInput):
        read_policy(policy(spec))


TAKEN = (
    "null",
    "{podSelector: null, policyTypes: null, ingress: null, egress: null}",
    "{podSelector: {matchLabels: null, matchExpressions: null}}",
    "{podSelector: {matchExpressions: [{key: a, operator: In, values: ['']}]}}",
    "{ingress: [{from: null, ports: null}]}",
    "{ingress: [{ports: [{port: 65535, endPort: 65535, protocol: SCTP}, {port: a-1}, {port: 1}]}]}",
    "{ingress: [{from: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.0.0.0/9]}}]}]}",
    "{policyTypes: [Egress], egress: [{to: [{podSelector: {}, ipBlock: null}]}]}",
)


@pytest.mark.parametrize("spec", TAKEN)
def test_what_it_takes_is_read(spec: str) -> None:
    assert Network.read([policy(spec)]).unread == ()


def test_a_wrong_question_is_an_error_with_a_cure() -> None:
    found = network()
    assert found.allows(WEB, DB, 1).allowed
    for port in (0, 65_536, True):
        with pytest.raises(InvalidInput, match="is no port"):
            found.allows(WEB, DB, port)
    with pytest.raises(InvalidInput, match="protocols are SCTP, TCP, UDP"):
        found.allows(WEB, DB, 1, "ICMP")
    with pytest.raises(InvalidInput, match="no IP address"):
        outside("10.0.0.0/8")


def pod_template(labels: str = "{app: web}", spec: str = "{containers: [{name: c}]}") -> str:
    return f"{{metadata: {{labels: {labels}}}, spec: {spec}}}"


WORKLOADS = {
    "{apiVersion: v1, kind: Pod, metadata: {name: x, labels: {app: web}}, "
    "spec: {containers: [{name: c}]}}": "default/Pod/x",
    f"{{apiVersion: apps/v1, kind: Deployment, metadata: {{name: x, namespace: shop}}, "
    f"spec: {{template: {pod_template()}}}}}": "shop/Deployment/x",
    f"{{apiVersion: batch/v1, kind: CronJob, metadata: {{name: x}}, "
    f"spec: {{jobTemplate: {{spec: {{template: {pod_template()}}}}}}}}}": "default/CronJob/x",
    f"{{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {{name: x}}, "
    f"spec: {{template: {pod_template()}}}}}": "default/Rollout/x",
}


@pytest.mark.parametrize("manifest", WORKLOADS)
def test_a_pod_template_is_found_where_it_stands(manifest: str) -> None:
    (pod,) = Network.read([yaml.safe_load(manifest)]).pods
    assert str(pod) == WORKLOADS[manifest]
    assert dict(pod.labels) == {"app": "web"}
    assert pod.index == 0


def deployment(spec: str, labels: str = "{app: web}", kind: str = "Deployment") -> object:
    template = pod_template(labels, spec)
    return yaml.safe_load(
        f"{{kind: {kind}, metadata: {{name: x, namespace: shop}}, spec: {{template: {template}}}}}"
    )


def test_the_pods_of_a_job_carry_its_name() -> None:
    (pod,) = Network.read([deployment("{containers: [{name: c}]}", kind="Job")]).pods
    assert pod.labels["job-name"] == pod.labels["batch.kubernetes.io/job-name"] == "x"


def test_the_ports_of_containers_and_sidecars_are_the_pods() -> None:
    spec = (
        "{containers: [{ports: [{name: http, containerPort: 80}, {containerPort: 53, protocol: "
        "UDP}]}], initContainers: [{restartPolicy: Always, ports: [{name: m, containerPort: 9}]}, "
        "{ports: [{name: no, containerPort: 8}]}]}"
    )
    (pod,) = Network.read([deployment(spec)]).pods
    assert pod.ports == (Port("http", 80, "TCP"), Port(None, 53, "UDP"), Port("m", 9, "TCP"))


def test_what_is_no_workload_is_passed_over() -> None:
    sealed = {"kind": "SealedSecret", "spec": {"template": {"metadata": {"name": "x"}}}}
    found = Network.read([sealed, {"kind": "ConfigMap"}, {}])
    assert (found.pods, found.unread) == ((), ())


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (7, "an object is no mapping"),
        ({1: 2}, "an object is no mapping"),
        (deployment("{containers: [{ports: [{containerPort: x}]}]}"), "containerPort is no port"),
        (deployment("{containers: 7}"), "containers is no list"),
        (deployment("{containers: [7]}"), "a container is no mapping"),
        (deployment("{containers: [{}]}", labels="[a]"), "labels is no mapping"),
        (deployment("{containers: [{}]}", labels="{a: 1}"), "a is no text"),
        ({"apiVersion": "v1", "kind": "Namespace"}, "metadata.name is no text"),
        ({"apiVersion": "v1", "kind": "Service", "metadata": {"name": ""}}, "metadata.name"),
    ],
)
def test_a_malformed_object_is_left_out_with_its_reason(data: object, reason: str) -> None:
    found = Network.read([data])
    assert len(found.unread) == 1
    assert reason in found.unread[0].reason


def test_a_namespace_with_wrong_labels_has_its_name_at_least() -> None:
    wrong = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "labels": 7}}
    found = Network.read([wrong])
    assert found.labels("n") == {"kubernetes.io/metadata.name": "n"}
    assert found.unread[0].name == "Namespace/n"


def service(spec: str) -> tuple[Network, Service]:
    manifest = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "shop"},
        "spec": yaml.safe_load(spec),
    }
    spec = "{containers: [{ports: [{name: http, containerPort: 8080}]}]}"
    found = Network.read([manifest, deployment(spec), deployment("{containers: [{}]}")])
    return found, found.services[0]


SERVICES: dict[tuple[str, int | str], list[int]] = {
    ("{selector: {app: web}, ports: [{port: 80}]}", 80): [80, 80],
    ("{selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}", 80): [8080, 8080],
    ("{selector: {app: web}, ports: [{port: 80, targetPort: http}]}", 80): [8080],
    ("{selector: {app: web}, ports: [{name: web, port: 80, targetPort: 8080}]}", "web"): [
        8080,
        8080,
    ],
    ("{selector: {app: db}, ports: [{port: 80}]}", 80): [],
    ("{selector: {}, ports: [{port: 80}]}", 80): [],
    ("{ports: [{port: 80}]}", 80): [],
    ("{type: ExternalName, selector: {app: web}, ports: [{port: 80}]}", 80): [],
    ("{clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: http}]}", 80): [
        80,
        80,
    ],
}


@pytest.mark.parametrize(("spec", "port"), SERVICES)
def test_what_stands_behind_a_port_of_a_service(spec: str, port: int | str) -> None:
    found, asked = service(spec)
    assert [number for _, number in found.endpoints(asked, port)] == SERVICES[spec, port]


def test_a_service_leads_to_pods_of_its_own_namespace() -> None:
    found, asked = service("{selector: {app: web}, ports: [{port: 80}]}")
    assert all(asked.selects(pod) for pod in found.pods)
    assert not any(asked.selects(replace(pod, namespace="data")) for pod in found.pods)


def test_a_service_without_such_a_port() -> None:
    found, asked = service("{selector: {app: web}, ports: [{port: 80}, {port: 443}]}")
    assert found.endpoints(asked, 443)
    with pytest.raises(InvalidInput, match=r"shop/s has no port 81; it has 80, 443"):
        found.endpoints(asked, 81)
    with pytest.raises(InvalidInput, match="no port 80"):
        found.endpoints(asked, 80, "UDP")


def test_dns_is_that_of_the_cluster_where_its_pods_are_among_the_objects() -> None:
    dns = policy(
        "{policyTypes: [Egress], egress: [{to: [{namespaceSelector: {matchLabels: "
        "{kubernetes.io/metadata.name: kube-system}}}], ports: [{port: 53, protocol: UDP}]}]}"
    )
    found = network(dns)
    assert found.resolves(DB).allowed
    server = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "d", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns"}},
        "spec": {"containers": [{"name": "d"}]},
    }
    closed = policy("{}", namespace="kube-system")
    assert network(dns, server).resolves(DB).allowed
    assert network(dns, server, closed).resolves(DB).denied


def test_which_policies_apply() -> None:
    found = network(policy("{}", name="in"), policy("{policyTypes: [Egress]}", name="out"))
    assert [p.name for p in found.applying(DB, Direction.INGRESS)] == ["in"]
    assert [p.name for p in found.applying(DB, Direction.EGRESS)] == ["out"]
    assert found.applying(WEB, Direction.INGRESS) == ()
