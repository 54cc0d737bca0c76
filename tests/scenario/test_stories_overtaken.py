"""Stories of a release that a newer one overtakes on its way."""

from collections.abc import Iterator

import pytest

from bot.model import MergeRequestState
from tests.scenario.telling import MINUTE, Chapter, Story


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0` is open in prod, with one of the two approvals that it needs."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin()
        told.tag("v1.0", told.proven_in_stage())
        told.run()
        told.approve("prod", "cy")
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


def test_a_proven_release_supersedes_an_unapproved_one(story: Story) -> None:
    first = story.request("prod")
    new = story.proven_in_dev("next")
    story.tag("v1.1", new)
    story.merged_to_stage("v1.1-rc.1", new)
    # v1.1 is there, and unproven: it closes nothing.
    assert story.request("prod").number == first.number
    story.later(MINUTE)
    story.later(30 * MINUTE)

    second = story.request("prod")
    assert second.source_branch == "promote/prod/payments/v1.1"
    before = story.requests("prod")[0]
    assert (before.number, before.state) == (first.number, MergeRequestState.CLOSED)
    assert "Superseded by `v1.1`" in story.comments(first.number)
    assert "refs/heads/promote/prod/payments/v1.0" not in story.refs()
    assert second.approvals == ()
    story.approve("prod", "cy", "di")
    story.run()
    assert story.pin("prod").startswith("v1.1@")


def test_an_unproven_newer_release_never_hides_an_approved_one(story: Story) -> None:
    story.tag("v1.1", story.build("next"))
    story.run()
    story.approve("prod", "di")
    story.run()
    assert story.pin("prod").startswith("v1.0@")


def test_one_that_a_newer_one_overtook_does_not_come_back(story: Story) -> None:
    new = story.proven_in_dev("next")
    story.merged_to_stage("v1.1-rc.1", new)
    story.later(MINUTE)
    story.later(30 * MINUTE)
    story.tag("v1.1", new)
    story.run()
    # Somebody closes the newer one: then neither is wanted, until somebody says so.
    story.world.forge().close_by_person(story.request("prod").number, "cy")
    before = story.refs()
    story.later(5 * MINUTE)
    assert [r.state for r in story.requests("prod")] == [MergeRequestState.CLOSED] * 2
    assert story.refs()["refs/heads/main"] == before["refs/heads/main"]


def test_the_very_bytes_are_looked_at_again_before_the_merge(story: Story) -> None:
    image = story.pin("stage").partition("@")[2]
    assert image in story.request("prod").body
    # Somebody pushes other bytes under both tags: what was proven still has its digest.
    story.world.registry.push_image("shop/payments", "v1.0", platforms=("linux/arm64",))
    story.world.registry.push_image("shop/payments", "v1.0-rc.1", platforms=("linux/arm64",))
    story.approve("prod", "di")
    story.run()
    assert story.pin("prod") == f"v1.0@{image}"
