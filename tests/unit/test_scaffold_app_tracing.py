"""`add app --tracing`: SDKs are told where traces go, and policies let them get there."""

import re
from typing import Any

import pytest
import yaml

from gitops.errors import InvalidInput
from gitops.network import Network, Pod
from gitops.scaffold import add_app
from gitops.scaffold.answers import Topology
from gitops.scaffold.answers.app_options import Tracing
from gitops.scaffold.catalog import catalog
from gitops.scaffold.component import add_component
from gitops.scaffold.needs import unmet
from gitops.tree import Tree
from tests.golden.app_trees import FLEETS, told
from tests.golden.components import answers

BASE = "--team shop --image registry.example.com/shop/a --source https://git.example.com/a.git"
FLEET = FLEETS[Topology.PER_ENVIRONMENT]
STORES = pytest.mark.parametrize("store", Tracing)


def made(flags: str) -> Tree:
    return add_app(FLEET, told("a", f"{BASE} {flags}"))


def variables(tree: Tree) -> dict[str, str]:
    """What the app's ConfigMap says in every environment."""
    generators = yaml.safe_load(tree["apps/a/base/kustomization.yaml"].data).get(
        "configMapGenerator", [{}]
    )
    pairs = (text.partition("=") for text in generators[0].get("literals", ()))
    return {key: value for key, _, value in pairs}


@STORES
def test_an_sdk_is_told_where_and_as_whom(store: Tracing) -> None:
    tree = made(f"--tracing {store}")
    said = variables(tree)
    assert said["OTEL_SERVICE_NAME"] == "a"
    attributes = dict(each.split("=") for each in said["OTEL_RESOURCE_ATTRIBUTES"].split(","))
    assert attributes == {
        "service.namespace": "shop",
        "deployment.environment.name": "${environment}",
        "k8s.cluster.name": "${cluster}",
    }
    spec = yaml.safe_load(tree["apps/a/base/deployment.yaml"].data)["spec"]["template"]["spec"]
    assert {"configMapRef": {"name": "a"}} in spec["containers"][0]["envFrom"]
    assert not [key for key in variables(made("")) if key.startswith("OTEL_")]


@STORES
def test_the_endpoint_is_the_service_of_a_component_of_the_catalogue(store: Tracing) -> None:
    said = variables(made(f"--tracing {store}"))
    found = re.fullmatch(
        r"http://([a-z]+)\.([a-z]+)\.svc\.cluster\.local:4318", said["OTEL_EXPORTER_OTLP_ENDPOINT"]
    )
    assert found
    assert said["OTEL_EXPORTER_OTLP_PROTOCOL"] == "http/protobuf"
    assert "tracing" in catalog().components[store].provides
    tree = add_component(FLEET, answers(store)).tree
    release = yaml.safe_load(tree[f"infrastructure/{store}/base/release.yaml"].data)
    # A chart calls its Service by the release where the release is called by the chart.
    assert (release["metadata"]["name"], release["metadata"]["namespace"]) == (found[1], found[2])
    assert catalog().components[store].charts[0].name == found[1]
    assert "releaseName" not in release["spec"]


def pods(tree: Tree, store: str) -> tuple[Network, Pod, Pod]:
    """The app beside the store, both in namespaces of their own."""
    paths = [path for path in tree if path.startswith("apps/a/base/")]
    paths.append("components/default-deny/default-deny.yaml")
    read: list[Any] = [each for p in paths for each in yaml.safe_load_all(tree[p].data)]
    objects = [each for each in read if "metadata" in each and each["kind"] != "Namespace"]
    for each in objects:
        each["metadata"]["namespace"] = "a"
    labels = {"app.kubernetes.io/name": store, "app.kubernetes.io/instance": store}
    metadata = {"name": f"{store}-0", "namespace": store, "labels": labels}
    container = {"name": store, "image": store, "ports": [{"containerPort": 4318}]}
    kept = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {"containers": [container]},
    }
    network = Network.read([*objects, kept])
    [app] = [each for each in network.pods if each.namespace == "a"]
    [to] = [each for each in network.pods if each.namespace == store]
    return network, app, to


@STORES
def test_traces_get_there_and_would_not_without(store: Tracing) -> None:
    network, app, to = pods(made(f"--tracing {store}"), store)
    assert network.allows(app, to, 4318).allowed
    assert network.allows(app, to, 16686).denied
    network, app, to = pods(made(""), store)
    assert network.allows(app, to, 4318).denied
    other = next(each for each in Tracing if each is not store)
    network, app, to = pods(made(f"--tracing {other}"), store)
    assert network.allows(app, to, 4318).denied


@STORES
def test_who_adds_it_is_told_what_is_missing(store: Tracing) -> None:
    # Without policies, which need a plugin that holds to them.
    asked = told("a", f"{BASE} --open --tracing {store}")
    [said] = unmet(FLEET, asked)
    assert f"fairlead add component {store};" in said
    assert list(unmet(add_component(FLEET, answers(store)).tree, asked)) == []


def test_another_endpoint_may_be_said() -> None:
    said = variables(made("--tracing tempo --env OTEL_EXPORTER_OTLP_ENDPOINT=http://c.o.svc:4318"))
    assert said["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://c.o.svc:4318"


def test_what_does_not_go_together_is_refused() -> None:
    with pytest.raises(InvalidInput, match="is allowed already"):
        told("a", f"{BASE} --tracing tempo --egress tracing=c/c:4318")
    assert told("a", f"{BASE} --tracing tempo --egress collector=c/c:4318").tracing is Tracing.TEMPO
    with pytest.raises(InvalidInput, match="did you mean `tempo"):
        told("a", f"{BASE} --tracing tmpo")
