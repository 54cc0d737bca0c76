"""What the adapter relies on when GitLab merges, a row for each rule.

The first ones are in the order in which GitLab looks: `put ':id/merge_requests/:iid/merge'`.
"""

from tests.contract.gitlab_place import Place
from tests.contract.gitlab_rules import API, DOCS, rule

STATUS = f"{DOCS}, Merge requests API, Merge status"


@rule("who may not merge is refused with 401, whatever the sha", API)
def not_permitted(place: Place) -> None:
    number = place.request()
    assert place.merge(number, by="developer", sha="0" * 40).status == 401


@rule("another sha is refused with 409, which names the head", API)
def another_sha(place: Place) -> None:
    number = place.request()
    answer = place.merge(number, sha="0" * 40)
    assert answer.status == 409
    head = place.settled(number)["sha"]
    assert f"SHA does not match HEAD of source branch: {head}" in answer.message


@rule("another sha is refused before what is not mergeable", API)
def sha_first(place: Place) -> None:
    number = place.request(title="Draft: mine")
    assert place.merge(number, sha="0" * 40).status == 409


@rule("told to merge by itself while a pipeline runs, it stays open and is armed: 200", API)
def armed(place: Place) -> None:
    number = _running(place)
    answer = place.merge(number, auto_merge=True, sha=place.settled(number)["sha"])
    assert answer.status == 200
    assert answer.body["state"] == "opened"
    assert answer.body["merge_when_pipeline_succeeds"] is True


@rule("told to merge by itself without a pipeline, it merges at once: 200", API)
def at_once(place: Place) -> None:
    answer = place.merge(place.request(), auto_merge=True)
    assert (answer.status, answer.body["state"]) == (200, "merged")


@rule("an automatic merge is taken back with 201; where there is none, 406", API)
def cancelled(place: Place) -> None:
    number = _running(place)
    place.merge(number, auto_merge=True, sha=place.settled(number)["sha"])
    cancel = f"/merge_requests/{number}/cancel_merge_when_pipeline_succeeds"
    assert [place.ask("POST", cancel).status for _ in range(2)] == [201, 406]
    assert place.settled(number)["merge_when_pipeline_succeeds"] is False


@rule("what is not mergeable is refused with 405", API)
def not_mergeable(place: Place) -> None:
    assert place.merge(place.request(title="Draft: mine")).status == 405


@rule("a closed one is refused with 405", API)
def closed_one(place: Place) -> None:
    number = place.request()
    place.told("PUT", f"/merge_requests/{number}", {"state_event": "close"})
    assert place.merge(number).status == 405


@rule("a merge is answered with 200 and names its commit, with the head as second parent", API)
def merged(place: Place) -> None:
    number = place.request()
    head = place.settled(number)["sha"]
    answer = place.merge(number, sha=head, merge_commit_message="Mine\n\nTrailer: x")
    assert (answer.status, answer.body["state"]) == (200, "merged")
    commit = place.told("GET", f"/repository/commits/{answer.body['merge_commit_sha']}")
    assert commit["parent_ids"][1] == head
    assert commit["message"].rstrip() == "Mine\n\nTrailer: x"
    assert answer.body["merge_user"]["username"] == place.me("owner")["username"]


@rule("a second merge is refused with 405", API)
def twice(place: Place) -> None:
    number = place.request()
    assert [place.merge(number).status for _ in range(2)] == [200, 405]


@rule("fast forward, no commit is named and the branch is at the head", API)
def fast_forward(place: Place) -> None:
    place.set(merge_method="ff")
    try:
        number = place.request()
        answer = place.merge(number)
        assert (answer.status, answer.body["merge_commit_sha"]) == (200, None)
        main = place.told("GET", "/repository/branches/main")["commit"]["id"]
        assert main == answer.body["sha"]
    finally:
        place.set(merge_method="merge")


@rule("the source branch stays when it is not asked to go", API)
def branch_stays(place: Place) -> None:
    branch = place.branch()
    number = place.open(branch, remove_source_branch=False)
    assert place.merge(number, should_remove_source_branch=False).status == 200
    assert place.ask("GET", f"/repository/branches/{branch}").status == 200


# --- the one reason that is told ----------------------------------------------------------------


@rule("mergeable is what nothing stands against", STATUS)
def mergeable(place: Place) -> None:
    assert place.settled(place.request())["detailed_merge_status"] == "mergeable"


@rule("draft_status: its title begins with Draft:", STATUS)
def draft(place: Place) -> None:
    number = place.request(title="Draft: mine")
    assert place.settled(number, "draft_status")["draft"] is True


@rule("conflict: it cannot be merged with its target", STATUS)
def conflict(place: Place) -> None:
    one, other = (place.branch({"same.txt": f"{n}\n"}) for n in ("one", "other"))
    number = place.open(other)
    assert place.merge(place.open(one)).status == 200
    place.settled(number, "conflict")
    assert place.merge(number).status == 405


@rule("need_rebase: it is behind where that is not allowed", STATUS)
def need_rebase(place: Place) -> None:
    number = place.request()
    assert place.merge(place.request()).status == 200
    place.set(merge_method="ff")
    try:
        place.settled(number, "need_rebase")
    finally:
        place.set(merge_method="merge")


@rule("discussions_not_resolved: somebody's thread is open", STATUS)
def discussions(place: Place) -> None:
    number = place.request()
    place.set(only_allow_merge_if_all_discussions_are_resolved=True)
    try:
        place.told("POST", f"/merge_requests/{number}/discussions", {"body": "why?"})
        place.settled(number, "discussions_not_resolved")
    finally:
        place.set(only_allow_merge_if_all_discussions_are_resolved=False)


@rule("ci_must_pass, ci_still_running: a pipeline failed or is not over", STATUS)
def pipeline(place: Place) -> None:
    for state, expected in (("failed", "ci_must_pass"), ("running", "ci_still_running")):
        branch = place.branch()
        number = place.open(branch)
        place.set(only_allow_merge_if_pipeline_succeeds=True)
        try:
            _post(place, place.settled(number)["sha"], branch, state)
            place.settled(number, expected)
        finally:
            place.set(only_allow_merge_if_pipeline_succeeds=False)


@rule("not_approved: a rule asks for more approvals", STATUS, licensed=True)
def not_approved(place: Place) -> None:
    number = place.request()
    content = {"name": "one", "approvals_required": 1, "rule_type": "any_approver"}
    made = place.told("POST", "/approval_rules", content)
    try:
        place.settled(number, "not_approved")
        assert place.merge(number).status == 405
        place.told("POST", f"/merge_requests/{number}/approve", {})
        place.settled(number, "mergeable")
    finally:
        place.told("DELETE", f"/approval_rules/{made['id']}")


def _running(place: Place) -> int:
    """One whose pipeline runs."""
    branch = place.branch()
    number = place.open(branch)
    _post(place, place.settled(number)["sha"], branch, "running")
    return number


def _post(place: Place, head: str, branch: str, state: str) -> None:
    content = {"state": state, "name": "render", "ref": branch}
    place.told("POST", f"/statuses/{head}", content)
