"""Rules of GitLab's that need its inside or a licence to be seen; the others are in a table.

Source: GitLab, lib/api/merge_requests.rb; Merge request approvals: Settings; Merge status.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.gitlab_place import Place
from tests.stand_ins.gitlab import GitLab
from tests.stand_ins.model import Access, Tier


@pytest.fixture(params=list(Tier))
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GitLab]:
    with GitLab(tmp_path / "gitlab", tier=request.param) as server:
        yield server


@pytest.fixture
def licensed(tmp_path: Path) -> Iterator[Place]:
    with GitLab(tmp_path / "gitlab", tier=Tier.PREMIUM) as server:
        yield furnished(server)


@pytest.fixture
def place(server: GitLab) -> Place:
    return furnished(server)


def furnished(server: GitLab) -> Place:
    path = server.repository("fleet")
    tokens = {
        "owner": server.person("olga", access=Access.OWNER),
        "developer": server.person("dora"),
        "reviewer": server.person("rita"),
    }
    place = Place(server.url, path, server.face.premium, tokens)
    actions = [{"action": "create", "file_path": "fleet.yaml", "content": "name: acme\n"}]
    content = {"branch": "main", "commit_message": "Begin", "actions": actions}
    place.told("POST", "/repository/commits", content)
    return place


def approve(place: Place, number: int, by: str = "reviewer") -> int:
    return place.ask("POST", f"/merge_requests/{number}/approve", {}, by=by).status


def approvers(place: Place, number: int) -> list[str]:
    told = place.told("GET", f"/merge_requests/{number}/approvals")
    return [one["user"]["username"] for one in told["approved_by"]]


# --- merging ------------------------------------------------------------------------------------


def test_a_merge_without_a_sha_may_be_refused(server: GitLab, place: Place) -> None:
    number = place.request()
    project = server.forge.project(place.path)
    assert project is not None
    project.settings["require_sha_for_merge"] = True
    without = place.merge(number)
    assert (without.status, without.message) == (400, '"SHA must be provided when merging"')
    assert place.merge(number, sha=place.settled(number)["sha"]).status == 200


def test_what_is_still_computed_is_not_merged(server: GitLab, place: Place) -> None:
    server.forge.policy.polls_until_settled = 2
    branch = place.branch()
    content = {"source_branch": branch, "target_branch": "main", "title": "Mine"}
    opened = place.told("POST", "/merge_requests", content)
    assert (opened["detailed_merge_status"], opened["prepared_at"]) == ("preparing", None)
    assert place.merge(opened["iid"], sha=opened["sha"]).status == 405
    settled = place.settled(opened["iid"])
    assert settled["prepared_at"] is not None
    place.commit(branch, {"more.txt": "one\n"})
    again = place.told("GET", f"/merge_requests/{opened['iid']}")
    assert again["detailed_merge_status"] == "checking"
    assert again["prepared_at"] == settled["prepared_at"]
    head = place.settled(opened["iid"])["sha"]
    assert place.merge(opened["iid"], sha=head).status == 200


def test_a_merge_that_was_tried_and_did_not_happen(server: GitLab, place: Place) -> None:
    number = place.request()
    server.forge.policy.refuses_merges = True
    refused = place.merge(number)
    assert (refused.status, refused.message) == (422, '"Branch cannot be merged"')
    server.forge.policy.refuses_merges = False
    assert place.merge(number).status == 200


def test_no_conflict_is_waited_for(place: Place) -> None:
    branch = place.branch({"app.yaml": "tag: v1.0\n"})
    number = place.open(branch)
    place.commit("main", {"app.yaml": "tag: v0.9\n"}, by="owner")
    place.settled(number, "conflict")
    assert place.merge(number, auto_merge=True).status == 405


def test_a_rebase_is_answered_before_it_is_done(place: Place) -> None:
    number = place.request()
    old = place.settled(number)["sha"]
    place.commit("main", {"other.yaml": "a: 1\n"}, by="owner")
    answer = place.ask("PUT", f"/merge_requests/{number}/rebase", {})
    assert (answer.status, answer.body) == (202, {"rebase_in_progress": True})
    told = place.told("GET", f"/merge_requests/{number}", include_diverged_commits_count=True)
    assert told["sha"] != old
    assert told["diverged_commits_count"] == 0


# --- approvals with a licence -------------------------------------------------------------------


def test_one_reason_hides_another(licensed: Place) -> None:
    licensed.set(merge_method="ff")
    licensed.told("POST", "/approval_rules", {"name": "QA", "approvals_required": 1})
    number = licensed.request()
    licensed.commit("main", {"other.yaml": "a: 1\n"}, by="owner")
    assert licensed.settled(number)["detailed_merge_status"] == "not_approved"
    assert approve(licensed, number) == 201
    assert licensed.settled(number)["detailed_merge_status"] == "need_rebase"


def qa(place: Place) -> dict[str, object]:
    return {"name": "QA", "approvals_required": 1, "user_ids": [place.me("reviewer")["id"]]}


def test_a_rebase_that_changes_nothing_keeps_approvals(licensed: Place) -> None:
    number = licensed.request()
    assert approve(licensed, number) == 201
    licensed.commit("main", {"other.yaml": "a: 1\n"}, by="owner")
    licensed.told("PUT", f"/merge_requests/{number}/rebase", {})
    assert approvers(licensed, number) == ["rita"]
    licensed.commit("rule-1", {"more.txt": "one\n"})
    assert approvers(licensed, number) == []


def test_committers_approve_unless_that_is_switched_off(licensed: Place) -> None:
    branch = licensed.branch()
    number = licensed.open(branch)
    licensed.commit(branch, {"more.txt": "one\n"}, by="reviewer")
    assert approve(licensed, number) == 201
    licensed.told("POST", f"/merge_requests/{number}/unapprove", {}, by="reviewer")
    licensed.told("POST", "/approvals", {"merge_requests_disable_committers_approval": True})
    assert approve(licensed, number) == 401


def test_a_rule_is_for_the_branches_that_it_names(licensed: Place) -> None:
    other = licensed.told("POST", "/protected_branches", {"name": "stable"})
    licensed.told("POST", "/approval_rules", qa(licensed) | {"protected_branch_ids": [other["id"]]})
    number = licensed.request()
    assert licensed.settled(number)["detailed_merge_status"] == "mergeable"
    (main,) = [b for b in licensed.told("GET", "/protected_branches") if b["name"] == "main"]
    licensed.told("POST", "/approval_rules", qa(licensed) | {"protected_branch_ids": [main["id"]]})
    assert licensed.settled(number)["detailed_merge_status"] == "not_approved"


def test_a_reporter_approves_only_as_one_of_a_rules_group(server: GitLab, place: Place) -> None:
    server.person("paul", access=Access.REPORTER)
    number = place.request()
    server.call(
        "POST",
        server.on(place.path, f"/merge_requests/{number}/approve"),
        {},
        by="paul",
        expected=401,
    )
    if not place.premium:
        return
    group = server.call("POST", "/groups", {"name": "QA", "path": "qa"})
    paul = server.call("GET", "/users?username=paul")[0]["id"]
    member = {"user_id": paul, "access_level": int(Access.REPORTER)}
    server.call("POST", f"/groups/{group['id']}/members", member)
    rule = {"name": "QA", "approvals_required": 1, "group_ids": [group["id"]]}
    place.told("POST", "/approval_rules", rule)
    server.call("POST", server.on(place.path, f"/merge_requests/{number}/approve"), {}, by="paul")
    assert place.settled(number)["detailed_merge_status"] == "mergeable"
