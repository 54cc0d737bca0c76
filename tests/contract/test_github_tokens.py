"""Whom GitHub lets do what: permissions of tokens, what is not shown, and what is told of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.github import GitHubForge, Server
from bot.adapters.github_project import Project
from bot.forge import CommitStatus, Forge, MergeRequestText
from bot.model import CheckState, MergeRequest
from bot.secret import Secret
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput
from tests.contract.forge_worlds import BOT
from tests.contract.github_world import LIMITS, SCOPES, GitHubWorld
from tests.stand_ins.github import GitHub
from tests.stand_ins.model import Access, Tier

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


def bot(world: GitHubWorld, token: Secret, project: Project | None = None) -> Forge:
    return GitHubForge(
        project or world.project, lambda: token, server=Server(private=True, limits=LIMITS)
    )


@pytest.mark.parametrize("scope", SCOPES)
def test_each_permission_is_needed(world: GitHubWorld, server: GitHub, scope: str) -> None:
    """All are enough for the whole contract; without one of them something is not given."""
    request = opened(world)
    rest = [other for other in SCOPES if other != scope]
    poorer = bot(world, server.token(BOT, *rest))
    group = world.group(["ana"])

    def everything() -> None:
        found = poorer.members([group])[group]
        if not isinstance(found, tuple):
            raise Denied(found.reason)
        poorer.merge_requests()
        poorer.describe(request.number, TEXT)
        poorer.post_status(request.head, BRANCH, CommitStatus(CheckState.PENDING, "waits"))
        poorer.merge(request.number, request.head, "Merge")

    with pytest.raises(Denied):
        everything()


def test_a_wrong_token_is_denied_and_not_shown(world: GitHubWorld) -> None:
    wrong = Secret("ghp_" + "0123456789abcdef" * 2 + "0123")
    with pytest.raises(Denied) as denied:
        bot(world, wrong).login()
    assert wrong.reveal() not in f"{denied.value!r} {denied.value}"
    assert world.forge.login() == BOT


def test_what_is_not_shown_is_denied(world: GitHubWorld, server: GitHub) -> None:
    elsewhere = Project(world.project.server, "acme/no-such-fleet")
    with pytest.raises(Denied, match="no-such-fleet"):
        bot(world, server.person(BOT), elsewhere).merge_requests()


def test_somebody_without_a_role_sees_nothing(world: GitHubWorld, server: GitHub) -> None:
    stranger = server.person("strange-bot", access=Access.NONE)
    with pytest.raises(Denied):
        bot(world, stranger).merge_requests()


@pytest.mark.parametrize(
    ("what", "error"), [("no such one", InvalidInput), ("merged", Conflict)], ids=str
)
def test_what_cannot_be_closed_has_its_reason(
    world: GitHubWorld, what: str, error: type[FairleadError]
) -> None:
    request = opened(world)
    number = 999
    if what == "merged":
        world.forge.merge(request.number, request.head, "Merge")
        number = request.number
    with pytest.raises(error):
        world.forge.close(number, "superseded")
