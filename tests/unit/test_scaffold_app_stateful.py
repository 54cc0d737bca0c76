"""The preset `stateful`: pods with names and data of their own."""

import re
from typing import Any

import pytest
import yaml

from gitops.errors import InvalidInput
from gitops.fleet import Fleet, Setting
from gitops.network import INTERNET, Network
from gitops.scaffold import add_app
from gitops.scaffold.answers import Topology
from gitops.scaffold.needs import unmet
from gitops.tree import Tree
from tests.golden.app_trees import FLEETS, added, told

BASE = "--team shop --image registry.example.com/shop/a --source https://git.example.com/a.git"
STATEFUL = f"{BASE} --preset stateful --volume data=/data:5Gi"
FLEET = FLEETS[Topology.PER_ENVIRONMENT]


def made(flags: str = "") -> Tree:
    return add_app(FLEET, told("a", f"{STATEFUL} {flags}"))


def manifest(tree: Tree, file: str) -> Any:
    return yaml.safe_load(tree[f"apps/a/base/{file}.yaml"].data)


def test_every_pod_mounts_a_claim_of_its_own() -> None:
    spec = manifest(made("--volume index=/var/index:1Gi"), "stateful-set")["spec"]
    pod = spec["template"]["spec"]
    [container] = pod["containers"]
    mounts = {each["name"]: each["mountPath"] for each in container["volumeMounts"]}
    claims = {
        each["metadata"]["name"]: each["spec"]["resources"]["requests"]["storage"]
        for each in spec["volumeClaimTemplates"]
    }
    assert claims == {"data": "5Gi", "index": "1Gi"}
    assert (mounts["data"], mounts["index"]) == ("/data", "/var/index")
    assert mounts.keys() == {*claims, *(each["name"] for each in pod["volumes"])}
    # Nobody else's claim is there, and those that are stay.
    assert not [path for path in made() if "volume-" in path]
    assert set(spec["persistentVolumeClaimRetentionPolicy"].values()) == {"Retain"}


def test_pods_are_replaced_in_turn_and_one_may_go() -> None:
    tree = made()
    spec = manifest(tree, "stateful-set")["spec"]
    assert spec["podManagementPolicy"] == "OrderedReady"
    assert spec["updateStrategy"] == {"type": "RollingUpdate"}
    budget = manifest(tree, "pod-disruption-budget")["spec"]
    labels = spec["template"]["metadata"]["labels"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"].items() <= labels.items()
    assert "apps/a/base/deployment.yaml" not in tree
    zones = [each["topologyKey"] for each in spec["template"]["spec"]["topologySpreadConstraints"]]
    assert "topology.kubernetes.io/zone" in zones


def test_pods_have_names_by_a_service_without_an_address() -> None:
    tree = made("--port 5000")
    spec, headless = manifest(tree, "stateful-set")["spec"], manifest(tree, "service-headless")
    assert spec["serviceName"] == headless["metadata"]["name"]
    assert headless["spec"]["clusterIP"] == "None"
    assert headless["spec"]["publishNotReadyAddresses"] is True
    labels = spec["template"]["metadata"]["labels"]
    for service in (headless, manifest(tree, "service")):
        assert service["spec"]["selector"].items() <= labels.items()
    # Who asks the pods themselves finds each figure once.
    measured = made("--metrics")
    assert "apps/a/base/pod-monitor.yaml" in measured
    assert "apps/a/base/service-monitor.yaml" not in measured


def test_how_it_is_asked_whether_it_is_well() -> None:
    def readiness(flags: str) -> Any:
        pod = manifest(made(flags), "stateful-set")["spec"]["template"]["spec"]
        return pod["containers"][0]["readinessProbe"]

    assert readiness("")["tcpSocket"] == {"port": "http"}
    assert readiness("--live /up --ready /ready")["httpGet"] == {"path": "/ready", "port": "http"}


def test_its_version_moves_like_that_of_any_other() -> None:
    setting = Setting("registry.example.com/shop/a", "v1", "sha256:" + "1" * 64)
    pin = Fleet.read(Fleet.read(made()).set_pin("dev", "a", [setting])).pin("dev", "a")
    assert pin is not None
    assert [each.tag for each in pin.content] == ["v1"]
    # Without policies, which need a plugin that holds to them.
    [needed] = unmet(FLEET, told("a", f"{STATEFUL} --open"))
    assert needed.startswith("--volume needs storage")


REFUSED = [
    ("--strategy Recreate", "has no strategy Recreate"),
    ("--strategy Canary --metrics", "has no strategy Canary"),
    ("--autoscale hpa", "which no autoscaler moves"),
    ("--autoscale keda", "which no autoscaler moves"),
    ("--image registry.example.com/shop/b", "is one image's"),
    ("--component spot", "the component spot is for Deployments"),
    ("--component mtls-nginx", "the component mtls-nginx is for Deployments"),
]


@pytest.mark.parametrize(("flags", "message"), REFUSED, ids=[flags for flags, _ in REFUSED])
def test_what_no_stateful_set_can_do_is_refused(flags: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(message)) as caught:
        told("a", f"{STATEFUL} {flags}")
    assert caught.value.hint
    assert made("--replicas prod=3 --component goldilocks") != made()


def test_without_a_volume_it_would_keep_nothing() -> None:
    with pytest.raises(InvalidInput, match="keeps nothing"):
        told("a", f"{BASE} --preset stateful")
    with pytest.raises(InvalidInput, match="a new one would start beside it") as caught:
        told("a", f"{BASE} --volume data=/data:5Gi")
    assert "--preset stateful" in str(caught.value.hint)
    assert told("a", STATEFUL).workload.volumes


def test_its_pods_reach_each_other_and_nobody_else_does() -> None:
    tree = added("registry")
    files = [path for path in tree if path.startswith("apps/registry/base/")]
    files.append("components/default-deny/default-deny.yaml")
    read = [each for path in files for each in yaml.safe_load_all(tree[path].data)]
    objects = [each for each in read if "metadata" in each and each["kind"] != "Namespace"]
    stranger = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "stranger", "labels": {"app": "stranger"}},
        "spec": {"containers": [{"name": "stranger", "image": "stranger"}]},
    }
    for each in (*objects, stranger):
        each["metadata"]["namespace"] = "registry"
    found = Network.read([*objects, stranger])
    pods = {each.name.rpartition("/")[2]: each for each in found.pods}
    own, other = pods["registry"], pods["stranger"]
    assert found.allows(own, own, 7000).allowed
    assert found.allows(other, own, 7000).denied
    assert found.allows(own, other, 7000).denied
    assert found.allows(INTERNET, own, 7000).denied
