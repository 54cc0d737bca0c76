"""What GitHub's adapter reads of one merge request: approvals, checks, who had a hand in it."""

from typing import Any

import pytest

from bot.forge import CommitStatus
from bot.model import Approval, Check, CheckState, Gap, MergeRequestState
from tests.unit.github_answers import (
    AT,
    BRANCH,
    HEAD,
    MERGED,
    OTHER,
    Answers,
    commit,
    forge,
    only,
    pull,
    review,
    sent,
    told,
    user,
)
from tests.unit.oci_stand_in import Said, StandIn

# --- reviews ------------------------------------------------------------------------------------


def approvals(*reviews: dict[str, Any]) -> list[tuple[str, str, bool]]:
    found = only(told(reviews=list(reviews))).approvals
    return [(a.person, a.sha, a.bot) for a in found]


def test_an_approval_is_told_with_its_commit() -> None:
    (found,) = only(told(reviews=[review("ana", "APPROVED", OTHER)])).approvals
    assert isinstance(found, Approval)
    assert (found.person, found.sha, found.bot) == ("ana", OTHER, False)
    assert found.at.isoformat() == AT.replace("Z", "+00:00")


@pytest.mark.parametrize(
    ("states", "counted"),
    [
        (["APPROVED"], True),
        (["APPROVED", "COMMENTED"], True),
        (["CHANGES_REQUESTED", "APPROVED"], True),
        (["APPROVED", "CHANGES_REQUESTED"], False),
        (["APPROVED", "DISMISSED"], False),
        (["DISMISSED"], False),
        (["COMMENTED"], False),
        (["PENDING"], False),
        ([], False),
    ],
    ids=str,
)
def test_the_last_word_of_each_person_counts(states: list[str], counted: bool) -> None:
    assert bool(approvals(*(review("ana", state) for state in states))) is counted


def test_who_may_not_write_approves_for_nobody() -> None:
    found = approvals(review("reader", "APPROVED"), review("ana", "APPROVED"))
    assert found == [("ana", HEAD, False)]


def test_a_bot_is_marked_and_a_ghost_is_nobody() -> None:
    ghost = review("x", "APPROVED") | {"user": None}
    found = approvals(
        review("helper", "APPROVED", kind="Bot"),
        review("other[bot]", "APPROVED"),
        review("fairlead", "APPROVED"),
        ghost,
        review("ana", "APPROVED", None),
    )
    assert found == [
        ("helper", HEAD, True),
        ("other[bot]", HEAD, True),
        ("fairlead", HEAD, True),
    ]


# --- checks -------------------------------------------------------------------------------------


def status(number: int, state: str, by: str | None = "ci") -> dict[str, Any]:
    creator = None if by is None else user(by)
    told = {"id": number, "context": "render", "state": state, "creator": creator}
    return told | {"description": None}


@pytest.mark.parametrize(
    ("state", "meaning"),
    [
        ("pending", CheckState.PENDING),
        ("success", CheckState.SUCCESS),
        ("failure", CheckState.FAILURE),
        ("error", CheckState.FAILURE),
        ("something new", CheckState.FAILURE),
    ],
)
def test_a_status_is_told_with_its_poster(state: str, meaning: CheckState) -> None:
    found = only(told(statuses=[status(2, state), status(1, "pending")])).checks
    assert found == (Check("render", "ci", HEAD, meaning),)


def run(status: str, conclusion: str | None, app: int = 15368) -> dict[str, Any]:
    return {"name": "render", "app": {"id": app}, "status": status, "conclusion": conclusion}


@pytest.mark.parametrize(
    ("runs", "meaning"),
    [
        ([run("completed", "success")], CheckState.SUCCESS),
        ([run("completed", "skipped")], CheckState.SKIPPED),
        ([run("completed", "neutral")], CheckState.SKIPPED),
        ([run("in_progress", None)], CheckState.PENDING),
        ([run("something new", None)], CheckState.PENDING),
        ([run("completed", "timed_out")], CheckState.FAILURE),
        ([run("completed", "something new")], CheckState.FAILURE),
        ([run("completed", None)], CheckState.FAILURE),
        ([run("completed", "success"), run("completed", "failure")], CheckState.FAILURE),
        ([run("completed", "failure"), run("completed", "success")], CheckState.FAILURE),
    ],
)
def test_a_check_run_is_told_with_its_app(runs: list[dict[str, Any]], meaning: CheckState) -> None:
    assert only(told(runs=runs)).checks == (Check("render", "15368", HEAD, meaning),)


def test_two_posters_are_two_checks() -> None:
    found = only(told(statuses=[status(1, "success"), status(2, "failure", None)])).checks
    assert [(c.source, c.state.value) for c in found] == [("ci", "success"), ("", "failure")]


def test_the_latest_status_comes_last() -> None:
    """Whoever posted it: a check without a `source` is judged by it."""
    posted = [status(1, "pending"), status(2, "success", "mallory"), status(3, "failure")]
    found = only(told(statuses=posted)).checks
    assert [(c.source, c.state.value) for c in found] == [
        ("mallory", "success"),
        ("ci", "failure"),
    ]


def test_nobody_passes_for_an_app_by_a_name_of_digits() -> None:
    found = only(told(statuses=[status(1, "success", "15368")], runs=[run("queued", None)])).checks
    assert [(c.source, c.state.value) for c in found] == [
        ("@15368", "success"),
        ("15368", "pending"),
    ]


# --- who had a hand in it -----------------------------------------------------------------------


def push(by: str | None, kind: str = "push", **shas: str) -> dict[str, Any]:
    actor = None if by is None else user(by)
    return {"actor": actor, "activity_type": kind, "before": "0" * 40, "after": HEAD} | shas


def test_everybody_who_had_a_hand_in_any_version_is_told() -> None:
    events = [{"event": "committed", "sha": HEAD}, {"event": "head_ref_force_pushed"} | actor("bo")]
    pushes = [push("cy", "force_push", before=OTHER), push("fairlead", "branch_creation")]
    more = {
        f"GET /commits/{OTHER}": [{"sha": OTHER}],
        f"GET /compare/main...{OTHER}": [{"commits": [commit(None, "dee@example.com")]}],
    }
    script = told(events=events, activity=pushes, commits=[commit("eve")], more=more)
    found = only(script).contributors
    assert sorted(found) == ["bo", "cy", "dee@example.com", "eve", "fairlead"]


def actor(login: str) -> dict[str, Any]:
    return {"actor": user(login)}


def test_of_what_was_made_here_github_is_not_asked() -> None:
    with StandIn(told(commits=[commit("eve")])) as stand_in:
        (found,) = forge(stand_in, made_here=lambda sha: sha == HEAD).merge_requests()
        assert found.contributors == ("fairlead",)
        assert not any("/compare/" in asked.path for asked in stand_in.asked)
        (found,) = forge(stand_in, made_here=lambda sha: sha == OTHER).merge_requests()
        assert found.contributors == ("fairlead", "eve")


def test_a_version_that_github_has_forgotten_ends_no_reading() -> None:
    found = only(told(activity=[push("cy", "force_push", before=OTHER)]))
    assert found.contributors == ("fairlead", "cy")


def test_who_deletes_a_branch_adds_nothing_and_our_own_commits_name_nobody() -> None:
    pushes = [push("cy", "branch_deletion", after="0" * 40, before=OTHER)]
    ours = [commit(None, "fairlead@localhost")]
    assert only(told(activity=pushes, commits=ours)).contributors == ("fairlead",)


def test_the_branch_is_where_git_says() -> None:
    more = {
        f"GET /commits/{OTHER}/statuses": [[]],
        f"GET /commits/{OTHER}/check-runs": [{"total_count": 0, "check_runs": []}],
        f"GET /compare/main...{OTHER}": [{"commits": []}],
    }
    assert only(told(head=OTHER, more=more)).head == OTHER


@pytest.mark.parametrize("repo", [{"id": 8}, None])
def test_a_forks_branch_of_our_name_is_not_ours(repo: object) -> None:
    foreign = pull(head=pull()["head"] | {"repo": repo})
    with StandIn(told(pull=foreign)) as stand_in:
        assert forge(stand_in).merge_requests() == ()


def test_who_closed_it_is_asked_once() -> None:
    closed = pull(state="closed", closed_at=AT)
    events = [{"event": "closed"} | actor("ana"), {"event": "reopened"} | actor("bo")]
    events.append({"event": "closed"} | actor("eve"))
    with StandIn(told(pull=closed, events=events)) as stand_in:
        bot = forge(stand_in)
        for _ in range(2):
            (found,) = bot.merge_requests()
            assert (found.state, found.closed_by) == (MergeRequestState.CLOSED, "eve")
        assert len([a for a in stand_in.asked if a.path.endswith("/timeline")]) == 1


def test_what_a_person_armed_is_told_and_so_are_labels_and_reviewers() -> None:
    armed = pull(
        auto_merge={"enabled_by": user("ana")},
        labels=[{"name": "fairlead"}, {"name": "a"}],
        requested_reviewers=[user("bo"), user("ana")],
    )
    found = only(told(pull=armed))
    assert found.automatic_merge
    assert (found.labels, found.reviewers) == (("a", "fairlead"), ("ana", "bo"))
    assert not only(told()).automatic_merge


def test_one_that_is_merged_says_where_and_one_that_is_not_names_no_commit() -> None:
    done = pull(state="closed", closed_at=AT, merged_at=AT, merge_commit_sha=MERGED)
    found = only(told(pull=done))
    assert (found.state, found.merge_sha) == (MergeRequestState.MERGED, MERGED)
    assert only(told()).merge_sha is None


# --- teams --------------------------------------------------------------------------------------


def test_a_teams_people_are_told_and_one_that_is_not_shown_is_a_gap() -> None:
    place = "/api/v3/orgs/acme/teams/qa/members"
    script = Answers({f"GET {place}": [[user("bo"), user("ana")]]})
    with StandIn(script) as stand_in:
        groups = ("acme/qa", "acme/secret", "acme", "a/b/c")
        found = forge(stand_in).members(groups)
    assert found["acme/qa"] == ("ana", "bo")
    gaps = {name: one for name, one in found.items() if isinstance(one, Gap)}
    assert {name: gap.denied for name, gap in gaps.items()} == {
        "acme/secret": True,
        "acme": False,
        "a/b/c": False,
    }


# --- the status ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("pending", "pending"),
        ("success", "success"),
        ("failure", "failure"),
        ("skipped", "pending"),
    ],
)
def test_the_status_is_posted_under_its_name(state: str, told: str) -> None:
    with StandIn(Answers({f"POST /statuses/{HEAD}": [Said(201, {"id": 1})]})) as stand_in:
        forge(stand_in).post_status(HEAD, BRANCH, CommitStatus(CheckState(state), "2 of 3"))
        (said,) = sent(stand_in, "POST", f"/statuses/{HEAD}")
    assert said == {"state": told, "context": "fairlead", "description": "2 of 3"}
