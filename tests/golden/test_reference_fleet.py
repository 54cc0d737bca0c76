"""The reference fleet is what the scaffolder writes, with its versions where the bot moved them."""

import re
from pathlib import Path

import pytest

from bot.adapters.kustomize import Kustomize
from gitops.check import Severity, checked, findings
from gitops.check.rendered_rules import rendered_findings
from gitops.fleet import Fleet, Setting
from gitops.network import INTERNET, Network, Pod
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import Rendering, rendering
from tests.golden.reference import moved, reference, scaffolded


def test_the_reference_fleet_is_written_by_the_scaffolder(tmp_path: Path) -> None:
    there = reference()
    again = moved(scaffolded(tmp_path), Fleet.read(there))
    assert list(again) == list(there)
    assert {path: file.data for path, file in again.items()} == {
        path: file.data for path, file in there.items()
    }


def test_versions_do_not_make_it_another_fleet(tmp_path: Path) -> None:
    digest = "sha256:" + "1" * 64
    images = ("registry.example.com/shop/checkout", "registry.example.com/shop/checkout-worker")
    settings = [Setting(image, "v1.0", digest) for image in images]
    fleet = Fleet.read(scaffolded(tmp_path))
    there = fleet.set_pin("prod", "checkout", settings)
    assert moved(fleet.tree, Fleet.read(there)) == there != fleet.tree


def test_nothing_is_wrong_with_it() -> None:
    found = [str(each) for each in findings(reference()) if each.severity is not Severity.INFO]
    assert found == []


CLUSTERS = pytest.mark.parametrize("cluster", ["dev-1", "stage-1", "prod-eu", "prod-us"])


@pytest.fixture(scope="module")
def done(kustomize: str) -> Rendering:
    """What Flux would apply, on every cluster."""
    fleet = Fleet.read(reference())
    return rendering(fleet, Kustomize(kustomize).builds, builds_of(fleet))


@pytest.mark.real
@pytest.mark.slow
def test_everything_builds_once_and_with_all_its_variables(done: Rendering) -> None:
    assert [(each.build.directory, str(each.error)) for each in done.failed] == []
    assert [each.path for each in done.rendered if each.unknown] == []
    keys = [
        (each.cluster, o.group, o.kind, o.namespace, o.name)
        for each in done.rendered
        for o in each.objects
    ]
    assert len(keys) == len(set(keys))
    built = {path.rpartition("/")[0] for path in reference() if re.fullmatch(_APPLIED, path)}
    assert len(built) >= 7 * 3 + 14 * 3 + 2 * 3
    assert built == {each.path for each in done.rendered} & built


_APPLIED = r"(?:apps|infrastructure|tenants)/[^/]+/(?:config/)?envs/[^/]+/kustomization\.yaml"


@pytest.mark.real
@pytest.mark.slow
def test_nothing_is_wrong_with_what_is_rendered(kustomize: str) -> None:
    report = checked(reference(), (), rendered_findings(Kustomize(kustomize).builds))
    assert [str(f) for f in report.findings if f.severity is not Severity.INFO] == []


@pytest.mark.real
@pytest.mark.slow
@CLUSTERS
def test_stores_and_gateways_that_are_named_are_there(done: Rendering, cluster: str) -> None:
    objects = [o for each in done.rendered if each.cluster == cluster for o in each.objects]
    there = {(o.kind, o.namespace, o.name): o for o in objects}
    secrets = [o for o in objects if o.kind == "ExternalSecret"]
    routes = [o for o in objects if o.kind == "HTTPRoute"]
    assert secrets
    assert routes
    for secret in secrets:
        store = secret.mapping_at("spec", "secretStoreRef")
        assert (store["kind"], "", store["name"]) in there
    for route in routes:
        parent = route.mapping_at("spec", "parentRefs", 0)
        gateway = there["Gateway", str(parent["namespace"]), str(parent["name"])]
        wanted = gateway.text_at("spec", "listeners", 0, "hostname").removeprefix("*")
        assert (
            gateway.text_at("spec", "listeners", 0, "allowedRoutes", "namespaces", "from") == "All"
        )
        assert route.text_at("spec", "hostnames", 0).endswith(wanted)


# --- who may call whom ----------------------------------------------------------------------------


def network(done: Rendering, cluster: str) -> Network:
    return Network.read(o.data for r in done.rendered if r.cluster == cluster for o in r.objects)


def pod(found: Network, name: str) -> Pod:
    """The only pods of a namespace that is named after its app."""
    [one] = [each for each in found.pods if each.namespace == name and each.name.endswith(name)]
    return one


@pytest.mark.real
@pytest.mark.slow
@CLUSTERS
def test_antaeus_calls_payments_and_nobody_else_does(done: Rendering, cluster: str) -> None:
    found = network(done, cluster)
    payments = pod(found, "payments")
    assert found.allows(pod(found, "antaeus"), payments, 8080).allowed
    denied = [each for each in found.pods if each.namespace not in {"antaeus", "payments"}]
    assert {"backend", "checkout", "db1", "db2", "podinfo"} <= {each.namespace for each in denied}
    for each in denied:
        verdict = found.allows(each, payments, 8080)
        assert verdict.denied, (each, verdict)
    assert found.allows(INTERNET, payments, 8080).denied
    # Not even antaeus, elsewhere than where requests are answered.
    assert found.allows(pod(found, "antaeus"), payments, 5432).denied


@pytest.mark.real
@pytest.mark.slow
@CLUSTERS
def test_backend_reaches_its_databases_and_not_the_internet(done: Rendering, cluster: str) -> None:
    found = network(done, cluster)
    backend, db1, db2 = (pod(found, name) for name in ("backend", "db1", "db2"))
    assert found.allows(backend, db1, 6379).allowed
    assert found.allows(backend, db2, 5432).allowed
    assert found.resolves(backend).allowed
    for target, port in ((INTERNET, 443), (db1, 5432), (db2, 6379), (pod(found, "payments"), 8080)):
        assert found.allows(backend, target, port).denied, (target, port)
    # The databases are the backend's alone, and call nobody.
    for other in ("antaeus", "payments", "podinfo"):
        assert found.allows(pod(found, other), db2, 5432).denied
    assert found.allows(db1, INTERNET, 443).denied


# --- figures of the database ----------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.slow
@CLUSTERS
def test_the_exporter_asks_a_service_that_is_there_and_lets_it_in(
    done: Rendering, cluster: str
) -> None:
    name = "prometheus-postgres-exporter"
    objects = [o for each in done.rendered if each.cluster == cluster for o in each.objects]
    there = {(o.kind, o.namespace, o.name): o for o in objects}
    values = there["HelmRelease", name, name].mapping_at("spec", "values")
    release = there["HelmRelease", name, name]
    source = release.mapping_at("spec", "values", "config", "datasource")
    assert values["serviceMonitor"] == {"enabled": True}
    # Who is asked: a Service, one of its ports, and by it the pods behind it.
    service, _, namespace = str(source["host"]).partition(".")
    found = there["Service", namespace, service]
    port = found.mapping_at("spec", "ports", 0)
    assert str(port["port"]) == source["port"]
    database = pod(network(done, cluster), namespace)
    chosen = found.mapping_at("spec", "selector")
    assert chosen.items() <= database.labels.items()
    [number] = database.numbers(str(port["targetPort"]), "TCP")
    assert number == 5432
    # Whose figures they are is known by the labels that the chart gives its pods.
    labels = release.mapping_at("spec", "values", "podLabels")
    asking = Pod(name, name, {key: str(each) for key, each in labels.items()})
    assert network(done, cluster).allows(asking, database, number).allowed
    stranger = Pod(name, name, {"app.kubernetes.io/part-of": "grafana"})
    assert network(done, cluster).allows(stranger, database, number).denied


# --- what looks on --------------------------------------------------------------------------------


@pytest.mark.real
@pytest.mark.slow
@CLUSTERS
def test_goldilocks_looks_on_before_the_last_environment_and_changes_nothing(
    done: Rendering, cluster: str
) -> None:
    objects = [o for each in done.rendered if each.cluster == cluster for o in each.objects]
    asked = {o.name: o for o in objects if o.kind == "Namespace" and o.at(*_ADVISED) == "true"}
    assert set(asked) == (set() if cluster.startswith("prod") else {"antaeus"})
    # Goldilocks makes VPAs in the mode that the namespace says, and nothing is there to act on one.
    for namespace in asked.values():
        mode = namespace.text_at("metadata", "labels", "goldilocks.fairwinds.com/vpa-update-mode")
        assert mode == "off"
    [vpa] = [o for o in objects if (o.kind, o.name) == ("HelmRelease", "vpa")]
    assert vpa.at("spec", "values", "recommender", "enabled") is True
    for acting in ("updater", "admissionController"):
        assert vpa.at("spec", "values", acting, "enabled") is False
    assert ("HelmRelease", "goldilocks") in {(o.kind, o.name) for o in objects}
    own = [o for o in objects if o.kind == "VerticalPodAutoscaler"]
    assert [o.text_at("spec", "updatePolicy", "updateMode") for o in own] == ["Off"] * len(own)


_ADVISED = ("metadata", "labels", "goldilocks.fairwinds.com/enabled")


@pytest.mark.real
@pytest.mark.slow
@CLUSTERS
def test_traces_go_to_the_store_that_is_there(done: Rendering, cluster: str) -> None:
    objects = [o for each in done.rendered if each.cluster == cluster for o in each.objects]
    sent = {
        text
        for o in objects
        if o.kind == "ConfigMap" and (text := o.text_at("data", "OTEL_EXPORTER_OTLP_ENDPOINT"))
    }
    [endpoint] = sent
    name, namespace = endpoint.removeprefix("http://").split(".")[:2]
    assert (name, namespace) in {(o.name, o.namespace) for o in objects if o.kind == "HelmRelease"}
