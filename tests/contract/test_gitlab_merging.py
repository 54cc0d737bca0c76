"""How GitLab refuses to open and to merge, answer by answer, and what the bot says of it."""

from collections.abc import Callable, Iterator

import pytest

from bot.model import CheckState, MergeRequest, MergeRequestState
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable
from tests.contract.gitlab_world import GitLabWorld
from tests.contract.test_gitlab_forge import BRANCH, TEXT, free, opened, premium, world, writes
from tests.stand_ins.model import Access
from tests.stand_ins.web import Answer

__all__ = ["free", "premium", "world"]

MERGE = "/merge$"


def merged(world: GitLabWorld, request: MergeRequest) -> str:
    return world.forge.merge(request.number, request.head, "Merge payments v1.0")


def merges(world: GitLabWorld, number: int) -> int:
    """How often a merge was asked for."""
    return len(writes(world, f"/merge_requests/{number}/merge"))


def still_open(world: GitLabWorld, number: int) -> bool:
    return world.seen()[number].state is MergeRequestState.OPEN


# --- GitLab's own rules -------------------------------------------------------------------------


def test_who_may_not_merge_there_is_told_so(world: GitLabWorld) -> None:
    request = opened(world)
    world.protect(merge_access_level=Access.OWNER, push_access_level=Access.NONE)
    with pytest.raises(Denied, match="may not merge") as denied:
        merged(world, request)
    assert "Protected branches" in str(denied.value)
    world.protect(merge_access_level=Access.MAINTAINER, push_access_level=Access.NONE)
    assert merged(world, request) == world.head("main")


def test_who_may_not_merge_is_told_so_first(world: GitLabWorld) -> None:
    """As GitLab looks first whether they may."""
    request = opened(world)
    draft(world, request)
    world.protect(merge_access_level=Access.OWNER, push_access_level=Access.NONE)
    with pytest.raises(Denied, match="may not merge"):
        merged(world, request)


def draft(world: GitLabWorld, request: MergeRequest) -> None:
    title = {"title": "Draft: mine"}
    world.call("PUT", f"/merge_requests/{request.number}", "ana", title)


def discussion(world: GitLabWorld, request: MergeRequest) -> None:
    world.administer("PUT", "", {"only_allow_merge_if_all_discussions_are_resolved": True})
    place = f"/merge_requests/{request.number}/discussions"
    world.call("POST", place, "ana", {"body": "why?"})


def pipeline(world: GitLabWorld, request: MergeRequest) -> None:
    world.administer("PUT", "", {"only_allow_merge_if_pipeline_succeeds": True})
    world.check(request.number, request.head, "render", "bo", CheckState.FAILURE)


@pytest.mark.parametrize(
    ("planted", "reason"),
    [(draft, "draft"), (discussion, "discussion"), (pipeline, "pipeline has to succeed")],
)
def test_what_gitlabs_own_rules_want_is_told(
    world: GitLabWorld, planted: Callable[[GitLabWorld, MergeRequest], None], reason: str
) -> None:
    request = opened(world)
    planted(world, request)
    with pytest.raises(Denied, match=reason):
        merged(world, request)
    assert merges(world, request.number) == 1
    assert still_open(world, request.number)


def test_a_licensed_rule_that_is_not_met_is_told(premium: GitLabWorld) -> None:
    rule = {"name": "two", "approvals_required": 1, "rule_type": "any_approver"}
    premium.administer("POST", "/approval_rules", rule)
    request = opened(premium)
    with pytest.raises(Denied, match="approval rules"):
        merged(premium, request)
    premium.approve(request.number, request.head, "ana")
    assert merged(premium, request) == premium.head("main")


def test_the_bot_cannot_push_where_it_may_merge(world: GitLabWorld) -> None:
    world.protect(merge_access_level=Access.MAINTAINER, push_access_level=Access.NONE)
    request = opened(world)
    before = world.head("main")
    with pytest.raises(Denied, match="main"):
        world.push("main", {"payments.yaml": "tag: v1.0\n"})
    assert world.head("main") == before
    assert merged(world, request) == world.head("main")


def test_a_project_that_wants_the_sha_gets_it(world: GitLabWorld) -> None:
    project = world.server.forge.project(world.project.path)
    assert project is not None
    project.settings["require_sha_for_merge"] = True
    request = opened(world)
    place = f"/merge_requests/{request.number}/merge"
    world.call("PUT", place, "ana", {}, expected=400)
    assert merged(world, request) == world.head("main")


# --- how it is merged ---------------------------------------------------------------------------


def test_fast_forward_the_head_is_what_merged_it(world: GitLabWorld) -> None:
    world.administer("PUT", "", {"merge_method": "ff"})
    request = opened(world)
    assert merged(world, request) == request.head == world.head("main")
    assert world.seen()[request.number].merge_sha == request.head


@pytest.mark.parametrize("method", ["ff", "rebase_merge"])
def test_one_that_is_behind_is_to_be_made_anew(world: GitLabWorld, method: str) -> None:
    world.administer("PUT", "", {"merge_method": method})
    request = opened(world)
    world.push("main", {"elsewhere.yaml": "x: 1\n"}, by="ana")
    with pytest.raises(Conflict, match="behind"):
        merged(world, request)
    assert still_open(world, request.number)


def test_a_branch_is_left_for_the_bot_to_delete(world: GitLabWorld) -> None:
    world.administer("PUT", "", {"remove_source_branch_after_merge": True})
    request = opened(world)
    merged(world, request)
    assert world.head(BRANCH) == request.head


# --- races, and answers that are lost -----------------------------------------------------------


def test_a_push_between_reading_and_merging_is_noticed(world: GitLabWorld) -> None:
    request = opened(world)

    def raced() -> None:
        world.push(BRANCH, {"x.yaml": "tag: evil\n"}, by="eve")

    before = world.head("main")
    world.server.chaos.before("PUT", MERGE, raced)
    with pytest.raises(Conflict, match="SHA does not match"):
        merged(world, request)
    assert world.head("main") == before


def test_a_merge_whose_answer_is_lost_is_read_back(world: GitLabWorld) -> None:
    request = opened(world)
    world.server.chaos.lose("PUT", MERGE)
    assert merged(world, request) == world.head("main")
    assert merges(world, request.number) == 1


def test_a_merge_that_never_happened_is_not_asked_for_again(world: GitLabWorld) -> None:
    request = opened(world)
    before = world.head("main")
    world.server.chaos.refuse("PUT", MERGE, Answer(502, b"Bad Gateway"))
    with pytest.raises(Unavailable, match="502"):
        merged(world, request)
    assert merges(world, request.number) == 1
    assert world.head("main") == before
    assert merged(world, request) == world.head("main")


def test_a_flooded_gitlab_is_left_alone_at_once(world: GitLabWorld) -> None:
    request = opened(world)
    world.server.chaos.limit(retry_after=7, path=MERGE)
    before = len(world.server.server.calls)
    with pytest.raises(Unavailable, match="left alone"):
        merged(world, request)
    assert len(world.server.server.calls) == before + 1


def test_an_opening_whose_answer_is_lost_is_found(world: GitLabWorld) -> None:
    world.push(BRANCH, {"x.yaml": "x: 1\n"})
    world.server.chaos.lose("POST", "/merge_requests$")
    request = world.forge.open(BRANCH, "main", TEXT)
    assert set(world.seen()) == {request.number}


def test_an_opening_that_never_happened_is_told(world: GitLabWorld) -> None:
    world.push(BRANCH, {"x.yaml": "x: 1\n"})
    world.server.chaos.refuse("POST", "/merge_requests$", Answer(503, b""))
    with pytest.raises(Unavailable):
        world.forge.open(BRANCH, "main", TEXT)
    assert world.seen() == {}


@pytest.mark.parametrize("says", ["Another open merge request exists", "already exists: !4711"])
def test_one_whose_number_is_not_told_is_found(world: GitLabWorld, says: str) -> None:
    first = opened(world)
    world.server.chaos.refuse("POST", "/merge_requests$", Answer(409, {"message": [says]}))
    assert world.forge.open(BRANCH, "main", TEXT).number == first.number


def test_one_that_is_named_and_closed_meanwhile_is_told(world: GitLabWorld) -> None:
    first = opened(world)
    world.close(first.number, "ana")
    said = Answer(409, {"message": [f"Another open merge request already exists: !{first.number}"]})
    world.server.chaos.refuse("POST", "/merge_requests$", said)
    with pytest.raises(Conflict, match="closed meanwhile"):
        world.forge.open(BRANCH, "main", TEXT)


# --- what GitLab computes in the background -----------------------------------------------------


@pytest.fixture
def slow(world: GitLabWorld) -> Iterator[GitLabWorld]:
    """One that needs two looks before it knows whether it can merge."""
    world.slow(2)
    yield world
    world.slow(0)


def test_what_is_still_computed_is_waited_for(slow: GitLabWorld) -> None:
    request = opened(slow)
    assert merged(slow, request) == slow.head("main")
    assert merges(slow, request.number) == 2


def test_what_is_computed_for_too_long_is_told(slow: GitLabWorld) -> None:
    slow.slow(50)
    request = opened(slow)
    with pytest.raises(Conflict, match="not finished looking"):
        merged(slow, request)
    assert merges(slow, request.number) == 1


def test_an_automatic_merge_that_the_bot_may_not_take_back_is_told(world: GitLabWorld) -> None:
    world.push(BRANCH, {"x.yaml": "x: 1\n"}, by="ana")
    number = world.open(BRANCH, "ana")
    world.arm(number, "ana")
    world.protect(merge_access_level=Access.OWNER, push_access_level=Access.NONE)
    with pytest.raises(Denied, match="may not merge there"):
        world.forge.cancel_automatic_merge(number)
    assert world.seen()[number].automatic_merge


# --- each status, as GitLab's code gives it -----------------------------------------------------

REFUSALS: dict[int, type[FairleadError]] = {
    400: InvalidInput,
    401: Denied,
    403: Denied,
    404: Denied,
    405: Denied,
    409: Conflict,
    422: Conflict,
    429: Unavailable,
    500: Unavailable,
}


@pytest.mark.parametrize(("status", "meaning"), REFUSALS.items())
def test_each_refusal_of_a_merge_has_its_meaning(
    world: GitLabWorld, status: int, meaning: type[FairleadError]
) -> None:
    request = opened(world)
    before = world.head("main")
    # Only what GitLab may have been computing is asked for once more.
    times = 2 if status == 405 else 1
    answer = Answer(status, {"message": f"{status} no"})
    world.server.chaos.refuse("PUT", MERGE, answer, times)
    with pytest.raises(meaning):
        merged(world, request)
    assert world.head("main") == before
    assert merges(world, request.number) == times


def test_one_refusal_for_no_reason_is_asked_again(world: GitLabWorld) -> None:
    request = opened(world)
    world.server.chaos.refuse("PUT", MERGE, Answer(405, {"message": "405 Method Not Allowed"}))
    assert merged(world, request) == world.head("main")
