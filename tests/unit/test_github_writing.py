"""What GitHub's adapter writes: at most once, and looked for when the answer is lost."""

from collections.abc import Mapping
from typing import Any

import pytest

from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable
from tests.unit.github_answers import (
    BRANCH,
    HEAD,
    MERGED,
    OTHER,
    TEXT,
    Answers,
    forge,
    pull,
    refused,
    sent,
)
from tests.unit.oci_stand_in import Said, StandIn

# --- opening ------------------------------------------------------------------------------------


def unprocessable(message: str = "", **error: str) -> Said:
    detail = {"resource": "PullRequest", **error} | ({"message": message} if message else {})
    return refused(422, "Validation Failed", errors=[detail])


TAKEN = unprocessable(f"A pull request already exists for acme:{BRANCH}.", code="custom")


def opening(
    answer: Any, found: list[Any] | None = None, more: Mapping[str, list[Any]] | None = None
) -> Answers:
    return Answers({"POST /pulls": [answer], "GET /pulls": [found or []], **(more or {})})


def test_opening_takes_three_calls() -> None:
    script = opening(
        Said(201, pull()),
        more={
            "POST /issues/1/labels": [[{"name": "fairlead"}]],
            "POST /pulls/1/requested_reviewers": [Said(201, pull())],
        },
    )
    with StandIn(script) as stand_in:
        found = forge(stand_in).open(BRANCH, "main", TEXT, ("fairlead",), ("bo", "ana"))
        assert (found.number, found.head, found.author) == (1, HEAD, "fairlead")
        (content,) = sent(stand_in, "POST", "/pulls")
        assert content == {"base": "main", "head": BRANCH, "title": TEXT.title, "body": TEXT.body}
        assert sent(stand_in, "POST", "/issues/1/labels") == [["fairlead"]]
        (asked,) = sent(stand_in, "POST", "/pulls/1/requested_reviewers")
        assert asked == {"reviewers": ["ana", "bo"]}
        assert len(stand_in.asked) == 3


@pytest.mark.parametrize("answer", [TAKEN, Said(502), Said(201, b"<html>")], ids=["422", "502", ""])
def test_one_that_is_open_is_adopted_as_it_is(answer: Said) -> None:
    fork = pull(2, head=pull()["head"] | {"repo": {"id": 8}})
    elsewhere = pull(3, base=pull()["base"] | {"ref": "other"})
    with StandIn(opening(answer, found=[fork, elsewhere, pull()])) as stand_in:
        found = forge(stand_in).open(BRANCH, "main", TEXT, ("fairlead",), ("ana",))
        assert found.number == 1
        assert [a.method for a in stand_in.asked].count("POST") == 1
        (looked,) = [a for a in stand_in.asked if a.method == "GET"]
        assert looked.query["head"] == f"acme:{BRANCH}"


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (TAKEN, Conflict),
        (unprocessable(field="head", code="invalid"), Conflict),
        (unprocessable(field="base", code="invalid"), Conflict),
        (unprocessable(f"No commits between main and {BRANCH}", code="custom"), Conflict),
        (unprocessable("body is too long", field="body", code="too_long"), InvalidInput),
        (refused(422, "Validation Failed", errors="no list"), InvalidInput),
        (refused(403, "Resource not accessible by integration"), Denied),
        (refused(404, "Not Found"), Denied),
        (Said(502), Unavailable),
    ],
)
def test_what_is_not_opened_has_its_reason(answer: Said, meaning: type[FairleadError]) -> None:
    with StandIn(opening(answer)) as stand_in:
        with pytest.raises(meaning):
            forge(stand_in).open(BRANCH, "main", TEXT)
        assert [a.method for a in stand_in.asked].count("POST") == 1


# --- whom it asks, labels -----------------------------------------------------------------------

NO_COLLABORATOR = refused(422, "Reviews may only be requested from collaborators.")


def test_whom_github_refuses_is_left_out() -> None:
    place = "/pulls/1/requested_reviewers"
    answers = [NO_COLLABORATOR, Said(201, pull()), NO_COLLABORATOR, Said(201, pull())]
    with StandIn(Answers({f"POST {place}": answers})) as stand_in:
        forge(stand_in).request_reviews(1, {"cy", "bo", "ana"})
        asked = [one["reviewers"] for one in sent(stand_in, "POST", place)]
    assert asked == [["ana", "bo", "cy"], ["ana"], ["bo"], ["cy"]]


def test_one_who_is_refused_is_not_asked_again() -> None:
    place = "/pulls/1/requested_reviewers"
    with StandIn(Answers({f"POST {place}": [NO_COLLABORATOR]})) as stand_in:
        forge(stand_in).request_reviews(1, ["ana"])
        forge(stand_in).request_reviews(1, [])
        assert len(sent(stand_in, "POST", place)) == 1


def test_who_may_not_ask_is_told() -> None:
    script = Answers({"POST /pulls/1/requested_reviewers": [refused(403, "no")]})
    with StandIn(script) as stand_in, pytest.raises(Denied):
        forge(stand_in).request_reviews(1, ["ana"])


def test_labels_are_put_on_and_taken_off_by_name() -> None:
    script = Answers(
        {
            "POST /issues/1/labels": [[{"name": "x"}]],
            "DELETE /issues/1/labels/a%2Fb%20c": [[]],
        }
    )
    with StandIn(script) as stand_in:
        forge(stand_in).label(1, ["y", "x"], ["gone", "a/b c"])
        assert sent(stand_in, "POST", "/issues/1/labels") == [["x", "y"]]
        deleted = [a.path.rpartition("/")[2] for a in stand_in.asked if a.method == "DELETE"]
    assert deleted == ["a%2Fb%20c", "gone"]


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_labels_that_may_not_be_written_are_told(method: str) -> None:
    script = Answers(
        {
            "POST /issues/1/labels": [refused(403, "no labels")],
            "DELETE /issues/1/labels/x": [refused(403, "no labels")],
        }
    )
    with StandIn(script) as stand_in, pytest.raises(Denied, match="no labels"):
        forge(stand_in).label(1, *((["x"], []) if method == "POST" else ([], ["x"])))


# --- merging ------------------------------------------------------------------------------------

DONE = Said(200, {"sha": MERGED, "merged": True, "message": "Pull Request successfully merged"})
NOT_NOW = refused(405, "Pull Request is not mergeable")
CLOSED = pull(state="closed")
BY_US = pull(state="closed", merged_at="2026-03-02T09:00:00Z", merge_commit_sha=MERGED)


def merging(*answers: Said, now: tuple[Any, ...] = (pull(),)) -> Answers:
    return Answers({"PUT /pulls/1/merge": list(answers), "GET /pulls/1": list(now)})


def merge(script: Answers) -> tuple[str, int]:
    """The merge commit, and how often it was asked for."""
    with StandIn(script) as stand_in:
        sha = forge(stand_in).merge(1, HEAD, "Merge payments v1.0\n\nTrailer: x\n")
        return sha, len(sent(stand_in, "PUT", "/pulls/1/merge"))


def test_a_merge_names_the_head_and_the_message() -> None:
    with StandIn(merging(DONE)) as stand_in:
        assert forge(stand_in).merge(1, HEAD, "Merge payments v1.0\n\nTrailer: x\n") == MERGED
        (said,) = sent(stand_in, "PUT", "/pulls/1/merge")
    assert said == {
        "sha": HEAD,
        "merge_method": "merge",
        "commit_title": "Merge payments v1.0",
        "commit_message": "Trailer: x\n",
    }


def test_github_is_waited_for_while_it_computes() -> None:
    computing = pull(mergeable=None, mergeable_state="unknown")
    script = merging(NOT_NOW, DONE, now=(computing, computing, pull()))
    assert merge(script) == (MERGED, 2)


def test_a_target_that_moved_is_merged_on_the_second_asking() -> None:
    moved = refused(405, "Base branch was modified. Review and try the merge again.")
    assert merge(merging(moved, DONE)) == (MERGED, 2)


@pytest.mark.parametrize(
    ("status", "now", "meaning"),
    [
        (405, CLOSED, Conflict),
        (405, BY_US, Conflict),
        (409, pull(head=pull()["head"] | {"sha": OTHER}), Conflict),
        (405, pull(mergeable=False, mergeable_state="dirty"), Conflict),
        (405, pull(mergeable=None, mergeable_state="unknown"), Conflict),
        (405, pull(mergeable_state="blocked"), Denied),
        (405, pull(mergeable_state="behind"), Denied),
        (405, pull(mergeable_state="draft"), Denied),
        (405, pull(mergeable_state="something new"), Denied),
        (405, pull(mergeable_state="unstable"), Denied),
        (409, pull(), Conflict),
        (422, pull(), InvalidInput),
        (403, pull(), Denied),
        (401, pull(), Denied),
    ],
)
def test_what_is_not_merged_has_its_reason(
    status: int, now: dict[str, Any], meaning: type[FairleadError]
) -> None:
    with StandIn(merging(refused(status, "not this time"), now=(now,))) as stand_in:
        with pytest.raises(meaning):
            forge(stand_in).merge(1, HEAD, "Merge")
        assert len(sent(stand_in, "PUT", "/pulls/1/merge")) <= 2


def test_a_lost_answer_is_looked_for() -> None:
    assert merge(merging(Said(502), now=(BY_US,))) == (MERGED, 1)


@pytest.mark.parametrize("now", [pull(), CLOSED, BY_US | {"head": pull()["head"] | {"sha": OTHER}}])
def test_what_nobody_knows_is_not_asked_for_again(now: dict[str, Any]) -> None:
    with StandIn(merging(Said(502), now=(now,))) as stand_in:
        with pytest.raises(Unavailable):
            forge(stand_in).merge(1, HEAD, "Merge")
        assert len(sent(stand_in, "PUT", "/pulls/1/merge")) == 1


def test_there_is_none_of_that_number() -> None:
    there = Answers({"GET ": [{"id": 7}]})
    with StandIn(there) as stand_in, pytest.raises(InvalidInput, match="no merge request 9"):
        forge(stand_in).close(9, "superseded")
    with StandIn(Answers({})) as stand_in, pytest.raises(Denied):
        forge(stand_in).close(9, "superseded")


# --- closing, automatic merges ------------------------------------------------------------------


def test_closing_says_why_first() -> None:
    script = Answers(
        {
            "GET /pulls/1": [pull()],
            "POST /issues/1/comments": [Said(201, {"id": 1})],
            "PATCH /pulls/1": [pull(state="closed")],
        }
    )
    with StandIn(script) as stand_in:
        forge(stand_in).close(1, "superseded")
        assert [a.method for a in stand_in.asked] == ["GET", "POST", "PATCH"]
        assert sent(stand_in, "POST", "/issues/1/comments") == [{"body": "superseded"}]
        assert sent(stand_in, "PATCH", "/pulls/1") == [{"state": "closed"}]


def test_closing_what_is_closed_does_nothing_and_what_is_merged_cannot_be() -> None:
    with StandIn(Answers({"GET /pulls/1": [CLOSED]})) as stand_in:
        forge(stand_in).close(1, "superseded")
        assert len(stand_in.asked) == 1
    with StandIn(Answers({"GET /pulls/1": [BY_US]})) as stand_in, pytest.raises(Conflict):
        forge(stand_in).close(1, "superseded")


ARMED = pull(auto_merge={"enabled_by": {"login": "ana"}})
GRAPHQL = "POST /api/graphql"


def test_what_a_person_armed_is_taken_back() -> None:
    answer = {"data": {"disablePullRequestAutoMerge": {"actor": {"login": "fairlead"}}}}
    with StandIn(Answers({"GET /pulls/1": [ARMED], GRAPHQL: [answer]})) as stand_in:
        forge(stand_in).cancel_automatic_merge(1)
        (said,) = sent(stand_in, "POST", "/api/graphql")
    assert said["variables"] == {"input": {"pullRequestId": "PR_kwDO"}}
    assert "disablePullRequestAutoMerge" in said["query"]


@pytest.mark.parametrize(
    ("kind", "meaning"),
    [
        ("FORBIDDEN", Denied),
        ("NOT_FOUND", Denied),
        ("UNPROCESSABLE", InvalidInput),
        ("RATE_LIMITED", Unavailable),
    ],
)
def test_what_may_not_be_taken_back_is_told(kind: str, meaning: type[FairleadError]) -> None:
    answer = {"data": None, "errors": [{"type": kind, "message": "no such luck"}]}
    script = Answers({"GET /pulls/1": [ARMED], GRAPHQL: [answer]})
    with StandIn(script) as stand_in, pytest.raises(meaning):
        forge(stand_in).cancel_automatic_merge(1)


def test_what_nobody_armed_is_left_alone() -> None:
    with StandIn(Answers({"GET /pulls/1": [pull()]})) as stand_in:
        forge(stand_in).cancel_automatic_merge(1)
        assert len(stand_in.asked) == 1
