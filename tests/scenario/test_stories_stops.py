"""Stories of holds and freezes: what they stop, from when on, and how they end."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.cli.report import find, why_text
from bot.forge import MergeRequestText
from bot.model import MergeRequestState
from gitops.errors import InvalidInput
from tests.scenario.operating import (
    DRY,
    HOLD,
    PROPOSED,
    desk,
    freeze,
    hold,
    proposed_to_prod,
    unfreeze,
    unhold,
)
from tests.scenario.telling import APP, MAIN, MINUTE, Chapter, Story
from tests.simulation.oracle import Oracle

HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0` waits in prod for two approvals."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin()
        proposed_to_prod(told, "v1.0")
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told
        oracle = Oracle(told.world.directory / "fleet.git", frozenset({"eve"}))
        assert oracle.violations() == ()


def why(story: Story) -> str:
    return why_text(find(story.world.plan(), APP, "prod"))


def merges(story: Story) -> bool:
    """Whether what cy and di agree to is merged."""
    if any(r.state is MergeRequestState.OPEN for r in story.requests("prod")):
        story.approve("prod", "cy", "di")
    story.run()
    return story.pin("prod").startswith("v1.0@")


def test_a_hold_stops_what_everybody_agreed_to_until_it_is_ended(story: Story) -> None:
    done = hold(story, "ana")
    assert done.changed
    assert done.commit == story.refs()[MAIN]
    assert not merges(story)
    told = why(story)
    assert f"hold: waits: held by ana: INC-7 ({HOLD}) (until " in told
    assert unhold(story, "bo").changed
    assert merges(story)


def test_without_a_hold_it_merges(story: Story) -> None:
    assert merges(story)


def test_a_hold_ends_by_itself(story: Story) -> None:
    hold(story, "ana", hours=1)
    assert not merges(story)
    story.later(59 * MINUTE)
    assert not merges(story)
    story.later(2 * MINUTE)
    assert story.pin("prod").startswith("v1.0@")


def test_a_hold_is_of_one_app_in_one_environment(story: Story) -> None:
    hold(story, "ana")
    sha = story.build("more work")
    story.run()
    assert sha[:7] in story.pin("dev")


def test_what_is_held_is_not_even_proposed(story: Story) -> None:
    story.world.forge().close_by_person(story.request("prod").number, "cy")
    hold(story, "ana")
    story.tag("v1.1", story.proven_in_stage("v1.1-rc.1"))
    story.run()
    assert len(story.requests("prod")) == 1
    assert "held by ana" in story.reason("prod")
    unhold(story, "ana")
    story.run()
    assert story.request("prod").source_branch == "promote/prod/payments/v1.1"


def test_what_is_open_is_not_superseded_by_what_may_not_be_opened(story: Story) -> None:
    hold(story, "ana")
    story.tag("v1.1", story.proven_in_stage("v1.1-rc.1"))
    story.run()
    assert story.request("prod").source_branch == "promote/prod/payments/v1.0"
    unhold(story, "ana")
    story.run()
    assert story.request("prod").source_branch == "promote/prod/payments/v1.1"


def test_a_proposed_hold_counts_at_once_by_whom_may_approve_there(story: Story) -> None:
    done = hold(story, "di", PROPOSED)
    assert done.merge_request is not None
    assert "at once" in done.counts
    assert not merges(story)
    assert f"({HOLD} in !{done.merge_request})" in why(story)
    # What is only proposed ends when it is closed.
    assert unhold(story, "ana", DRY).closed == (done.merge_request,)
    assert not merges(story)
    assert unhold(story, "ana").closed == (done.merge_request,)
    assert not unhold(story, "ana").changed
    assert merges(story)


def test_a_proposed_hold_of_anybody_else_waits_for_its_merge(story: Story) -> None:
    done = hold(story, "ana", PROPOSED)
    assert "once it is merged" in done.counts
    assert merges(story)


def test_a_proposal_that_does_more_than_stop_counts_for_nothing(story: Story) -> None:
    done = hold(story, "di", PROPOSED)
    story.commit_on(f"refs/heads/{done.branch}", {"README.md": b"more\n"})
    assert merges(story)


def test_the_end_of_a_hold_counts_once_merged(story: Story) -> None:
    hold(story, "di")
    done = unhold(story, "di", PROPOSED)
    assert done.merge_request is not None
    assert not merges(story)
    assert unhold(story, "di", PROPOSED).merge_request == done.merge_request
    story.world.forge().merge(done.merge_request, story.refs()[f"refs/heads/{done.branch}"], "ok")
    assert merges(story)


def test_a_freeze_of_everything_stops_commits_too(story: Story) -> None:
    freeze(story, "ana")
    before = story.pin("dev")
    story.build("more work")
    assert not merges(story)
    assert story.pin("dev") == before
    assert "freeze: waits: frozen by ana: the fair (.fairlead/freezes/_all.yaml)" in why(story)
    unfreeze(story, "ana")
    assert merges(story)
    assert story.pin("dev") != before


def test_a_freeze_of_one_environment_leaves_the_others(story: Story) -> None:
    freeze(story, "ana", "prod")
    sha = story.build("more work")
    assert not merges(story)
    assert sha[:7] in story.pin("dev")
    unfreeze(story, "ana", "prod")
    assert merges(story)


def test_a_second_time_changes_nothing(story: Story) -> None:
    assert hold(story, "ana").changed
    before = story.refs()
    assert not hold(story, "ana").changed
    assert story.refs() == before
    assert unhold(story, "ana").changed
    before = story.refs()
    assert not unhold(story, "ana").changed
    assert story.refs() == before
    proposed = hold(story, "di", PROPOSED)
    before = story.refs()
    again = hold(story, "di", PROPOSED)
    assert (again.changed, again.merge_request) == (False, proposed.merge_request)
    assert story.refs() == before


def test_a_dry_run_writes_nothing_and_shows_the_file(story: Story) -> None:
    before = story.refs()
    done = hold(story, "ana", DRY)
    assert done.changed
    assert f"+++ b/{HOLD}" in done.diff
    assert story.refs() == before


def test_a_verb_that_was_cut_off_before_it_asked_goes_on(story: Story) -> None:
    first = hold(story, "di", PROPOSED)
    assert first.merge_request is not None
    forge = "refs/fairlead/forge"
    before = story.git.first_parents(story.refs()[forge])[1].sha
    story.move(forge, before)
    again = hold(story, "di", PROPOSED)
    assert (again.branch, again.merge_request) == (first.branch, first.merge_request)


def test_what_the_fleet_does_not_have_is_refused(story: Story) -> None:
    with pytest.raises(InvalidInput, match=r"no environment 'pord'.*prod"):
        freeze(story, "ana", "pord")
    assert freeze(story, "ana", "prod").changed


def test_a_file_that_cannot_be_read_holds_all_the_same(story: Story) -> None:
    story.edit(HOLD, lambda _: "apiVersion: fairlead.dev/v1alpha1\nkind: Hold\nowner: ana\n")
    assert not merges(story)
    assert f"held by a file that cannot be read: {HOLD}:1:1" in why(story)
    text = "reason: x\nmade: 2026-03-02T08:00:00Z\nuntil: 2026-03-02T08:30:00Z\n"
    story.edit(HOLD, lambda old: old + text)
    assert merges(story)


def test_a_stop_by_a_machine_does_not_count(story: Story) -> None:
    branch = "refs/heads/stop/hold/prod/payments/9"
    story.move(branch, story.refs()[MAIN])
    hold(story, "di")
    text = story.world.fleet_tree()[HOLD].data
    unhold(story, "di")
    story.move(branch, story.refs()[MAIN])
    story.commit_on(branch, {HOLD: text})
    forge = desk(story, "ci").ports.forge
    forge.open(branch.removeprefix("refs/heads/"), "main", MergeRequestText("Hold", ""))
    assert merges(story)
