"""Stories of rollbacks: an older release comes back, as carefully as a newer one came."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from bot.cli.report import find, why_text
from bot.describe import read_message
from bot.model import MergeRequestState
from bot.plan import PromotionState
from gitops.errors import InvalidInput
from tests.scenario.operating import (
    HOLD,
    PROD,
    agree,
    back,
    freeze,
    hold,
    in_prod,
    rollbacks,
    unfreeze,
    unhold,
)
from tests.scenario.telling import APP, MAIN, MINUTE, Chapter, Story
from tests.simulation.oracle import Oracle

HOUR = timedelta(hours=1)
BRANCH = "rollback/prod/payments/v1.0/1"


@pytest.fixture(scope="module")
def chapter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chapter]:
    """`v1.0` and then `v1.1` were proven in prod."""
    directory = tmp_path_factory.mktemp("chapter")
    with Story.new(directory) as told:
        told.begin()
        in_prod(told, "v1.0")
        in_prod(told, "v1.1")
        yield Chapter(told, directory / "kept")


@pytest.fixture
def story(chapter: Chapter) -> Iterator[Story]:
    with chapter.go_on() as told:
        yield told
        oracle = Oracle(told.world.directory / "fleet.git", frozenset({"eve"}))
        assert oracle.violations() == ()


def why(story: Story) -> str:
    return why_text(find(story.world.plan(), APP, "prod"))


def state(story: Story) -> PromotionState:
    decisions = story.world.plan().plan.decisions
    return next(d.state for d in decisions if d.target == PROD)


def test_a_rollback_is_approved_merged_and_held(story: Story) -> None:
    before = story.world.fleet_tree()
    bytes_of_old = story.proof_of("v1.0", "prod")
    assert bytes_of_old is not None
    agreed(story)
    done = back(story, "v1.0")
    assert (done.changed, done.branch, done.merge_request) == (True, BRANCH, 5)
    request = rollbacks(story)[0]
    assert request.author == "cy"
    assert request.title == "Roll payments in prod back to v1.0"
    assert "orders are lost" in request.body

    # Who asked for it is its author; two others have to agree, as to any release.
    agree(story, "cy", "di")
    story.run()
    assert story.pin("prod").startswith("v1.1@")
    assert "cy contributed to the merge request" in why(story)
    agree(story, "bo")
    story.run()
    assert story.pin("prod") == f"v1.0@{bytes_of_old.release.artifacts[0].digest}"
    after = story.world.fleet_tree()
    changed = {p for p in {*before, *after} if before.get(p) != after.get(p)}
    assert changed == {HOLD, story.overlay("prod"), "fleet.yaml"}
    assert f"refs/heads/{BRANCH}" not in story.refs()

    # v1.1 is newer, proven and agreed to, and stays out for as long as the hold stands.
    assert story.later(HOUR).plan.quiet
    assert state(story) is PromotionState.WAITING
    assert "held by cy, until somebody ends it: orders are lost" in why(story)
    unhold(story, "bo")
    story.run()
    assert story.request("prod").source_branch == "promote/prod/payments/v1.1"


def agreed(story: Story) -> None:
    """There are two who may agree to what cy asks for."""
    story.edit("fleet.yaml", lambda text: text.replace("[cy, di, eve]", "[cy, di, bo, eve]"))


def rolled_back(story: Story) -> None:
    """`v1.0` is back in prod."""
    agreed(story)
    back(story, "v1.0")
    agree(story, "di", "bo")
    story.run()
    assert story.pin("prod").startswith("v1.0@"), why(story)


def test_a_release_that_came_back_is_proven_still(story: Story) -> None:
    rolled_back(story)
    story.later(MINUTE)
    unhold(story, "di")
    story.git.fetch()
    messages = [read_message(c.message) for c in story.git.first_parents(story.refs()[MAIN])]
    assert [m.rollback.owner for m in messages if m.rollback] == ["cy"]
    running = {d.target: d.running for d in story.world.plan().plan.decisions}
    assert running[PROD] == "v1.0"


def test_an_open_promotion_makes_room_and_comes_again_afterwards(story: Story) -> None:
    story.tag("v1.2", story.proven_in_stage("v1.2-rc.1"))
    story.run()
    newer = story.request("prod")
    rolled_back(story)
    closed = next(r for r in story.requests("prod") if r.number == newer.number)
    assert (closed.state, closed.closed_by) == (MergeRequestState.CLOSED, "fairlead")
    assert "A rollback to `v1.0` is open" in story.comments(newer.number)
    unhold(story, "di")
    story.run()
    assert story.request("prod").source_branch == "promote/prod/payments/v1.2"


def test_a_rollback_waits_for_the_end_of_a_freeze(story: Story) -> None:
    agreed(story)
    freeze(story, "di", "prod")
    back(story, "v1.0")
    agree(story, "di", "bo")
    story.run()
    assert story.pin("prod").startswith("v1.1@")
    assert "freeze: waits: frozen by di" in why(story)
    unfreeze(story, "di", "prod")
    story.run()
    assert story.pin("prod").startswith("v1.0@")


def test_a_rollback_takes_a_hold_over(story: Story) -> None:
    hold(story, "ana")
    rolled_back(story)
    assert 'owner: "cy"' in story.text(HOLD)


def test_what_comes_after_it_is_opened_changes_its_hold_and_voids_approvals(story: Story) -> None:
    agreed(story)
    back(story, "v1.0")
    agree(story, "di", "bo")
    hold(story, "ana")
    story.run()
    assert story.pin("prod").startswith("v1.1@")
    assert "older head" in why(story)
    agree(story, "di", "bo")
    story.run()
    assert story.pin("prod").startswith("v1.0@")


def test_a_second_time_changes_nothing(story: Story) -> None:
    first = back(story, "v1.0")
    before = story.refs()
    again = back(story, "v1.0")
    assert (again.changed, again.merge_request) == (False, first.merge_request)
    assert story.refs() == before


def test_a_verb_that_was_cut_off_before_it_asked_goes_on(story: Story) -> None:
    first = back(story, "v1.0")
    forge = "refs/fairlead/forge"
    story.move(forge, story.git.first_parents(story.refs()[forge])[1].sha)
    head = story.refs()[f"refs/heads/{BRANCH}"]
    story.world.clock.advance(MINUTE)
    again = back(story, "v1.0")
    assert (again.branch, again.merge_request) == (first.branch, first.merge_request)
    assert story.refs()[f"refs/heads/{BRANCH}"] == head


def test_a_closed_rollback_is_numbered_on(story: Story) -> None:
    done = back(story, "v1.0")
    assert done.merge_request is not None
    story.world.forge().close_by_person(done.merge_request, "cy")
    story.run()
    assert [r.state for r in rollbacks(story)] == [MergeRequestState.CLOSED]
    assert back(story, "v1.0").branch == "rollback/prod/payments/v1.0/2"


def test_a_dry_run_writes_nothing_and_shows_both_files(story: Story) -> None:
    before = story.refs()
    done = back(story, "v1.0", dry=True)
    assert done.changed
    assert f"+++ b/{HOLD}" in done.diff
    assert f"+++ b/{story.overlay('prod')}" in done.diff
    assert story.refs() == before


def test_a_foreign_commit_on_its_branch_stops_it(story: Story) -> None:
    agreed(story)
    back(story, "v1.0")
    story.commit_on(f"refs/heads/{BRANCH}", {"README.md": b"more\n"})
    agree(story, "di", "bo")
    story.run()
    assert story.pin("prod").startswith("v1.1@")
    assert "README.md" not in story.world.fleet_tree()


def test_bytes_that_are_gone_do_not_come_back(story: Story) -> None:
    agreed(story)
    proof = story.proof_of("v1.0", "prod")
    assert proof is not None
    back(story, "v1.0")
    agree(story, "di", "bo")
    held = story.world.registry.images.held()
    story.world.registry.images.remove_image(proof.release.artifacts[0].digest or "")
    story.run()
    assert story.pin("prod").startswith("v1.1@")
    assert "built: refused" in why(story)
    story.world.registry.images.hold(held)
    story.run()
    assert story.pin("prod").startswith("v1.0@")


@pytest.mark.parametrize(
    ("version", "told"),
    [
        ("v9.9", r"v9.9 has no proof record in prod; there are: v1.1, v1.0"),
        ("v1.0-rc.1", r"no proof record in prod"),
        ("v1.1", r"payments in prod says v1.1 already"),
    ],
)
def test_what_cannot_come_back_is_refused(story: Story, version: str, told: str) -> None:
    before = story.refs()
    with pytest.raises(InvalidInput, match=told):
        back(story, version)
    assert story.refs() == before


def test_what_is_newer_is_no_rollback(story: Story) -> None:
    rolled_back(story)
    with pytest.raises(InvalidInput, match=r"v1.1 is newer than what is there \(v1.0\)"):
        back(story, "v1.1")


def test_one_rollback_at_a_time(story: Story) -> None:
    in_prod(story, "v1.2")
    back(story, "v1.1")
    with pytest.raises(InvalidInput, match=r"is open: payments in prod back to v1.1"):
        back(story, "v1.0")
    done = back(story, "v1.1")
    assert not done.changed
