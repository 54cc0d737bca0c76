"""Several merge requests in one tick: their branches go together, and one stops no other."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot.act import Actor, Outcome
from bot.decide import decide
from bot.demo.world import ignore
from bot.model import MergeRequestState, Person
from bot.observe import Observer
from bot.plan import Open
from bot.ports import Draft, RefUpdate
from gitops.errors import Conflict
from tests.scenario.telling import Story
from tests.simulation.cutting import CutForge, Knife

EVE = Person("Eve", "eve@example.com")


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """Two apps of which each has a build for dev."""
    with Story.new(tmp_path) as told:
        told.begin(told.files(), told.files("orders"), dev="merge-request")
        told.build()
        told.build("work", "orders")
        yield told


def opened(
    story: Story, at_once: int, meanwhile: str | None = None
) -> tuple[list[str], list[Outcome]]:
    """The pushes of a bot that has decided to open two, and what became of them.

    `meanwhile` is the app whose branch somebody else pushes in between.
    """
    knife = Knife()
    ports = knife.ports(story.world.ports())
    assert isinstance(ports.forge, CutForge)
    ports.forge.pushed_at_once = at_once
    observation = Observer(ports, "main").observe()
    plan = decide(observation, story.world.clock())
    branches = [a.promotion.branch for a in plan.actions if isinstance(a, Open)]
    assert len(branches) == 2
    for branch in branches:
        if meanwhile and f"/{meanwhile}/" in branch:
            foreign(story, branch)
    outcomes = Actor(replace(ports), ignore).act(plan, observation)
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
