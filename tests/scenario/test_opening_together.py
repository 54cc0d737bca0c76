"""Several merge requests in one tick: their branches go together, and one stops no other."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Barrier, BrokenBarrierError, Thread, current_thread
from typing import TypeVar

import pytest

from bot.act import Actor, Outcome
from bot.decide import decide
from bot.demo.world import ignore
from bot.model import MergeRequestState, Person
from bot.observe import Observer
from bot.plan import Open
from bot.ports import Draft, RefUpdate
from gitops.errors import Conflict, Unavailable
from tests.scenario.telling import Story
from tests.simulation.cutting import Crash, Cut, CutForge, Knife

EVE = Person("Eve", "eve@example.com")

T = TypeVar("T")


@dataclass
class Meeting(Knife):
    """Lets a merge request be opened when another one is about to be, or says that none was.

    `lost` is the branch that gets no answer, once it has met.
    """

    lost: str = ""
    alone: bool = False
    barrier: Barrier = field(default_factory=lambda: Barrier(2, timeout=5))

    def through(self, name: str, effect: Callable[[], T]) -> T:
        """Make the call, if it opens one together with another."""
        if name.startswith("forge.open "):
            try:
                self.barrier.wait()
            except BrokenBarrierError:
                self.alone = True
            if self.lost and f"/{self.lost}/" in name:
                raise Unavailable("no answer", service="the test")
        return super().through(name, effect)


@dataclass
class Watched(Knife):
    """Tells on which threads merge requests are opened."""

    threads: set[Thread] = field(default_factory=set)

    def through(self, name: str, effect: Callable[[], T]) -> T:
        """Make the call."""
        if name.startswith("forge.open "):
            self.threads.add(current_thread())
        return super().through(name, effect)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Two apps of which each has a build for dev."""
    with Story.new(tmp_path) as told:
        told.begin(told.files(), told.files("orders"), dev="merge-request")
        told.build()
        told.build("work", "orders")
        yield told


def opened(
    story: Story,
    at_once: int,
    meanwhile: str | None = None,
    knife: Knife | None = None,
    together: int = 1,
    audit: Callable[[Mapping[str, object]], None] = ignore,
) -> tuple[list[str], list[Outcome]]:
    """The pushes of a bot that has decided to open two, and what became of them.

    `at_once` as many branches are pushed, and `together` opened. `meanwhile` is the app whose
    branch somebody else pushes in between.
    """
    knife = knife or Knife()
    ports = knife.ports(story.world.ports())
    assert isinstance(ports.forge, CutForge)
    ports.forge.pushed_at_once = at_once
    ports.forge.opened_at_once = together
    observation = Observer(ports, "main").observe()
    plan = decide(observation, story.world.clock())
    branches = [a.promotion.branch for a in plan.actions if isinstance(a, Open)]
    assert len(branches) == 2
    for branch in branches:
        if meanwhile and f"/{meanwhile}/" in branch:
            foreign(story, branch)
    outcomes = Actor(replace(ports), audit).act(plan, observation)
    pushes = [call for call in knife.calls if call.startswith("repository.push")]
    return pushes, list(outcomes)


def foreign(story: Story, branch: str) -> None:
    story.git.fetch()
    main = story.git.head("main")
    assert main is not None
    draft = Draft((main,), "Mine\n", EVE, story.world.clock(), {"mine.yaml": b"a: 1\n"})
    (sha,) = story.git.write([draft])
    story.git.push([RefUpdate(f"refs/heads/{branch}", None, sha)])


def open_apps(story: Story) -> list[str]:
    requests = story.world.forge().list()
    branches = (r.source_branch for r in requests if r.state is MergeRequestState.OPEN)
    return sorted(branch.split("/")[2] for branch in branches)


@pytest.mark.parametrize(("at_once", "pushes"), [(1000, 1), (1, 2)])
def test_branches_are_pushed_as_many_at_once_as_the_forge_tells_of(
    story: Story, at_once: int, pushes: int
) -> None:
    made, outcomes = opened(story, at_once)
    assert len(made) == pushes
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert open_apps(story) == ["orders", "payments"]


@pytest.mark.parametrize("at_once", [1000, 1])
def test_a_branch_that_cannot_be_pushed_stops_no_other(story: Story, at_once: int) -> None:
    _, outcomes = opened(story, at_once, meanwhile="orders")
    assert [type(outcome.error) for outcome in outcomes if outcome.error] == [Conflict]
    assert open_apps(story) == ["payments"]


@pytest.mark.parametrize("lost", ["", "orders", "payments"])
def test_two_are_opened_together_where_the_forge_lets_them(story: Story, lost: str) -> None:
    meeting, said = Meeting(lost=lost), []

    def audit(line: Mapping[str, object]) -> None:
        said.append((line["event"], len(meeting.calls)))

    _, outcomes = opened(story, 1000, knife=meeting, together=2, audit=audit)
    assert not meeting.alone
    errors = [type(outcome.error) for outcome in outcomes]
    assert errors.count(Unavailable) == bool(lost)
    assert errors.count(type(None)) == len(errors) - bool(lost)
    assert open_apps(story) == sorted({"orders", "payments"} - {lost})
    # Each was announced before anybody was asked to open any.
    opens = [i for i, call in enumerate(meeting.calls) if call.startswith("forge.open")]
    assert [before for event, before in said if event == "open"] == [opens[0]] * 2


def test_where_the_forge_lets_one_be_opened_each_is_alone(story: Story) -> None:
    meeting = Meeting(barrier=Barrier(2, timeout=1))
    _, outcomes = opened(story, 1000, knife=meeting, together=1)
    assert meeting.alone
    assert [outcome.error for outcome in outcomes] == [None, None]
    assert open_apps(story) == ["orders", "payments"]


@pytest.mark.parametrize("together", [1, 2])
def test_only_a_forge_that_takes_several_is_asked_beside_other_writing(
    story: Story, together: int
) -> None:
    watched = Watched()
    opened(story, 1000, knife=watched, together=together)
    assert open_apps(story) == ["orders", "payments"]
    assert (watched.threads == {current_thread()}) is (together == 1)


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
@pytest.mark.parametrize("which", [0, 1])
def test_a_bot_that_dies_while_two_are_opened_is_healed_by_the_next(
    story: Story, cut: Cut, which: int
) -> None:
    said: list[object] = []

    def audit(line: Mapping[str, object]) -> None:
        said.append(line["event"])

    # A commit each, written together, one push, and then the two.
    knife = Knife(at=2 + which, cut=cut)
    with pytest.raises(Crash, match=r"forge\.open"):
        opened(story, 1000, knife=knife, together=2, audit=audit)
    asked = sum(call.startswith("forge.open") for call in knife.calls)
    assert 1 <= asked <= said.count("open") <= 2
    story.run()
    requests = story.world.forge().list()
    assert sorted(r.source_branch.split("/")[2] for r in requests) == ["orders", "payments"]
    assert {r.state for r in requests} == {MergeRequestState.MERGED}
