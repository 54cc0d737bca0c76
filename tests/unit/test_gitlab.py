"""GitLab's adapter and what the stand-in does not answer: redirects, half lists, silence."""

import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.gitlab import GitLabForge
from bot.adapters.gitlab_api import Project
from bot.adapters.gitlab_session import GitLabLimits
from bot.adapters.requests_session import SessionLimits
from bot.forge import MergeRequestText
from bot.secret import Secret
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable
from tests.unit.oci_stand_in import CANARY, Asked, Said, StandIn

TEXT = MergeRequestText("payments v1.0 to prod", "why")
BRANCH = "promote/prod/payments/v1.0"
LIMITS = GitLabLimits(pause=0.0, mergeable_pauses=(0.0, 0.0))
AT = "2026-03-02T09:00:00.000Z"


def forge(stand_in: StandIn, path: str = "", **limits: Any) -> GitLabForge:
    project = Project.of(f"{stand_in.url}{path}/acme/fleet.git", "acme/fleet")
    return GitLabForge(project, Secret(CANARY), private=True, limits=replace(LIMITS, **limits))


def always(answer: Said) -> Any:
    return lambda _: answer


MEANINGS: dict[int, type[FairleadError]] = {
    301: Denied,
    302: Denied,
    307: Denied,
    400: InvalidInput,
    401: Denied,
    403: Denied,
    404: Denied,
    405: Denied,
    409: Conflict,
    412: Conflict,
    418: Unavailable,
    422: InvalidInput,
    429: Unavailable,
    500: Unavailable,
    502: Unavailable,
}


@pytest.mark.parametrize(("status", "meaning"), MEANINGS.items())
def test_each_answer_has_its_meaning_and_the_token_is_in_none(
    status: int, meaning: type[FairleadError]
) -> None:
    said = {"message": {"title": [f"no\n{CANARY}\x1b[31m"]}}
    with StandIn(always(Said(status, said, {"Location": "https://elsewhere.example/"}))) as server:
        bot = forge(server)
        with pytest.raises(meaning) as writing:
            bot.describe(1, TEXT)
        assert len(server.asked) == 1
        assert server.asked[0].headers["Authorization"] == f"Bearer {CANARY}"
        assert not any(CANARY in asked.path + repr(asked.query) for asked in server.asked)
    shown = f"{writing.value!r} {writing.value} {writing.value.hint} {bot!r}"
    assert CANARY not in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("message", ["no", ["no"], {"base": ["no"]}, [["no"]]])
def test_gitlabs_words_are_told_in_whatever_shape_they_come(message: object) -> None:
    with (
        StandIn(always(Said(400, {"message": message}))) as server,
        pytest.raises(InvalidInput, match="no"),
    ):
        forge(server).describe(1, TEXT)


@pytest.mark.parametrize("number", [None, [], {}, "\ud800"])
def test_a_merge_request_whose_number_is_none_did_not_answer(number: object) -> None:
    odd = {"iid": number, "project_id": number, "source_branch": BRANCH}
    with StandIn(always(Said(200, odd))) as server, pytest.raises(Unavailable):
        forge(server).close(1, "no longer needed")


def test_a_server_below_a_path_is_asked_there() -> None:
    with StandIn(always(Said(200, {"username": "fairlead"}))) as server:
        assert forge(server, "/tools/git").login() == "fairlead"
        assert [asked.path for asked in server.asked] == ["/tools/git/api/v4/user"]


def listed(*numbers: int) -> list[dict[str, Any]]:
    """Lines of a list that are not ours."""
    fork = {"source_project_id": 8, "target_project_id": 7, "source_branch": BRANCH}
    return [{"iid": number, "updated_at": AT, **fork} for number in numbers]


def test_a_page_is_followed_at_the_address_that_was_given() -> None:
    """Whatever a server behind a proxy calls itself."""

    def answer(asked: Asked) -> Said:
        if asked.query.get("page") == "2":
            return Said(200, listed(2))
        next_one = "https://inside.example/api/v4/projects/7/merge_requests?page=2"
        return Said(200, listed(1), {"Link": f'<{next_one}>; rel="next"'})

    with StandIn(answer) as server:
        assert forge(server).merge_requests() == ()
        assert [asked.query.get("page") for asked in server.asked] == [None, "2"] * 2


def test_half_a_list_is_none() -> None:
    with (
        StandIn(always(Said(200, listed(1), {"X-Total": "3"}))) as server,
        pytest.raises(Unavailable, match="1 of 3"),
    ):
        forge(server).merge_requests()


def test_a_list_without_end_is_given_up() -> None:
    def answer(asked: Asked) -> Said:
        return Said(200, listed(1), {"Link": f'<{server.url}{asked.path}>; rel="next"'})

    with StandIn(answer) as server, pytest.raises(Unavailable, match="more than 20"):
        forge(server, items=20).merge_requests()


def test_a_list_of_empty_pages_without_end_is_given_up() -> None:
    def answer(asked: Asked) -> Said:
        return Said(200, [], {"Link": f'<{server.url}{asked.path}>; rel="next"'})

    with StandIn(answer) as server, pytest.raises(Unavailable, match="something else"):
        forge(server).merge_requests()


def test_a_link_to_somebody_else_is_not_followed() -> None:
    with StandIn(always(Said(200, []))) as elsewhere:
        link = f'<{elsewhere.url}/steal>; rel="next"'
        with (
            StandIn(always(Said(200, listed(1), {"Link": link}))) as server,
            pytest.raises(Denied),
        ):
            forge(server).merge_requests()
        assert elsewhere.asked == []


def test_a_lost_answer_is_asked_for_again_when_reading_and_never_when_writing() -> None:
    with StandIn(always(Said(502))) as server:
        bot = forge(server)
        with pytest.raises(Unavailable):
            bot.login()
        with pytest.raises(Unavailable):
            bot.describe(1, TEXT)
        assert [asked.method for asked in server.asked] == ["GET", "GET", "PUT"]


def test_who_is_not_there_is_unavailable() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        project = Project(f"http://127.0.0.1:{taken.getsockname()[1]}", "acme/fleet")
        bot = GitLabForge(project, Secret(CANARY), private=True, limits=LIMITS)
        with pytest.raises(Unavailable, match="cannot be connected to") as failed:
            bot.login()
    assert CANARY not in f"{failed.value!r}"


def test_who_says_nothing_is_unavailable() -> None:
    impatient = SessionLimits(silence=0.2)
    with (
        StandIn(always(Said(200, b"{", length=9, drip=True))) as server,
        pytest.raises(Unavailable, match="in time"),
    ):
        forge(server, web=replace(impatient, request_time=0.5)).login()


@pytest.mark.parametrize(("asks", "believed"), [("30", 30), ("86400", 3600)])
def test_a_forge_is_left_alone_for_an_hour_at_most(asks: str, believed: int) -> None:
    flooded = Said(429, b"", {"Retry-After": asks})
    with StandIn(always(flooded)) as server, pytest.raises(Unavailable) as raised:
        forge(server).merge_requests()
    assert raised.value.retry_after == timedelta(seconds=believed)


@pytest.mark.parametrize("says", ["soon", "-1", "1" * 12])
def test_a_limit_that_says_nonsense_is_one_without_an_end(says: str) -> None:
    flooded = Said(429, b"", {"RateLimit-Reset": says})
    with StandIn(always(flooded)) as server, pytest.raises(Unavailable) as raised:
        forge(server).merge_requests()
    assert raised.value.retry_after is None


def opening(created: Said, *branches: str) -> Any:
    """Answers where opening is answered so, and these branches are there."""

    def answer(asked: Asked) -> Said:
        if asked.method == "POST":
            return created
        place, _, name = asked.path.partition("/repository/branches/")
        if name:
            known = name.replace("%2F", "/") in branches
            return Said(200, {"name": name}) if known else Said(404, {"message": "404"})
        return Said(200, [] if place.endswith("/merge_requests") else {})

    return answer


@pytest.mark.parametrize("status", [400, 404, 422])
def test_without_its_branch_it_is_a_conflict(status: int) -> None:
    refused = Said(status, {"message": "no"})
    with StandIn(opening(refused, "main")) as server, pytest.raises(Conflict, match=BRANCH):
        forge(server).open(BRANCH, "main", TEXT)
    with StandIn(opening(refused, "main", BRANCH)) as server, pytest.raises(FairleadError) as told:
        forge(server).open(BRANCH, "main", TEXT)
    assert not isinstance(told.value, Conflict)
