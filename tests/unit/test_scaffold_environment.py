"""`add environment` and `add cluster`: copies that are whole, and of which no byte is else."""

from functools import cache
from typing import Any

import pytest

from bot.adapters.kustomize import Kustomize
from gitops.check import Severity, findings
from gitops.document import documents
from gitops.errors import EditRefused, InvalidInput
from gitops.fleet import Fleet, Setting
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import Rendering, rendering
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.add_cluster import add_cluster
from gitops.scaffold.answers import ForgeKind, Topology
from gitops.scaffold.answers.fleet import Bootstrap, Secrets
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.scaffold.environment import add_environment
from gitops.scaffold.environment_answers import ClusterAnswers, EnvironmentAnswers
from gitops.scaffold.owners import owner_lines
from gitops.scaffold.record import Unit, recorded
from gitops.scaffold.tenant import add_tenant
from gitops.scaffold.tenant_answers import TenantAnswers
from gitops.tree import Tree, changes

DIGEST = "sha256:" + "1" * 64
IMAGE = "registry.example.com/shop/payments"
QA = EnvironmentAnswers("qa", "stage")


@cache
def fleet(topology: Topology = Topology.PER_ENVIRONMENT, **more: Any) -> Tree:
    tree = new_fleet(Tree({}), FleetAnswers("acme", topology=topology, **more))
    versions = {environment: [f"v1.0@{DIGEST}"] for environment in ("dev", "stage", "prod")}
    source = "https://git.example.com/payments.git"
    tree = add_app(tree, AppAnswers("payments", "shop", (IMAGE,), source, versions=versions))
    other = AppAnswers("antaeus", "shop", ("registry.example.com/shop/antaeus",), source)
    tree = add_app(tree, other)
    settings = ("email=ops@shop.example", "solver=cloudflare", "token-secret=token")
    tree = add_component(tree, ComponentAnswers("cert-manager", settings=settings)).tree
    return add_tenant(tree, TenantAnswers("shop-team", groups=("devs=develop",)))


OWN, SHARED = Topology.PER_ENVIRONMENT, Topology.SINGLE


def grown(answers: EnvironmentAnswers = QA, topology: Topology = OWN) -> Tree:
    return add_environment(fleet(topology), answers).tree


@pytest.mark.parametrize("topology", [OWN, SHARED])
def test_what_was_there_stays_to_the_byte(topology: Topology) -> None:
    before = fleet(topology)
    after = grown(topology=topology)
    changed = [path for path, (old, _) in changes(before, after).items() if old is not None]
    assert changed == ["fleet.yaml"]
    old, new = (tree["fleet.yaml"].data.splitlines() for tree in (before, after))
    start = next(i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b)
    more = len(new) - len(old)
    assert new[:start] + new[start + more :] == old


@pytest.mark.parametrize("topology", [OWN, SHARED])
@pytest.mark.parametrize("like", ["dev", "stage", "prod"])
def test_a_second_time_changes_nothing(topology: Topology, like: str) -> None:
    answers = EnvironmentAnswers("qa", like)
    tree = grown(answers, topology)
    assert add_environment(tree, answers).tree == tree


def test_a_copy_differs_where_it_must_and_nowhere_else() -> None:
    after = grown()
    pairs = {
        path: path.replace("/envs/stage/", "/envs/qa/")
        for path in after
        if "/envs/stage/" in path and not path.startswith("clusters/")
    }
    assert len(pairs) >= 10
    differing = {new for old, new in pairs.items() if after[old].data != after[new].data}
    assert differing == {"apps/payments/envs/qa/version/kustomization.yaml"}
    for path in after.below("clusters/stage/stage-1"):
        copy = after[path.replace("stage/stage-1", "qa/qa-1")].data.decode()
        expected = after[path].data.decode().replace("clusters/stage/stage-1", "clusters/qa/qa-1")
        expected = expected.replace("/envs/stage\n", "/envs/qa\n")
        if path.endswith("cluster-vars.yaml"):
            expected = expected.replace("stage", "qa")
        if path.endswith("apps/payments.yaml"):
            expected = expected.replace("suspend: false", "suspend: true")
        assert copy == expected


@pytest.mark.parametrize("topology", [OWN, SHARED])
def test_no_app_is_released_in_it(topology: Topology) -> None:
    after = Fleet.read(grown(topology=topology))
    assert after.environments.index("qa") > after.environments.index("dev")
    for app in ("payments", "antaeus"):
        pin = after.pin("qa", app)
        assert pin is not None
        assert (pin.problem, pin.unreleased) == (None, True)
    # The first release is set as in any other environment, and starts it.
    settings = [Setting(IMAGE, "v2.0", DIGEST)]
    released = after.set_pin("qa", "payments", settings)
    paths = [path for path in changes(after.tree, released) if path.startswith("clusters/")]
    assert len(paths) == 1
    assert b"suspend: false" in released[paths[0]].data


def test_versions_are_copied_when_asked_for() -> None:
    after = Fleet.read(grown(EnvironmentAnswers("qa", "stage", copy_versions=True)))
    pin, same = after.pin("qa", "payments"), after.pin("stage", "payments")
    assert pin is not None
    assert same is not None
    assert pin.content == same.content
    assert b"suspend: false" in after.tree["clusters/qa/qa-1/apps/payments.yaml"].data


def test_a_kustomization_without_suspend_gets_one() -> None:
    path = "clusters/stage/stage-1/apps/payments.yaml"
    lines = fleet()[path].data.decode().splitlines(keepends=True)
    data = "".join(line for line in lines if "suspend:" not in line).encode()
    after = add_environment(fleet().replace({path: data}), QA).tree
    copy = "clusters/qa/qa-1/apps/payments.yaml"
    assert documents(copy, after[copy].data)[0].text("spec", "suspend") == "true"


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        (QA, ("dev", "prerelease", "tagged", 1)),
        (EnvironmentAnswers("qa", "prod", after="dev"), ("dev", "release", "proven", 2)),
        (EnvironmentAnswers("qa", "prod"), ("stage", "release", "proven", 2)),
        (EnvironmentAnswers("qa", "dev"), (None, None, None, 0)),
        (EnvironmentAnswers("qa", "dev", after="dev"), ("dev", None, None, 0)),
        (EnvironmentAnswers("qa", "dev", after="stage"), ("stage", None, None, 0)),
    ],
    ids=str,
)
def test_its_rules_are_those_of_the_other(
    answers: EnvironmentAnswers, expected: tuple[str | None, str | None, str | None, int]
) -> None:
    after = Fleet.read(grown(answers)).config.environment("qa")
    assert after is not None
    tags = after.follow.tags if after.follow else None
    assert (after.after, tags, after.artifacts, after.approvals.required) == expected
    assert not after.soak


def test_its_variables_are_its_own() -> None:
    for like in ("dev", "prod"):
        tree = grown(EnvironmentAnswers("qa", like, clusters=("lab",)))
        path = "clusters/qa/lab/cluster-vars.yaml"
        [document] = documents(path, tree[path].data)
        said = {key: document.text("data", key) for key in ("environment", "cluster", "domain")}
        assert said == {"environment": "qa", "cluster": "lab", "domain": "qa.example.com"}
    assert b"ENVIRONMENT=qa\n" in grown()["env/qa/.envrc"].data


def test_several_clusters_are_like_those_of_the_other() -> None:
    clusters = ("qa-eu", "qa-us", "qa-ap")
    after = Fleet.read(grown(EnvironmentAnswers("qa", "prod", clusters=clusters)))
    assert after.config.roots["qa"] == tuple(f"clusters/qa/{name}" for name in clusters)
    for name in clusters:
        data = after.tree[f"clusters/qa/{name}/flux-system/gotk-sync.yaml"].data
        assert f"path: ./clusters/qa/{name}\n".encode() in data


def test_patterns_are_no_environments_and_are_not_copied() -> None:
    pattern = {
        "apps/_template/envs/stage/kustomization.yaml": b"x: 1\n",
        "apps/payments/envs/_template/kustomization.yaml": b"x: 1\n",
        "clusters/stage/stage-1/_template/x.yaml": b"x: 1\n",
    }
    after = add_environment(fleet().replace(pattern), QA).tree
    assert [path for path in after if "_template" in path] == sorted(pattern)


def test_what_is_encrypted_is_left_to_people() -> None:
    secret = b"data: ENC[AES256_GCM,data:x]\nsops:\n  mac: ENC[AES256_GCM,data:y]\n"
    path = "apps/payments/envs/stage/secret.sops.yaml"
    done = add_environment(fleet().replace({path: secret}), QA)
    assert "apps/payments/envs/qa/secret.sops.yaml" not in done.tree
    assert any(path in warning for warning in done.warnings)
    assert not any("encrypted" in warning for warning in add_environment(fleet(), QA).warnings)


def test_lines_that_still_name_the_other_are_told() -> None:
    path = "infrastructure/cert-manager/envs/stage/values.yaml"
    data = b"bucket: shop-stage-logs\n# stage\nx: staged # stage\n"
    done = add_environment(fleet().replace({path: data}), QA)
    told = "these lines for qa still name stage: infrastructure/cert-manager/envs/qa/values.yaml:1"
    assert told in done.warnings


KEY = "age1" + "q" * 58


def test_somebody_has_to_say_for_whom_secrets_are_encrypted() -> None:
    recipients = {environment: [KEY] for environment in ("dev", "stage", "prod")}
    answers = FleetAnswers("acme", secrets=Secrets.SOPS, age_recipients=recipients)
    done = add_environment(new_fleet(Tree({}), answers), QA)
    assert any(".sops.yaml says nothing of qa" in warning for warning in done.warnings)


@pytest.mark.parametrize("forge", [ForgeKind.GITLAB, ForgeKind.GITEA])
def test_who_must_agree_there_must_agree_here(forge: ForgeKind) -> None:
    tree = new_fleet(Tree({}), FleetAnswers("acme", forge=forge))
    after = add_environment(tree, EnvironmentAnswers("eu", "prod")).tree
    lines = owner_lines(after["CODEOWNERS"].data)
    prod = [(path.replace("envs/prod/", "envs/eu/"), who) for path, who in lines if "prod" in path]
    assert prod
    assert [each for each in lines if "envs/eu/" in each[0]] == prod
    app = AppAnswers("payments", "shop", (IMAGE,), range=">=1.0.0")
    free = add_environment(add_app(tree, app), EnvironmentAnswers("lab", "dev")).tree
    has_lab = any("lab" in path for path, _ in owner_lines(free["CODEOWNERS"].data))
    assert has_lab == (forge is ForgeKind.GITEA)


def test_another_layout_of_clusters() -> None:
    flat = {
        path.replace("clusters/stage/stage-1", "clusters/stage"): file.data.replace(
            b"clusters/stage/stage-1", b"clusters/stage"
        )
        for path, file in fleet().items()
    }
    old = b"    clusters:\n      - stage-1\n"
    new = b"    clusters:\n      - name: stage-1\n        path: clusters/stage\n"
    flat["fleet.yaml"] = flat["fleet.yaml"].replace(old, new)
    after = Fleet.read(add_environment(Tree.of(flat), QA).tree)
    assert after.config.roots["qa"] == ("clusters/qa",)
    odd = flat | {"fleet.yaml": flat["fleet.yaml"].replace(b"path: clusters/stage", b"path: k8s/x")}
    with pytest.raises(InvalidInput, match="k8s/x does not tell where qa-1 of qa would lie"):
        add_environment(Tree.of(odd), QA)
    two = EnvironmentAnswers("qa", "stage", clusters=("a", "b"))
    with pytest.raises(InvalidInput, match="would lie in the same directory"):
        add_environment(Tree.of(flat), two)


def test_flow_style_is_refused_with_its_place() -> None:
    text = (
        b"apiVersion: fairlead.dev/v1alpha1\nkind: Fleet\nname: acme\nforge: {kind: local}\n"
        b"environments: [{name: dev, clusters: [dev-1], follow: {branch: main}}]\n"
    )
    tree = fleet().replace({"fleet.yaml": text})
    with pytest.raises(EditRefused, match=r"^fleet\.yaml:5"):
        add_environment(tree, EnvironmentAnswers("qa", "dev"))
    block = text.replace(b"[{name: dev, ", b"\n- {name: dev, ").replace(b"}}]", b"}}")
    with pytest.raises(EditRefused, match="are not written line by line"):
        add_environment(fleet().replace({"fleet.yaml": block}), EnvironmentAnswers("qa", "dev"))


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (("qa", "stge"), "no environment 'stge'; did you mean `stage"),
        (("qa", "stage", "deve"), "no environment 'deve'; did you mean `dev"),
        (("dev", "stage", None, ("x",)), "dev is there already, with the clusters dev-1: x at"),
        (("prod", "stage"), r"yaml:\d+:\d+: prod is there.*: it comes after stage, not after dev"),
        (("prod", "stage", "stage"), "prod is there already.*: its `follow` is not that of stage"),
        (("qa", "stage", None, ("prod-1",)), r"^fleet\.yaml:\d+:\d+: prod has a cluster prod-1"),
        (("stage", "stage"), "stage cannot be like itself"),
        (("q/a", "stage"), "'q/a' is no name for an environment; write it as q-a"),
        (("all", "stage"), "no environment can be named all"),
        (("qa", "stage", "qa"), "qa cannot come after itself"),
        (("qa", "stage", None, ("a", "a")), "the cluster a of qa is named twice"),
    ],
)
def test_wrong_answers_are_told(answers: tuple[Any, ...], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        add_environment(fleet(), EnvironmentAnswers(*answers))


def test_what_is_there_as_it_was_asked_for_is_told() -> None:
    tree = grown()
    again = add_environment(tree, QA)
    assert again.tree == tree
    assert again.warnings == ("qa is there already, after dev, with the clusters qa-1",)
    more = add_cluster(tree, ClusterAnswers("qa-2", "qa")).tree
    assert add_environment(more, QA).warnings == (f"{again.warnings[0]}, qa-2",)


def test_what_was_asked_for_otherwise_is_named() -> None:
    given = {"name": "qa", "from": "stage"}
    tree = recorded(fleet(), grown(), Unit("environment", "qa"), given)
    assert add_environment(tree, QA).tree == tree
    for answers, told in (
        (EnvironmentAnswers("qa", "prod", after="dev"), "was made --from stage, not --from prod"),
        (EnvironmentAnswers("qa", "stage", copy_versions=True), "was made without --copy-versions"),
        (EnvironmentAnswers("qa", "stage", after="stage"), "it comes after dev, not after stage"),
    ):
        with pytest.raises(InvalidInput, match=rf"^fleet\.yaml:\d+:\d+: qa is there.*{told}"):
            add_environment(tree, answers)
    # Rules are people's own once it is there.
    text = tree["fleet.yaml"].data.replace(b"  - name: qa\n", b"  - name: qa\n    max_age: 30m\n")
    edited = tree.replace({"fleet.yaml": text})
    assert edited != tree
    assert add_environment(edited, QA).tree == edited


def test_rules_that_do_not_fit_are_told() -> None:
    told = "the rules of stage do not fit qa: `proof: contained` needs a branch.*nothing was writ"
    with pytest.raises(InvalidInput, match=told):
        grown(EnvironmentAnswers("qa", "stage", after="stage"))


def test_a_shared_cluster_has_no_others() -> None:
    with pytest.raises(InvalidInput, match="stage shares its cluster with other environments"):
        grown(EnvironmentAnswers("qa", "stage", clusters=("x",)), SHARED)
    with pytest.raises(InvalidInput, match="stage shares its cluster with other environments"):
        add_cluster(fleet(SHARED), ClusterAnswers("x", "stage"))


def test_what_is_in_the_way_is_told() -> None:
    path = "clusters/qa/qa-1/apps.yaml"
    with pytest.raises(InvalidInput, match=f"{path}: is there already"):
        add_environment(fleet().replace({path: b"x: 1\n"}), QA)


# --- clusters -------------------------------------------------------------------------------------


def test_a_cluster_more_runs_what_the_other_runs() -> None:
    before = fleet(bootstrap=Bootstrap.OPERATOR)
    answers = ClusterAnswers("prod-us", "prod")
    tree = add_cluster(before, answers).tree
    assert add_cluster(tree, answers).tree == tree
    after = Fleet.read(tree)
    assert after.config.roots["prod"] == ("clusters/prod/prod-1", "clusters/prod/prod-us")
    changed = [path for path, (old, _) in changes(before, tree).items() if old is not None]
    assert changed == ["fleet.yaml"]
    pin = after.pin("prod", "payments")
    assert pin is not None
    assert (pin.problem, pin.unreleased) == (None, False)
    flux = "clusters/prod/prod-us/flux-instance.yaml"
    assert documents(flux, tree[flux].data)[0].text("spec", "sync", "path") == (
        "clusters/prod/prod-us"
    )
    path = "clusters/prod/prod-us/cluster-vars.yaml"
    [variables] = documents(path, tree[path].data)
    said = {key: variables.text("data", key) for key in ("environment", "cluster", "domain")}
    assert said == {"environment": "prod", "cluster": "prod-us", "domain": "example.com"}


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        (("x", "prd"), "no environment 'prd'; did you mean `prod"),
        (("x", "prod", "prod-2"), "prod has no cluster 'prod-2'; did you mean `prod-1"),
        (("X 1", "prod"), "'X 1' is no name for a cluster"),
        (("dev-1", "prod"), r"^fleet\.yaml:\d+:\d+: dev has a cluster dev-1.*name it prod-dev-1"),
    ],
)
def test_wrong_answers_about_a_cluster_are_told(answers: tuple[Any, ...], told: str) -> None:
    with pytest.raises(InvalidInput, match=told):
        add_cluster(fleet(), ClusterAnswers(*answers))


# --- what comes of it -----------------------------------------------------------------------------

GROWN = {
    "own": lambda: add_cluster(grown(), ClusterAnswers("qa-2", "qa")).tree,
    "shared": lambda: grown(topology=SHARED),
    "from dev": lambda: grown(EnvironmentAnswers("qa", "dev", after="dev")),
    "from prod": lambda: grown(EnvironmentAnswers("qa", "prod", clusters=("a", "b"))),
    "five": lambda: add_environment(grown(), EnvironmentAnswers("eu", "prod")).tree,
}


def _rendered(tree: Tree, kustomize: str) -> Rendering:
    there = Fleet.read(tree)
    return rendering(there, Kustomize(kustomize).builds, builds_of(there))


@pytest.mark.parametrize("name", GROWN)
def test_check_finds_no_more_than_before(name: str) -> None:
    found = [str(f) for f in findings(GROWN[name]()) if f.severity is not Severity.INFO]
    assert found == []


@pytest.mark.real
@pytest.mark.slow
@pytest.mark.parametrize("name", GROWN)
def test_as_many_builds_as_environments_and_no_object_twice(name: str, kustomize: str) -> None:
    tree = GROWN[name]()
    there = Fleet.read(tree)
    done = _rendered(tree, kustomize)
    assert [(each.build.directory, str(each.error)) for each in done.failed] == []
    built = {each.environment for each in done.rendered if each.app == "payments"}
    assert built == {*there.environments}
    seen = set()
    for each in done.rendered:
        # On a shared cluster the directory is the environment's own, and the cluster one for all.
        for o in each.objects:
            key = (each.cluster, o.group, o.kind, o.namespace, o.name)
            assert key not in seen
            seen.add(key)
