"""What of a fleet `add` looks at: the rest must not be able to make a difference."""

from collections.abc import Callable, Mapping

import pytest

from gitops.errors import InvalidInput
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Topology
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.scaffold.concerned import concerned
from gitops.scaffold.tenant import add_tenant
from gitops.scaffold.tenant_answers import TenantAnswers
from gitops.tree import File, Mode, Tree
from tests.golden.app_trees import COMMANDS, all_added

HIDDEN = Tree.of({"hidden.yaml": '# "\\x77eb"\n'})
"""As long as a shared file may spell names so, the whole fleet is looked at."""

CLUSTER = "clusters/dev/dev-1/apps"
OVERLAY = "apps/redis/envs/dev/kustomization.yaml"


def answers(name: str) -> AppAnswers:
    image = f"registry.example.com/shop/{name}"
    return AppAnswers(name, "shop", (image,), source=f"https://git.example.com/shop/{name}.git")


def apps(tree: Tree) -> set[str]:
    return {path.split("/")[1] for path in tree.below("apps")}


def outcome(add: Callable[[Tree], Tree], tree: Tree) -> Tree | str:
    try:
        return add(tree)
    except InvalidInput as error:
        return str(error)


def alike(add: Callable[[Tree], Tree], tree: Tree) -> Tree | str:
    """What comes of an addition, which is the same where the whole fleet is looked at."""
    found = outcome(add, tree)
    whole = outcome(add, Tree({**tree, **HIDDEN}))
    if isinstance(whole, Tree):
        whole = Tree({path: file for path, file in whole.items() if path not in HIDDEN})
    assert found == whole
    return found


def with_line(tree: Tree, path: str, line: str) -> Tree:
    return tree.replace({path: tree[path].data + line.encode() + b"\n"})


ADDITIONS: Mapping[str, Callable[[Tree], Tree]] = {
    "an app": lambda tree: add_app(tree, answers("web")),
    "a tenant": lambda tree: add_tenant(tree, TenantAnswers("blue", ("blue", "blue-jobs"))),
    "a component": lambda tree: add_component(tree, ComponentAnswers("metrics-server")).tree,
}


@pytest.mark.parametrize("topology", [Topology.PER_ENVIRONMENT, Topology.SINGLE])
@pytest.mark.parametrize("what", ADDITIONS)
def test_that_apps_of_every_sort_stand_beside_it_makes_no_difference(
    topology: Topology, what: str
) -> None:
    tree = all_added(topology)
    found = alike(ADDITIONS[what], tree)
    assert isinstance(found, Tree)
    assert found.keys() > tree.keys()
    assert alike(ADDITIONS[what], found) is found


@pytest.mark.parametrize("topology", [Topology.PER_ENVIRONMENT, Topology.SINGLE])
def test_no_app_is_looked_at_that_says_nothing_of_it(topology: Topology) -> None:
    tree = all_added(topology)
    assert apps(tree) == {*COMMANDS}
    part = concerned(tree, ["web"], ["registry.example.com/shop/web"])
    assert apps(part) == set()
    assert not any(path.endswith("/apps/redis.yaml") for path in part)
    assert {path for path in tree if not path.startswith(("apps/", "clusters/"))} <= part.keys()


def test_a_team_that_becomes_a_tenant_needs_none_of_its_apps_looked_at() -> None:
    tree = all_added(Topology.PER_ENVIRONMENT)
    assert sum(b"team: shop" in tree[f"apps/{name}/app.yaml"].data for name in COMMANDS) > 3
    assert apps(concerned(tree, ["shop", "tenant-shop"])) == set()
    assert isinstance(
        alike(lambda tree: add_tenant(tree, TenantAnswers("shop", ("shop",))), tree), Tree
    )


@pytest.mark.parametrize("topology", [Topology.PER_ENVIRONMENT, Topology.SINGLE])
def test_each_app_there_can_be_added_again(topology: Topology) -> None:
    tree = all_added(topology)
    for name in COMMANDS:
        assert name in apps(concerned(tree, [name]))


@pytest.mark.parametrize("name", ["payments", "payments-pre", "redis"])
def test_a_name_that_is_taken_is_refused(name: str) -> None:
    refused = alike(lambda tree: add_app(tree, answers(name)), all_added(Topology.PER_ENVIRONMENT))
    assert isinstance(refused, str)
    assert "already" in refused


@pytest.mark.parametrize(("name", "taken"), [("web", True), ("wiki", False)])
def test_a_name_that_is_anothers_with_its_environment_is_refused(name: str, taken: bool) -> None:
    single = new_fleet(
        Tree({}),
        FleetAnswers("acme", topology=Topology.SINGLE, environments=("dev", "x-dev")),
    )
    tree = add_app(single, answers("web-x"))
    found = alike(lambda tree: add_app(tree, answers(name)), tree)
    assert isinstance(found, str) is taken


@pytest.mark.parametrize("namespace", ["redis", "blue"])
def test_a_namespace_that_an_app_has_is_refused_to_a_tenant(namespace: str) -> None:
    tenant = TenantAnswers("green", (namespace,))
    found = alike(lambda tree: add_tenant(tree, tenant), all_added(Topology.PER_ENVIRONMENT))
    if namespace == "blue":
        assert isinstance(found, Tree)
    else:
        assert isinstance(found, str)
        assert "is that of the app redis" in found


PLANTED: Mapping[str, tuple[str, str, str]] = {
    "a cluster's file has its name": (f"{CLUSTER}/redis.yaml", "name: redis", "name: web"),
    "a cluster's file applies every app": (
        f"{CLUSTER}/redis.yaml",
        "./apps/redis/envs/dev",
        "./apps",
    ),
    "a cluster's file applies it": (
        f"{CLUSTER}/redis.yaml",
        "./apps/redis/envs/dev",
        "./apps/redis/../web/envs/prod",
    ),
    "an overlay takes it in": (
        OVERLAY,
        "components:\n",
        "components:\n  - ../../../web/envs/prod/version\n",
    ),
    "an overlay takes it in, escaped": (
        OVERLAY,
        "components:\n",
        'components:\n  - "../../../\\x77eb/envs/prod/version"\n',
    ),
    "a cluster's file is no YAML": (f"{CLUSTER}/redis.yaml", "spec:", "spec: ["),
}


@pytest.mark.parametrize("name", PLANTED)
def test_an_app_that_reaches_out_to_it_is_looked_at(name: str) -> None:
    tree = all_added(Topology.PER_ENVIRONMENT)
    path, old, new = PLANTED[name]
    text = tree[path].data.decode()
    assert old in text
    planted = tree.replace({path: text.replace(old, new).encode()})
    assert isinstance(alike(ADDITIONS["an app"], planted), str)
    assert isinstance(alike(ADDITIONS["an app"], tree), Tree)


NESTED = """\
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata: {name: more, namespace: flux-system}
spec:
  path: ./apps
  sourceRef: {kind: GitRepository, name: flux-system, namespace: flux-system}
"""


def test_an_app_whose_directory_has_flux_apply_others_is_looked_at() -> None:
    tree = all_added(Topology.PER_ENVIRONMENT)
    text = tree[OVERLAY].data.decode().replace("resources:\n", "resources:\n  - more.yaml\n")
    planted = tree.replace(
        {OVERLAY: text.encode(), "apps/redis/envs/dev/more.yaml": NESTED.encode()}
    )
    refused = alike(ADDITIONS["an app"], planted)
    assert isinstance(refused, str)
    assert "shared" in refused or "already" in refused


TAKEN = "apps/web/envs/prod/version"
THROUGH: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "another app": ("wiki/extra", {"apps/wiki/extra/kustomization.yaml": f"../../../{TAKEN}"}),
    "another app, quoted": (
        "wiki/extra",
        {"apps/wiki/extra/kustomization.yaml": f'"../../../{TAKEN}"'},
    ),
    "two others": (
        "wiki/extra",
        {
            "apps/wiki/extra/kustomization.yaml": "../../quotes/extra",
            "apps/quotes/extra/kustomization.yaml": f"../../../{TAKEN}",
        },
    ),
    "what is no app": ("lib", {"apps/lib/kustomization.yaml": f"../../{TAKEN}"}),
    "a directory beside": ("../extra", {"extra/kustomization.yaml": f"../{TAKEN}"}),
    "the top": ("..", {"kustomization.yaml": TAKEN}),
    "a component": ("../components/extra", {"components/extra/kustomization.yaml": TAKEN}),
}


@pytest.mark.parametrize("way", THROUGH)
def test_an_app_that_reaches_out_to_it_through_others_is_looked_at(way: str) -> None:
    tree = all_added(Topology.PER_ENVIRONMENT)
    first, files = THROUGH[way]
    text = tree[OVERLAY].data.decode()
    head = "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\n"
    took = text.replace("components:\n", f"components:\n  - ../../../{first}\n")

    def planted(what: Callable[[str], str]) -> Tree:
        added = {path: f"{head}components: [{what(step)}]\n" for path, step in files.items()}
        return tree.replace(
            {OVERLAY: took.encode(), **{path: each.encode() for path, each in added.items()}}
        )

    prefix = "../../" if way == "a component" else ""
    refused = alike(ADDITIONS["an app"], planted(lambda step: prefix + step))
    assert isinstance(refused, str)
    assert "shared by dev and prod" in refused
    away = planted(lambda step: (prefix + step).replace("apps/web/envs", "apps/absent"))
    assert isinstance(alike(ADDITIONS["an app"], away), Tree)


def test_an_app_that_a_shared_file_speaks_of_stays_and_so_do_those_it_takes_in() -> None:
    tree = all_added(Topology.PER_ENVIRONMENT)
    base = "apps/redis/base/kustomization.yaml"
    chained = with_line(tree, base, "# see ../../wiki/base")
    chained = with_line(
        chained, f"{CLUSTER}/../cluster-vars.yaml".replace("apps/../", ""), "# redis"
    )
    assert apps(concerned(chained, ["web"])) == {"redis", "wiki"}
    assert isinstance(alike(ADDITIONS["an app"], chained), Tree)


def test_a_directory_that_is_no_apps_stays_although_its_name_begins_like_one() -> None:
    tree = all_added(Topology.PER_ENVIRONMENT)
    there = Tree({**tree, "apps/wiki-web/base/deployment.yaml": File(b"kind: Deployment\n")})
    assert apps(concerned(there, ["web"])) == {"wiki-web"}
    refused = alike(lambda tree: add_app(tree, answers("wiki-web")), there)
    assert isinstance(refused, str)


def test_an_app_with_a_file_that_nobody_could_read_stays() -> None:
    tree = all_added(Topology.PER_ENVIRONMENT)
    unread = File(b"", Mode.FILE, unread="larger than 4194304 bytes")
    for odd in (unread, File(b"../../web", Mode.SYMLINK)):
        there = Tree({**tree, "apps/wiki/base/odd.yaml": odd})
        assert apps(concerned(there, ["web"])) == {"wiki"}


def test_no_app_vouches_for_another_by_its_name() -> None:
    def taking(app: str, step: str) -> dict[str, str]:
        head = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n"
        there = {f"apps/{app}/app.yaml": "", f"apps/{app}/base/kustomization.yaml": head}
        return there | {f"apps/{app}/base/more.yaml": f"- ../../../{step}/extra\n"}

    tree = all_added(Topology.PER_ENVIRONMENT)
    two = taking("components", "components") | taking("zebra", "zebra")
    alone = Tree({**tree, **Tree.of(taking("zebra", "components"))})
    assert "zebra" in apps(concerned(Tree({**tree, **Tree.of(two)}), ["web"]))
    assert "zebra" not in apps(concerned(alone, ["web"]))


def test_an_image_that_a_clusters_file_runs_keeps_the_apps_that_name_it() -> None:
    image = "registry.example.com/shop/runner"
    tree = all_added(Topology.PER_ENVIRONMENT)
    named = with_line(tree, "apps/quotes/app.yaml", f"# {image}")
    run = with_line(named, f"{CLUSTER}/tokens.yaml", f"---\nimage: {image}:1")
    assert apps(concerned(run, ["web"], [image])) == {"quotes", "tokens"}
    assert apps(concerned(named, ["web"], [image])) == set()


def test_without_a_fleet_there_is_nothing_to_look_at() -> None:
    with pytest.raises(InvalidInput, match="no fleet here"):
        concerned(Tree({}), ["web"])
