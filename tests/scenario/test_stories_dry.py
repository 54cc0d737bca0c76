"""Stories of verbs that only look (S18), and of plans that are finished (S16)."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot import cli
from bot.demo.kept import KEY, SETTINGS, write_settings
from bot.plan import Deliver, Describe, Merge, PostStatus
from tests.scenario.telling import MINUTE, STATE, Chapter, Story

LOOKING = (
    ("plan", 0),
    ("plan --json", 0),
    ("run --dry-run", 1),
    ("status", 0),
    ("why payments stage", 0),
    ("state show", 0),
    ("halt", 0),
    ("forge list", 0),
    ("forge show 1", 0),
)
"""Command lines, each with its exit code."""


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """There is some of everything to do: builds to deliver, a merge, a proof to write."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin(told.files(), told.files("orders"))
        told.release("v1.0-rc.1", told.proven_in_dev())
        told.run()
        told.approve("stage", "ana")
        told.build("next")
        told.build("work", "orders")
        told.release("v0.1-rc.1", told.world.apps["orders"].head or "", "orders")
        told.world.clock.advance(MINUTE)
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        write_settings(told.world)
        yield told


def everything(story: Story) -> dict[str, str]:
    """A hash of each file of the world, but of the bot's mirrors and somebody's clone."""
    directory = story.world.directory
    mirrors = (story.world.settings.work_directory, directory / "somebody")
    return {
        str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and not any(mirror in path.parents for mirror in mirrors)
    }


def fairlead(story: Story, line: str) -> tuple[int, str]:
    """A command at the story's time; its exit code and what it prints."""
    directory = story.world.directory
    result = CliRunner().invoke(
        cli.app,
        [*line.split(), "--settings", str(directory / SETTINGS)],
        env={"FAIRLEAD_STATE_KEY_FILE": str(directory / KEY)},
        obj=story.world.clock,
    )
    return result.exit_code, result.output


def test_a_plan_writes_nothing_anywhere(story: Story) -> None:
    before, refs = everything(story), story.refs()
    plan = story.world.plan().plan
    assert plan.batch is not None
    assert plan.record is not None
    kinds = [type(action) for action in plan.actions]
    assert kinds == [Deliver, Describe, PostStatus, Merge]
    assert story.world.plan().plan == plan
    assert everything(story) == before
    assert story.refs() == refs


@pytest.mark.parametrize(("line", "code"), LOOKING)
def test_a_verb_that_looks_writes_nothing_anywhere(story: Story, line: str, code: int) -> None:
    before, refs = everything(story), story.refs()
    found, said = fairlead(story, line)
    assert (found, bool(said)) == (code, True), said
    assert everything(story) == before
    assert story.refs() == refs


def test_the_start_shows_what_it_would_record(tmp_path: Path) -> None:
    with Story.new(tmp_path) as story:
        story.publish()
        story.tag("v1.0", story.build())
        write_settings(story.world)
        before = everything(story)
        code, said = fairlead(story, "state init --dry-run")
        assert code == 1
        assert "seen: payments: 1 tags" in said
        assert everything(story) == before
        assert fairlead(story, "state init")[0] == 0
        assert STATE in story.refs()


def test_a_finished_plan_replayed_writes_nothing(story: Story) -> None:
    story.run()
    before = story.refs()
    for _ in range(3):
        assert story.run().plan.quiet
    assert story.refs() == before
