"""What GitLab's answers say, and what is made of those that it gives rarely."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.adapters import gitlab_reading as reading
from bot.adapters.gitlab_api import Project
from bot.adapters.gitlab_details import Details, completed
from bot.adapters.gitlab_pushes import Push, pushes_to
from bot.adapters.gitlab_reading import Agreement, Version
from bot.canonical import Fields
from bot.model import IDENTITY, Approval, Check, CheckState, MergeRequestState
from gitops.errors import InvalidInput

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEAD, OTHER, MERGED = "a" * 40, "b" * 40, "c" * 40
BRANCH = "promote/prod/payments/v1.0"


def minutes(number: float) -> datetime:
    return T0 + timedelta(minutes=number)


def page(**changed: Any) -> Fields:
    """A merge request's own page in GitLab 18, without what nobody reads."""
    told = {
        "iid": 1,
        "source_branch": BRANCH,
        "target_branch": "main",
        "source_project_id": 7,
        "target_project_id": 7,
        "sha": HEAD,
        "state": "opened",
        "author": {"username": "fairlead"},
        "title": "payments v1.0 to prod",
        "description": "why",
        "merge_when_pipeline_succeeds": False,
        "closed_by": None,
        "merge_commit_sha": None,
        "squash_commit_sha": None,
        "labels": ["fairlead", "app/payments"],
        "reviewers": [{"username": "bo"}, {"username": "ana"}],
        "created_at": "2026-03-02T09:00:00.000Z",
        "head_pipeline": None,
    }
    return Fields({**told, **changed})


# --- merge requests -----------------------------------------------------------------------------


def test_labels_and_reviewers_are_sorted() -> None:
    told = reading.merge_request(page())
    assert (told.labels, told.reviewers) == (("app/payments", "fairlead"), ("ana", "bo"))


@pytest.mark.parametrize(
    ("says", "state"),
    [
        ("opened", MergeRequestState.OPEN),
        ("locked", MergeRequestState.OPEN),
        ("closed", MergeRequestState.CLOSED),
        ("merged", MergeRequestState.MERGED),
    ],
)
def test_each_state_has_its_meaning(says: str, state: MergeRequestState) -> None:
    assert reading.merge_request(page(state=says)).state is state


def test_a_state_that_nobody_knows_is_no_answer() -> None:
    with pytest.raises(InvalidInput, match="state"):
        reading.merge_request(page(state="hibernating"))


@pytest.mark.parametrize(
    ("shas", "merged"),
    [
        ({"merge_commit_sha": MERGED, "squash_commit_sha": OTHER}, MERGED),
        ({"squash_commit_sha": OTHER}, OTHER),
        ({}, HEAD),
    ],
    ids=["merge commit", "squash, fast forward", "fast forward"],
)
def test_what_merged_it_is_the_last_commit_on_the_target(shas: dict[str, str], merged: str) -> None:
    assert reading.merge_request(page(state="merged", **shas)).merge_sha == merged


def test_an_open_one_was_merged_by_nothing() -> None:
    """GitLab may name a commit of a merge that failed."""
    told = reading.merge_request(page(merge_commit_sha=MERGED, closed_by={"username": "ana"}))
    assert (told.merge_sha, told.closed_by) == (None, None)


def test_no_text_is_an_empty_one() -> None:
    assert reading.merge_request(page(description=None)).body == ""


@pytest.mark.parametrize(
    ("source", "ours"), [(7, True), (8, False), (None, False)], ids=["here", "a fork", "gone"]
)
def test_a_fork_is_not_ours(source: int | None, ours: bool) -> None:
    assert reading.from_here(page(source_project_id=source)) is ours


# --- checks -------------------------------------------------------------------------------------


def status(number: int, name: str, state: str, by: str = "ci") -> Fields:
    author = {"username": by}
    told = {"id": number, "name": name, "status": state, "description": None, "author": author}
    return Fields(told)


@pytest.mark.parametrize(
    ("says", "state"),
    [
        ("success", CheckState.SUCCESS),
        ("skipped", CheckState.SKIPPED),
        ("failed", CheckState.FAILURE),
        ("canceled", CheckState.FAILURE),
        ("pending", CheckState.PENDING),
        ("running", CheckState.PENDING),
        ("manual", CheckState.PENDING),
        ("some_day", CheckState.PENDING),
    ],
)
def test_only_what_is_well_is_a_success(says: str, state: CheckState) -> None:
    (told,) = reading.checks([status(1, "render", says)], HEAD)
    assert told == Check("render", "ci", HEAD, state)


def test_the_last_of_a_name_and_a_poster_counts_in_whatever_order() -> None:
    said = [status(3, "render", "failed"), status(1, "render", "success"), status(2, "render", "x")]
    assert [c.state for c in reading.checks(said, HEAD)] == [CheckState.FAILURE]
    two = [status(1, "render", "failed"), status(2, "render", "success", by="eve")]
    assert [(c.source, c.state) for c in reading.checks(two, HEAD)] == [
        ("ci", CheckState.FAILURE),
        ("eve", CheckState.SUCCESS),
    ]
    again = [*two, status(3, "render", "failed")]
    assert [c.source for c in reading.checks(again, HEAD)] == ["eve", "ci"]


def test_a_status_is_not_passed_for_the_pipeline() -> None:
    assert reading.checks([status(1, reading.PIPELINE, "success", by="eve")], HEAD) == ()
    assert reading.checks([status(1, "pipelines", "success", by="eve")], HEAD) != ()


def pipeline(**changed: Any) -> Fields:
    run = {
        "sha": HEAD,
        "source": "merge_request_event",
        "status": "success",
        "user": {"username": "fairlead"},
    }
    return page(head_pipeline={**run, **changed})


def test_its_own_pipeline_of_the_head_is_a_check() -> None:
    assert reading.pipeline(pipeline(), HEAD) == Check(
        "pipeline", "fairlead", HEAD, CheckState.SUCCESS
    )


@pytest.mark.parametrize(
    "changed",
    [{"sha": OTHER}, {"source": "external"}, {"source": "push"}],
    ids=["another head", "statuses alone", "the branch's"],
)
def test_other_pipelines_are_not(changed: dict[str, str]) -> None:
    assert reading.pipeline(pipeline(**changed), HEAD) is None


# --- people -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "bot"),
    [
        ({"username": "ana", "bot": False}, False),
        ({"username": "ana"}, False),
        ({"username": "release-robot", "bot": True}, True),
        ({"username": "project_12_bot_0a9f3c"}, True),
        ({"username": "group_7_bot2"}, True),
        ({"username": "project_bot_fan", "bot": False}, False),
    ],
)
def test_machines_are_known(user: dict[str, Any], bot: bool) -> None:
    assert reading.is_bot(Fields(user)) is bot


def test_our_own_identity_says_nothing_of_who_made_a_commit() -> None:
    made = {"author_email": IDENTITY.email, "committer_email": "3-eve@users.noreply.gitlab.com"}
    other = {"author_email": "zoe@example.com", "committer_email": "zoe@example.com"}
    assert reading.committers([Fields(made), Fields(other)]) == ("eve", "zoe@example.com")


def note(number: int, body: str, at: datetime, by: str = "ana", *, system: bool = True) -> Fields:
    author = {"username": by}
    told = {"id": number, "system": system, "body": body, "author": author}
    return Fields({**told, "created_at": at.isoformat()})


def test_only_gitlabs_own_notes_tell_when_somebody_approved() -> None:
    approved, taken_back = "approved this merge request", "unapproved this merge request"
    notes = [
        note(1, approved, minutes(1)),
        note(2, approved, minutes(2), "bo", system=False),
        note(3, approved, minutes(3), "cy"),
        note(4, taken_back, minutes(4), "cy"),
        note(6, approved, minutes(6)),
        note(5, taken_back, minutes(5)),
    ]
    assert reading.agreed_at(notes) == {"ana": minutes(6)}


# --- approvals and pushes -----------------------------------------------------------------------

VERSIONS = (Version(1, OTHER, minutes(0)), Version(2, HEAD, minutes(10)))


def details(*agreed: Agreement, **changed: Any) -> Details:
    told = page()
    found = Details(told, reading.merge_request(told), VERSIONS, agreed, ())
    return replace(found, **changed)


def told_of(found: Details, *pushes: Push, members: tuple[int, ...] = (1, 2)) -> list[Approval]:
    bots = {1: False, 2: True}
    return list(completed(found, pushes, bots, frozenset(members)).approvals)


@pytest.mark.parametrize(("at", "counts"), [(9.9, False), (10, False), (10.1, True)], ids=str)
def test_an_approval_counts_strictly_after_the_push(at: float, counts: bool) -> None:
    found = details(Agreement("ana", 1, minutes(at)))
    expected = [Approval("ana", HEAD, minutes(at), False)] if counts else []
    assert told_of(found) == expected


def test_an_approval_without_a_time_is_not_counted() -> None:
    assert told_of(details(Agreement("ana", 1, None))) == []


def test_a_push_that_gitlab_has_not_looked_at_leaves_none() -> None:
    found = details(Agreement("ana", 1, minutes(20)), versions=VERSIONS[:1])
    assert told_of(found) == []


def test_an_event_that_is_later_than_its_version_decides() -> None:
    found = details(Agreement("ana", 1, minutes(11)))
    assert told_of(found, pushed(12, sha=HEAD)) == []
    assert len(told_of(found, pushed(10.5, sha=HEAD))) == 1


def test_a_bot_is_told_as_one_and_a_stranger_not_at_all() -> None:
    agreed = (Agreement("ana", 1, minutes(11)), Agreement("robot", 2, minutes(11)))
    assert [(a.person, a.bot) for a in told_of(details(*agreed))] == [
        ("ana", False),
        ("robot", True),
    ]
    assert told_of(details(*agreed), members=()) == []


def pushed(
    at: float, person: str = "eve", *, sha: str | None = OTHER, branch: str | None = BRANCH
) -> Push:
    return Push(person, branch, sha, minutes(at), created=False)


def test_a_push_of_so_many_that_none_is_named_may_have_been_of_this_one() -> None:
    pushes = [pushed(1, "bo", branch=None, sha=None), pushed(2, branch="promote/prod/other/v1.0")]
    assert [push.person for push in pushes_to(BRANCH, pushes, minutes(0))] == ["bo"]


def test_who_deletes_a_branch_pushed_nothing() -> None:
    pushes = [pushed(-3), pushed(-2, "bo", sha=None), pushed(-1, "cy"), pushed(1, "di", sha=None)]
    assert [push.person for push in pushes_to(BRANCH, pushes, minutes(0))] == ["cy"]


# --- where it is --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "path", "server"),
    [
        ("https://gitlab.com/acme/fleet.git", "acme/fleet", "https://gitlab.com"),
        ("https://x.example/git/a/b/fleet", "a/b/fleet", "https://x.example/git"),
        ("https://x.example:8443/A/Fleet.git", "a/fleet", "https://x.example:8443"),
    ],
)
def test_a_project_is_the_end_of_the_fleets_url(url: str, path: str, server: str) -> None:
    found = Project.of(url, path)
    assert (found.server, found.path) == (server, path)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("git@gitlab.com:acme/fleet.git", "acme/fleet"),
        ("https://user@gitlab.com/acme/fleet.git", "acme/fleet"),
        ("https://gitlab.com/acme/other.git", "acme/fleet"),
        ("https://gitlab.com/fleet.git", "fleet"),
    ],
)
def test_what_is_no_project_is_refused(url: str, path: str) -> None:
    with pytest.raises(InvalidInput):
        Project.of(url, path)
