"""GitHub on a bad day: lost answers, limits, old lists, and others who act in between."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bot.forge import CommitStatus, MergeRequestText
from bot.model import CheckState, MergeRequest, MergeRequestState
from gitops.errors import Conflict, Denied, Unavailable
from tests.contract.github_world import GitHubWorld
from tests.stand_ins.github import GitHub
from tests.stand_ins.github_budget import secondary
from tests.stand_ins.model import Tier

BRANCH = "promote/prod/payments/v1.0"
TEXT = MergeRequestText("payments v1.0 to prod", "why")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[GitHub]:
    with GitHub(tmp_path / "github", tier=Tier.PREMIUM) as server:
        yield server


@pytest.fixture
def world(server: GitHub, tmp_path: Path) -> GitHubWorld:
    return GitHubWorld(server, tmp_path)


def opened(world: GitHubWorld) -> MergeRequest:
    world.push(BRANCH, {"payments.yaml": "tag: v1.0\n"})
    return world.forge.open(BRANCH, "main", TEXT)


# --- lost answers -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_one_that_was_opened_although_nobody_said_so_is_found(
    world: GitHubWorld, server: GitHub, status: int
) -> None:
    world.push(BRANCH, {"payments.yaml": "tag: v1.0\n"})
    server.chaos.lose("POST", "/pulls$", status)
    found = world.forge.open(BRANCH, "main", TEXT)
    assert set(world.seen()) == {found.number}


def test_one_that_was_merged_although_nobody_said_so_is_found(
    world: GitHubWorld, server: GitHub
) -> None:
    request = opened(world)
    world.seen()
    for _ in range(2):
        world.call("GET", f"/pulls/{request.number}", "ana")  # so that GitHub has looked
    server.chaos.lose("PUT", "/merge$")
    sha = world.forge.merge(request.number, request.head, "Merge")
    assert world.head("main") == sha
    assert world.seen()[request.number].merge_sha == sha


def test_what_was_neither_said_nor_done_is_not_done_twice(
    world: GitHubWorld, server: GitHub
) -> None:
    request = opened(world)
    before = world.head("main")
    server.chaos.refuse("PUT", "/merge$", secondary(502), times=5)
    with pytest.raises(Unavailable):
        world.forge.merge(request.number, request.head, "Merge")
    assert world.head("main") == before
    assert sum(one.method == "PUT" for one in server.face.exchanges) == 0


@pytest.mark.parametrize("path", ["/comments$", r"/pulls/\d+$"])
def test_closing_can_be_done_again(world: GitHubWorld, server: GitHub, path: str) -> None:
    request = opened(world)
    server.chaos.lose("POST" if "comments" in path else "PATCH", path)
    with pytest.raises(Unavailable):
        world.forge.close(request.number, "superseded")
    world.forge.close(request.number, "superseded")
    assert world.seen()[request.number].state is MergeRequestState.CLOSED


def test_a_reading_whose_answer_is_lost_is_asked_for_again(
    world: GitHubWorld, server: GitHub
) -> None:
    request = opened(world)
    server.chaos.lose("GET", "/reviews", times=1)
    assert set(world.seen()) == {request.number}
    server.chaos.lose("GET", "/reviews", times=2)
    with pytest.raises(Unavailable):
        world.seen()


# --- limits -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "after", "believed"),
    [(429, 30, 30), (403, 30, 30), (403, None, 60), (429, None, 60), (403, 100_000, 3600)],
)
def test_who_asks_to_be_left_alone_is(
    world: GitHubWorld, server: GitHub, status: int, after: int | None, believed: int
) -> None:
    request = opened(world)
    server.chaos.refuse("GET", "/pulls", secondary(status, after))
    with pytest.raises(Unavailable) as told:
        world.seen()
    assert told.value.retry_after == timedelta(seconds=believed)
    # That bot waits; another one finds all as it was.
    (found,) = world.bot().merge_requests()
    assert found.number == request.number


def test_a_used_up_hour_is_waited_for(world: GitHubWorld, server: GitHub) -> None:
    opened(world)
    server.face.budget.limit = 1
    with pytest.raises(Unavailable) as told:
        world.seen()
    assert told.value.retry_after is not None
    assert timedelta(minutes=50) < told.value.retry_after <= timedelta(hours=1)
    server.face.budget.limit = 5000
    assert world.bot().merge_requests()


# --- others, in between -------------------------------------------------------------------------


def test_a_head_that_moves_just_before_the_merge_is_not_merged(
    world: GitHubWorld, server: GitHub
) -> None:
    request = opened(world)
    before = world.head("main")

    def push() -> None:
        world.push(BRANCH, {"payments.yaml": "tag: evil\n"}, by="eve")

    server.chaos.before("PUT", "/merge$", push)
    with pytest.raises(Conflict):
        world.forge.merge(request.number, request.head, "Merge")
    assert world.head("main") == before
    assert world.seen()[request.number].state is MergeRequestState.OPEN


def test_one_that_a_person_closes_just_before_is_not_merged(
    world: GitHubWorld, server: GitHub
) -> None:
    request = opened(world)
    before = world.head("main")
    server.chaos.before("PUT", "/merge$", lambda: world.close(request.number, "ana"))
    with pytest.raises(Conflict):
        world.forge.merge(request.number, request.head, "Merge")
    assert world.head("main") == before


def test_two_bots_open_one(world: GitHubWorld, server: GitHub) -> None:
    world.push(BRANCH, {"payments.yaml": "tag: v1.0\n"})
    other = world.bot()
    numbers: list[int] = []

    def open_too() -> None:
        numbers.append(other.open(BRANCH, "main", TEXT).number)

    server.chaos.before("POST", "/pulls$", open_too)
    assert [world.forge.open(BRANCH, "main", TEXT).number] == numbers
    assert set(world.seen()) == set(numbers)


def test_what_a_person_disarms_just_before_is_let_be(world: GitHubWorld, server: GitHub) -> None:
    request = opened(world)
    world.arm(request.number, "ana")
    disarm = world.bot()
    server.chaos.before("POST", "/graphql$", lambda: disarm.cancel_automatic_merge(request.number))
    world.forge.cancel_automatic_merge(request.number)
    assert not world.seen()[request.number].automatic_merge


def test_a_rule_that_comes_just_before_is_told(world: GitHubWorld, server: GitHub) -> None:
    request = opened(world)
    server.chaos.before("PUT", "/merge$", lambda: world.protect(approvals=1))
    with pytest.raises(Denied, match="approving review"):
        world.forge.merge(request.number, request.head, "Merge")


# --- old lists ----------------------------------------------------------------------------------


def test_an_old_list_tells_the_old_state_and_nothing_is_merged_by_it(
    world: GitHubWorld, server: GitHub
) -> None:
    request = opened(world)
    server.chaos.stale_lists = True
    world.seen()
    foreign = world.push(BRANCH, {"payments.yaml": "tag: evil\n"}, by="eve")
    told = world.seen()[request.number]
    assert told.head in {request.head, foreign}
    with pytest.raises(Conflict):
        world.forge.merge(request.number, request.head, "Merge")
    server.chaos.stale_lists = False
    assert world.seen()[request.number].head == foreign


def test_one_that_no_list_tells_is_looked_for(world: GitHubWorld, server: GitHub) -> None:
    request = opened(world)
    assert world.seen()[request.number].state is MergeRequestState.OPEN
    world.close(request.number, "ana")
    told = world.seen()[request.number]
    assert (told.state, told.closed_by) == (MergeRequestState.CLOSED, "ana")


def test_a_status_is_posted_as_often_as_it_is_said(world: GitHubWorld) -> None:
    request = opened(world)
    for _ in range(3):
        world.forge.post_status(
            request.head, BRANCH, CommitStatus(CheckState.PENDING, "waits: 1 of 2 approvals")
        )
    assert len(world.seen()[request.number].checks) == 1
