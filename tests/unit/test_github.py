"""GitHub's adapter: what each answer means, where it asks, and how lists end."""

from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.github import GitHubForge, Server
from bot.adapters.github_project import Project
from bot.model import Gap
from bot.secret import Secret
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable
from tests.unit.github_answers import (
    BRANCH,
    HEAD,
    LIMITS,
    TEXT,
    Answers,
    forge,
    only,
    pull,
    refused,
    review,
    sent,
    told,
    user,
)
from tests.unit.oci_stand_in import CANARY, Said, StandIn

# --- what an answer means -----------------------------------------------------------------------

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
    410: Denied,
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
    said = Said(status, {"message": f"no\n{CANARY}\x1b[31m"}, {"Location": "/elsewhere"})
    answers = Answers({"PATCH /pulls/1": [said], "GET /pulls": [said]})
    with StandIn(answers) as stand_in:
        bot = forge(stand_in)
        with pytest.raises(meaning) as writing:
            bot.describe(1, TEXT)
        with pytest.raises(meaning) as listing:
            bot.merge_requests()
        assert {a.headers["Authorization"] for a in stand_in.asked} == {f"Bearer {CANARY}"}
        assert not any(CANARY in f"{a.path}{a.query}{a.body}" for a in stand_in.asked)
    for error in (writing.value, listing.value):
        shown = f"{error!r} {error} {error.hint} {bot!r}"
        assert CANARY not in shown
        assert "\x1b" not in shown


def test_what_succeeds_raises_nothing() -> None:
    with StandIn(Answers({"PATCH /pulls/1": [pull()]})) as stand_in:
        forge(stand_in).describe(1, TEXT)
        assert sent(stand_in, "PATCH", "/pulls/1") == [{"title": TEXT.title, "body": TEXT.body}]


DATE = "Mon, 02 Mar 2026 09:00:00 GMT"
EXHAUSTED = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1772442060", "Date": DATE}


@pytest.mark.parametrize(
    ("said", "wait"),
    [
        (Said(429, b"", {"Retry-After": "30"}), 30),
        (Said(403, b"", {"Retry-After": "86400"}), 3600),
        (Said(403, {"message": "API rate limit exceeded for installation ID 1."}, EXHAUSTED), 60),
        (Said(429, b"", {**EXHAUSTED, "x-ratelimit-reset": "never"}), 60),
        (refused(403, "You have exceeded a secondary rate limit. Please wait."), 60),
        (Said(429), 60),
    ],
    ids=["asked", "longest", "used up", "without a time", "secondary", "bare"],
)
def test_who_asks_to_be_left_alone_is(said: Said, wait: int) -> None:
    dated = Said(said.status, said.body, {"Date": DATE, **said.headers})
    with StandIn(lambda _: dated) as stand_in, pytest.raises(Unavailable) as raised:
        forge(stand_in).login()
    assert len(stand_in.asked) == 1
    # The stand-in's own Date comes first, so that the reset is read by another clock.
    expected = timedelta(seconds=wait)
    assert raised.value.retry_after in {expected, timedelta(0)}


def test_who_asked_to_be_left_alone_is_not_asked_for_anything_else() -> None:
    with StandIn(lambda _: Said(429, b"", {"Retry-After": "30"})) as stand_in:
        bot = forge(stand_in)
        for way in (bot.login, lambda: bot.describe(1, TEXT)):
            with pytest.raises(Unavailable, match="left alone") as raised:
                way()
            assert raised.value.retry_after == timedelta(seconds=30)
        assert isinstance(bot.members(["acme/qa"])["acme/qa"], Gap)
        assert len(stand_in.asked) == 1
        # One that asks for no time at all may be asked again.
        stand_in.script = lambda _: Said(429, b"", {"Retry-After": "0"})
        another = forge(stand_in)
        for _ in range(2):
            with pytest.raises(Unavailable):
                another.login()
        assert len(stand_in.asked) == 3


def test_a_refusal_for_rights_is_no_rate_limit() -> None:
    said = Said(403, {"message": "Resource not accessible"}, {"x-ratelimit-remaining": "4999"})
    with StandIn(lambda _: said) as stand_in, pytest.raises(Denied, match="not accessible"):
        forge(stand_in).login()


def test_a_lost_answer_is_asked_for_again_when_reading_and_never_when_writing() -> None:
    with StandIn(lambda _: Said(502)) as stand_in:
        bot = forge(stand_in)
        with pytest.raises(Unavailable):
            bot.login()
        with pytest.raises(Unavailable):
            bot.describe(1, TEXT)
        assert [asked.method for asked in stand_in.asked] == ["GET", "GET", "PATCH"]


def test_a_redirect_is_not_followed() -> None:
    with StandIn(lambda _: Said(200, user("thief"))) as thief:
        away = Said(301, b"", {"Location": f"{thief.url}/api/v3/user"})
        with StandIn(lambda _: away) as stand_in, pytest.raises(Denied, match="redirect"):
            forge(stand_in).login()
        assert thief.asked == []


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"login": 3}', b"{}", b"\xff", b"[" * 100_000, b"", b"{"]
)
def test_what_is_no_github_did_not_answer(body: bytes) -> None:
    with StandIn(lambda _: Said(200, body)) as stand_in, pytest.raises(Unavailable):
        forge(stand_in).login()


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"{}", b"\xff", b"[" * 100_000, b"", b"{"])
def test_what_is_no_answer_to_a_writing_did_not_say_that_it_is_done(body: bytes) -> None:
    answers = {"POST /pulls": [Said(201, body)], "PUT /pulls/1/merge": [Said(200, body)]}
    with StandIn(Answers({**answers, "GET /pulls": [[]]})) as stand_in:
        bot = forge(stand_in)
        with pytest.raises(Unavailable):
            bot.open(BRANCH, "main", TEXT)
        with pytest.raises((Unavailable, InvalidInput, Denied)):
            bot.merge(1, HEAD, "Merge")


def test_nothing_at_all_is_no_answer_to_a_writing() -> None:
    nothing = Said(204)
    answers = {"PATCH /pulls/1": [nothing], "PUT /pulls/1/merge": [nothing]}
    with StandIn(Answers({**answers, "GET /pulls/1": [pull()]})) as stand_in:
        bot = forge(stand_in)
        with pytest.raises(Unavailable, match="whether it is done"):
            bot.describe(1, TEXT)
        with pytest.raises(Unavailable, match="whether it is done"):
            bot.merge(1, HEAD, "Merge")


@pytest.mark.parametrize("message", [{"a": ["b"]}, ["no"], 5, True, None])
def test_a_refusal_in_no_words_is_one_all_the_same(message: object) -> None:
    refusal = Said(422, {"message": message, "errors": [1, None, {"message": 5}]})
    with (
        StandIn(Answers({"PATCH /pulls/1": [refusal]})) as stand_in,
        pytest.raises(InvalidInput, match="finds it wrong"),
    ):
        forge(stand_in).describe(1, TEXT)


@pytest.mark.parametrize("field", ["merged_at", "number", "head", "labels", "title"])
def test_one_that_lacks_a_field_is_not_taken_for_less(field: str) -> None:
    broken = pull()
    del broken[field]
    with pytest.raises(Unavailable, match="something else"):
        only(told(pull=broken))


def test_a_private_address_is_asked_only_where_it_is_listed() -> None:
    with StandIn(told()) as stand_in:
        with pytest.raises(Denied):
            forge(stand_in, private=False).login()
        assert stand_in.asked == []
        assert forge(stand_in).login() == "fairlead"


@pytest.mark.parametrize("text", ["", "ghp_x\ny", "ghp_é", "ghp_\u2028"])
def test_what_can_be_no_token_is_told_and_not_shown(text: str) -> None:
    with StandIn(told()) as stand_in:
        project = Project.of(f"{stand_in.url}/acme/fleet.git", "acme/fleet")
        server = Server(private=True, limits=LIMITS)
        bot = GitHubForge(project, lambda: Secret(text), server=server)
        with pytest.raises(InvalidInput, match="characters") as refused_token:
            bot.login()
        assert stand_in.asked == []
    assert "ghp" not in f"{refused_token.value!r} {refused_token.value}"


# --- where it is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "api"),
    [
        ("https://github.com/acme/fleet.git", "https://api.github.com"),
        ("https://GitHub.com/Acme/Fleet/", "https://api.github.com"),
        ("https://acme.ghe.com/acme/fleet", "https://api.acme.ghe.com"),
        ("https://git.example.com:8443/acme/fleet.git", "https://git.example.com:8443/api/v3"),
    ],
)
def test_a_project_is_found_in_the_fleets_url(url: str, api: str) -> None:
    project = Project.of(url, "acme/fleet")
    assert (project.path, project.api, project.owner) == ("acme/fleet", api, "acme")


@pytest.mark.parametrize(
    "url",
    [
        "file:///srv/fleet.git",
        "https://me@github.com/acme/fleet.git",
        "https://github.com/acme/other.git",
        "https://github.com/git/acme/fleet.git",
    ],
)
def test_another_url_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        Project.of(url, "acme/fleet")


# --- lists --------------------------------------------------------------------------------------


def test_a_list_is_read_to_its_end_and_not_beyond() -> None:
    with StandIn(lambda _: Said(500)) as stand_in:
        first = [pull(n, head=pull()["head"] | {"ref": f"x/{n}"}) for n in range(2)]

        def script(asked: Any) -> Said:
            if asked.query.get("page") == "2":
                return told()(asked)
            if asked.path.endswith("/pulls"):
                link = f'<{stand_in.url}{asked.path}?state=all&page=2>; rel="next"'
                return Said(200, first, {"Link": link})
            return told()(asked)

        stand_in.script = script
        assert [r.number for r in forge(stand_in).merge_requests()] == [1]


@pytest.mark.parametrize("where", ["the same page", "elsewhere"])
def test_a_list_that_leads_astray_is_not_followed(where: str) -> None:
    with StandIn(lambda _: Said(200, [])) as thief, StandIn(lambda _: Said(500)) as stand_in:

        def script(asked: Any) -> Said:
            if asked.path.endswith("/user"):
                return Said(200, user("fairlead"))
            base = thief.url if where == "elsewhere" else stand_in.url
            return Said(200, [], {"Link": f'<{base}/api/v3/repos/acme/fleet/pulls>; rel="next"'})

        stand_in.script = script
        with pytest.raises((Unavailable, Denied)):
            forge(stand_in).merge_requests()
        assert thief.asked == []
        assert len(stand_in.asked) < 5


@pytest.mark.parametrize("link", ["http://[::1/x", "", "//", "/elsewhere"])
def test_a_link_that_is_none_did_not_answer(link: str) -> None:
    more = {"GET /pulls": [Said(200, [pull()], {"Link": f'<{link}>; rel="next"'})]}
    with pytest.raises((Unavailable, Denied)):
        only(told(more=more))


def test_half_a_list_of_check_runs_is_none() -> None:
    more = {f"GET /commits/{HEAD}/check-runs": [{"total_count": 2, "check_runs": []}]}
    with pytest.raises(Unavailable, match="0 of 2"):
        only(told(more=more))


def test_what_has_not_changed_is_not_sent_again() -> None:
    def script(asked: Any) -> Said:
        if asked.headers.get("If-None-Match") == '"one"':
            return Said(304)
        said = told(reviews=[review("ana", "APPROVED")])(asked)
        return Said(said.status, said.body, {"ETag": '"one"'})

    with StandIn(script) as stand_in:
        bot = forge(stand_in)
        first = bot.merge_requests()
        before = len(stand_in.asked)
        assert bot.merge_requests() == first
        again = stand_in.asked[before:]
        conditional = [a for a in again if "If-None-Match" in a.headers]
        # The second look begins with another list; the rest is the same.
        assert len(again) - len(conditional) == 2


def test_who_looks_before_writing_does_not_take_what_was_kept() -> None:
    script = Answers({"GET /pulls/1": [Said(200, pull(), {"ETag": '"one"'})]})
    with StandIn(script) as stand_in:
        bot = forge(stand_in)
        for _ in range(2):
            bot.cancel_automatic_merge(1)
        assert not any("If-None-Match" in asked.headers for asked in stand_in.asked)
