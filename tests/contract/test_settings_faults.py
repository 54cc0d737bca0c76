"""`forge apply` on a bad day: whichever of its writes ends how, one message, one code, and again.

Each fault befalls a write of its own, from the first to one of the last; a second run completes
what the first began, and a third has nothing to do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.adapters.github import Server
from bot.adapters.github_settings import Account, GitHubSettings
from bot.adapters.gitlab_settings import GitLabSettings
from bot.administering import Examined, carry_out
from bot.forge_settings import ForgeSettings
from bot.secret import Secret
from bot.treatment import line
from bot.webhook import WantedHook
from gitops.errors import Denied, FairleadError, InvalidInput, Unavailable
from tests.contract.forge_worlds import BOT
from tests.contract.github_world import LIMITS, GitHubWorld
from tests.contract.gitlab_world import GitLabWorld
from tests.contract.settings_world import ADMIN, STRICT, seen
from tests.stand_ins.chaos import Chaos
from tests.stand_ins.github import GitHub
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access, Tier
from tests.stand_ins.web import Answer

URL = "https://hooks.example.com/fairlead"
FLEET = STRICT.model_copy(update={"forge": STRICT.forge.model_copy(update={"webhook": URL})})
HOOK = WantedHook(URL, Secret("canary-of-the-webhook-9d24"))
WRITES = "POST|PUT|PATCH|DELETE"
HTML = {"Content-Type": "text/html"}
PAGE = b"<html><body>Sign in to continue</body></html>"


@dataclass
class Administered:
    """A project as a person who administers it sees it, and what goes wrong there.

    `writes` is how many calls it takes to make all of it.
    """

    settings: ForgeSettings
    chaos: Chaos
    token: Secret
    writes: int

    def examined(self) -> Examined:
        return Examined(FLEET, self.settings, seen(self.settings, FLEET))

    def run(self) -> tuple[list[str], FairleadError | None]:
        """What `forge apply` prints, and how it ends."""
        done: list[str] = []
        return done, carry_out(self.examined(), done.append)


@pytest.fixture(scope="module")
def github_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitHub]:
    with GitHub(tmp_path_factory.mktemp("github"), tier=Tier.PREMIUM) as server:
        yield server


@pytest.fixture(scope="module")
def gitlab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GitLab]:
    with GitLab(tmp_path_factory.mktemp("gitlab"), tier=Tier.PREMIUM) as server:
        yield server


@pytest.fixture
def github(github_server: GitHub, tmp_path: Path) -> Administered:
    world = GitHubWorld(github_server, tmp_path)
    token = github_server.person(ADMIN, access=ROLES["admin"])
    server, account = Server(private=True, limits=LIMITS), Account(lambda: token)
    settings = GitHubSettings(world.project, account, "main", bot=BOT, server=server, webhook=HOOK)
    return Administered(settings, github_server.chaos, token, 12)


@pytest.fixture
def gitlab(gitlab_server: GitLab, tmp_path: Path) -> Administered:
    world = GitLabWorld(gitlab_server, tmp_path)
    token = gitlab_server.person(ADMIN, access=Access.MAINTAINER)
    settings = GitLabSettings(world.project, token, "main", bot=BOT, private=True, webhook=HOOK)
    return Administered(settings, gitlab_server.chaos, token, 10)


@pytest.fixture(params=["github", "gitlab"])
def forge(request: pytest.FixtureRequest) -> Iterator[Administered]:
    found: Administered = request.getfixturevalue(request.param)
    yield found
    found.chaos.forget()


Fault = Callable[[Chaos, int], None]


def answered(status: int, words: str) -> Fault:
    """Instead of being carried out, the call is refused so."""
    content = {"message": words, "documentation_url": "https://docs.example.com"}
    return lambda chaos, n: chaos.refuse(WRITES, "/api/", Answer(status, content), skip=n)


def page(status: int) -> Fault:
    """Somebody else's page, of a proxy or of a sign-in, instead of the forge's answer."""
    return lambda chaos, n: chaos.refuse(WRITES, "/api/", Answer(status, PAGE, HTML), skip=n)


def lost(chaos: Chaos, n: int) -> None:
    """It is carried out, and a gateway says that it was not."""
    chaos.lose(WRITES, "/api/", 502, skip=n)


def gone(chaos: Chaos, n: int) -> None:
    """It takes no more from there on, as if the run had died between two writes."""
    chaos.refuse(WRITES, "/api/", Answer(503, PAGE, HTML), skip=n, times=1000)


FAULTS: dict[str, tuple[Fault, type[FairleadError], str]] = {
    "403": (answered(403, "Resource not accessible"), Denied, "the token does not allow it"),
    "404": (answered(404, "Not Found"), Denied, "shows no such thing"),
    "409": (answered(409, "already exists"), Unavailable, "somebody changes it at the same time"),
    "422": (answered(422, "Validation Failed"), InvalidInput, "the forge finds it wrong"),
    "5xx after commit": (lost, Unavailable, "answered 502"),
    "a page, 200": (page(200), Unavailable, "or nobody knows"),
    "a page, 403": (page(403), Denied, "the token does not allow it"),
    "gone": (gone, Unavailable, "answered 503"),
}


def test_what_is_made_takes_so_many_writes(forge: Administered) -> None:
    """So that each fault below meets one of them."""
    forge.chaos.refuse(WRITES, "/api/", Answer(403, {"message": "no"}), skip=forge.writes)
    done, error = forge.run()
    assert error is None, error
    assert len(done) == len(set(done)) > 7
    assert forge.run() == ([], None)


@pytest.mark.parametrize("name", FAULTS)
def test_a_write_that_fails_is_told_once_and_made_by_the_next_run(
    forge: Administered, name: str
) -> None:
    fault, kind, words = FAULTS[name]
    at = list(FAULTS).index(name) * forge.writes // len(FAULTS)
    wanted = [line(change) for change in forge.examined().changes]
    fault(forge.chaos, at)

    done, error = forge.run()

    assert type(error) is kind, error
    assert words in str(error)
    assert error.hint
    assert "\n" not in str(error)
    assert forge.token.reveal() not in str(error)
    assert done == wanted[: len(done)]
    assert len(done) <= at

    forge.chaos.forget()
    again, error = forge.run()
    assert error is None, error
    assert len(again) >= len(wanted) - len(done) - (kind is Unavailable)
    assert forge.run() == ([], None)


def test_a_deletion_that_was_answered_with_a_page_is_not_believed(gitlab: Administered) -> None:
    """A protected branch is made anew; the old one is there still."""
    gitlab.chaos.refuse("DELETE", "/protected_branches/", Answer(200, PAGE, HTML))
    _, error = gitlab.run()
    assert "did not say whether it is done" in str(error)
    assert "is not protected now" not in str(error)
    assert "may be unprotected" not in str(error)
    assert gitlab.run()[1] is None
    assert gitlab.run() == ([], None)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (answered(403, "no"), "main is not protected now: run `forge apply` again at once"),
        (lost, "main may be unprotected now: run `forge apply` again at once"),
    ],
    ids=["refused", "lost"],
)
def test_what_a_half_made_protection_leaves_open_is_said(
    gitlab: Administered, fault: Fault, told: str
) -> None:
    """GitLab's old rule is deleted before the new one is made."""
    fault(gitlab.chaos, 1)
    _, error = gitlab.run()
    assert error is not None
    assert error.hint == told
    assert gitlab.run()[1] is None
