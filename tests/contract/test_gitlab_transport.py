"""How the bot asks GitLab: what it reads again and what not, floods, tokens, paths, authorities."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bot import wiring
from bot.adapters.gitlab import GitLabForge
from bot.adapters.gitlab_api import Project
from bot.model import IDENTITY, MergeRequestState
from bot.secret import Secret
from bot.settings import Origin, Settings
from gitops.errors import Denied, FairleadError, InvalidInput, Unavailable
from tests.contract.fleet_repositories import push
from tests.contract.forge_worlds import BOT
from tests.contract.gitlab_world import SCOPES, GitLabWorld
from tests.contract.test_gitlab_forge import BRANCH, TEXT, free, opened
from tests.real import authority
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access
from tests.stand_ins.web import Answer

__all__ = ["free"]

FLEET = """\
apiVersion: fairlead.dev/v1alpha1
kind: Fleet
name: acme
branch: main
forge: {kind: gitlab, project: acme/fleet}
environments:
  - {name: dev, clusters: [dev-1], follow: {branch: main}, deliver: merge-request}
"""


def calls(world: GitLabWorld) -> list[str]:
    """Those that one look of the bot makes."""
    before = len(world.server.server.calls)
    world.seen()
    return world.server.server.calls[before:]


# --- what is read again -------------------------------------------------------------------------


def test_a_look_at_nothing_new_is_one_call_however_long_the_history(free: GitLabWorld) -> None:
    assert world_of_closed(free, 1) == world_of_closed(free, 12) == 1


def world_of_closed(world: GitLabWorld, many: int) -> int:
    """The calls of a look with so many more closed ones, after a look."""
    for number in range(many):
        request = opened(world, f"promote/prod/app-{many}-{number}/v1.0")
        world.forge.close(request.number, "superseded")
    world.seen()
    return len(calls(world))


def test_what_is_settled_is_not_asked_for_and_what_changed_is(free: GitLabWorld) -> None:
    first = opened(free)
    free.forge.close(first.number, "superseded")
    free.seen()
    second = opened(free, "promote/prod/other/v1.0")
    made = calls(free)
    own = [c for c in made if c.endswith(f"/merge_requests/{first.number}")]
    assert own == []
    assert any(c.endswith(f"/merge_requests/{second.number}") for c in made)


def test_a_settled_one_that_is_opened_again_is_open(free: GitLabWorld) -> None:
    request = opened(free)
    free.close(request.number, "ana")
    assert free.seen()[request.number].closed_by == "ana"
    free.reopen(request.number, "ana")
    assert free.seen()[request.number].state is MergeRequestState.OPEN


def test_a_look_that_failed_is_made_up_for(free: GitLabWorld) -> None:
    free.seen()
    request = opened(free)
    free.server.chaos.refuse("GET", f"/merge_requests/{request.number}$", Answer(500, b""), times=2)
    with pytest.raises(Unavailable):
        free.seen()
    assert set(free.seen()) == {request.number}


def test_one_that_was_deleted_is_gone(free: GitLabWorld) -> None:
    request = opened(free)
    assert set(free.seen()) == {request.number}
    free.administer("DELETE", f"/merge_requests/{request.number}")
    assert free.seen() == {}


def test_a_stale_line_of_a_list_is_not_believed(free: GitLabWorld) -> None:
    """GitLab keeps the lines of its lists for hours."""
    request = opened(free)
    stale = free.administer("GET", "/merge_requests?state=all")
    merged = free.forge.merge(request.number, request.head, "Merge")
    bot = free.bot()
    free.server.chaos.refuse("GET", "/merge_requests$", Answer(200, stale))
    (told,) = bot.merge_requests()
    assert (told.state, told.merge_sha) == (MergeRequestState.MERGED, merged)


def test_more_than_a_page_is_told_whole(free: GitLabWorld) -> None:
    project = free.server.forge.project(free.project.path)
    assert project is not None
    first = opened(free)
    free.forge.close(first.number, "superseded")
    free.copy_request(first.number, 240)
    assert len(free.bot().merge_requests()) == 241


# --- answers that are lost, floods --------------------------------------------------------------


def test_a_read_is_repeated_once(free: GitLabWorld) -> None:
    opened(free)
    free.server.chaos.refuse("GET", "/approvals$", Answer(502, b""))
    assert len(free.seen()) == 1
    free.server.chaos.refuse("GET", "/approvals$", Answer(502, b""), times=2)
    with pytest.raises(Unavailable, match="502"):
        free.seen()


@pytest.mark.parametrize(
    ("headers", "believed"),
    [
        ({}, None),
        ({"Retry-After": "30"}, timedelta(seconds=30)),
        ({"Retry-After": "86400"}, timedelta(hours=1)),
    ],
)
def test_a_flooded_gitlab_is_left_alone(
    free: GitLabWorld, headers: dict[str, str], believed: timedelta | None
) -> None:
    flooded = Answer(429, b"Retry later\n", {"Content-Type": "text/plain", **headers})
    free.server.chaos.refuse("GET", "/merge_requests$", flooded)
    before = len(free.server.server.calls)
    with pytest.raises(Unavailable) as raised:
        free.seen()
    assert raised.value.retry_after == believed
    if believed is not None:
        with pytest.raises(Unavailable, match="left alone"):
            free.forge.login()
    assert len(free.server.server.calls) == before + 1
    assert free.bot().merge_requests() == ()


def test_a_gitlab_that_tells_only_when_its_limit_ends_is_left_alone_until_then(
    free: GitLabWorld,
) -> None:
    ends = str(int(time.time()) + 1000)
    flooded = Answer(429, b"Retry later\n", {"RateLimit-Reset": ends})
    free.server.chaos.refuse("GET", "/merge_requests$", flooded)
    with pytest.raises(Unavailable) as raised:
        free.seen()
    after = raised.value.retry_after
    assert after is not None
    assert timedelta(seconds=500) < after <= timedelta(seconds=1001)


def test_a_flooded_gitlab_is_not_written_to_again(free: GitLabWorld) -> None:
    number = opened(free).number
    free.server.chaos.limit(retry_after=7, path=f"/merge_requests/{number}$")
    with pytest.raises(Unavailable) as raised:
        free.forge.describe(number, TEXT)
    assert raised.value.retry_after == timedelta(seconds=7)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"<html>Sign in</html>", "text/html"),
        (b"[1, 2]", "application/json"),
        (b"{}", "application/json"),
        (b"null", "application/json"),
        (b"[[", "application/json"),
    ],
)
def test_what_is_no_answer_of_gitlabs_is_unavailable(
    free: GitLabWorld, body: bytes, kind: str
) -> None:
    opened(free)
    for end in ("/merge_requests$", "/approvals$", "/versions$", "/events$"):
        free.server.chaos.refuse("GET", end, Answer(200, body, {"Content-Type": kind}))
        with pytest.raises(Unavailable):
            free.bot().merge_requests()
    assert len(free.bot().merge_requests()) == 1


# --- tokens -------------------------------------------------------------------------------------


def bot(world: GitLabWorld, token: Secret, project: Project | None = None) -> GitLabForge:
    return GitLabForge(project or world.project, token, private=True)


def test_a_wrong_token_is_denied_and_not_shown(free: GitLabWorld) -> None:
    wrong = Secret("glpat-" + "0123456789" * 2)
    with pytest.raises(Denied, match="token") as denied:
        bot(free, wrong).login()
    assert wrong.reveal() not in f"{denied.value!r} {denied.value} {bot(free, wrong)!r}"
    assert free.forge.login() == BOT


@pytest.mark.parametrize("text", ["glpat-\n0123", "glpat-é", "glpat-\u2028"])
def test_what_can_be_no_token_is_told_and_not_shown(free: GitLabWorld, text: str) -> None:
    with pytest.raises(InvalidInput, match="characters") as refused:
        bot(free, Secret(text)).login()
    assert "glpat" not in f"{refused.value!r} {refused.value}"


def test_a_token_that_may_only_read_writes_nothing(free: GitLabWorld) -> None:
    request = opened(free)
    reader = bot(free, free.server.token(BOT, "read_api"))
    assert {told.number for told in reader.merge_requests()} == {request.number}
    with pytest.raises(Denied, match="does not allow"):
        reader.close(request.number, "superseded")


def test_the_token_travels_in_one_header_and_in_no_address(free: GitLabWorld) -> None:
    request = opened(free)
    free.forge.describe(request.number, TEXT)
    token = free.server.person(BOT).reveal()
    assert token not in json.dumps(free.server.server.calls)


def test_what_is_not_shown_is_denied(free: GitLabWorld) -> None:
    token, elsewhere = free.server.person(BOT), Project(free.project.server, "acme/no-such-fleet")
    with pytest.raises(Denied, match="no-such-fleet"):
        bot(free, token, elsewhere).merge_requests()
    with pytest.raises(Denied, match="no-such-fleet"):
        bot(free, token, elsewhere).close(1, "superseded")


@pytest.mark.parametrize("what", ["close", "merge"])
def test_what_is_not_there_has_its_reason(free: GitLabWorld, what: str) -> None:
    calls: dict[str, Callable[[], object]] = {
        "close": lambda: free.forge.close(999, "superseded"),
        "merge": lambda: free.forge.merge(999, "0" * 40, "Merge"),
    }
    with pytest.raises(InvalidInput, match="no merge request 999"):
        calls[what]()


# --- addresses ----------------------------------------------------------------------------------


def test_a_private_address_is_asked_only_where_it_is_listed(free: GitLabWorld) -> None:
    token = free.server.person(BOT)
    with pytest.raises(Denied, match="private address"):
        GitLabForge(free.project, token).login()
    assert GitLabForge(free.project, token, private=True).login() == BOT


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[Settings]:
    """A GitLab below a path, whose certificate an authority of its own has signed."""
    made = authority.make(tmp_path)
    with GitLab(tmp_path / "gitlab", made, prefix="/tools/git") as server:
        url = f"{server.url}/{server.repository('fleet')}.git"
        token = server.person(BOT, *SCOPES, access=Access.MAINTAINER)
        origin = Origin(
            Project.of(url, "acme/fleet").origin, BOT, token, True, (), made.certificate
        )
        found = Settings(url, work_directory=tmp_path / "work", origins=(origin,))
        push(wiring.repository(found), "main", {"fleet.yaml": FLEET}, IDENTITY)
        yield found


def test_below_a_path_with_an_authority_of_its_own(secured: Settings) -> None:
    ports = wiring.ports(secured)
    assert ports.forge.login() == BOT
    mirror = wiring.repository(secured)
    push(mirror, BRANCH, {"x.yaml": "x: 1\n"}, IDENTITY)
    number = ports.forge.open(BRANCH, "main", TEXT).number
    assert [told.number for told in ports.forge.merge_requests()] == [number]


@pytest.mark.parametrize("kept", ["nobody's", "somebody else's", "no certificate"])
def test_another_authority_is_not_trusted(secured: Settings, tmp_path: Path, kept: str) -> None:
    (origin,) = secured.origins
    (tmp_path / "other").mkdir()
    other = authority.make(tmp_path / "other")
    file = {"nobody's": None, "somebody else's": other.certificate, "no certificate": other.key}
    elsewhere = GitLabForge(
        Project.of(secured.fleet, "acme/fleet"),
        origin.password or pytest.fail("no token"),
        private=True,
        ca_file=file[kept],
    )
    with pytest.raises(FairleadError, match="certificate"):
        elsewhere.login()


def test_without_a_token_it_is_said_what_to_set(secured: Settings) -> None:
    (origin,) = secured.origins
    wiring.ports(secured)  # so that the mirror is there
    with pytest.raises(FairleadError) as raised:
        wiring.ports(replace(secured, origins=(replace(origin, password=None),)))
    assert isinstance(raised.value, Denied | InvalidInput)
