"""The rules about NetworkPolicies: each fault is found by its code, what is nearly one is not."""

import re
from dataclasses import dataclass
from typing import Any

import pytest
import yaml
from hypothesis import given

from gitops.check.codes import CODES
from gitops.check.finding import Finding
from gitops.check.homes import HOMES
from gitops.check.network import network
from gitops.check.network_cluster import Cluster
from gitops.errors import Place
from gitops.network import Pod
from gitops.scaffold.catalog import State, catalog
from tests.conftest import ROOT
from tests.faults.network import CLUSTER, FROM, OBJECT_FAULTS, ObjectFault, changed
from tests.unit.hostile_objects import hostile

MINE = [code for code in CODES if code.startswith("FL96")]
_BLOCK = re.compile(r"^## (\w+)\n\n```yaml\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Written:
    """An object of a test, and a place that names it."""

    data: dict[str, Any]
    place: Place


def written(manifests: str) -> list[Written]:
    return [
        Written(data, Place(f"{data.get('kind')}.yaml", line))
        for line, data in enumerate(yaml.safe_load_all(manifests), 1)
    ]


def found(manifests: str) -> list[Finding]:
    return list(network(written(manifests)))


def codes(manifests: str) -> set[str]:
    return {finding.code for finding in found(manifests)}


@pytest.mark.parametrize("fault", OBJECT_FAULTS, ids=str)
def test_a_fault_is_found_by_its_code_alone(fault: ObjectFault) -> None:
    assert codes(fault.faulty) == {fault.code} | fault.also, found(fault.faulty)


@pytest.mark.parametrize("fault", OBJECT_FAULTS, ids=str)
def test_a_near_miss_is_none(fault: ObjectFault) -> None:
    assert fault.near_miss != fault.faulty
    assert found(fault.near_miss) == []


def test_every_code_of_the_network_has_a_fault() -> None:
    assert {fault.code for fault in OBJECT_FAULTS} == set(MINE)


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({str(fault) for fault in OBJECT_FAULTS}) == len(OBJECT_FAULTS)


@pytest.mark.parametrize("code", MINE)
def test_the_faulty_example_is_found_and_the_cured_one_is_not(code: str) -> None:
    page = (ROOT / "docs" / "checks" / f"{code}.md").read_text(encoding="utf-8")
    examples = dict(_BLOCK.findall(page))
    assert codes(examples["Faulty"]) == {code}
    assert codes(examples["Cured"]) == set()


@pytest.mark.parametrize("fault", OBJECT_FAULTS, ids=str)
def test_a_finding_says_what_where_and_how(fault: ObjectFault) -> None:
    for finding in found(fault.faulty):
        assert finding.severity is CODES[finding.code].severity
        assert finding.place.line is not None
        assert finding.message
        assert finding.hint


MISSING = [fault for fault in OBJECT_FAULTS if fault.code in {"FL963", "FL964", "FL965"}]


@pytest.mark.parametrize("fault", MISSING, ids=str)
def test_what_a_failed_build_may_bring_is_not_said_to_be_missing(fault: ObjectFault) -> None:
    assert codes(fault.faulty) == {fault.code}
    incomplete = {each.code for each in network(written(fault.faulty), complete=False)}
    assert incomplete == ({"FL964"} if fault.name == "a name towards addresses" else set())


def test_a_malformed_workload_may_be_the_missing_one() -> None:
    fault = next(each for each in OBJECT_FAULTS if each.code == "FL963")
    pod = "{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: %s}, spec: {containers: 7}}"
    assert codes(f"{fault.faulty}---\n{pod % 'shop'}") == set()
    assert codes(f"{fault.faulty}---\n{pod % 'antaeus'}") == {"FL963"}


DENY = "podSelector: {}, policyTypes: [Ingress, Egress]"
WHO = "podSelector: {matchLabels: {app.kubernetes.io/name: antaeus}}"
SERVED = "podSelector: {matchLabels: {app.kubernetes.io/name: payments}}\n  policyTypes: [Ingress]"
DNS = "ports: [{port: 53, protocol: UDP}]"
ALONE = "podSelector: {matchLabels: {app.kubernetes.io/name: gone}}\n  policyTypes: [Ingress]"
SPEC = "containers: [{name: antaeus}]"
EVERY_PORT = (
    "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: x, namespace: "
    "antaeus}, spec: {policyTypes: [Egress], egress: [{to: [{ipBlock: {cidr: %s}}]%s}]}}"
)


def made(kind: str, group: str, namespace: str = "shop") -> str:
    return (
        f"{{apiVersion: {group}/v1, kind: {kind}, metadata: {{name: x, namespace: {namespace}}}}}"
    )


def gone(*more: str) -> str:
    """The cluster with a policy whose pods are not there, and these objects."""
    return "---\n".join((changed((SERVED, ALONE)), *(f"{each}\n" for each in more)))


def deaf(*more: str) -> str:
    """The cluster with a pod that may not ask DNS, and these objects."""
    return "---\n".join((changed((DNS, "ports: [{port: 80}]")), *(f"{each}\n" for each in more)))


CILIUM = ("CiliumNetworkPolicy", "cilium.io")
BALANCED = changed(("type: ClusterIP", "type: LoadBalancer"))
SILENCED = {
    "kube-system is left alone": (
        "FL961",
        CLUSTER.replace("namespace: shop", "namespace: other")
        + "---\n{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: here}, "
        "spec: {containers: [{name: x}]}}\n",
        CLUSTER.replace("namespace: shop", "namespace: other")
        + "---\n{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: kube-system}, "
        "spec: {containers: [{name: x}]}}\n",
    ),
    "a Gateway may become pods, a route may not": (
        "FL963",
        gone(made("HTTPRoute", "gateway.networking.k8s.io")),
        gone(made("Gateway", "gateway.networking.k8s.io")),
    ),
    "a Prometheus becomes pods, a rule does not": (
        "FL963",
        gone(made("PrometheusRule", "monitoring.coreos.com")),
        gone(made("Prometheus", "monitoring.coreos.com")),
    ),
    "a database becomes pods, a secret does not": (
        "FL963",
        gone(made("ExternalSecret", "external-secrets.io")),
        gone(made("Cluster", "postgresql.cnpg.io")),
    ),
    "an object of another namespace": (
        "FL963",
        gone(made("Cluster", "postgresql.cnpg.io", "antaeus")),
        gone(made("Cluster", "postgresql.cnpg.io")),
    ),
    "a variable may be anything": (
        "FL963",
        gone(),
        gone().replace("name: gone", 'name: "${APP}"'),
    ),
    "what others let through": (
        "FL966",
        deaf(made(*CILIUM)),
        deaf(made(*CILIUM, "antaeus")),
    ),
    "what others let through everywhere": (
        "FL966",
        deaf(),
        deaf("{apiVersion: cilium.io/v2, kind: CiliumClusterwideNetworkPolicy}"),
    ),
    "a node's own DNS": ("FL966", deaf(), deaf().replace(SPEC, f"{SPEC}\n      hostNetwork: true")),
    "an address with all of its ports": (
        "FL966",
        deaf(EVERY_PORT % ("169.254.20.10/32", ", ports: [{port: 443}]")),
        deaf(EVERY_PORT % ("169.254.20.10/32", "")),
    ),
    "a load balancer that others let in": (
        "FL968",
        f"{BALANCED}---\n{made(*CILIUM, 'antaeus')}",
        f"{BALANCED}---\n{made(*CILIUM)}",
    ),
    "a peer with a controller's label": (
        "FL965",
        changed((WHO, "podSelector: {matchLabels: {job: x}}")),
        changed((WHO, "podSelector: {matchLabels: {job.example.com/name: x}}")),
    ),
    "a namespace that is a variable": (
        "FL965",
        changed(("kubernetes.io/metadata.name: antaeus", 'kubernetes.io/metadata.name: "NS"')),
        changed(("kubernetes.io/metadata.name: antaeus", 'kubernetes.io/metadata.name: "${NS}"')),
    ),
    "the pods of kube-system": (
        "FL965",
        changed((WHO, "podSelector: {matchLabels: {a: b}}")),
        changed(
            (WHO, "podSelector: {matchLabels: {a: b}}"),
            ("kubernetes.io/metadata.name: antaeus", "kubernetes.io/metadata.name: kube-system"),
        ),
    ),
    "a rule of a direction that does not count": (
        "FL965",
        changed((WHO, "podSelector: {matchLabels: {a: b}}")),
        changed(
            (WHO, "podSelector: {matchLabels: {a: b}}"),
            (SERVED, SERVED.replace("[Ingress]", "[Egress]")),
        ),
    ),
}
"""What is found, and the same where something more keeps it from being said."""


@pytest.mark.parametrize("name", SILENCED)
def test_what_may_be_right_is_not_found(name: str) -> None:
    code, said, silent = SILENCED[name]
    assert code in codes(said)
    assert code not in codes(silent)


@pytest.mark.parametrize("kind", ["ResourceSet", "ApplicationSet"])
def test_what_may_bring_anything_anywhere_leaves_nothing_to_say(kind: str) -> None:
    fault = next(each for each in OBJECT_FAULTS if each.code == "FL963")
    bringer = f"{{apiVersion: x.example.com/v1, kind: {kind}, metadata: {{name: x, namespace: y}}}}"
    assert codes(f"{fault.faulty}---\n{bringer}") == set()
    assert codes(f"{fault.faulty}---\n{bringer.replace(kind, 'Other')}") == {"FL963"}


def test_what_was_not_read_has_no_place() -> None:
    cluster = Cluster(written(CLUSTER))
    assert cluster.place(cluster.network.pods[0]).path == "Deployment.yaml"
    with pytest.raises(ValueError, match="was not read"):
        cluster.place(Pod("shop", "Pod/x", {}))


@given(hostile())
def test_a_hostile_object_ends_in_findings(objects: list[object]) -> None:
    every = [Written(each, Place("x.yaml", 1)) for each in objects if isinstance(each, dict)]
    assert all(each.code in MINE for each in network(every))


@pytest.mark.parametrize(("namespace", "components"), HOMES.items())
def test_a_namespace_of_the_platform_is_told_with_who_lives_there(
    namespace: str, components: tuple[str, ...]
) -> None:
    known = catalog().components
    assert {known[name].namespace for name in components} == {namespace}
    assert {known[name].state for name in components} == {State.CURRENT}
    [finding] = found(changed((FROM, f"kubernetes.io/metadata.name: {namespace}")))
    told = finding.hint or ""
    assert all(f"`fairlead add component {name}`" in told for name in components)


def test_another_namespace_is_nobodys_home() -> None:
    [finding] = found(changed((FROM, f"{FROM}s")))
    assert finding.hint == "correct the selector"
