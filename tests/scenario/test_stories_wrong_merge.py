"""The story of a forge that merges other bytes than were approved."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from bot.act import Actor
from bot.adapters.local import LocalForge
from bot.adapters.local_store import ForgeRef
from bot.demo.world import ignore
from bot.model import IDENTITY, MergeRequestState
from bot.observe import Observer
from bot.ports import Clock, Draft, RefUpdate, Repository
from bot.tick import Loop, Ticked
from gitops.tree import Tree
from tests.scenario.telling import MAIN, MINUTE, STATE, Chapter, Story


class CarelessForge(LocalForge):
    """An embedded forge whose merges bring a file along that nobody approved."""

    def __init__(self, repository: Repository, clock: Clock) -> None:
        super().__init__(repository, clock)
        self._clone = repository
        self._time = clock
        self._store = ForgeRef(repository, clock, "fairlead")

    def merge(self, number: int, head: str, message: str) -> str:
        self._clone.fetch()
        snapshot = self._store.read()
        entry = snapshot.entry(number)
        target = snapshot.heads[entry.request.target_branch]
        extra = {"apps/payments/base/extra.yaml": b"kind: Secret\n"}
        draft = Draft((target, head), message, IDENTITY, self._time(), extra)
        (sha,) = self._clone.write([draft])
        merged = replace(entry.request, state=MergeRequestState.MERGED, merge_sha=sha)
        move = RefUpdate(MAIN, target, sha)
        self._store.write(snapshot, replace(entry, request=merged), f"Merge {number}", [move])
        return sha


def run_careless(story: Story) -> Ticked:
    """`run --once` against the careless forge."""
    honest = story.world.ports()
    ports = replace(honest, forge=CarelessForge(honest.repository, story.world.clock))
    loop = Loop(ports, Observer(ports, "main"), Actor(ports, ignore))
    return loop.once(lambda _: None)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` is approved for stage."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin(told.files(), told.files("orders"))
        told.release("v1.0-rc.1", told.proven_in_dev())
        told.run()
        told.approve("stage", "ana")
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


def test_a_wrong_merge_halts_the_bot_for_everybody(story: Story) -> None:
    story.build("something else", app="orders")
    ticked = run_careless(story)
    halt = story.state().halt
    assert halt is not None
    assert "does not hold what git computes" in halt.reason
    assert ticked.plan.quiet
    assert "apps/payments/base/extra.yaml" in story.world.fleet_tree()

    # From here on nothing moves, whatever happens, with this forge or an honest one.
    before = story.refs()
    story.build("work", app="orders")
    story.later(31 * MINUTE)
    story.later(31 * MINUTE)
    assert story.refs() == before


def test_a_person_clears_it_after_mending_the_target_branch(story: Story) -> None:
    run_careless(story)
    tree = story.world.fleet_tree()
    story.world.publish(
        Tree({path: file for path, file in tree.items() if not path.endswith("extra.yaml")}),
        "Away with it",
    )
    assert story.run().plan.actions == ()
    story.clear_halt()
    assert story.state().halt is None

    # It goes on, and what was seen once does not halt it again.
    ticked = story.run()
    assert ticked.plan.halt is None
    assert story.state().halt is None
    assert story.pin("stage") == "0.0.0-unreleased@"
    second = story.approve("stage", "ana")
    assert second.number == 2
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@sha256:")
    assert story.refs()[STATE]


def test_the_next_wrong_merge_halts_it_again(story: Story) -> None:
    run_careless(story)
    story.clear_halt()
    story.run()
    story.approve("stage", "ana")
    run_careless(story)
    assert story.state().halt is not None
