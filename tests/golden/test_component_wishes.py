"""What single components were asked for, in what Flux applies of them."""

from collections.abc import Iterator, Mapping
from functools import cache

import pytest

from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.model import Object
from gitops.rendering.rendering import rendering
from gitops.scaffold import add_app
from gitops.scaffold.component import add_component
from gitops.tree import Tree
from tests.golden.app_trees import told
from tests.golden.closures import Remembering
from tests.golden.components import FLEET, answers

pytestmark = pytest.mark.real
CLUSTERS = ("dev-1", "prod-1")
ROLE = "eks.amazonaws.com/role-arn"


@pytest.fixture(scope="module")
def remembering(kustomize: str) -> Remembering:
    return Remembering(kustomize)


@cache
def alone(name: str) -> Tree:
    """The fleet with one component, whose needs the clusters have by themselves."""
    return add_component(FLEET, answers(name)).tree


def objects(tree: Tree, cluster: str, remembering: Remembering) -> Mapping[tuple[str, str], Object]:
    """What Flux applies to a cluster, by kind and name."""
    fleet = Fleet.read(tree)
    done = rendering(fleet, remembering.builds, builds_of(fleet, cluster=cluster))
    assert done.failed == ()
    return {(o.kind, o.name): o for each in done.rendered for o in each.objects}


def texts(value: object) -> Iterator[tuple[str, object]]:
    """Every key below a value, with what stands there."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield str(key), inner
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_vault_is_highly_available(cluster: str, remembering: Remembering) -> None:
    release = objects(alone("vault"), cluster, remembering)["HelmRelease", "vault"]
    ha = release.mapping_at("spec", "values", "server", "ha")
    assert ha["enabled"] is True
    replicas = ha["replicas"]
    assert isinstance(replicas, int)
    assert replicas >= 2
    assert release.at("spec", "values", "server", "standalone", "enabled") in {None, False}


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_whoever_takes_part_in_the_mesh_speaks_mutual_tls_alone(
    cluster: str, remembering: Remembering
) -> None:
    flags = "--team shop --image registry.example.com/shop/a --range >=1.0.0"
    tree = add_app(alone("istio"), told("a", f"{flags} --component mesh"))
    found = objects(add_app(tree, told("b", flags)), cluster, remembering)
    labels = {
        name: found["Namespace", name].at("metadata", "labels", "istio-injection")
        for name in ("a", "b")
    }
    assert labels == {"a": "enabled", "b": None}
    strict = {
        o.namespace
        for o in found.values()
        if o.kind == "PeerAuthentication" and o.at("spec", "mtls", "mode") == "STRICT"
    }
    # Of the namespace of the control plane it is the whole mesh's.
    assert strict >= {"a"}
    assert "b" not in strict


def test_figures_go_to_the_central_place_where_one_is_named(remembering: Remembering) -> None:
    address = ("spec", "values", "prometheus", "prometheusSpec", "remoteWrite", 0, "url")
    tree = alone("kube-prometheus-stack")
    said = {
        cluster: objects(tree, cluster, remembering)["HelmRelease", "kube-prometheus-stack"].at(
            *address
        )
        for cluster in CLUSTERS
    }
    assert said == {"dev-1": None, "prod-1": "https://metrics.shop.example/api/v1/push"}


@pytest.mark.parametrize("name", ["cluster-autoscaler", "karpenter"])
@pytest.mark.parametrize("cluster", CLUSTERS)
def test_what_makes_nodes_has_a_role_of_the_cloud(
    name: str, cluster: str, remembering: Remembering
) -> None:
    release = objects(alone(name), cluster, remembering)["HelmRelease", name]
    roles = [str(value) for key, value in texts(release.at("spec", "values")) if key == ROLE]
    assert len(roles) == 1
    assert roles[0].startswith("arn:aws:iam::")


def test_nodes_are_made_by_one_of_them() -> None:
    with pytest.raises(InvalidInput, match="beside which"):
        add_component(alone("karpenter"), answers("cluster-autoscaler"))
    assert alone("cluster-autoscaler") != alone("karpenter")


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_whatever_has_a_volume_is_in_a_backup(cluster: str, remembering: Remembering) -> None:
    flags = "--team shop --image registry.example.com/shop/a --range >=1.0.0"
    tree = add_app(
        alone("velero"), told("a", f"{flags} --strategy Recreate --volume data=/data:5Gi")
    )
    stateful = told("b", f"{flags} --preset stateful --volume data=/data:5Gi")
    found = objects(add_app(tree, stateful), cluster, remembering)
    holding = {o.namespace for o in found.values() if o.kind == "PersistentVolumeClaim"}
    holding |= {
        o.namespace for o in found.values() if o.at("spec", "volumeClaimTemplates") is not None
    }
    assert holding == {"a", "b"}
    [schedule] = [o for o in found.values() if o.kind == "Schedule"]
    assert len(schedule.text_at("spec", "schedule").split()) == 5
    template = schedule.mapping_at("spec", "template")
    included, excluded = template["includedNamespaces"], template.get("excludedNamespaces", [])
    assert isinstance(included, list)
    assert isinstance(excluded, list)
    assert not holding & set(excluded)
    assert "*" in included or holding <= set(included)
    assert template["snapshotVolumes"] is True


@pytest.mark.parametrize("cluster", CLUSTERS)
def test_the_monitor_of_an_app_is_taken_and_finds_its_service(
    cluster: str, remembering: Remembering
) -> None:
    flags = "--team shop --image registry.example.com/shop/a --range >=1.0.0 --metrics"
    tree = add_app(alone("kube-prometheus-stack"), told("a", flags))
    found = objects(tree, cluster, remembering)
    release = found["HelmRelease", "kube-prometheus-stack"]
    said = release.mapping_at("spec", "values", "prometheus", "prometheusSpec")
    # Nothing is selected, and nothing means everything: else the chart's own label would be asked.
    assert said["serviceMonitorSelectorNilUsesHelmValues"] is False
    assert not {"serviceMonitorSelector", "serviceMonitorNamespaceSelector"} & said.keys()
    monitor, service = found["ServiceMonitor", "a"], found["Service", "a"]
    wanted = monitor.mapping_at("spec", "selector", "matchLabels")
    assert wanted
    assert wanted.items() <= service.mapping_at("metadata", "labels").items()
    ports = service.at("spec", "ports")
    assert isinstance(ports, list)
    assert monitor.at("spec", "endpoints", 0, "port") in {each["name"] for each in ports}
