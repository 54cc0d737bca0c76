"""Real fleets are adopted: what is placed, what is not and why, and what a `set` then changes."""

import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from gitops.adopt import AdoptAnswers, Adopted, adopt, facts, lines
from gitops.check import findings
from gitops.fleet import Fleet, Setting
from gitops.sites import Site, survey
from gitops.tree import File, Tree, changes

CORPORA = {
    "angelnu__k8s-gitops": ({"test": None, "prod": "test"}, 2, 100),
    "bjw-s-labs__home-ops": ({"main": None}, 130, 0),
    "equinor__radix-flux": (
        {
            "development": None,
            "c2-production": "development",
            "production": "development",
            "c3": None,
            "monitoring": None,
            "playground": None,
        },
        170,
        4,
    ),
    "fluxcd__flux2-kustomize-helm-example": ({"staging": None, "production": "staging"}, 2, 3),
    "fluxcd__flux2-multi-tenancy": ({"staging": None, "production": "staging"}, 0, 1),
}
"""By corpus: what comes after what, and how many sites at least are exclusive and shared."""

ENOUGH = 0.95
"""The share of exclusive sites that must belong to an app."""

MOST_TRIED = 12
"""Pins of a corpus in which a version is set: each reads the whole fleet twice."""


@pytest.fixture(scope="module", params=CORPORA)
def adopted(request: pytest.FixtureRequest, shared: Path) -> tuple[str, Tree, Adopted]:
    """A fleet's name, its files, and what became of them."""
    files = {}
    with tarfile.open(shared / "corpus" / f"{request.param}.tar.gz") as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None:
                files[member.name.removeprefix("./")] = File(content.read())
    tree = Tree(files)
    return request.param, tree, adopt(tree, AdoptAnswers(fallback=request.param))


def test_enough_is_placed_and_the_rest_has_a_reason(adopted: tuple[str, Tree, Adopted]) -> None:
    name, report = adopted[0], adopted[2].report
    order, exclusive, shared = CORPORA[name]
    print(f"{name}: {facts(report)['counts']}, {len(report.new)} apps, {report.share:.1%} placed")
    assert {e.name: e.after for e in report.environments} == order
    assert report.exclusive >= exclusive
    assert len(report.shared) >= shared
    assert report.share >= ENOUGH
    assert all(report.left.values())
    assert report.stuck == {}
    told = "\n".join(lines(report))
    assert all(reason in told for reason in report.left.values())


def test_every_version_of_the_repository_is_told_for_what_it_is(
    adopted: tuple[str, Tree, Adopted],
) -> None:
    """Counted once more, by reach and pins alone."""
    _, tree, found = adopted
    fleet, report = Fleet.read(found.tree), found.report
    reached: dict[int, set[tuple[object, ...]]] = {0: set(), 1: set(), 2: set()}
    for site in survey(tree).sites:
        reached[min(2, len(fleet.reach.environments(site.path)))].add(key(site))
    pins = [fleet.pin(e, app) for app in fleet.apps for e in fleet.environments]
    placed = {key(site) for pin in pins if pin is not None for site in pin.sites}
    assert placed & reached[1] == set(map(key, report.placed))
    assert reached[1] - placed == set(map(key, report.left))
    assert len(placed & reached[1]) >= ENOUGH * len(reached[1])
    assert reached[2] == {key(each.site) for each in report.shared}
    assert reached[0] == set(map(key, report.unreached))
    told = lines(report)
    assert sum(line.startswith("not placed: ") for line in told) == len(reached[0]) + len(
        report.left
    )
    assert sum(line.startswith("shared: ") for line in told) == len(reached[2])


def test_shared_sites_are_told_with_every_path_of_inclusion(
    adopted: tuple[str, Tree, Adopted],
) -> None:
    report = adopted[2].report
    known = {environment.name for environment in report.environments}
    for each in report.shared:
        assert len(each.chains) > 1
        assert each.chains.keys() <= known
        assert all(each.site.path in chain[-1] for chain in each.chains.values())


def test_no_manifest_is_touched_and_a_second_run_changes_nothing(
    adopted: tuple[str, Tree, Adopted],
) -> None:
    _, before, first = adopted
    assert all(
        path == "fleet.yaml" or path.startswith(".fairlead/apps/")
        for path in changes(before, first.tree)
    )
    assert all(old is None for old, _ in changes(before, first.tree).values())
    second = adopt(first.tree, AdoptAnswers())
    assert second.tree == first.tree
    assert second.report.new == ()
    assert second.report.placed == first.report.placed
    assert second.report.left == first.report.left


def test_every_app_is_right_and_check_ends(adopted: tuple[str, Tree, Adopted]) -> None:
    fleet = Fleet.read(adopted[2].tree)
    assert fleet.config.broken == {}
    found = findings(adopted[2].tree)
    assert [f for f in found if f.place.path.startswith((".fairlead", "fleet.yaml"))] == [
        f for f in found if f.code == "FL203"
    ]


def test_a_set_changes_the_places_of_that_app_alone(adopted: tuple[str, Tree, Adopted]) -> None:
    fleet = Fleet.read(adopted[2].tree)
    pins = [
        pin
        for app in fleet.apps
        for environment in fleet.environments
        if (pin := fleet.pin(environment, app)) is not None
    ]
    before = values(fleet.tree)
    for pin in pins[:: max(1, len(pins) // MOST_TRIED)]:
        digest = "sha256:" + "d" * 64
        settings = [
            Setting(each.repository, "9.10", digest if each.digest else None)
            for each in pin.content
        ]
        after = values(fleet.set_pin(pin.environment, pin.app, settings))
        moved = {key for key in before if after[key] != before[key]}
        assert moved
        assert moved <= {(s.path, s.document, s.address) for s in pin.sites}
        assert after.keys() == before.keys()


def values(tree: Tree) -> Mapping[tuple[object, ...], str]:
    """Every version of a tree by its place."""
    return {key(site): site.value for site in survey(tree).sites}


def key(site: Site) -> tuple[object, ...]:
    return site.path, site.document, site.address
