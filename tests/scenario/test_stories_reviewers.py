"""Stories of what people do to a merge request, and of who may agree to it."""

from collections.abc import Iterator

import pytest

from bot.model import MergeRequestState, Person
from tests.scenario.telling import APP, BO, MAIN, MINUTE, Chapter, Story

ZOE = Person("Zoe", "zoe@elsewhere.example")
BRANCH = "refs/heads/promote/stage/payments/v1.0-rc.1"


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """A first build is proven in dev; its commit is not tagged yet."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin()
        told.proven_in_dev()
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told


def proposed(story: Story) -> str:
    """`v1.0-rc.1` is proposed to stage; its commit."""
    commit = story.world.apps[APP].head
    assert commit is not None
    story.release("v1.0-rc.1", commit)
    story.run()
    return commit


def test_a_person_closes_a_merge_request_and_reopens_it(story: Story) -> None:
    proposed(story)
    request = story.request("stage")
    story.world.forge().close_by_person(request.number, "ana")
    before = story.refs()
    ticked = story.later(5 * MINUTE)
    # It is not opened again, its branch is left alone, and `plan` says what would bring it back.
    assert [r.state for r in story.requests("stage")] == [MergeRequestState.CLOSED]
    assert story.refs()[BRANCH] == before[BRANCH] == request.head
    assert ticked.plan.quiet
    assert f"!{request.number} for it was closed by ana; reopen it" in story.reason("stage")

    story.world.forge().reopen(request.number, "bo")
    story.approve("stage", "bo")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")
    (only,) = story.requests("stage")
    assert (only.number, only.state) == (request.number, MergeRequestState.MERGED)


def test_what_a_person_closed_does_not_keep_the_next_release_out(story: Story) -> None:
    commit = proposed(story)
    story.world.forge().close_by_person(story.request("stage").number, "ana")
    story.release("v1.0-rc.2", commit)
    story.run()
    assert story.request("stage").source_branch == "promote/stage/payments/v1.0-rc.2"


def test_a_foreign_commit_on_a_promotion_branch_stops_it_there(story: Story) -> None:
    proposed(story)
    request = story.approve("stage", "ana")
    foreign = story.commit_on(BRANCH, {"apps/payments/base/extra.yaml": b"kind: Secret\n"})
    story.approve("stage", "ana", "eve")
    before = story.refs()
    story.run()
    story.later(5 * MINUTE)
    assert story.refs()[BRANCH] == foreign
    assert story.refs()[MAIN] == before[MAIN]
    assert story.pin("stage").startswith("0.0.0-unreleased")
    assert f"foreign commit {foreign[:12]}" in story.reason("stage")

    # The commit is taken away again: what Ana approved is the head once more, to the byte.
    story.move(BRANCH, request.head)
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")
    assert story.requests("stage")[0].head == request.head
    assert "apps/payments/base/extra.yaml" not in story.world.fleet_tree()


def test_a_foreign_commit_stays_even_when_a_newer_release_is_there(story: Story) -> None:
    commit = proposed(story)
    foreign = story.commit_on(BRANCH, {"NOTES.md": b"mine\n"})
    story.release("v1.0-rc.2", commit)
    story.run()
    assert story.refs()[BRANCH] == foreign
    assert [r.state for r in story.requests("stage")] == [MergeRequestState.OPEN]


def test_a_branch_that_somebody_else_made_is_not_taken(story: Story) -> None:
    story.release("v1.0-rc.1", story.world.apps[APP].head or "")
    head = story.refs()[MAIN]
    story.move(BRANCH, head)
    foreign = story.commit_on(BRANCH, {"NOTES.md": b"mine\n"})
    story.run()
    assert story.requests("stage") == ()
    assert story.refs()[BRANCH] == foreign
    assert "until it or the branch is gone" in story.reason("stage")
    story.move(BRANCH, None)
    story.run()
    assert story.request("stage").head != foreign


def test_the_target_touches_the_file_and_approvals_are_void(story: Story) -> None:
    proposed(story)
    request = story.approve("stage", "ana")
    # Before the bot looks again, somebody edits the very file that the plan edits.
    story.edit(story.overlay("stage"), lambda text: text + "# reviewed by Bo\n")
    story.run()
    rebuilt = story.request("stage")
    assert rebuilt.number == request.number
    assert rebuilt.head != request.head
    assert "Approvals given before do not count" in rebuilt.body
    assert story.overlay("stage") in rebuilt.body
    assert story.pin("stage").startswith("0.0.0-unreleased")
    assert "older head" in story.reason("stage")

    story.approve("stage", "ana")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@sha256:")
    assert story.text(story.overlay("stage")).endswith("# reviewed by Bo\n")


def test_the_target_touches_another_file_and_approvals_stand(story: Story) -> None:
    proposed(story)
    request = story.approve("stage", "ana")
    story.edit("docs/notes.md", lambda text: "unrelated\n")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@sha256:")
    assert story.requests("stage")[0].head == request.head
    assert story.text("docs/notes.md") == "unrelated\n"


def test_a_maker_whom_nobody_knows_adds_one(story: Story) -> None:
    commit = story.build("from outside", author=ZOE)
    story.run()
    story.later(MINUTE)
    story.later(MINUTE)
    story.release("v1.0-rc.1", commit)
    story.run()
    story.approve("stage", "ana")
    story.run()
    assert story.pin("stage").startswith("0.0.0-unreleased")
    assert "1 of 2 approvals" in story.reason("stage")
    assert "zoe@elsewhere.example" in story.reason("stage")
    story.approve("stage", "bo")
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")


def test_too_few_people_are_left_until_the_maker_is_mapped(story: Story) -> None:
    story.edit("fleet.yaml", lambda text: text.replace("qa: [ana, bo, eve]", "qa: [ana]"))
    commit = story.build("from outside", author=ZOE)
    story.run()
    story.later(MINUTE)
    story.later(MINUTE)
    story.release("v1.0-rc.1", commit)
    story.run()
    story.approve("stage", "ana")
    story.run()
    assert "map zoe@elsewhere.example under `people:`" in story.reason("stage")
    assert story.pin("stage").startswith("0.0.0-unreleased")
    story.edit(
        "fleet.yaml",
        lambda text: text.replace("  ana:", "  zoe: {emails: [zoe@elsewhere.example]}\n  ana:"),
        BO,
    )
    story.run()
    assert story.pin("stage").startswith("v1.0-rc.1@")


def test_makers_authors_and_bots_do_not_count(story: Story) -> None:
    proposed(story)
    story.approve("stage", "eve", "fairlead", "cy", "ci")
    story.run()
    why = story.reason("stage")
    assert "eve is a maker of the release" in why
    assert "cy is not in qa" in why
    assert story.pin("stage").startswith("0.0.0-unreleased")
