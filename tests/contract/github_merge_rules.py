"""What the adapter relies on of GitHub's reviews, merging and branch rules, a row for each."""

from typing import Any

from tests.contract.github_place import Place
from tests.contract.github_rules import rule

# --- reviews ------------------------------------------------------------------------------------


def reviews(place: Place, number: int) -> list[dict[str, Any]]:
    """All, as they are listed."""
    found: list[dict[str, Any]] = place.told("GET", f"/pulls/{number}/reviews")
    return found


@rule("an approval has its commit and time, and stays when the head moves", "2.1 who approved")
def approval(place: Place) -> None:
    made = place.request()
    number, head = made["number"], made["head"]["sha"]
    assert place.review(number, "APPROVE", commit_id=head).status == 200
    place.commit(made["head"]["ref"], "more.txt", "two\n")
    (found,) = reviews(place, number)
    assert (found["state"], found["commit_id"]) == ("APPROVED", head)
    assert (found["user"]["login"], found["user"]["type"]) == (place.login("owner"), "User")
    assert found["submitted_at"]


@rule("nobody approves their own: 422", "2.1")
def own(place: Place) -> None:
    number = place.request(by="writer")["number"]
    assert place.review(number, "APPROVE", by="writer").status == 422
    assert reviews(place, number) == []


@rule("each verdict is one more review, in the order of time", "REST, List reviews")
def verdicts(place: Place) -> None:
    number = place.request()["number"]
    for event in ("APPROVE", "REQUEST_CHANGES", "COMMENT"):
        assert place.review(number, event).status == 200
    states = [one["state"] for one in reviews(place, number)]
    assert states == ["APPROVED", "CHANGES_REQUESTED", "COMMENTED"]


@rule("a dismissal rewrites the review's state", "REST, Dismiss a review")
def dismissal(place: Place) -> None:
    number = place.request()["number"]
    review = place.review(number, "APPROVE").body["id"]
    place.told("PUT", f"/pulls/{number}/reviews/{review}/dismissals", {"message": "no"})
    assert [one["state"] for one in reviews(place, number)] == ["DISMISSED"]


# --- merging ------------------------------------------------------------------------------------


@rule("a merge is 200 with its commit, whose parents are base and head", "2.1 merge")
def merged(place: Place) -> None:
    made = place.request()
    number, head = made["number"], made["head"]["sha"]
    base = place.told("GET", "/git/ref/heads/main")["object"]["sha"]
    answer = place.merge(number, head, commit_title="Merge it", commit_message="Trailer: x")
    assert (answer.status, answer.body["merged"]) == (200, True)
    commit = place.told("GET", f"/commits/{answer.body['sha']}")
    assert [one["sha"] for one in commit["parents"]] == [base, head]
    assert commit["commit"]["message"] == "Merge it\n\nTrailer: x"
    told = place.told("GET", f"/pulls/{number}")
    assert (told["state"], told["merge_commit_sha"]) == ("closed", answer.body["sha"])
    assert told["merged_at"]


@rule("before the merge, merge_commit_sha is another commit: a test", "2.1; section 7.7")
def test_merge(place: Place) -> None:
    made = place.request()
    tried = made["merge_commit_sha"]
    answer = place.merge(made["number"], made["head"]["sha"])
    assert tried != answer.body["sha"]


@rule("another head is 409, and nothing is merged", "2.1 merge")
def wrong_sha(place: Place) -> None:
    made = place.request()
    other = place.told("GET", "/git/ref/heads/main")["object"]["sha"]
    assert place.merge(made["number"], other).status == 409
    assert place.told("GET", f"/pulls/{made['number']}")["state"] == "open"


@rule("what is merged already is 405", "2.1 merge")
def twice(place: Place) -> None:
    made = place.request()
    number, head = made["number"], made["head"]["sha"]
    assert place.merge(number, head).status == 200
    assert place.merge(number, head).status == 405


@rule("what is closed is 405", "2.1 merge", assumed=True)
def closed(place: Place) -> None:
    made = place.request()
    place.told("PATCH", f"/pulls/{made['number']}", {"state": "closed"})
    assert place.merge(made["number"], made["head"]["sha"]).status == 405


@rule("a conflict is 405, with mergeable false and the state dirty", "2.1 merge")
def conflict(place: Place) -> None:
    branch = place.branch({"conflict.txt": "one\n"})
    place.commit("main", "conflict.txt", "two\n", by="owner")
    made = place.settled(place.open(branch)["number"])
    assert (made["mergeable"], made["mergeable_state"]) == (False, "dirty")
    assert place.merge(made["number"], made["head"]["sha"]).status == 405


@rule("a merge method that the repository does not allow is 405", "2.1 merge")
def method(place: Place) -> None:
    made = place.request()
    place.told("PATCH", "", {"allow_merge_commit": False})
    try:
        assert place.merge(made["number"], made["head"]["sha"]).status == 405
    finally:
        place.told("PATCH", "", {"allow_merge_commit": True})


@rule("mergeable is null while GitHub computes it", "2.1", assumed=True)
def computing(place: Place) -> None:
    made = place.open(place.branch())
    assert made["mergeable"] is None
    assert place.settled(made["number"])["mergeable"] is True


@rule("a merged one can be commented, and not opened again: 422", "REST, Update a pull request")
def after(place: Place) -> None:
    made = place.request()
    number = made["number"]
    assert place.merge(number, made["head"]["sha"]).status == 200
    assert place.ask("POST", f"/issues/{number}/comments", {"body": "so"}).status == 201
    assert place.ask("PATCH", f"/pulls/{number}", {"state": "open"}).status == 422


# --- rules of branches --------------------------------------------------------------------------


@rule("on Free a private repository has no branch protection: 403", "2.1", planned=False)
def no_protection(place: Place) -> None:
    rule = {
        "required_status_checks": None,
        "enforce_admins": True,
        "required_pull_request_reviews": None,
        "restrictions": None,
    }
    assert place.ask("PUT", "/branches/main/protection", rule).status == 403


@rule("all four parts of a protection have to be named: 422", "2.1 branch protection", planned=True)
def four_parts(place: Place) -> None:
    answer = place.ask("PUT", "/branches/main/protection", {"enforce_admins": True})
    assert answer.status == 422


@rule("a missing approval is 405, in words, and the state is blocked", "2.1 merge", planned=True)
def approvals_wanted(place: Place) -> None:
    made = place.request(by="writer")
    number, head = made["number"], made["head"]["sha"]
    place.protect(1)
    try:
        assert place.settled(number)["mergeable_state"] == "blocked"
        answer = place.merge(number, head)
        assert answer.status == 405
        assert "approving review" in answer.message
        place.review(number, "APPROVE", commit_id=head)
        assert place.merge(number, head).status == 200
    finally:
        place.told("DELETE", "/branches/main/protection")


@rule("what holds for a branch is told without administration", "2.1 rulesets [K]", assumed=True)
def branch_rules(place: Place) -> None:
    answer = place.ask("GET", "/rules/branches/main", by="writer")
    assert answer.status in ({200} if place.rules else {200, 403})
