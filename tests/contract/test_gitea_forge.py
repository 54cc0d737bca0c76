"""What a real Gitea alone does: its rules, forks and tokens, and what the bot makes of them."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.adapters.gitea import GiteaForge
from bot.adapters.gitea_api import Project
from bot.forge import Forge, MergeRequestText
from bot.model import CheckState, Gap, MergeRequest, MergeRequestState
from bot.secret import Secret
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput
from tests.contract.fleet_repositories import push
from tests.contract.forge_worlds import BOT, SCOPES, GiteaWorld
from tests.real.gitea import Gitea
from tests.real.gitea_settings import PAGE

pytestmark = [pytest.mark.real, pytest.mark.slow]

BRANCH = "promote/prod/payments/v1.0"
TEXT = MergeRequestText("payments v1.0 to prod", "why")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gitea]:
    with Gitea(tmp_path_factory.mktemp("gitea")) as server:
        yield server


@pytest.fixture
def world(server: Gitea, tmp_path: Path) -> GiteaWorld:
    return GiteaWorld(server, tmp_path)


def opened(world: GiteaWorld) -> MergeRequest:
    world.push(BRANCH, {"payments.yaml": "tag: v1.0\n"})
    return world.forge.open(BRANCH, "main", TEXT)


def protect(world: GiteaWorld, **rule: object) -> None:
    """The target branch: nobody pushes to it, the bot merges."""
    usual = {
        "rule_name": "main",
        "enable_push": False,
        "enable_merge_whitelist": True,
        "merge_whitelist_usernames": [BOT],
    }
    world.administer("POST", "/branch_protections", usual | rule)


def approvers(world: GiteaWorld, number: int) -> list[str]:
    return [approval.person for approval in world.seen()[number].approvals]


def eventually(held: Callable[[], bool]) -> None:
    """Gitea writes down in the background what a push did."""
    deadline = time.monotonic() + 60
    while not held():
        assert time.monotonic() < deadline, "for a minute it was not so"
        time.sleep(0.1)


# --- approvals ----------------------------------------------------------------------------------


def test_only_whom_gitea_lets_approve_is_counted(world: GiteaWorld) -> None:
    protect(world, enable_approvals_whitelist=True, approvals_whitelist_username=["ana"])
    request = opened(world)
    world.approve(request.number, request.head, "bo")
    assert approvers(world, request.number) == []
    world.approve(request.number, request.head, "ana")
    assert approvers(world, request.number) == ["ana"]


def test_a_stranger_is_not_counted(world: GiteaWorld, server: Gitea) -> None:
    server.stranger("mallory")
    world.administer("PUT", "/collaborators/mallory", {"permission": "read"})
    request = opened(world)
    world.approve(request.number, request.head, "mallory")
    world.approve(request.number, request.head, "ana")
    assert approvers(world, request.number) == ["ana"]


def test_what_a_push_dismissed_is_not_counted(world: GiteaWorld) -> None:
    protect(world, dismiss_stale_approvals=True)
    request = opened(world)
    world.approve(request.number, request.head, "ana")
    assert approvers(world, request.number) == ["ana"]
    again = world.push(BRANCH, {"payments.yaml": "tag: v1.1\n"})
    assert again not in [a.sha for a in world.seen()[request.number].approvals]
    eventually(lambda: approvers(world, request.number) == [])
    world.approve(request.number, again, "ana")
    assert approvers(world, request.number) == ["ana"]


def test_an_approval_of_a_commit_before_is_told_with_that_commit(world: GiteaWorld) -> None:
    """Gitea takes it: the bot has to compare."""
    request = opened(world)
    world.push(BRANCH, {"payments.yaml": "tag: v1.1\n"})
    world.approve(request.number, request.head, "ana")
    assert [a.sha for a in world.seen()[request.number].approvals] in ([request.head], [])


def test_an_author_cannot_approve(world: GiteaWorld) -> None:
    world.push(BRANCH, {"payments.yaml": "tag: v1.0\n"}, by="eve")
    number = world.open(BRANCH, "eve")
    head = world.seen()[number].head
    with pytest.raises(AssertionError, match="approve your own pull is not allowed"):
        world.approve(number, head, "eve")
    world.approve(number, head, "ana")
    assert approvers(world, number) == ["ana"]


def test_who_thinks_again_is_not_counted(world: GiteaWorld) -> None:
    request = opened(world)
    world.approve(request.number, request.head, "ana")
    review = {"event": "REQUEST_CHANGES", "body": "wait", "commit_id": request.head}
    world.call("POST", f"/pulls/{request.number}/reviews", "ana", review)
    assert approvers(world, request.number) == []


# --- merging ------------------------------------------------------------------------------------


def test_what_giteas_own_rules_want_is_told(world: GiteaWorld) -> None:
    protect(world, required_approvals=1)
    request = opened(world)
    with pytest.raises(Denied, match="approvals"):
        world.forge.merge(request.number, request.head, "Merge")
    assert world.seen()[request.number].state is MergeRequestState.OPEN
    world.approve(request.number, request.head, "ana")
    world.forge.merge(request.number, request.head, "Merge")
    assert world.seen()[request.number].state is MergeRequestState.MERGED


def test_who_may_not_merge_is_told_so(world: GiteaWorld) -> None:
    protect(world, merge_whitelist_usernames=["ana"])
    request = opened(world)
    with pytest.raises(Denied, match="not allowed"):
        world.forge.merge(request.number, request.head, "Merge")


def test_the_bot_cannot_push_where_it_may_merge(world: GiteaWorld) -> None:
    protect(world)
    request = opened(world)
    before = world.head("main")
    with pytest.raises(Denied, match="main"):
        world.push("main", {"payments.yaml": "tag: v1.0\n"})
    assert world.head("main") == before
    assert world.forge.merge(request.number, request.head, "Merge") == world.head("main")


def test_gitea_asks_for_a_check_by_its_name_alone(world: GiteaWorld) -> None:
    """Whoever may write may post it: who has posted it is for the bot to look at."""
    protect(world, enable_status_check=True, status_check_contexts=["render"])
    request = opened(world)
    with pytest.raises(Denied, match="status checks"):
        world.forge.merge(request.number, request.head, "Merge")
    world.check(request.number, request.head, "render", "eve", CheckState.SUCCESS)
    assert [c.source for c in world.seen()[request.number].checks] == ["eve"]
    world.forge.merge(request.number, request.head, "Merge")


def test_a_protected_branch_is_never_deleted(world: GiteaWorld) -> None:
    """So that promotion branches are not to be protected."""
    mine = {"rule_name": "promote/**", "enable_push": True, "enable_push_whitelist": True}
    world.administer("POST", "/branch_protections", mine | {"push_whitelist_usernames": [BOT]})
    opened(world)
    with pytest.raises(Denied):
        world.delete(BRANCH)
    world.push("elsewhere", {"x.yaml": "x: 1\n"})
    world.delete("elsewhere")


def test_an_armed_merge_is_told(world: GiteaWorld) -> None:
    protect(world, merge_whitelist_usernames=[BOT, "ana"], required_approvals=1)
    request = opened(world)
    assert not world.seen()[request.number].automatic_merge
    armed = {"Do": "merge", "merge_when_checks_succeed": True}
    world.call("POST", f"/pulls/{request.number}/merge", "ana", armed)
    assert world.seen()[request.number].automatic_merge
    world.call("DELETE", f"/pulls/{request.number}/merge", "ana")
    assert not world.seen()[request.number].automatic_merge


# --- forks, histories ---------------------------------------------------------------------------


def test_a_forks_branch_of_our_name_is_not_ours(world: GiteaWorld, tmp_path: Path) -> None:
    name = world.project.path.partition("/")[2]
    world.call("POST", "/forks", "eve", {"name": name})
    theirs = world.mirror_of(f"eve/{name}", "eve")
    push(theirs, BRANCH, {"payments.yaml": "tag: evil\n"}, world.person("eve"))
    content = {"head": f"eve:{BRANCH}", "base": "main", "title": "Mine"}
    foreign = world.call("POST", "/pulls", "eve", content)["number"]
    assert world.seen() == {}
    ours = opened(world)
    assert ours.number != foreign
    assert set(world.seen()) == {ours.number}
    world.call("DELETE", "", "eve", repository=f"eve/{name}")
    assert set(world.seen()) == {ours.number}


def test_who_pushed_a_version_that_is_gone_is_remembered(world: GiteaWorld) -> None:
    request = opened(world)
    world.push(BRANCH, {"payments.yaml": "tag: evil\n"}, by="eve")
    world.force(BRANCH, request.head, by="bo")
    assert world.seen()[request.number].head == request.head
    everybody = {BOT, "eve", "bo"}
    eventually(lambda: set(world.seen()[request.number].contributors) == everybody)


def test_more_than_a_page_is_told_whole(world: GiteaWorld) -> None:
    branches = [f"promote/prod/app-{number}/v1.0" for number in range(2 * PAGE + 1)]
    world.branches(branches)
    numbers = [world.forge.open(branch, "main", TEXT).number for branch in branches]
    assert list(world.seen()) == numbers
    request = world.seen()[numbers[0]]
    names = [f"check-{number}" for number in range(2 * PAGE + 1)]
    for name in names:
        world.check(request.number, request.head, name, "bo", CheckState.SUCCESS)
    assert sorted(c.name for c in world.seen()[request.number].checks) == sorted(names)


# --- tokens -------------------------------------------------------------------------------------


def bot(world: GiteaWorld, token: Secret, project: Project | None = None) -> Forge:
    return GiteaForge(project or world.project, token, private=True)


@pytest.mark.parametrize("scope", SCOPES)
def test_each_scope_is_needed(world: GiteaWorld, server: Gitea, scope: str) -> None:
    """All are enough for the whole contract; without one of them something is denied."""
    request = opened(world)
    rest = [other for other in SCOPES if other != scope]
    poorer = bot(world, server.token(BOT, *rest))

    def everything() -> None:
        poorer.login()
        poorer.merge_requests()
        (found,) = poorer.members(["acme"]).values()
        if isinstance(found, Gap) and found.denied:
            raise Denied(f"the token: {found.reason}")
        poorer.close(request.number, "superseded")

    with pytest.raises(Denied, match="token"):
        everything()


def test_a_wrong_token_is_denied_and_not_shown(world: GiteaWorld) -> None:
    wrong = Secret("0123456789abcdef0123456789abcdef01234567")
    with pytest.raises(Denied) as denied:
        bot(world, wrong).login()
    assert wrong.reveal() not in f"{denied.value!r} {denied.value}"
    assert world.forge.login() == BOT


def test_what_is_not_shown_is_denied(world: GiteaWorld, server: Gitea) -> None:
    elsewhere = Project(world.project.server, "acme/no-such-fleet")
    with pytest.raises(Denied, match="no-such-fleet"):
        bot(world, server.person(BOT, *SCOPES), elsewhere).merge_requests()


def test_a_project_that_moved_is_not_followed(world: GiteaWorld, server: Gitea) -> None:
    owner, _, name = world.project.path.partition("/")
    world.administer("PATCH", "", {"name": f"{name}-moved"})
    token = server.person(BOT, *SCOPES)
    with pytest.raises(Denied, match="redirect"):
        bot(world, token).merge_requests()
    moved = Project(world.project.server, f"{owner}/{name}-moved")
    assert bot(world, token, moved).merge_requests() == ()


@pytest.mark.parametrize(
    ("what", "error"), [("no such one", InvalidInput), ("merged", Conflict)], ids=str
)
def test_what_cannot_be_closed_has_its_reason(
    world: GiteaWorld, what: str, error: type[FairleadError]
) -> None:
    request = opened(world)
    number = 999
    if what == "merged":
        world.forge.merge(request.number, request.head, "Merge")
        number = request.number
    with pytest.raises(error):
        world.forge.close(number, "superseded")
