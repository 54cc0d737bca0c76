"""What `add app` writes, byte for byte, for apps of every sort."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitops.directory import read_directory
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.rendering import Rendering, rendering
from gitops.scaffold import add_app
from gitops.scaffold.answers import Topology
from gitops.tree import Tree
from tests.golden.app_trees import COMMANDS, HERE, added, all_added, answers, written
from tests.golden.closures import Remembering

TOPOLOGIES = pytest.mark.parametrize("topology", Topology)


@pytest.mark.parametrize("name", COMMANDS)
def test_an_app_is_written_as_it_was(name: str) -> None:
    """`python -m tests.golden.app_trees` writes them anew."""
    there = read_directory(HERE / name)
    found = written(name)
    assert list(found) == list(there)
    assert {path: file.data.decode() for path, file in found.items()} == {
        path: file.data.decode() for path, file in there.items()
    }


def test_no_tree_is_left_of_an_app_that_is_no_longer_there() -> None:
    assert {path.name for path in HERE.iterdir()} == set(COMMANDS)


@TOPOLOGIES
@pytest.mark.parametrize("name", COMMANDS)
def test_a_second_time_changes_nothing(name: str, topology: Topology) -> None:
    tree = all_added(topology)
    assert add_app(tree, answers(name)) == tree


@TOPOLOGIES
@pytest.mark.parametrize("name", COMMANDS)
def test_an_app_touches_no_file_of_another(name: str, topology: Topology) -> None:
    alone, together = added(name, topology), all_added(topology)
    assert {path: together.get(path) for path in alone} == dict(alone)


@TOPOLOGIES
def test_every_app_has_a_pin_in_every_environment_and_no_problem(topology: Topology) -> None:
    fleet = Fleet.read(all_added(topology))
    assert set(fleet.apps) == set(COMMANDS)
    for environment in fleet.environments:
        for app in fleet.apps:
            pin = fleet.pin(environment, app)
            assert pin is not None, app
            assert (pin.problem, pin.unreleased) == (None, True), app


def without(tree: Tree, apps: set[str]) -> Tree:
    """The tree as if somebody had removed these apps by hand."""

    def of(path: str) -> bool:
        steps = path.split("/")
        if steps[0] == "apps":
            return steps[1] in apps
        name = steps[-1].removesuffix(".yaml")
        named = {n + end for n in apps for end in ("", "-pre", "-post", "-smoke")}
        return steps[0] == "clusters" and steps[-2] == "apps" and name in named

    return Tree({path: file for path, file in tree.items() if not of(path)})


@settings(max_examples=20)
@given(
    gone=st.sets(st.sampled_from(sorted(COMMANDS)), min_size=1), topology=st.sampled_from(Topology)
)
def test_whoever_goes_leaves_the_others_as_they_were(gone: set[str], topology: Topology) -> None:
    fleet = Fleet.read(without(all_added(topology), gone))
    assert set(fleet.apps) == COMMANDS.keys() - gone
    for environment in fleet.environments:
        assert not fleet.inventory.faulty_builds(environment)
        for app in fleet.apps:
            pin = fleet.pin(environment, app)
            assert pin is not None
            assert pin.problem is None


@pytest.fixture(scope="module")
def remembering(kustomize: str) -> Remembering:
    """Most of what is built was built before."""
    return Remembering(kustomize)


def built(tree: Tree, remembering: Remembering) -> Rendering:
    fleet = Fleet.read(tree)
    return rendering(fleet, remembering.builds, builds_of(fleet))


@pytest.mark.real
@pytest.mark.slow
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    gone=st.sets(st.sampled_from(sorted(COMMANDS)), min_size=1), topology=st.sampled_from(Topology)
)
def test_whoever_goes_leaves_the_others_building(
    gone: set[str], topology: Topology, remembering: Remembering
) -> None:
    """By kustomize, and to the very objects that they were before."""
    before, after = (
        built(tree, remembering)
        for tree in (all_added(topology), without(all_added(topology), gone))
    )
    assert (before.failed, after.failed) == ((), ())

    def of_apps(done: Rendering) -> dict[tuple[str, str], tuple[str, ...]]:
        return {
            (each.cluster, each.path): tuple(o.text for o in each.objects)
            for each in done.rendered
            if each.path.startswith("apps/")
        }

    kept = {k: v for k, v in of_apps(before).items() if k[1].split("/")[1] not in gone}
    assert of_apps(after) == kept
    assert {path.split("/")[1] for _, path in kept} == COMMANDS.keys() - gone
    assert {each.path for each in after.rendered} >= {
        root for roots in Fleet.read(all_added(topology)).config.roots.values() for root in roots
    }


@pytest.mark.real
def test_whoever_leans_on_an_app_that_goes_is_told(remembering: Remembering) -> None:
    tree = all_added(Topology.PER_ENVIRONMENT)
    path = "apps/mailer/base/kustomization.yaml"
    entry = b"resources:\n  - ../../quotes/base/service-account.yaml\n"
    leaning = tree.replace({path: tree[path].data.replace(b"resources:\n", entry)})
    assert leaning != tree
    done = built(without(leaning, {"quotes"}), remembering)
    assert {each.build.directory.split("/")[1] for each in done.failed} == {"mailer"}


@TOPOLOGIES
def test_an_app_is_built_of_itself_and_components_alone(topology: Topology) -> None:
    fleet = Fleet.read(all_added(topology))
    of_apps = [each for each in fleet.reach.builds if each.directory.startswith("apps/")]
    assert {each.directory.split("/")[1] for each in of_apps} == set(COMMANDS)
    for each in of_apps:
        own = f"apps/{each.directory.split('/')[1]}/"
        assert all(path.startswith((own, "components/")) for path in each.files), each.directory
