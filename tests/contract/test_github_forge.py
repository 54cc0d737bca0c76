"""What GitHub alone does: its rules, forks, tokens and apps, and what the bot makes of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.forge import MergeRequestText
from bot.model import CheckState, MergeRequest, MergeRequestState
from bot.secret import Secret
from gitops.errors import Denied
from tests.contract.fleet_repositories import push
from tests.contract.forge_worlds import BOT
from tests.contract.github_world import GitHubWorld
from tests.stand_ins.github import GitHub
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.model import Tier

BRANCH = "promote/prod/payments/v1.0"
TEXT = MergeRequestText("payments v1.0 to prod", "why")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with GitHub(tmp_path_factory.mktemp("github"), tier=Tier.PREMIUM) as server:
        yield server


@pytest.fixture
def world(server: GitHub, tmp_path: Path) -> GitHubWorld:
    return GitHubWorld(server, tmp_path)


def opened(world: GitHubWorld) -> MergeRequest:
    world.push(BRANCH, {"payments.yaml": "tag: v1.0\n"})
    return world.forge.open(BRANCH, "main", TEXT)


def approvers(world: GitHubWorld, number: int) -> list[str]:
    return [approval.person for approval in world.seen()[number].approvals]


# --- approvals ----------------------------------------------------------------------------------


def test_whoever_may_only_read_is_not_counted(world: GitHubWorld, server: GitHub) -> None:
    server.person("rita", access=ROLES["read"])
    request = opened(world)
    world.approve(request.number, request.head, "rita")
    assert approvers(world, request.number) == []
    world.approve(request.number, request.head, "ana")
    assert approvers(world, request.number) == ["ana"]


def test_whoever_was_removed_is_not_counted(world: GitHubWorld, server: GitHub) -> None:
    server.stranger("mallory")
    place = "/collaborators/mallory"
    world.administer("PUT", place, {"permission": "push"})
    request = opened(world)
    world.approve(request.number, request.head, "mallory")
    assert approvers(world, request.number) == ["mallory"]
    world.administer("DELETE", place)
    assert approvers(world, request.number) == []


def test_an_approval_of_a_commit_before_is_told_with_that_commit(world: GitHubWorld) -> None:
    """Without a rule GitHub keeps it: the bot has to compare."""
    request = opened(world)
    world.approve(request.number, request.head, "ana")
    again = world.push(BRANCH, {"payments.yaml": "tag: v1.1\n"})
    told = world.seen()[request.number]
    assert (told.head, [a.sha for a in told.approvals]) == (again, [request.head])


def test_what_a_push_dismissed_is_not_counted(world: GitHubWorld) -> None:
    reviews = {"required_approving_review_count": 1, "dismiss_stale_reviews": True}
    world.protect(required_pull_request_reviews=reviews)
    request = opened(world)
    world.approve(request.number, request.head, "ana")
    again = world.push(BRANCH, {"payments.yaml": "tag: v1.1\n"})
    assert approvers(world, request.number) == []
    world.approve(request.number, again, "ana")
    assert approvers(world, request.number) == ["ana"]


@pytest.mark.parametrize(
    ("then", "counted"),
    [("REQUEST_CHANGES", False), ("COMMENT", True), ("dismiss", False), ("APPROVE", True)],
)
def test_the_last_word_counts(world: GitHubWorld, then: str, counted: bool) -> None:
    request = opened(world)
    number = world.review(request.number, request.head, "ana", "APPROVE")
    if then == "dismiss":
        place = f"/pulls/{request.number}/reviews/{number}/dismissals"
        world.administer("PUT", place, {"message": "no"})
    else:
        world.review(request.number, request.head, "ana", then)
    assert approvers(world, request.number) == (["ana"] if counted else [])


def test_an_author_cannot_approve(world: GitHubWorld) -> None:
    world.push(BRANCH, {"payments.yaml": "tag: v1.0\n"}, by="eve")
    number = world.open(BRANCH, "eve")
    head = world.seen()[number].head
    review = {"event": "APPROVE", "commit_id": head}
    world.call("POST", f"/pulls/{number}/reviews", "eve", review, expected=422)
    world.approve(number, head, "ana")
    assert approvers(world, number) == ["ana"]


# --- checks -------------------------------------------------------------------------------------


def test_a_check_run_has_its_apps_id(world: GitHubWorld, server: GitHub) -> None:
    installation = server.app("ci", "no key", checks="write", metadata="read")
    with server.forge.lock:
        token = Secret(server.forge.add_installation_token(installation).text)
    request = opened(world)
    content = {"name": "render", "head_sha": request.head, "status": "in_progress"}
    place = server.on(world.project.path, "/check-runs")
    status, made, _ = server.ask("POST", place, content, token)
    assert status == 201
    (check,) = world.seen()[request.number].checks
    assert (check.source, check.state) == (str(installation.app.id), CheckState.PENDING)
    server.ask("PATCH", f"{place}/{made['id']}", {"conclusion": "success"}, token)
    (check,) = world.seen()[request.number].checks
    assert (check.name, check.state) == ("render", CheckState.SUCCESS)


# --- merging ------------------------------------------------------------------------------------


def test_what_githubs_own_rules_want_is_told(world: GitHubWorld) -> None:
    world.protect(approvals=1)
    request = opened(world)
    with pytest.raises(Denied, match="approving review is required"):
        world.forge.merge(request.number, request.head, "Merge")
    assert world.seen()[request.number].state is MergeRequestState.OPEN
    world.approve(request.number, request.head, "ana")
    world.forge.merge(request.number, request.head, "Merge")
    assert world.seen()[request.number].state is MergeRequestState.MERGED


def test_a_required_check_is_waited_for(world: GitHubWorld) -> None:
    """By its name alone: who has posted it is for the bot to look at."""
    world.protect(required_status_checks={"strict": False, "contexts": ["render"]})
    request = opened(world)
    with pytest.raises(Denied, match="render"):
        world.forge.merge(request.number, request.head, "Merge")
    world.check(request.number, request.head, "render", "eve", CheckState.SUCCESS)
    assert [c.source for c in world.seen()[request.number].checks] == ["eve"]
    world.forge.merge(request.number, request.head, "Merge")


def test_who_may_not_merge_is_told_so(world: GitHubWorld) -> None:
    world.protect(restrictions={"users": ["ana"], "teams": [], "apps": []})
    request = opened(world)
    with pytest.raises(Denied, match="not authorized"):
        world.forge.merge(request.number, request.head, "Merge")
    world.protect(restrictions={"users": [BOT], "teams": [], "apps": []})
    world.forge.merge(request.number, request.head, "Merge")


def test_the_bot_cannot_push_where_it_may_merge(world: GitHubWorld) -> None:
    only_the_bot = {"users": [BOT], "teams": [], "apps": []}
    world.protect(approvals=0, restrictions=only_the_bot)
    request = opened(world)
    before = world.head("main")
    with pytest.raises(Denied, match="main"):
        world.push("main", {"payments.yaml": "tag: v1.0\n"})
    assert world.head("main") == before
    assert world.forge.merge(request.number, request.head, "Merge") == world.head("main")


def test_a_repository_that_only_squashes_is_told(world: GitHubWorld) -> None:
    world.administer("PATCH", "", {"allow_merge_commit": False})
    request = opened(world)
    with pytest.raises(Denied, match="are not allowed"):
        world.forge.merge(request.number, request.head, "Merge")
    world.administer("PATCH", "", {"allow_merge_commit": True})
    world.forge.merge(request.number, request.head, "Merge")


def test_a_test_merge_is_not_taken_for_the_merge(world: GitHubWorld) -> None:
    request = opened(world)
    shown = [world.call("GET", f"/pulls/{request.number}", "ana") for _ in range(2)]
    assert shown[-1]["merge_commit_sha"]
    assert world.seen()[request.number].merge_sha is None


# --- forks, histories ---------------------------------------------------------------------------


def test_a_forks_branch_of_our_name_is_not_ours(
    world: GitHubWorld, server: GitHub, tmp_path: Path
) -> None:
    world.call("POST", "/forks", "eve", {})
    name = world.project.path.partition("/")[2]
    theirs = world.mirror_of(f"eve/{name}", "eve")
    push(theirs, BRANCH, {"payments.yaml": "tag: evil\n"}, world.person("eve"))
    content = {"head": f"eve:{BRANCH}", "base": "main", "title": "Mine"}
    foreign = world.call("POST", "/pulls", "eve", content)["number"]
    assert world.seen() == {}
    ours = opened(world)
    assert ours.number != foreign
    assert set(world.seen()) == {ours.number}
    assert world.forge.open(BRANCH, "main", TEXT).number == ours.number


def test_who_pushed_a_version_that_is_gone_is_remembered(world: GitHubWorld) -> None:
    request = opened(world)
    world.push(BRANCH, {"payments.yaml": "tag: evil\n"}, by="eve")
    world.force(BRANCH, request.head, by="bo")
    told = world.seen()[request.number]
    assert told.head == request.head
    assert set(told.contributors) == {BOT, "eve", "bo"}


def test_more_than_a_page_is_told_whole(world: GitHubWorld) -> None:
    branches = [f"promote/prod/app-{number}/v1.0" for number in range(101)]
    world.branches(branches)
    numbers = [world.open(branch, "ana") for branch in branches]
    for number in numbers[1:]:
        world.close(number, "ana")
    assert list(world.seen()) == numbers
    request = world.seen()[numbers[0]]
    names = [f"check-{number}" for number in range(101)]
    for name in names:
        world.check(request.number, request.head, name, "bo", CheckState.SUCCESS)
    assert sorted(c.name for c in world.seen()[request.number].checks) == sorted(names)


def test_nothing_to_do_costs_two_calls_however_much_was_done(
    world: GitHubWorld, server: GitHub
) -> None:
    branches = [f"promote/prod/app-{number}/v1.0" for number in range(6)]
    world.branches(branches)
    for branch in branches:
        request = world.forge.open(branch, "main", TEXT)
        world.forge.close(request.number, "superseded")
    assert len(world.seen()) == len(branches)
    before = len(server.face.exchanges)
    world.seen()
    # Two lists, of which GitHub says that they have not changed, the second time at least.
    world.seen()
    asked = server.face.exchanges[before:]
    assert len(asked) == 4
    assert [one.status for one in asked[2:]] == [304, 304]
