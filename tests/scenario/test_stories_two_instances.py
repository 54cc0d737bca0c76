"""Stories of two instances of the bot on one fleet, each with its own work directory (S17)."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bot import wiring
from bot.act import Actor
from bot.adapters.local import LocalForge
from bot.demo.world import ignore
from bot.describe import read_message
from bot.forge import MergeRequestText
from bot.model import MergeRequest, MergeRequestState, Target
from bot.observe import Observer
from bot.tick import Loop, Ticked
from gitops.errors import Conflict, FairleadError
from tests.scenario.telling import APP, MAIN, MINUTE, Story


class Instance:
    """One of them."""

    def __init__(self, story: Story, name: str) -> None:
        world = story.world
        settings = replace(world.settings, work_directory=world.directory / name)
        ports = wiring.ports(settings, now=world.clock)
        self.actor = Actor(ports, ignore)
        self.loop = Loop(ports, Observer(ports, "main"), self.actor)

    def carry_out(self, planned: Ticked) -> None:
        """What `tick` does with a plan, however old it is by now."""
        try:
            self.actor.remember(planned.plan)
        except Conflict:
            return
        self.actor.act(planned.plan, planned.observation)


class Pair:
    """Both, always at the same time."""

    def __init__(self, story: Story) -> None:
        self._story = story
        self._both = (Instance(story, "work-one"), Instance(story, "work-two"))

    def interleaved(self) -> None:
        """Both observe and decide before either acts, until neither finds anything to do."""
        for _ in range(12):
            plans = [one.loop.plan() for one in self._both]
            if all(planned.plan.quiet for planned in plans):
                return
            for one, planned in zip(self._both, plans, strict=True):
                one.carry_out(planned)
        pytest.fail("they never come to rest")

    def racing(self) -> None:
        """`run --once` of both, each in a thread of its own; then each once more alone."""
        start = threading.Barrier(len(self._both))
        failed: list[FairleadError] = []

        def run(one: Instance) -> None:
            start.wait()
            try:
                one.loop.once(lambda ticked: failed.extend(ticked.errors))
            except FairleadError as error:
                failed.append(error)

        threads = [threading.Thread(target=run, args=(one,)) for one in self._both]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failed == []
        for one in self._both:
            one.loop.once(lambda _: None)


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    """A fleet of two apps and nothing released."""
    with Story.new(tmp_path) as told:
        told.begin(told.files(), told.files("orders"), dev="merge-request")
        yield told


def brought(story: Story) -> Counter[tuple[Target, str]]:
    """How often each release was brought into each environment, by the target's history."""
    story.git.fetch()
    history = story.git.first_parents(story.refs()[MAIN])
    return Counter(
        (target, release.version)
        for commit in history
        for target, release in read_message(commit.message).promotions
    )


@pytest.mark.parametrize("way", ["interleaved", "racing"])
def test_two_instances_bring_each_release_once(story: Story, way: str) -> None:
    pair = Pair(story)
    together = pair.interleaved if way == "interleaved" else pair.racing

    def later(minutes: int) -> None:
        story.world.clock.advance(minutes * MINUTE)
        story.world.clusters.reconcile()
        together()

    commit = story.build()
    story.build("work", "orders")
    together()
    later(1)
    later(1)
    story.release("v1.0-rc.1", commit)
    together()
    assert len(story.requests("stage")) == 1
    story.approve("stage", "ana")
    together()
    story.tag("v1.0", commit)
    later(1)
    later(31)
    assert len(story.requests("prod")) == 1
    story.approve("prod", "cy", "di")
    together()
    later(1)
    later(1)

    assert story.pin("prod").startswith("v1.0@sha256:")
    assert set(brought(story).values()) == {1}
    assert [r.state for r in story.world.forge().list()] == [MergeRequestState.MERGED] * 4
    environments = [p.target.environment for p in story.state().proofs if p.target.app == APP]
    assert sorted(environments) == ["dev", "prod", "stage"]
    assert story.state().rejected == ()
    assert not [ref for ref in story.refs() if ref.startswith("refs/heads/promote/")]


def test_one_instance_acts_on_what_the_other_has_long_done(story: Story) -> None:
    story.release("v1.0-rc.1", story.proven_in_dev())
    slow, fast = Instance(story, "work-slow"), Instance(story, "work-fast")
    opening = slow.loop.plan()
    fast.loop.once(lambda _: None)
    request = story.approve("stage", "ana")
    fast.loop.once(lambda _: None)
    done = story.refs()
    # Its plan is to open what is merged by now.
    slow.carry_out(opening)
    assert story.refs() == done
    assert [r.number for r in story.requests("stage")] == [request.number]

    # And a merge that was planned before somebody pushed to the target branch.
    story.release("v1.0-rc.2", story.proofs("dev")[0].release.commit or "")
    story.run()
    story.approve("stage", "ana")
    merging = slow.loop.plan()
    story.edit(story.overlay("stage"), lambda text: text + "# by hand\n")
    slow.carry_out(merging)
    story.run()
    assert story.text(story.overlay("stage")).endswith("# by hand\n")
    assert set(brought(story).values()) == {1}


class Forgetful(LocalForge):
    """Opens a second one between two branches, as Gitea may for two who ask at the same time."""

    def again(self, request: MergeRequest) -> None:
        """One more like this one."""
        text = MergeRequestText(request.title, request.body)
        there = (request.source_branch, request.target_branch)
        self._ref.change(
            "Open", lambda snapshot: self._ref.new(snapshot, *there, request.author, text)
        )


def test_a_second_one_from_the_same_branch_is_closed_and_the_branch_stays(story: Story) -> None:
    story.release("v1.0-rc.1", story.proven_in_dev())
    story.run()
    request = story.approve("stage", "ana")
    ports = story.world.ports()
    Forgetful(ports.repository, story.world.clock).again(request)
    assert [r.state for r in story.requests("stage")] == [MergeRequestState.OPEN] * 2
    story.run()
    # What was approved before is merged: neither its branch nor its head was touched.
    merged, spare = story.requests("stage")
    assert (merged.state, merged.head) == (MergeRequestState.MERGED, request.head)
    assert spare.state is MergeRequestState.CLOSED
    assert f"!{request.number} is open for the same place." in story.comments(spare.number)
    assert set(brought(story).values()) == {1}
