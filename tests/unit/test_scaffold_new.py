"""`new`: what a fleet from nothing looks like."""

import pytest

from gitops.config import read
from gitops.config.json_schema import json_schema_text
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.scaffold import FleetAnswers, new_fleet
from gitops.scaffold.answers import ForgeKind
from gitops.tree import File, Mode, Tree

NOTHING = Tree({})


def test_the_layout_is_exactly_this() -> None:
    tree = new_fleet(NOTHING, FleetAnswers("acme"))
    cluster = (
        "kustomization.yaml",
        "flux-system/kustomization.yaml",
        "flux-system/gotk-components.yaml",
        "flux-system/gotk-sync.yaml",
        "cluster-vars.yaml",
        "infrastructure.yaml",
        "infrastructure/_layer.yaml",
        "tenants.yaml",
        "tenants/_layer.yaml",
        "apps.yaml",
        "apps/_layer.yaml",
    )
    expected = {"fleet.yaml", "README.md", "Makefile", ".gitignore", ".tool-versions"}
    expected |= {f".fairlead/schemas/{name}.json" for name in ("fleet", "app")}
    for environment in ("dev", "stage", "prod"):
        expected.add(f"env/{environment}/.envrc")
        expected |= {f"clusters/{environment}/{environment}-1/{path}" for path in cluster}
    assert set(tree) == expected


def test_the_embedded_forge_delivers_dev_by_commit() -> None:
    fleet = read(new_fleet(NOTHING, FleetAnswers("acme"))).fleet
    assert (fleet.name, fleet.forge.kind, fleet.forge.project) == ("acme", "local", None)
    assert [e.deliver for e in fleet.environments] == ["commit", "merge-request", "merge-request"]


@pytest.mark.parametrize("kind", [ForgeKind.GITLAB, ForgeKind.GITHUB, ForgeKind.GITEA])
def test_a_forge_delivers_everything_by_merge_request(kind: ForgeKind) -> None:
    fleet = read(new_fleet(NOTHING, FleetAnswers("acme", kind, "platform/clusters"))).fleet
    assert (fleet.forge.kind, fleet.forge.project) == (kind.value, "platform/clusters")
    assert {e.deliver for e in fleet.environments} == {"merge-request"}
    assert [e.approvals.required for e in fleet.environments] == [0, 1, 2]


def test_the_environments_take_from_each_other_what_the_design_says() -> None:
    config = read(new_fleet(NOTHING, FleetAnswers("acme")))
    dev, stage, prod = config.fleet.environments
    assert (dev.after, stage.after, prod.after) == (None, "dev", "stage")
    assert (stage.artifacts, stage.proof) == ("tagged", "contained")
    assert (prod.artifacts, prod.proof) == ("proven", "commit")
    assert (stage.settle.total_seconds(), stage.soak.total_seconds()) == (120, 1800)
    assert prod.windows
    assert not prod.soak


def test_clusters_are_as_many_as_are_named() -> None:
    answers = FleetAnswers("acme", clusters={"prod": ["prod-eu", "prod-us"], "dev": ["lab"]})
    tree = new_fleet(NOTHING, answers)
    assert {e: list(paths) for e, paths in read(tree).roots.items()} == {
        "dev": ["clusters/dev/lab"],
        "stage": ["clusters/stage/stage-1"],
        "prod": ["clusters/prod/prod-eu", "clusters/prod/prod-us"],
    }
    reach = Fleet.read(tree).reach
    assert reach.environments("clusters/prod/prod-us/apps/_layer.yaml") == ("prod",)


def test_every_reached_file_builds() -> None:
    fleet = Fleet.read(new_fleet(NOTHING, FleetAnswers("acme")))
    assert [fleet.inventory.faulty_builds(e) for e in fleet.environments] == [(), (), ()]


@pytest.mark.parametrize(
    ("answers", "url"),
    [
        (FleetAnswers("acme"), "ssh://git@git.example.com/acme/fleet.git"),
        (FleetAnswers("acme", ForgeKind.GITHUB, "a/b"), "ssh://git@github.com/a/b.git"),
        (FleetAnswers("acme", url="https://x.example/f.git"), "https://x.example/f.git"),
    ],
)
def test_flux_pulls_from(answers: FleetAnswers, url: str) -> None:
    sync = new_fleet(NOTHING, answers)["clusters/dev/dev-1/flux-system/gotk-sync.yaml"]
    assert f"url: {url}\n".encode() in sync.data


def test_a_second_time_changes_nothing() -> None:
    tree = new_fleet(NOTHING, FleetAnswers("acme"))
    assert new_fleet(tree, FleetAnswers("acme")) == tree


def test_what_else_is_there_stays() -> None:
    before = Tree.of({"README.md": "ours\n", "src/main.py": ""})
    after = new_fleet(before, FleetAnswers("acme"))
    assert {path: after[path] for path in before} == dict(before)


def test_fleet_yaml_tells_an_editor_where_its_schema_is() -> None:
    tree = new_fleet(NOTHING, FleetAnswers("acme"))
    first = tree["fleet.yaml"].data.decode().splitlines()[0]
    hint, path = first.split("=")
    assert hint == "# yaml-language-server: $schema"
    assert tree[path].data.decode() == json_schema_text("fleet")


def test_schemas_of_another_version_are_kept() -> None:
    old = {".fairlead/schemas/fleet.json": b"{}\n"}
    before = new_fleet(NOTHING, FleetAnswers("acme")).replace(old)
    assert new_fleet(before, FleetAnswers("acme")) == before


@pytest.mark.parametrize("mode", [Mode.FILE, Mode.SYMLINK])
def test_nothing_is_overwritten(mode: Mode) -> None:
    before = Tree({"clusters/dev/dev-1/apps.yaml": File(b"x: 1\n", mode)})
    with pytest.raises(InvalidInput, match="is there already and says something else"):
        new_fleet(before, FleetAnswers("acme"))


def test_a_fleet_in_the_way_is_said_to_be_one() -> None:
    tree = new_fleet(NOTHING, FleetAnswers("acme"))
    with pytest.raises(InvalidInput, match=r"^fleet\.yaml: another fleet is here already"):
        new_fleet(tree, FleetAnswers("other"))


def test_a_file_where_a_directory_belongs_is_refused() -> None:
    with pytest.raises(InvalidInput, match="clusters: is a file where a directory is needed"):
        new_fleet(Tree.of({"clusters": ""}), FleetAnswers("acme"))


def test_names_that_yaml_reads_otherwise_stay_names() -> None:
    answers = FleetAnswers("123", clusters={"dev": ["true", "1e3"]})
    config = read(new_fleet(NOTHING, answers))
    assert config.fleet.name == "123"
    assert config.roots["dev"] == ("clusters/dev/true", "clusters/dev/1e3")


@pytest.mark.parametrize(
    ("clusters", "message"),
    [
        ({"prd": ["a"]}, "no environment 'prd'; did you mean `prod"),
        ({"prod": ["EU 1"]}, "'EU 1' is no name for a cluster; write it as eu-1"),
        ({"prod": ["eu"], "dev": ["eu"]}, "dev and prod each have a cluster eu; write --cluster p"),
        ({"prod": ["dev-1"]}, "dev and prod each have a cluster dev-1"),
        ({"prod": ["a", "a"]}, "the cluster a of prod is named twice"),
        ({"prod": ["../x"]}, "is no name for a cluster; write it as x"),
    ],
)
def test_a_wrong_cluster_is_told(clusters: dict[str, list[str]], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        new_fleet(NOTHING, FleetAnswers("acme", clusters=clusters))


def test_a_wrong_name_is_told_with_a_right_one() -> None:
    with pytest.raises(
        InvalidInput, match="'My Fleet' is no name for a fleet; say --name my-fleet"
    ):
        FleetAnswers("My Fleet")


def test_the_embedded_forge_has_no_project() -> None:
    with pytest.raises(InvalidInput, match="leave out --project"):
        FleetAnswers("acme", project="a/b")


def test_a_wrong_project_is_told_before_anything_is_there() -> None:
    told = r"^`fleet` is no project; nothing was written; write its path"
    with pytest.raises(InvalidInput, match=told):
        new_fleet(NOTHING, FleetAnswers("acme", ForgeKind.GITLAB, "fleet"))
