"""What the adapter relies on of GitHub besides reviews and merging, a row for each rule.

Rows cite where the rule is written down: `REST` are pages of docs.github.com, 2.1 and 2.2 are of
the reference on forges. `assumed` ones nobody has seen on a real instance: `test_github_rules`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.contract.github_place import Place


@dataclass(frozen=True)
class Rule:
    """`planned` is whether it is so where the plan has rules (True), has none, or always (None)."""

    says: str
    source: str
    assumed: bool
    planned: bool | None
    holds: Callable[[Place], None]


RULES: list[Rule] = []


def rule(
    says: str, source: str, *, assumed: bool = False, planned: bool | None = None
) -> Callable[[Callable[[Place], None]], Callable[[Place], None]]:
    """The decorated function fails where the rule does not hold."""

    def add(holds: Callable[[Place], None]) -> Callable[[Place], None]:
        RULES.append(Rule(says, source, assumed, planned, holds))
        return holds

    return add


# --- find, open, change -------------------------------------------------------------------------


@rule("a head with its owner finds one; the list's heads tell their repository", "2.1 find PR")
def head_with_owner(place: Place) -> None:
    made = place.request()
    branch = made["head"]["ref"]
    place.request()
    query = {"state": "open", "base": "main", "head": f"{place.organisation}:{branch}"}
    (found,) = place.told("GET", "/pulls", **query)
    assert found["number"] == made["number"]
    assert found["head"]["repo"]["id"] == found["base"]["repo"]["id"]


@rule("a head without an owner is no filter", "2.1 find PR [K]", assumed=True)
def head_without_owner(place: Place) -> None:
    numbers = {place.request()["number"], place.request()["number"]}
    found = place.told("GET", "/pulls", state="open", head="promote/nowhere", per_page=100)
    assert numbers <= {one["number"] for one in found}


@rule("a second one for the same branches is 422, and says that there is one", "2.1 create")
def duplicate(place: Place) -> None:
    branch = place.request()["head"]["ref"]
    answer = place.ask("POST", "/pulls", {"head": branch, "base": "main", "title": "Again"})
    assert answer.status == 422
    assert "A pull request already exists for" in answer.message


@rule("between branches with the same commits nothing is opened: 422, in words", "2.1 create")
def no_commits(place: Place) -> None:
    start = place.told("GET", "/git/ref/heads/main")["object"]["sha"]
    place.told("POST", "/git/refs", {"ref": "refs/heads/promote/same", "sha": start})
    answer = place.ask("POST", "/pulls", {"head": "promote/same", "base": "main", "title": "No"})
    assert answer.status == 422
    assert "No commits between" in answer.message


@rule("a branch that is not there is 422, by field and code", "REST, Create a pull request")
def no_branch(place: Place) -> None:
    branch = place.branch()
    wrong = {"head": ("promote/nowhere", "main"), "base": (branch, "nowhere")}
    for name, (head, base) in wrong.items():
        answer = place.ask("POST", "/pulls", {"head": head, "base": base, "title": "No"})
        assert answer.status == 422
        assert (name, "invalid") in {(e["field"], e["code"]) for e in answer.body["errors"]}


@rule("a new body is told as it was written; an empty one may be null", "2.1 create")
def texts(place: Place) -> None:
    number = place.request()["number"]
    place.told("PATCH", f"/pulls/{number}", {"title": "Other", "body": "a\n\n| b |\n"})
    told = place.told("GET", f"/pulls/{number}")
    assert (told["title"], told["body"]) == ("Other", "a\n\n| b |\n")
    place.told("PATCH", f"/pulls/{number}", {"body": ""})
    assert place.told("GET", f"/pulls/{number}")["body"] in {"", None}


@rule("what is closed stays among the closed with its time of change", "REST, List pull requests")
def closed_list(place: Place) -> None:
    number = place.request()["number"]
    place.told("PATCH", f"/pulls/{number}", {"state": "closed"})
    latest_first = {"state": "closed", "sort": "updated", "direction": "desc"}
    last = place.told("GET", "/pulls", **latest_first)[0]
    assert (last["number"], last["merged_at"]) == (number, None)
    assert last["closed_at"] <= last["updated_at"]


# --- labels and reviewers -----------------------------------------------------------------------


@rule("labels are made where they lack, and stay beside others", "2.1 labels")
def labels(place: Place) -> None:
    number = place.request()["number"]
    for name in ("rules/new one", "rules/another"):
        place.told("POST", f"/issues/{number}/labels", [name])
    place.told("DELETE", f"/issues/{number}/labels/rules%2Fnew%20one")
    told = place.told("GET", f"/pulls/{number}")
    assert [label["name"] for label in told["labels"]] == ["rules/another"]


@rule("taking off a label that is not on it is 404", "REST, Remove a label from an issue")
def no_label(place: Place) -> None:
    number = place.request()["number"]
    assert place.ask("DELETE", f"/issues/{number}/labels/absent").status == 404


@rule("asking the author for a review is 422, and nobody is asked", "2.1 reviewers")
def author_as_reviewer(place: Place) -> None:
    number = place.request(by="writer")["number"]
    both = {"reviewers": [place.login("writer"), place.login("owner")]}
    assert place.ask("POST", f"/pulls/{number}/requested_reviewers", both).status == 422
    assert place.told("GET", f"/pulls/{number}")["requested_reviewers"] == []


@rule("asking somebody without a role is 422", "2.1 reviewers")
def stranger_as_reviewer(place: Place) -> None:
    number = place.request()["number"]
    nobody = {"reviewers": ["fairlead-nobody-of-that-name"]}
    assert place.ask("POST", f"/pulls/{number}/requested_reviewers", nobody).status == 422


@rule("who was asked is on the list until the review is there", "REST, Request reviewers")
def asked_until_answered(place: Place) -> None:
    number = place.request()["number"]
    asked = {"reviewers": [place.login("owner")]}
    place.told("POST", f"/pulls/{number}/requested_reviewers", asked, by="writer")
    told = place.told("GET", f"/pulls/{number}")["requested_reviewers"]
    assert [one["login"] for one in told] == asked["reviewers"]
    assert place.review(number, "APPROVE").status == 200
    assert place.told("GET", f"/pulls/{number}")["requested_reviewers"] == []


# --- what is said of a commit -------------------------------------------------------------------


@rule("statuses are listed newest first, each with who posted it", "2.1 statuses")
def statuses(place: Place) -> None:
    sha = place.request()["head"]["sha"]
    for state, by in (("pending", "writer"), ("success", "owner")):
        content = {"state": state, "context": "render", "description": state}
        place.told("POST", f"/statuses/{sha}", content, by=by)
    found = place.told("GET", f"/commits/{sha}/statuses")
    told = [(one["state"], one["creator"]["login"]) for one in found]
    assert told == [("success", place.login("owner")), ("pending", place.login("writer"))]
    assert found[0]["id"] > found[1]["id"]


@rule("a description of 140 characters is taken", "REST, Create a commit status")
def longest_description(place: Place) -> None:
    sha = place.request()["head"]["sha"]
    content = {"state": "pending", "context": "long", "description": "x" * 140}
    made = place.told("POST", f"/statuses/{sha}", content)
    assert made["description"] == "x" * 140


@rule("a check run is made by an app alone: 403", "2.1 check runs")
def check_runs(place: Place) -> None:
    sha = place.request()["head"]["sha"]
    content = {"name": "render", "head_sha": sha}
    assert place.ask("POST", "/check-runs", content).status == 403
    told = place.told("GET", f"/commits/{sha}/check-runs", filter="latest")
    assert (told["total_count"], told["check_runs"]) == (0, [])


# --- who had a hand in it -----------------------------------------------------------------------


@rule("who closed it is in its events", "REST, Timeline events")
def closer(place: Place) -> None:
    number = place.request()["number"]
    place.told("PATCH", f"/pulls/{number}", {"state": "closed"}, by="writer")
    found = place.eventually(f"/issues/{number}/timeline", '"closed"')
    (event,) = [one for one in found if one["event"] == "closed"]
    assert event["actor"]["login"] == place.login("writer")


@rule("who forced a branch elsewhere is in its events", "REST, Issue event types", assumed=True)
def forced(place: Place) -> None:
    made = place.request()
    branch, number = made["head"]["ref"], made["number"]
    place.commit(branch, "more.txt", "two\n")
    content = {"sha": made["head"]["sha"], "force": True}
    place.told("PATCH", f"/git/refs/heads/{branch}", content, by="owner")
    found = place.eventually(f"/issues/{number}/timeline", "head_ref_force_pushed")
    (event,) = [one for one in found if one["event"] == "head_ref_force_pushed"]
    assert event["actor"]["login"] == place.login("owner")


@rule(
    "who pushed a branch is in its activity, with both commits", "REST, List repository activities"
)
def activity(place: Place) -> None:
    made = place.request(by="writer")
    branch = made["head"]["ref"]
    after = place.commit(branch, "more.txt", "two\n", by="owner")
    found = place.eventually("/activity", after, ref=f"refs/heads/{branch}")
    (push,) = [one for one in found if one["after"] == after]
    assert (push["actor"]["login"], push["before"]) == (place.login("owner"), made["head"]["sha"])
    assert push["activity_type"] == "push"
    assert {one["actor"]["login"] for one in found} == {place.login("owner"), place.login("writer")}


@rule("a commit that no branch has any more is still compared", "REST, Compare two commits")
def lost_commit(place: Place) -> None:
    made = place.request()
    branch, before = made["head"]["ref"], made["head"]["sha"]
    lost = place.commit(branch, "more.txt", "two\n", by="owner")
    place.told("PATCH", f"/git/refs/heads/{branch}", {"sha": before, "force": True})
    told = place.told("GET", f"/compare/main...{lost}")
    assert [one["sha"] for one in told["commits"]] == [before, lost]
    assert all({"author", "committer", "commit"} <= one.keys() for one in told["commits"])


@rule("a commit that nobody knows is 404 or 422", "REST, Get a commit", assumed=True)
def unknown_commit(place: Place) -> None:
    assert place.ask("GET", f"/commits/{'0' * 39}1").status in {404, 422}


@rule("branches are listed by how they begin; none is an empty list", "REST, List matching refs")
def matching_refs(place: Place) -> None:
    branch = place.branch()
    found = place.told("GET", "/git/matching-refs/heads/promote/")
    assert f"refs/heads/{branch}" in {one["ref"] for one in found}
    assert all(one["object"]["type"] == "commit" for one in found)
    assert place.told("GET", "/git/matching-refs/heads/nothing/") == []


@rule("what somebody may do is told; maintain counts as write", "REST, Get permissions for a user")
def permissions(place: Place) -> None:
    told = {
        by: place.told("GET", f"/collaborators/{place.login(by)}/permission")["permission"]
        for by in ("owner", "writer")
    }
    assert told == {"owner": "admin", "writer": "write"}
    unknown = "/collaborators/fairlead-nobody-of-that-name/permission"
    assert place.ask("GET", unknown).status == 404


@rule("a team that is not there, or not to be seen, is 404", "REST, List team members")
def no_team(place: Place) -> None:
    answer = place.ask("GET", f"//orgs/{place.organisation}/teams/no-team-of-that-name/members")
    assert answer.status == 404


# --- transport ----------------------------------------------------------------------------------


@rule("a list names its next page, the last one none", "2.2; REST, Using pagination")
def pages(place: Place) -> None:
    for _ in range(2):
        place.request()
    first = place.ask("GET", "/pulls", state="all", per_page=1)
    assert len(first.body) == 1
    assert 'rel="next"' in first.headers["link"]
    total = len(place.told("GET", "/pulls", state="all", per_page=100))
    last = place.ask("GET", "/pulls", state="all", per_page=1, page=total)
    assert 'rel="next"' not in last.headers.get("link", "")


@rule("what has not changed is 304 and costs nothing of the limit", "2.2; REST, Best practices")
def conditional(place: Place) -> None:
    place.request()
    first = place.ask("GET", "/pulls", state="all")
    asked = {"If-None-Match": first.headers["etag"]}
    left = int(place.ask("GET", "/pulls", state="all").headers["x-ratelimit-remaining"])
    again = place.ask("GET", "/pulls", headers=asked, state="all")
    assert (again.status, again.body) == (304, None)
    assert int(again.headers["x-ratelimit-remaining"]) >= left


@rule("a wrong token is 401", "2.2")
def wrong_token(place: Place) -> None:
    wrong = {"Authorization": "Bearer ghp_" + "0123456789abcdef" * 2 + "0123"}
    answer = place.ask("GET", "//user", headers=wrong)
    assert (answer.status, answer.body["message"]) == (401, "Bad credentials")


@rule("a repository that is not there, or not to be seen, is 404", "2.2")
def hidden(place: Place) -> None:
    answer = place.ask("GET", f"//repos/{place.organisation}/no-repository-of-that-name")
    assert (answer.status, answer.body["message"]) == (404, "Not Found")
