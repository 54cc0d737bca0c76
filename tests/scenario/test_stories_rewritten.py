"""Stories of a target branch whose history somebody rewrites."""

from collections.abc import Iterator

import pytest

from bot.model import MergeRequestState
from bot.ports import Draft
from tests.scenario.telling import BO, MAIN, MINUTE, Chapter, Story


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0-rc.1` is proven in stage; `v1.0` is open in prod with one approval."""
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


def rewritten(story: Story) -> str:
    """The same files in one commit without a past; its sha."""
    head = story.refs()[MAIN]
    tree = story.git.tree(head)
    files = {path: file.data for path, file in tree.items()}
    draft = Draft((), "A new beginning\n", BO, story.world.clock(), files)
    (sha,) = story.git.write([draft])
    story.move(MAIN, sha)
    return sha


def test_open_merge_requests_are_rebuilt_and_proofs_stand(story: Story) -> None:
    old = story.request("prod")
    proofs = story.state().proofs
    sha = rewritten(story)
    ticked = story.run()
    assert any("the target branch was rewritten" in said for said in ticked.plan.reports)
    request = story.request("prod")
    assert request.number == old.number
    assert request.head != old.head
    commit = story.git.commit(story.refs()[f"refs/heads/{request.source_branch}"])
    assert commit is not None
    assert commit.parents == (sha,)
    assert "Approvals given before do not count" in request.body
    assert set(story.state().proofs) >= set(proofs)

    # One approval was given before; it takes two new ones.
    story.approve("prod", "di")
    story.run()
    assert story.pin("prod").startswith("0.0.0-unreleased")
    story.approve("prod", "cy")
    story.run()
    assert story.pin("prod").startswith("v1.0@sha256:")


def test_a_merge_that_is_gone_is_proposed_again(story: Story) -> None:
    before = story.refs()[MAIN]
    story.approve("prod", "di")
    story.run()
    assert story.pin("prod").startswith("v1.0@")
    story.move(MAIN, before)
    ticked = story.run()
    assert ticked.plan.halt is None
    assert ticked.observation.lost_merges == (2,)
    states = [r.state for r in story.requests("prod")]
    assert states == [MergeRequestState.MERGED, MergeRequestState.OPEN]
    # What was approved for the merge that is gone does not count for this one.
    assert story.request("prod").approvals == ()
    assert story.pin("prod").startswith("0.0.0-unreleased")
    story.approve("prod", "cy", "di")
    story.run()
    assert story.pin("prod").startswith("v1.0@")


def test_what_runs_in_a_rewritten_history_is_still_proven(story: Story) -> None:
    rewritten(story)
    story.run()
    story.later(MINUTE)
    decisions = {d.target.environment: d for d in story.world.plan().plan.decisions}
    assert decisions["dev"].running is not None
    assert story.proof_of("v1.0-rc.1", "stage") is not None
    assert story.request("prod").source_branch == "promote/prod/payments/v1.0"
