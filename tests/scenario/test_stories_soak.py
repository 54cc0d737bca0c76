"""Stories of health: what a soak survives, and what makes it start anew."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.model import Readiness, Target
from tests.scenario.telling import APP, MINUTE, Chapter, Story

STAGE = Target("stage", APP)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` has just become healthy in stage, beside an app of another team."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin(told.files(), told.files("orders"))
        commit = told.proven_in_dev()
        told.merged_to_stage("v1.0-rc.1", commit)
        told.later(MINUTE)
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


def started(story: Story) -> datetime:
    soak = story.soak("stage")
    assert soak is not None
    return soak.start


def says(story: Story, readiness: Readiness) -> None:
    story.world.clusters.verdicts[STAGE] = readiness


def proven_after(story: Story, by: timedelta) -> bool:
    story.later(by)
    return bool(story.proofs("stage"))


def test_a_soak_goes_on_while_other_apps_commit(story: Story) -> None:
    began = started(story)
    for work in ("one", "two", "three"):
        story.build(work, "orders")
        story.later(9 * MINUTE)
        assert started(story) == began
    assert proven_after(story, 3 * MINUTE)
    (proof,) = story.proofs("stage")
    assert proof.soak_start == began
    assert proof.soaked_at - began == 30 * MINUTE


def test_a_soak_starts_anew_when_the_app_turns_unready(story: Story) -> None:
    began = started(story)
    story.later(9 * MINUTE)
    says(story, Readiness.NOT_READY)
    story.later(MINUTE)
    assert story.soak("stage") is None
    says(story, Readiness.READY)
    story.later(MINUTE)
    assert started(story) == began + 11 * MINUTE
    assert not proven_after(story, 29 * MINUTE)
    assert proven_after(story, MINUTE)


@pytest.mark.parametrize("readiness", [Readiness.RECONCILING, Readiness.UNKNOWN])
def test_a_short_doubt_does_not_end_a_soak(story: Story, readiness: Readiness) -> None:
    began = started(story)
    says(story, readiness)
    story.later(9 * MINUTE)
    assert started(story) == began
    says(story, Readiness.READY)
    assert not proven_after(story, MINUTE)
    assert started(story) == began
    story.later(10 * MINUTE)
    assert proven_after(story, 10 * MINUTE)
    assert story.proofs("stage")[0].soak_start == began


@pytest.mark.parametrize("readiness", [Readiness.RECONCILING, Readiness.UNKNOWN])
def test_a_long_doubt_ends_a_soak(story: Story, readiness: Readiness) -> None:
    began = started(story)
    says(story, readiness)
    story.later(9 * MINUTE)
    story.later(2 * MINUTE)
    assert story.soak("stage") is None
    says(story, Readiness.READY)
    story.later(MINUTE)
    assert started(story) == began + 12 * MINUTE
    assert not proven_after(story, 29 * MINUTE)
    assert proven_after(story, MINUTE)


def test_health_that_nobody_reads_any_more_is_unknown(story: Story) -> None:
    # The report stays as it is, and gets old.
    story.world.clock.advance(9 * MINUTE)
    story.run()
    assert story.soak("stage") is not None
    story.world.clock.advance(2 * MINUTE)
    story.run()
    assert story.soak("stage") is None


def test_the_bot_was_down_for_hours_while_the_app_stayed_ready(story: Story) -> None:
    began = started(story)
    story.world.clock.advance(timedelta(hours=3))
    story.world.clusters.reconcile()
    story.run()
    (proof,) = story.proofs("stage")
    assert proof.soak_start == began


def test_the_bot_was_down_for_hours_and_the_app_was_not_always_ready(story: Story) -> None:
    story.world.clock.advance(timedelta(hours=1))
    says(story, Readiness.NOT_READY)
    story.world.clusters.reconcile()
    story.world.clock.advance(timedelta(hours=1))
    says(story, Readiness.READY)
    story.world.clusters.reconcile()
    story.world.clock.advance(5 * MINUTE)
    story.world.clusters.reconcile()
    story.run()
    assert story.proofs("stage") == ()
    # It starts when it was first seen again, not when a report says that it began.
    assert started(story) == story.world.clock()
    assert not proven_after(story, 29 * MINUTE)
    assert proven_after(story, MINUTE)


def test_the_status_file_is_missing_for_a_while(story: Story) -> None:
    began = started(story)
    story.world.status_file.unlink()
    story.world.clock.advance(5 * MINUTE)
    ticked = story.run()
    assert any("status file could not be read" in said for said in ticked.plan.reports)
    assert started(story) == began
    assert not proven_after(story, 4 * MINUTE)
    assert started(story) == began


def test_without_a_status_file_nothing_is_proven_and_merges_go_on(story: Story) -> None:
    story.world.status_file.unlink()
    story.world.clock.advance(11 * MINUTE)
    story.build("more")
    story.run()
    assert story.soak("stage") is None
    assert story.pin("dev").startswith(f"main-{story.world.apps[APP].head or '':.7}-")
    assert [p.target.environment for p in story.state().proofs] == ["dev"]


def test_one_of_two_clusters_keeps_silent(tmp_path: Path) -> None:
    with Story.new(tmp_path) as story:
        story.begin(prod="settle: 5m")
        story.tag("v1.0", story.proven_in_stage())
        story.run()
        story.approve("prod", "cy", "di")
        story.run()
        for _ in range(3):
            story.world.clock.advance(4 * MINUTE)
            story.world.clusters.reconcile(skip=lambda cluster: cluster == "prod-us")
            story.run()
        assert story.proofs("prod") == ()
        assert "prod-us: it says nothing" in str(story.world.plan().plan.decisions[-1].exits)
        story.later(4 * MINUTE)
        story.later(5 * MINUTE)
        assert [p.release.version for p in story.proofs("prod")] == ["v1.0"]
