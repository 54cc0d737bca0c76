"""`new --health`: what lets the bot know how a cluster does, and what it may not do."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import yaml

from bot.adapters.kustomize import Kustomize
from gitops.check import Severity, findings
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.model import Output
from gitops.rendering.rendering import rendering
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.add_cluster import add_cluster
from gitops.scaffold.alert_files import home
from gitops.scaffold.answers import ForgeKind, Topology
from gitops.scaffold.answers.fleet import Alerts, Health
from gitops.scaffold.environment import add_environment
from gitops.scaffold.environment_answers import ClusterAnswers, EnvironmentAnswers
from gitops.status_context import read
from gitops.tree import Tree

BOT = f"registry.example.com/fairlead@sha256:{'0' * 64}"
TOPOLOGIES = pytest.mark.parametrize("topology", list(Topology))
READER = "infrastructure/fairlead-reader"
FLUX = "toolkit.fluxcd.io"
READ = {
    (f"kustomize.{FLUX}", "kustomizations"),
    (f"helm.{FLUX}", "helmreleases"),
    (f"source.{FLUX}", "gitrepositories"),
    (f"source.{FLUX}", "ocirepositories"),
    (f"source.{FLUX}", "helmcharts"),
    (f"source.{FLUX}", "helmrepositories"),
    (f"source.{FLUX}", "buckets"),
    (f"source.{FLUX}", "externalartifacts"),
    ("apps", "deployments"),
    ("apps", "statefulsets"),
    ("apps", "daemonsets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
}
"""All that the bot may read."""


def fleet(**more: Any) -> Tree:
    return new_fleet(Tree({}), FleetAnswers("acme", **more))


def allowed(tree: Tree, base: str) -> set[tuple[str, str, str]]:
    """Group, resource and verb of everything that the roles of a directory allow."""
    found = set()
    for path, file in tree.below(base).items():
        if "rbac" not in path:
            continue
        for each in yaml.safe_load_all(file.data):
            for rule in each.get("rules", ()):
                assert set(rule) == {"apiGroups", "resources", "verbs"}
                found |= {
                    (group, resource, verb)
                    for group in rule["apiGroups"]
                    for resource in rule["resources"]
                    for verb in rule["verbs"]
                }
    return found


def objects(tree: Tree, base: str) -> Iterator[Any]:
    for path, file in tree.below(base).items():
        yield from (each for each in yaml.safe_load_all(file.data) if "/base/" in path)


@pytest.mark.parametrize("base", [READER, "infrastructure/fairlead"])
@pytest.mark.parametrize("health", [None, Health.CLUSTERS, Health.PODS])
def test_the_bot_may_read_this_and_nothing_else(base: str, health: Health | None) -> None:
    tree = fleet(health=health, bot_image=BOT)
    wanted = READ | ({("", "pods")} if health is Health.PODS else set())
    verbs = ("get", "list")
    assert allowed(tree, f"{base}/base") == {(*each, verb) for each in wanted for verb in verbs}
    listed = yaml.safe_load(tree[f"{base}/base/kustomization.yaml"].data)["resources"]
    assert ("rbac-pods.yaml" in listed) == (health is Health.PODS)
    kinds = {each["kind"] for each in objects(tree, f"{base}/base")}
    assert kinds.isdisjoint({"Role", "RoleBinding"})
    bound = [e for e in objects(tree, f"{base}/base") if e["kind"] == "ClusterRoleBinding"]
    who = {"kind": "ServiceAccount", "name": "fairlead", "namespace": "fairlead"}
    assert [each["subjects"] for each in bound] == [[who]] * len(bound)


def test_its_token_is_named_and_written_nowhere() -> None:
    tree = fleet(health=Health.CLUSTERS)
    [secret] = [each for each in objects(tree, READER) if each["kind"] == "Secret"]
    assert secret["type"] == "kubernetes.io/service-account-token"
    assert set(secret) == {"apiVersion", "kind", "metadata", "type"}
    who = secret["metadata"]["annotations"]["kubernetes.io/service-account.name"]
    assert who == "fairlead"
    assert f"kubectl get secret {secret['metadata']['name']} " in tree["README.md"].data.decode()


def test_without_a_bot_nobody_may_read() -> None:
    tree = fleet()
    assert tree.below(READER) == Tree({})
    assert b"token" not in tree["README.md"].data


def test_every_cluster_but_the_bots_own_has_a_reader_and_those_that_are_added() -> None:
    clusters = {"prod": ["prod-eu", "prod-us"]}
    tree = fleet(health=Health.CLUSTERS, bot_image=BOT, clusters=clusters)
    tree = add_environment(tree, EnvironmentAnswers("qa", "stage")).tree
    tree = add_cluster(tree, ClusterAnswers("prod-ap", "prod", like="prod-us")).tree
    wanted = ("dev/dev-1", "stage/stage-1", "qa/qa-1", "prod/prod-us", "prod/prod-ap")
    found = {path for path in tree if path.endswith("infrastructure/fairlead-reader.yaml")}
    assert found == {f"clusters/{each}/infrastructure/fairlead-reader.yaml" for each in wanted}
    for path in found:
        own = yaml.safe_load(tree[path].data)["spec"]["path"]
        assert f"{own[2:]}/kustomization.yaml" in tree
    assert "clusters/prod/prod-eu/infrastructure/fairlead.yaml" in tree


@pytest.mark.parametrize("health", [None, Health.PODS])
def test_no_copy_of_the_bots_cluster_runs_a_second_bot(health: Health | None) -> None:
    tree = fleet(bot_image=BOT, health=health, environments=("prod",))
    assert tree.below(READER) == Tree({})
    tree = add_cluster(tree, ClusterAnswers("prod-2", "prod")).tree
    tree = add_environment(tree, EnvironmentAnswers("qa", "prod")).tree
    bots = [path for path in tree if path.endswith("/infrastructure/fairlead.yaml")]
    assert bots == ["clusters/prod/prod-1/infrastructure/fairlead.yaml"]
    assert set(tree.below("infrastructure/fairlead/envs")) == {
        "infrastructure/fairlead/envs/prod/kustomization.yaml"
    }
    readers = {path for path in tree if path.endswith("/fairlead-reader.yaml")}
    wanted = ("prod/prod-2", "qa/qa-1")
    assert readers == {f"clusters/{at}/infrastructure/fairlead-reader.yaml" for at in wanted}
    assert (f"{READER}/base/rbac-pods.yaml" in tree) == (health is Health.PODS)
    assert [str(f) for f in findings(tree) if f.severity is not Severity.INFO] == []


def test_a_bot_on_the_only_cluster_needs_no_reader() -> None:
    alone = fleet(bot_image=BOT, topology=Topology.SINGLE)
    assert alone.below(READER) == Tree({})
    assert b"fairlead-token" not in alone["README.md"].data
    remote = fleet(health=Health.CLUSTERS, topology=Topology.SINGLE)
    assert f"{READER}/envs/all/kustomization.yaml" in remote


def rendered(tree: Tree, kustomize: str, below: str) -> Sequence[Output]:
    found = Fleet.read(tree)
    done = rendering(found, Kustomize(kustomize).builds, builds_of(found))
    assert [(each.build.directory, str(each.error)) for each in done.failed] == []
    return [each for each in done.rendered if each.path.startswith(below)]


@pytest.mark.real
@TOPOLOGIES
@pytest.mark.parametrize("forge", [ForgeKind.GITLAB, ForgeKind.GITHUB, ForgeKind.GITEA])
def test_a_status_names_the_cluster_that_it_is_of(
    kustomize: str, topology: Topology, forge: ForgeKind
) -> None:
    tree = fleet(health=Health.STATUSES, topology=topology, forge=forge)
    found = rendered(tree, kustomize, home("statuses"))
    assert len(found) == (3 if topology is Topology.PER_ENVIRONMENT else 1)
    seen = set()
    for each in found:
        objects: dict[str, Any] = {o.kind: o.data for o in each.objects}
        assert objects["Provider"]["spec"]["type"] == forge
        assert objects["Provider"]["spec"]["secretRef"] == {"name": "statuses"}
        assert objects["Alert"]["spec"]["eventSeverity"] == "info"
        said = objects["Provider"]["spec"]["commitStatusExpr"].partition("' + ")[0]
        context = read(f"{said[1:]}kustomization/flux-system/web")
        assert context is not None
        seen.add((context.environment, context.cluster))
    several = {("dev", "dev-1"), ("stage", "stage-1"), ("prod", "prod-1")}
    assert seen == (several if topology is Topology.PER_ENVIRONMENT else {("all", "main")})


@TOPOLOGIES
@pytest.mark.parametrize(
    ("health", "alerts", "interval"),
    [
        (Health.STATUSES, None, "10m"),
        (None, Alerts.GITLAB, "10m"),
        (Health.CLUSTERS, Alerts.GITLAB, "1h"),
        (None, Alerts.SLACK, "1h"),
        (None, None, "1h"),
    ],
)
def test_flux_looks_at_an_app_within_its_soak_where_nobody_else_does(
    topology: Topology, health: Health | None, alerts: Alerts | None, interval: str
) -> None:
    more = {"topology": topology, "health": health, "alerts": alerts}
    image = ("registry.example.com/payments",)
    app = AppAnswers("payments", "shop", image, range=">=1.0.0", smoke=True)
    tree = add_app(fleet(forge=ForgeKind.GITLAB, **more), app)
    flux = [each for path, each in tree.items() if "/apps/payments" in path and "/base" not in path]
    found = [yaml.safe_load(each.data) for each in flux]
    said = [each["spec"]["interval"] for each in found if each["apiVersion"].startswith("kustom")]
    assert said == [interval] * 6
    assert "FL327" not in {each.code for each in findings(tree)}
    late = {
        path: each.data.replace(b"interval: 10m", b"interval: 1h")
        for path, each in tree.items()
        if each in flux
    }
    told = [each.place.path for each in findings(tree.replace(late)) if each.code == "FL327"]
    assert len(told) == (2 if interval == "10m" else 0)


def test_one_status_is_enough() -> None:
    tree = fleet(health=Health.STATUSES, alerts=Alerts.GITLAB, forge=ForgeKind.GITLAB)
    assert tree.below(home("statuses")) == Tree({})
    assert f"{home('alerts')}/base/provider.yaml" in tree
    both = fleet(health=Health.STATUSES, alerts=Alerts.SLACK, forge=ForgeKind.GITLAB)
    assert f"{home('statuses')}/base/provider.yaml" in both
    text = both["README.md"].data.decode()
    assert "kubectl create secret generic alerts --namespace flux-system" in text
    assert "kubectl create secret generic statuses --namespace flux-system" in text


def test_the_embedded_forge_keeps_no_statuses() -> None:
    with pytest.raises(InvalidInput, match="keeps no statuses"):
        FleetAnswers("acme", health=Health.STATUSES)
    assert fleet(health=Health.STATUSES, forge=ForgeKind.GITEA).below(home("statuses"))


@TOPOLOGIES
@pytest.mark.parametrize("health", list(Health))
def test_check_finds_nothing(topology: Topology, health: Health) -> None:
    tree = fleet(topology=topology, health=health, forge=ForgeKind.GITLAB, bot_image=BOT)
    assert [str(f) for f in findings(tree) if f.severity is not Severity.INFO] == []
