"""Gitea's adapter and the answers that a real one gives rarely: refusals, floods, half lists."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.gitea import GiteaForge
from bot.adapters.gitea_api import GiteaLimits, Project
from bot.forge import MergeRequestText
from bot.model import Approval, Check, CheckState, MergeRequest, MergeRequestState
from bot.secret import Secret
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable
from tests.unit.oci_stand_in import CANARY, QUICK, Asked, Said, Script, StandIn

HEAD, OTHER, MERGED = "a" * 40, "b" * 40, "c" * 40
BRANCH = "promote/prod/payments/v1.0"
TEXT = MergeRequestText("payments v1.0 to prod", "why")
REPOSITORY = "/api/v1/repos/acme/fleet"
AT = "2026-03-02T09:00:00Z"
LIMITS = GiteaLimits(web=QUICK, mergeable_pauses=(0.01, 0.01, 0.01))


def pull(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A merge request as Gitea 1.26 tells it, without what nobody reads."""
    return {
        "number": number,
        "user": {"login": "fairlead"},
        "title": "payments v1.0 to prod",
        "body": "why",
        "state": "open",
        "merged": False,
        "mergeable": True,
        "merge_commit_sha": None,
        "closed_at": None,
        "updated_at": AT,
        "labels": [],
        "requested_reviewers": [],
        "base": {"ref": "main", "sha": OTHER, "repo_id": 7},
        "head": {"label": BRANCH, "ref": BRANCH, "sha": HEAD, "repo_id": 7},
    } | changed


class Answers:
    """What is said to each call: the last of its answers again and again."""

    def __init__(self, answers: Mapping[str, list[Any]]) -> None:
        self._answers = {call: list(said) for call, said in answers.items()}

    def __call__(self, asked: Asked) -> Said:
        if asked.query.get("state") == "closed":
            return Said(200, [])
        if asked.path == "/api/v1/user":
            return Said(200, {"login": "fairlead"})
        call = f"{asked.method} {asked.path.removeprefix(REPOSITORY)}"
        said = self._answers.get(call, [Said(404, {"message": "not found"})])
        answer = said.pop(0) if len(said) > 1 else said[0]
        return answer if isinstance(answer, Said) else Said(200, answer)


REVIEWED = {"type": "review", "user": {"login": "ana"}, "body": ""}
"""Gitea tells of every review as an event too."""


def told(**answers: Any) -> Answers:
    """One open merge request, of which this is told beside."""
    found = {
        "GET /pulls": [[answers.get("pull", pull())]],
        "GET /git/refs/heads/promote": [[ref(HEAD)]],
        "GET /issues/1/timeline": [answers.get("events", [REVIEWED]), []],
        "GET /pulls/1/reviews": [answers.get("reviews", []), []],
        f"GET /commits/{HEAD}/statuses": [answers.get("statuses", [])],
        "GET /commits": [answers.get("commits", [])],
        "GET /assignees": [answers.get("writers", [{"login": "ana"}, {"login": "fairlead"}])],
    }
    return Answers(found)


def ref(sha: str) -> dict[str, Any]:
    return {"ref": f"refs/heads/{BRANCH}", "object": {"type": "commit", "sha": sha}}


def forge(stand_in: StandIn, path: str = "/acme/fleet.git") -> GiteaForge:
    project = Project.of(stand_in.url + path, "acme/fleet")
    return GiteaForge(project, Secret(CANARY), private=True, limits=LIMITS)


def only(script: Script) -> MergeRequest:
    """The one that the bot is told of."""
    with StandIn(script) as stand_in:
        (found,) = forge(stand_in).merge_requests()
    return found


# --- what an answer means -----------------------------------------------------------------------

MEANINGS: dict[int, type[FairleadError]] = {
    301: Denied,
    400: InvalidInput,
    401: Denied,
    403: Denied,
    404: InvalidInput,
    405: Denied,
    409: Conflict,
    412: Conflict,
    418: Unavailable,
    422: InvalidInput,
    423: Denied,
    429: Unavailable,
    500: Unavailable,
    502: Unavailable,
}


@pytest.mark.parametrize(("status", "meaning"), MEANINGS.items())
def test_each_answer_has_its_meaning_and_the_token_is_in_none(
    status: int, meaning: type[FairleadError]
) -> None:
    refused = Said(status, {"message": f"no\n{CANARY}\x1b[31m"}, {"Location": "/elsewhere"})
    answers: dict[str, list[Any]] = {"PATCH /pulls/1": [refused], "GET /pulls/1": [refused]}
    answers["GET "] = [{"id": 7}]
    with StandIn(Answers(answers)) as stand_in:
        bot = forge(stand_in)
        with pytest.raises(meaning) as writing:
            bot.describe(1, TEXT) if status != 404 else bot.close(1, "superseded")
        assert {asked.headers["Authorization"] for asked in stand_in.asked} == {f"token {CANARY}"}
    shown = f"{writing.value!r} {writing.value} {writing.value.hint} {bot!r}"
    assert CANARY not in shown
    assert "\x1b" not in shown


def test_what_succeeds_raises_nothing() -> None:
    with StandIn(Answers({"PATCH /pulls/1": [Said(201, pull())]})) as stand_in:
        forge(stand_in).describe(1, TEXT)
        assert [asked.method for asked in stand_in.asked] == ["PATCH"]


@pytest.mark.parametrize(("asks", "believed"), [("30", 30), ("86400", 3600)])
def test_a_forge_is_left_alone_for_an_hour_at_most(asks: str, believed: int) -> None:
    flooded = Said(429, b"", {"Retry-After": asks})
    with StandIn(lambda _: flooded) as stand_in, pytest.raises(Unavailable) as raised:
        forge(stand_in).merge_requests()
    assert raised.value.retry_after == timedelta(seconds=believed)


def test_a_lost_answer_is_asked_for_again_when_reading_and_never_when_writing() -> None:
    with StandIn(lambda _: Said(502)) as stand_in:
        bot = forge(stand_in)
        with pytest.raises(Unavailable):
            bot.login()
        with pytest.raises(Unavailable):
            bot.open(BRANCH, "main", TEXT)
        assert [asked.method for asked in stand_in.asked] == ["GET", "GET", "POST"]


def test_a_redirect_is_not_followed() -> None:
    with StandIn(lambda _: Said(200, {"login": "thief"})) as thief:
        away = Said(307, b"", {"Location": f"{thief.url}/api/v1/user"})
        with StandIn(lambda _: away) as stand_in, pytest.raises(Denied, match="redirect"):
            forge(stand_in).login()
        assert thief.asked == []


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'{"login": 3}', b"{}", b"\xff", b"[" * 100_000]
)
def test_what_is_no_gitea_did_not_answer(body: bytes) -> None:
    with StandIn(lambda _: Said(200, body)) as stand_in, pytest.raises(Unavailable):
        forge(stand_in).login()


def test_one_that_lacks_a_field_is_not_taken_for_less() -> None:
    broken = pull()
    del broken["merged"]
    with pytest.raises(Unavailable, match="something else"):
        only(told(pull=broken))


def test_a_private_address_is_asked_only_where_it_is_listed() -> None:
    with StandIn(told()) as stand_in:
        project = Project.of(f"{stand_in.url}/acme/fleet.git", "acme/fleet")
        with pytest.raises(Denied):
            GiteaForge(project, Secret(CANARY), limits=LIMITS).login()
        assert stand_in.asked == []
        assert GiteaForge(project, Secret(CANARY), private=True, limits=LIMITS).login()


# --- where it is --------------------------------------------------------------------------------


def test_a_path_prefix_is_kept() -> None:
    with StandIn(lambda _: Said(200, {"login": "fairlead"})) as stand_in:
        assert forge(stand_in, "/git/acme/fleet.git").login() == "fairlead"
        assert [asked.path for asked in stand_in.asked] == ["/git/api/v1/user"]


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/acme/fleet.git",
        "https://git.example.com/acme/fleet/",
        "https://git.example.com:443/Acme/Fleet",
    ],
)
def test_a_project_is_found_in_the_fleets_url(url: str) -> None:
    project = Project.of(url, "acme/fleet")
    assert (project.server, project.origin) == ("https://git.example.com",) * 2


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("https://git.example.com/acme/other.git", "acme/fleet"),
        ("https://git.example.com/badacme/fleet.git", "acme/fleet"),
        ("https://git.example.com/a/b/c.git", "a/b/c"),
        ("https://git.example.com/fleet.git", "fleet"),
        ("https://bot@git.example.com/acme/fleet.git", "acme/fleet"),
        ("file:///srv/acme/fleet.git", "acme/fleet"),
    ],
)
def test_what_is_no_project_of_that_url_is_refused(url: str, path: str) -> None:
    with pytest.raises(InvalidInput):
        Project.of(url, path)


# --- whole lists --------------------------------------------------------------------------------


def pages(total: int, size: int, shown: int | None = None) -> Script:
    """So many merged ones, in pages that are smaller than what was asked for."""

    def answer(asked: Asked) -> Said:
        if asked.path.endswith("/user"):
            return Said(200, {"login": "fairlead"})
        first = (int(asked.query["page"]) - 1) * size
        last = min(first + size, total if shown is None else shown)
        merged = {"merged": True, "state": "closed", "merge_commit_sha": MERGED, "closed_at": AT}
        found = [pull(number + 1, **merged) for number in range(first, last)]
        link = '<http://other.example.com/?page=9>; rel="next"' if last < total and found else ""
        return Said(200, found, {"X-Total-Count": str(total), "Link": link})

    return answer


@pytest.mark.parametrize("total", [0, 1, 6, 7])
def test_a_list_is_read_to_its_end_whatever_the_server_gives_at_once(total: int) -> None:
    with StandIn(pages(total, size=3)) as stand_in:
        found = forge(stand_in).merge_requests()
        assert [r.number for r in found] == list(range(1, total + 1))
        assert {asked.query.get("sort") for asked in stand_in.asked[1:]} == {"oldest"}


def test_half_a_list_is_none() -> None:
    with StandIn(pages(7, size=3, shown=5)) as stand_in, pytest.raises(Unavailable, match="5 of 7"):
        forge(stand_in).merge_requests()


@pytest.mark.parametrize("total", ["9" * 5000, "-1", "x", "\xb2"])
def test_a_number_that_is_none_is_not_believed(total: str) -> None:
    everything = Said(200, [], {"X-Total-Count": total})
    with StandIn(lambda _: everything) as stand_in:
        (people,) = forge(stand_in).members(["acme"]).values()
        assert people == ()


def test_a_timeline_is_read_until_a_page_is_empty() -> None:
    """Gitea counts there what it shows of a page, and does not show everything."""
    pushed = [push(name, OTHER) for name in ("eve", "bo")]
    answers = told()
    answers._answers["GET /issues/1/timeline"] = [pushed[:1], pushed[1:], []]
    assert only(answers).contributors == ("fairlead", "eve", "bo")


def push(login: str, *commits: str, forced: bool = False) -> dict[str, Any]:
    body = json.dumps({"is_force_push": forced, "commit_ids": commits})
    return {"type": "pull_push", "user": {"login": login}, "body": body}


def test_a_version_that_is_gone_is_asked_for_its_makers() -> None:
    """Gitea forgets who pushed what somebody else's push has thrown away."""
    by_eve = made_by({"login": "eve"})
    answers = told(events=[push("bo", OTHER, HEAD, forced=True)], commits=[by_eve])
    assert only(answers).contributors == ("fairlead", "bo", "eve")


def test_a_version_that_gitea_has_swept_away_has_no_makers() -> None:
    answers = told(events=[push("bo", OTHER, HEAD, forced=True)])
    answers._answers["GET /commits"] = [[made_by({"login": "eve"})], Said(404)]
    assert only(answers).contributors == ("fairlead", "bo", "eve")
    answers._answers["GET /commits"] = [Said(404)]
    with pytest.raises(Denied):
        only(answers)


def test_a_forced_push_whose_versions_are_forgotten_ends_no_reading() -> None:
    assert only(told(events=[push("bo", forced=True)])).contributors == ("fairlead", "bo")


def test_commits_are_asked_for_by_the_branchs_full_name() -> None:
    """A tag `main` would be taken for the branch, and hide whom it leads to."""
    with StandIn(told()) as stand_in:
        forge(stand_in).merge_requests()
        asked = [each.query for each in stand_in.asked if each.path == f"{REPOSITORY}/commits"]
    assert [each["not"] for each in asked] == ["refs/heads/main"]


def made_by(author: object) -> dict[str, Any]:
    ours = {"name": "Fairlead", "email": "fairlead@localhost"}
    return {"author": author, "committer": None, "commit": {"author": ours, "committer": ours}}


@pytest.mark.parametrize("of", ["events", "reviews"])
def test_an_empty_list_may_be_null(of: str) -> None:
    found = only(told(**{of: Said(200, b"null\n")}))
    assert (found.contributors, found.approvals) == (("fairlead",), ())


def test_what_this_process_made_is_not_asked_for_and_what_others_made_is() -> None:
    answers = told(commits=[made_by({"login": "ana"})])
    for mine, contributors in ((False, ("fairlead", "ana")), (True, ("fairlead",))):
        with StandIn(answers) as stand_in:
            project = Project.of(f"{stand_in.url}/acme/fleet.git", "acme/fleet")
            made_here = {HEAD}.__contains__ if mine else set[str]().__contains__
            one = GiteaForge(
                project, Secret(CANARY), private=True, limits=LIMITS, made_here=made_here
            )
            (found,) = one.merge_requests()
            asked = [each.path for each in stand_in.asked]
        assert found.contributors == contributors
        assert (f"{REPOSITORY}/commits" in asked) is not mine


def test_reviews_are_asked_for_where_there_was_one() -> None:
    for events, reviewed in (([], False), ([REVIEWED], True)):
        with StandIn(told(events=events, reviews=[review()])) as stand_in:
            (found,) = forge(stand_in).merge_requests()
            asked = [each.path for each in stand_in.asked]
        assert (f"{REPOSITORY}/pulls/1/reviews" in asked) is reviewed
        assert bool(found.approvals) is reviewed


def test_a_branch_of_the_prefixs_own_name_is_none_below_it() -> None:
    """Gitea tells a single exact match as an object, and not as a list."""
    answers = told()
    exact = ref(OTHER) | {"ref": "refs/heads/promote"}
    answers._answers["GET /git/refs/heads/promote"] = [Said(200, json.dumps(exact).encode())]
    assert only(answers).head == HEAD
    answers._answers["GET /git/refs/heads/promote"] = [[ref(HEAD)]]
    assert only(answers).head == HEAD


# --- whose, and what is told of them ------------------------------------------------------------


@pytest.mark.parametrize(
    "head",
    [
        {"label": BRANCH, "ref": BRANCH, "sha": HEAD, "repo_id": 8},
        {"label": BRANCH, "ref": "refs/pull/1/head", "sha": HEAD, "repo_id": -1},
        {"label": "", "ref": "refs/pull/1/head", "sha": HEAD, "repo_id": 7},
        {"label": "feature/x", "ref": "feature/x", "sha": HEAD, "repo_id": 7},
    ],
    ids=["of a fork", "of a fork that is gone", "of no branch", "of another branch"],
)
def test_one_from_elsewhere_is_not_told_of(head: Mapping[str, object]) -> None:
    with StandIn(told(pull=pull(head=head))) as stand_in:
        assert forge(stand_in).merge_requests() == ()


def test_one_of_ours_is_told_of_at_the_head_that_git_knows() -> None:
    """A list shows the head before, until Gitea has looked at the push."""
    stale = pull()["head"] | {"sha": OTHER}
    found = only(told(pull=pull(head=stale)))
    assert (found.source_branch, found.head) == (BRANCH, HEAD)


def review(**changed: Any) -> dict[str, Any]:
    return {
        "user": {"login": "ana"},
        "state": "APPROVED",
        "commit_id": HEAD,
        "official": True,
        "stale": False,
        "dismissed": False,
        "submitted_at": AT,
    } | changed


def test_an_official_approval_counts() -> None:
    (approval,) = only(told(reviews=[review()])).approvals
    assert (approval.person, approval.sha, approval.bot) == ("ana", HEAD, False)


@pytest.mark.parametrize(
    "changed",
    [
        {"official": False},
        {"stale": True},
        {"dismissed": True},
        {"stale": True, "dismissed": True},
        {"state": "COMMENT"},
        {"state": "REQUEST_CHANGES"},
        {"state": "REQUEST_REVIEW", "user": None},
        {"state": "PENDING"},
    ],
)
def test_a_review_that_is_no_approval_any_more_does_not(changed: Mapping[str, object]) -> None:
    assert only(told(reviews=[review(**changed)])).approvals == ()


def test_an_approval_by_somebody_who_may_not_write_any_more_does_not() -> None:
    """Gitea leaves it official."""
    assert only(told(reviews=[review()], writers=[{"login": "bo"}])).approvals == ()


def test_an_approval_of_another_commit_is_told_with_it() -> None:
    found: tuple[Approval, ...] = only(told(reviews=[review(commit_id=OTHER)])).approvals
    assert [a.sha for a in found] == [OTHER]


def test_the_bots_own_approval_is_marked() -> None:
    (approval,) = only(told(reviews=[review(user={"login": "fairlead"})])).approvals
    assert approval.bot


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("pending", CheckState.PENDING),
        ("success", CheckState.SUCCESS),
        ("skipped", CheckState.SKIPPED),
        ("failure", CheckState.FAILURE),
        ("error", CheckState.FAILURE),
        ("warning", CheckState.FAILURE),
        ("splendid", CheckState.FAILURE),
    ],
)
def test_nothing_but_success_is_success(status: str, state: CheckState) -> None:
    posted = {
        "id": 1,
        "context": "render",
        "creator": {"login": "ci"},
        "status": status,
        "description": "all is well",
    }
    expected = Check("render", "ci", HEAD, state, "all is well")
    assert only(told(statuses=[posted])).checks == (expected,)


def test_the_newest_status_of_each_poster_counts_in_whatever_order_they_come() -> None:
    def posted(number: int, login: str, status: str) -> dict[str, Any]:
        return {
            "id": number,
            "context": "render",
            "creator": {"login": login} if login else None,
            "status": status,
            "description": "",
        }

    statuses = [posted(3, "ci", "failure"), posted(1, "ci", "success"), posted(2, "", "success")]
    found = [(c.source, c.state) for c in only(told(statuses=statuses)).checks]
    assert found == [("", CheckState.SUCCESS), ("ci", CheckState.FAILURE)]


def test_who_made_a_commit_contributed_be_it_a_login_or_an_address() -> None:
    ours = {"name": "Fairlead", "email": "fairlead@localhost"}
    commit = {
        "author": {"login": "eve"},
        "committer": None,
        "commit": {
            "author": {"name": "Eve", "email": "eve@example.com"},
            "committer": {"name": "Bo", "email": "bo@example.com"},
        },
    }
    bot = {"author": None, "committer": None, "commit": {"author": ours, "committer": ours}}
    found = only(told(commits=[commit, bot])).contributors
    assert found == ("fairlead", "eve", "bo@example.com")


def test_an_automatic_merge_is_told_until_it_is_cancelled() -> None:
    armed = {"type": "pull_scheduled_merge", "user": {"login": "ana"}}
    cancelled = armed | {"type": "pull_cancel_scheduled_merge"}
    assert only(told(events=[armed])).automatic_merge
    assert not only(told(events=[armed, cancelled])).automatic_merge


def test_who_closed_one_is_asked_for_once() -> None:
    closed = pull(state="closed", closed_at=AT)
    events = [{"type": "close", "user": {"login": name}} for name in ("bo", "ana")]
    with StandIn(told(pull=closed, events=events)) as stand_in:
        bot = forge(stand_in)
        first, again = bot.merge_requests(), bot.merge_requests()
        assert first == again
        assert [(r.state, r.closed_by) for r in first] == [(MergeRequestState.CLOSED, "ana")]
        timelines = [a for a in stand_in.asked if a.path.endswith("timeline")]
        assert len(timelines) == 2  # its page and the empty one


# --- writing ------------------------------------------------------------------------------------

EXISTS = Said(409, {"message": "pull request already exists"})


def test_one_that_is_open_already_is_taken() -> None:
    fork = pull(3, head={"label": BRANCH, "ref": BRANCH, "sha": HEAD, "repo_id": 9})
    answers: dict[str, list[Any]] = {"POST /pulls": [EXISTS], "GET /pulls": [[fork, pull(4)]]}
    with StandIn(Answers(answers)) as stand_in:
        assert forge(stand_in).open(BRANCH, "main", TEXT).number == 4


def test_one_that_was_closed_meanwhile_is_not() -> None:
    answers: dict[str, list[Any]] = {"POST /pulls": [EXISTS], "GET /pulls": [[]]}
    with StandIn(Answers(answers)) as stand_in, pytest.raises(Conflict):
        forge(stand_in).open(BRANCH, "main", TEXT)


def test_a_repository_that_is_not_shown_is_told_apart_from_a_branch_that_is_gone() -> None:
    with StandIn(Answers({})) as stand_in, pytest.raises(Denied, match="project"):
        forge(stand_in).open(BRANCH, "main", TEXT)
    with StandIn(Answers({"GET ": [{"id": 7}]})) as stand_in, pytest.raises(Conflict):
        forge(stand_in).open(BRANCH, "main", TEXT)


DONE = pull(merged=True, state="closed", merge_commit_sha=MERGED, closed_at=AT)
LATER = Said(405, {"message": "Please try again later"})
RULES = Said(405, {"message": "Not all required status checks successful"})


def merging(posts: list[Any], reads: list[Any]) -> Callable[[], tuple[str, list[str]]]:
    """What merging says, and what was asked for, when Gitea answers so."""

    def merge() -> tuple[str, list[str]]:
        answers = {"POST /pulls/1/merge": posts, "GET /pulls/1": reads, "GET ": [{"id": 7}]}
        with StandIn(Answers(answers)) as stand_in:
            sha = forge(stand_in).merge(1, HEAD, "Merge it\n\nTrailer: x\n")
            asked = stand_in.asked
        assert all(HEAD in a.body for a in asked if a.method == "POST")
        return sha, [a.method for a in asked]

    return merge


def test_a_merge_is_read_back() -> None:
    assert merging([Said(200)], [DONE])() == (MERGED, ["POST", "GET"])


def test_gitea_may_take_its_time_to_see_that_it_can_merge() -> None:
    waits = [pull(mergeable=False), pull(mergeable=False), pull(), DONE]
    assert merging([LATER, Said(200)], waits)()[0] == MERGED


REFUSED: dict[str, tuple[list[Any], list[Any], type[FairleadError]]] = {
    "never mergeable": ([LATER], [pull(mergeable=False)], Conflict),
    "its own rules": ([RULES], [pull()], Denied),
    "head moved": ([RULES], [pull(head=pull()["head"] | {"sha": OTHER})], Conflict),
    "head out of date": ([Said(409, {"message": "head out of date"})], [pull()], Conflict),
    "closed": ([Said(404)], [pull(state="closed")], Conflict),
    "merged": ([LATER], [DONE], Conflict),
    "not there": ([Said(404)], [Said(404)], InvalidInput),
    "no permission": ([Said(403)], [pull()], Denied),
    "said done and is not": ([Said(200)], [pull()], Unavailable),
    "no answer": ([Said(500)], [pull()], Unavailable),
}


@pytest.mark.parametrize(("posts", "reads", "error"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_merged_has_its_reason(
    posts: list[Any], reads: list[Any], error: type[FairleadError]
) -> None:
    with pytest.raises(error):
        merging(posts, reads)()


def test_a_rule_of_the_forges_is_told_in_its_words() -> None:
    with pytest.raises(Denied, match="Not all required status checks successful"):
        merging([RULES], [pull()])()
