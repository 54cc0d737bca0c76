"""The `Registry` port over charts and git sources, the tests' own and real ones."""

from collections.abc import Iterator

import pytest

from bot.model import Gap, Manifest, Reference
from tests.contract import shelves
from tests.contract.shelves import Shelf

SHA = "0123456789abcdef0123456789abcdef01234567"

CHARTS = [
    shelves.DemoCharts,
    shelves.HelmStandIn,
    pytest.param(shelves.PushedCharts, marks=pytest.mark.real),
    pytest.param(shelves.IndexedCharts, marks=pytest.mark.real),
]
GIT = [
    shelves.GitDirectory,
    pytest.param(shelves.GitServed, marks=pytest.mark.real),
]


@pytest.fixture(params=[*CHARTS, *GIT])
def shelf(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shelf]:
    made: Shelf = request.param(tmp_path_factory.mktemp("shelf"))
    yield made
    made.stop()


@pytest.fixture(params=CHARTS)
def charts(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shelf]:
    made: Shelf = request.param(tmp_path_factory.mktemp("charts"))
    yield made
    made.stop()


def named(shelf: Shelf, version: str) -> Manifest | Gap | None:
    reference = Reference(shelf.place, version)
    return shelf.registry.resolve([reference])[reference]


def digest(shelf: Shelf, version: str) -> str:
    found = named(shelf, version)
    assert isinstance(found, Manifest), found
    return found.digest


def test_every_version_is_told_and_sorted(shelf: Shelf) -> None:
    for version in ("1.9.0", "1.10.0", "1.10.0-rc.1"):
        shelf.put(version, version)
    assert shelf.registry.tags([shelf.place]) == {shelf.place: ("1.10.0", "1.10.0-rc.1", "1.9.0")}


def test_a_version_resolves_to_what_names_it_for_good(shelf: Shelf) -> None:
    one, other = shelf.put("1.0.0", "one"), shelf.put("1.1.0", "other")
    assert one != other
    assert (digest(shelf, "1.0.0"), digest(shelf, "1.1.0")) == (one, other)
    by_digest = Reference(shelf.place, digest=one)
    found = shelf.registry.resolve([by_digest])[by_digest]
    assert isinstance(found, Manifest)
    assert found.digest == one


def test_other_content_under_a_version_is_seen(shelf: Shelf) -> None:
    before = shelf.put("1.0.0", "before")
    assert digest(shelf, "1.0.0") == before
    after = shelf.put("1.0.0", "after")
    assert after != before
    assert digest(shelf, "1.0.0") == after


def test_a_version_that_was_taken_away_is_none(shelf: Shelf) -> None:
    shelf.put("1.0.0", "one")
    kept = shelf.put("1.1.0", "other")
    shelf.take("1.0.0")
    assert named(shelf, "1.0.0") is None
    assert shelf.registry.tags([shelf.place]) == {shelf.place: ("1.1.0",)}
    assert digest(shelf, "1.1.0") == kept


def test_what_was_never_there_is_none(shelf: Shelf) -> None:
    algorithm, _, known = shelf.put("1.0.0", "one").partition(":")
    absent = [
        Reference(shelf.place, "2.0.0"),
        Reference(shelf.place, digest=f"{algorithm}:{'0' * len(known)}"),
        Reference(shelf.elsewhere, "2.0.0"),
    ]
    assert shelf.registry.resolve(absent) == dict.fromkeys(absent)


def test_a_place_that_does_not_answer_spoils_nobody_elses(shelf: Shelf) -> None:
    shelf.put("1.0.0", "one")
    answers = shelf.registry.tags([shelf.dead, shelf.place])
    gap = answers[shelf.dead]
    assert isinstance(gap, Gap)
    assert not gap.denied
    assert answers[shelf.place] == ("1.0.0",)
    reference = Reference(shelf.dead, "1.0.0")
    assert isinstance(shelf.registry.resolve([reference])[reference], Gap)


def test_a_chart_says_of_which_commit_it_was_made(charts: Shelf) -> None:
    charts.put("1.0.0", "told", SHA)
    charts.put("1.1.0", "untold")
    told, untold = named(charts, "1.0.0"), named(charts, "1.1.0")
    assert isinstance(told, Manifest)
    assert isinstance(untold, Manifest)
    assert (told.revision, untold.revision) == (SHA, None)
