"""Stories of an app whose commits must have passed their own CI before a build of them counts."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot.build_checks import CommitQuery
from bot.model import Check, CheckState, Gap, Target
from bot.observation import Observation
from bot.tick import Ticked
from tests.scenario.telling import APP, MINUTE, Story

ASKED = "build_checks: [{name: unit, source: ci}]\n"
DEV = Target("dev", APP)


@dataclass
class Ci:
    """A source's forge: what was posted, and which commits it was asked for, tick by tick."""

    posted: dict[str, tuple[Check, ...] | Gap] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def say(self, sha: str, state: CheckState, source: str = "ci") -> None:
        self.posted[sha] = (Check("unit", source, sha, state),)

    def read(
        self, queries: Collection[CommitQuery]
    ) -> Mapping[CommitQuery, tuple[Check, ...] | Gap]:
        self.asked += sorted(query.sha for query in queries)
        return {query: self.posted.get(query.sha, ()) for query in queries}


@dataclass
class Told:
    """A story whose bot asks this CI."""

    story: Story
    ci: Ci = field(default_factory=Ci)

    def run(self) -> Observation:
        self.ci.asked.clear()
        ticks: list[Ticked] = []
        ports = replace(self.story.world.ports(), build_checks=self.ci)
        self.story.world.loop(ports).once(ticks.append)
        return ticks[-1].observation

    def why(self, target: Target = DEV) -> str:
        ports = replace(self.story.world.ports(), build_checks=self.ci)
        decisions = self.story.world.loop(ports).plan().plan.decisions
        return "\n".join(r for d in decisions if d.target == target for r in d.reasons)


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with Story.new(tmp_path) as story:
        story.begin(story.files(extra=ASKED))
        yield Told(story)


def test_a_build_goes_to_dev_once_its_commit_has_passed(told: Told) -> None:
    commit = told.story.build()
    told.run()
    assert f"built: check unit from ci is absent on commit {commit[:12]} (since" in told.why()

    told.ci.say(commit, CheckState.PENDING)
    told.run()
    assert "check unit from ci is pending" in told.why()
    told.ci.say(commit, CheckState.FAILURE)
    told.run()
    assert "check unit from ci failed" in told.why()
    assert told.story.pin("dev").startswith("0.0.0-unreleased")

    told.ci.say(commit, CheckState.SUCCESS)
    told.run()
    assert told.story.pin("dev").startswith(f"main-{commit[:7]}")


def test_a_check_that_somebody_else_posted_does_not_count(told: Told) -> None:
    commit = told.story.build()
    told.ci.say(commit, CheckState.SUCCESS, "mallory")
    told.run()
    assert "check unit from ci is absent" in told.why()

    told.ci.say(commit, CheckState.SUCCESS)
    told.run()
    assert told.story.pin("dev").startswith(f"main-{commit[:7]}")


def test_what_is_late_is_overdue(told: Told) -> None:
    told.story.build()
    told.story.world.clock.advance(timedelta(hours=25))
    assert "overdue" in told.why()


def test_a_forge_that_cannot_be_read_is_waited_for(told: Told) -> None:
    commit = told.story.build()
    told.ci.posted[commit] = Gap("https://git.example.com", "timed out")
    told.run()
    assert "https://git.example.com did not say how the checks of" in told.why()
    assert told.story.pin("dev").startswith("0.0.0-unreleased")

    told.ci.say(commit, CheckState.SUCCESS)
    told.run()
    assert told.story.pin("dev").startswith(f"main-{commit[:7]}")


def test_without_anybody_to_ask_it_waits(told: Told) -> None:
    told.story.build()
    ticked = told.story.run()
    said = [r for d in ticked.plan.decisions if d.target == DEV for r in d.reasons]
    assert "nothing says which forge it is" in "\n".join(said)
    assert told.story.pin("dev").startswith("0.0.0-unreleased")


def test_an_older_build_that_has_passed_goes_before_a_newer_one_that_has_not(told: Told) -> None:
    older = told.story.build("one")
    told.story.world.clock.advance(MINUTE)
    newer = told.story.build("two")
    told.ci.say(older, CheckState.SUCCESS)
    told.ci.say(newer, CheckState.FAILURE)
    told.run()
    assert told.story.pin("dev").startswith(f"main-{older[:7]}")

    told.ci.say(newer, CheckState.SUCCESS)
    told.run()
    assert told.story.pin("dev").startswith(f"main-{newer[:7]}")


def test_only_what_is_above_the_pin_is_asked_for(told: Told) -> None:
    commits = []
    for number in range(12):
        commits.append(told.story.build(f"work {number}"))
        told.story.world.clock.advance(MINUTE)
    told.why()
    assert len(told.ci.asked) == 8

    told.ci.say(commits[-1], CheckState.SUCCESS)
    told.ci.asked.clear()
    told.why()
    assert told.ci.asked == [commits[-1]]
    told.run()
    told.run()
    assert told.ci.asked == []


def test_what_was_proven_before_is_not_asked_again(told: Told) -> None:
    story = told.story
    commit = story.build()
    told.ci.say(commit, CheckState.SUCCESS)
    told.run()
    for _ in range(2):
        story.world.clock.advance(MINUTE)
        story.world.clusters.reconcile()
        told.run()
    story.release("v1.0-rc.1", commit)
    told.run()
    story.approve("stage", "ana")
    told.run()
    for by in (MINUTE, 31 * MINUTE):
        story.world.clock.advance(by)
        story.world.clusters.reconcile()
        told.run()
    story.tag("v1.0", commit)

    told.run()

    assert story.request("prod").title
    assert told.ci.asked == []


def test_a_merge_request_waits_while_its_commit_is_tested_again(told: Told) -> None:
    story = told.story
    commit = story.build()
    told.ci.say(commit, CheckState.SUCCESS)
    told.run()
    for _ in range(2):
        story.world.clock.advance(MINUTE)
        story.world.clusters.reconcile()
        told.run()
    story.release("v1.0-rc.1", commit)
    told.run()
    story.approve("stage", "ana")

    told.ci.say(commit, CheckState.PENDING)
    told.run()
    assert "check unit from ci is pending" in told.why(Target("stage", APP))
    assert story.request("stage").open

    told.ci.say(commit, CheckState.SUCCESS)
    told.run()
    assert story.pin("stage").startswith("v1.0-rc.1@sha256:")
