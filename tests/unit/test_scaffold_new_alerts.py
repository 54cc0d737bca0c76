"""`new --alerts`: what Flux tells whom, and the Secret that is read for it."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml

from bot.adapters.kustomize import Kustomize
from gitops.check import Severity, findings
from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import KUSTOMIZATION, flux_objects
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import rendering
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.alert_files import KEYS, home
from gitops.scaffold.answers import ForgeKind, Topology
from gitops.scaffold.answers.fleet import Alerts, Bootstrap, Secrets
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.scaffold.environment import add_environment
from gitops.scaffold.environment_answers import EnvironmentAnswers
from gitops.scaffold.tenant import add_tenant
from gitops.scaffold.tenant_answers import TenantAnswers
from gitops.sites import is_yaml
from gitops.status_context import EXPRESSION
from gitops.tree import Tree

AGE = {each: [f"age1{'q' * 58}"] for each in ("dev", "stage", "prod")}
TOPOLOGIES = pytest.mark.parametrize("topology", list(Topology))
HOME = home("alerts")
SECRET = "alerts"
ENCRYPTED = (
    "apiVersion: v1\nkind: Secret\nmetadata: {name: alerts, namespace: flux-system}\n"
    "data: {address: 'ENC[AES256_GCM,data:x,iv:x,tag:x,type:str]'}\n"
    "sops: {mac: 'ENC[AES256_GCM,data:y,iv:x,tag:x,type:str]', age: []}\n"
)


def fleet(alerts: Alerts, **more: Any) -> Tree:
    forge = ForgeKind(alerts.value) if alerts.of_commits else ForgeKind.LOCAL
    return new_fleet(Tree({}), FleetAnswers("acme", forge, alerts=alerts, **more))


def only(tree: Tree, name: str) -> Any:
    return yaml.safe_load(tree[f"{HOME}/base/{name}.yaml"].data)


@pytest.mark.parametrize("alerts", list(Alerts))
def test_each_type_names_one_secret_and_what_it_holds(alerts: Alerts) -> None:
    tree = fleet(alerts)
    provider, alert = only(tree, "provider"), only(tree, "alert")
    assert provider["spec"]["type"] == alerts
    assert provider["spec"]["secretRef"] == {"name": SECRET}
    # An address is in the Secret, or it is no secret: never in both.
    assert ("address" in provider["spec"]) == ("address" not in KEYS[alerts])
    assert alert["spec"]["providerRef"]["name"] == provider["metadata"]["name"]
    assert alert["metadata"]["namespace"] == provider["metadata"]["namespace"]
    # A forge that hears of faults alone never shows a commit as good.
    assert alert["spec"]["eventSeverity"] == ("info" if alerts.of_commits else "error")
    text = tree["README.md"].data.decode()
    made = " ".join(f"--from-file={key}={key}.txt" for key in KEYS[alerts])
    assert f"kubectl create secret generic {SECRET} --namespace flux-system {made}\n" in text


def test_without_alerts_nothing_speaks_of_them() -> None:
    tree = new_fleet(Tree({}), FleetAnswers("acme"))
    assert [path for path in tree if "alert" in path] == []
    assert b"alerts" not in tree["README.md"].data


def heard(alert: Any) -> Iterator[tuple[str, str, str]]:
    for source in alert["spec"]["eventSources"]:
        yield source["kind"], source["namespace"], source["name"]


@pytest.mark.parametrize("alerts", list(Alerts))
def test_a_commits_status_names_environment_and_cluster(alerts: Alerts) -> None:
    tree = fleet(alerts)
    said = only(tree, "provider")["spec"].get("commitStatusExpr")
    assert said == (EXPRESSION if alerts.of_commits else None)
    sources = {kind for kind, _, _ in heard(only(tree, "alert"))}
    assert sources == {"Kustomization"} | ({"GitRepository"} if not alerts.of_commits else set())


@TOPOLOGIES
def test_every_layer_is_told_of(topology: Topology) -> None:
    tree = fleet(Alerts.SLACK, topology=topology, bootstrap=Bootstrap.FLUX)
    tree = add_component(tree, ComponentAnswers("keda")).tree
    tree = add_tenant(tree, TenantAnswers("shop-team"))
    app = AppAnswers("payments", "shop", ("registry.example.com/payments",), range=">=1.0.0")
    tree = add_app(tree, app)
    sources = set(heard(only(tree, "alert")))
    names = set()
    for path, file in tree.items():
        for each in flux_objects(path, file.data) if is_yaml(path) else ():
            if each.kind == KUSTOMIZATION:
                names.add(each.name)
                assert ("Kustomization", "flux-system", "*") in sources
                assert documents(path, file.data)[-1].text("metadata", "namespace") == "flux-system"
    assert {"infrastructure", "tenants", "keda", "tenant-shop-team", "alerts"} <= names
    assert ("GitRepository", "flux-system", "*") in sources


def test_every_cluster_has_them_and_a_new_environment_too() -> None:
    tree = fleet(Alerts.MSTEAMS, clusters={"prod": ["prod-eu", "prod-us"]})
    tree = add_environment(tree, EnvironmentAnswers("qa", "stage")).tree
    clusters = ("dev/dev-1", "stage/stage-1", "qa/qa-1", "prod/prod-eu", "prod/prod-us")
    for each in clusters:
        path = f"clusters/{each}/infrastructure/alerts.yaml"
        [read] = documents(path, tree[path].data)
        own = read.text("spec", "path")
        assert own == f"./{HOME}/envs/{each.partition('/')[0]}"
        assert f"{own[2:]}/kustomization.yaml" in tree


def objects_of(tree: Tree, kustomize: str) -> Sequence[Any]:
    read = Fleet.read(tree)
    done = rendering(read, Kustomize(kustomize).builds, builds_of(read))
    assert [(each.build.directory, str(each.error)) for each in done.failed] == []
    return [each for each in done.rendered if each.path.startswith(HOME)]


@pytest.mark.real
@TOPOLOGIES
def test_its_secret_is_there_once_it_is_written_where_the_page_says(
    kustomize: str, topology: Topology
) -> None:
    tree = fleet(Alerts.SLACK, topology=topology, secrets=Secrets.SOPS, age_recipients=AGE)
    where = [path for path in tree.below(f"{HOME}/envs") if path.endswith("/kustomization.yaml")]
    assert len(where) == (3 if topology is Topology.PER_ENVIRONMENT else 1)
    assert b"`infrastructure/alerts/envs/ENVIRONMENT/alerts.sops.yaml`" in tree["README.md"].data
    written = {}
    for path in where:
        text = tree[path].data.decode()
        assert "#   - alerts.sops.yaml\n" in text
        written[path] = f"{text}  - alerts.sops.yaml\n".encode()
        written[path.replace("kustomization.yaml", "alerts.sops.yaml")] = ENCRYPTED.encode()
    whole = tree.replace(written)
    assert [str(f) for f in findings(whole) if f.severity is not Severity.INFO] == []
    for each in objects_of(whole, kustomize):
        found = {(o.kind, o.namespace, o.name): o for o in each.objects}
        provider = found["Provider", "flux-system", "alerts"].data
        secret = provider["spec"]["secretRef"]["name"]
        assert ("Secret", "flux-system", secret) in found
        alert = found["Alert", "flux-system", "alerts"].data
        assert alert["spec"]["eventMetadata"]["cluster"] in {"dev-1", "stage-1", "prod-1", "main"}


@pytest.mark.parametrize("alerts", [Alerts.GITLAB, Alerts.GITHUB, Alerts.GITEA])
def test_commits_are_those_of_the_fleets_own_forge(alerts: Alerts) -> None:
    with pytest.raises(InvalidInput, match=f"--alerts {alerts} is told beside commits"):
        FleetAnswers("acme", ForgeKind.LOCAL, alerts=alerts)
    address = only(fleet(alerts), "provider")["spec"]["address"]
    assert address.startswith("https://")
    assert address.endswith("/acme/fleet.git")


@TOPOLOGIES
@pytest.mark.parametrize("secrets", list(Secrets))
def test_check_finds_nothing(topology: Topology, secrets: Secrets) -> None:
    keys = AGE if secrets is Secrets.SOPS else {}
    tree = fleet(Alerts.GENERIC, topology=topology, secrets=secrets, age_recipients=keys)
    assert [str(f) for f in findings(tree) if f.severity is not Severity.INFO] == []
