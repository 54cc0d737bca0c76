"""What the adapter relies on of GitLab besides merging, a row for each rule.

Rows cite where the rule is written down. `assumed` ones nobody has seen on a real instance yet;
see `test_gitlab_rules` for how to look.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tests.contract.gitlab_place import Place


@dataclass(frozen=True)
class Rule:
    """`licensed` is whether it is so with a licence alone (True), without (False), or always."""

    says: str
    source: str
    assumed: bool
    licensed: bool | None
    holds: Callable[[Place], None]


RULES: list[Rule] = []

API = "GitLab, lib/api/merge_requests.rb"
DOCS = "GitLab Docs"


def rule(
    says: str, source: str, *, assumed: bool = False, licensed: bool | None = None
) -> Callable[[Callable[[Place], None]], Callable[[Place], None]]:
    """The decorated function fails where the rule does not hold."""

    def add(holds: Callable[[Place], None]) -> Callable[[Place], None]:
        RULES.append(Rule(says, source, assumed, licensed, holds))
        return holds

    return add


# --- open, find, change -------------------------------------------------------------------------


@rule("a second one for the same branches is refused with 409 and names the first", API)
def duplicate(place: Place) -> None:
    branch = place.branch()
    number = place.open(branch)
    content = {"source_branch": branch, "target_branch": "main", "title": "Again"}
    answer = place.ask("POST", "/merge_requests", content)
    assert answer.status == 409
    assert isinstance(answer.body["message"], list)
    assert f"!{number}" in answer.message


@rule("from a branch to itself nothing is opened: 422", API)
def same_branch(place: Place) -> None:
    content = {"source_branch": "main", "target_branch": "main", "title": "Mine"}
    assert place.ask("POST", "/merge_requests", content).status == 422


@rule("from no branch nothing is opened: 400, 404 or 422", API, assumed=True)
def no_branch(place: Place) -> None:
    content = {"source_branch": "nowhere", "target_branch": "main", "title": "Mine"}
    assert place.ask("POST", "/merge_requests", content).status in {400, 404, 422}


@rule("labels are added and taken off one by one, and made where they lack", API)
def labels(place: Place) -> None:
    number = place.request(labels="theirs,old")
    wanted = {"add_labels": "new,newer", "remove_labels": "old,absent"}
    told = place.told("PUT", f"/merge_requests/{number}", wanted)
    assert sorted(told["labels"]) == ["new", "newer", "theirs"]


@rule("a change of nothing is refused with 400", API)
def nothing(place: Place) -> None:
    assert place.ask("PUT", f"/merge_requests/{place.request()}", {}).status == 400


@rule("without a licence one reviewer is kept", f"{DOCS}, Reviewers", assumed=True, licensed=False)
def one_reviewer(place: Place) -> None:
    assert len(_reviewers(place)) == 1


@rule("with a licence all reviewers are kept", f"{DOCS}, Reviewers", licensed=True)
def reviewers(place: Place) -> None:
    assert len(_reviewers(place)) == 2


def _reviewers(place: Place) -> list[object]:
    wanted = [place.me(by)["id"] for by in ("owner", "developer")]
    content = {"reviewer_ids": wanted}
    told = place.told("PUT", f"/merge_requests/{place.request()}", content)
    return list(told["reviewers"])


@rule("who closed one is told", f"{DOCS}, Merge requests API")
def closed(place: Place) -> None:
    number = place.request()
    told = place.told("PUT", f"/merge_requests/{number}", {"state_event": "close"})
    assert (told["state"], told["detailed_merge_status"]) == ("closed", "not_open")
    assert told["closed_by"]["username"] == place.me("owner")["username"]


@rule("a list takes a state, a time of change and an order", f"{DOCS}, Merge requests API")
def listed(place: Place) -> None:
    first, second = place.request(), place.request()
    place.told("PUT", f"/merge_requests/{first}", {"title": "Changed"})
    since = place.settled(second)["updated_at"]
    query = {"state": "opened", "order_by": "updated_at", "sort": "asc", "updated_after": since}
    numbers = [one["iid"] for one in place.told("GET", "/merge_requests", **query)]
    assert numbers[-1] == first


@rule("a page names the next one in its header Link, the last one none", f"{DOCS}, Pagination")
def pages(place: Place) -> None:
    for _ in range(2):
        place.request()
    first = place.ask("GET", "/merge_requests", state="opened", per_page=1, page=1)
    assert 'rel="next"' in first.headers["Link"]
    number = int(first.headers["X-Total"])
    last = place.ask("GET", "/merge_requests", state="opened", per_page=1, page=number)
    assert 'rel="next"' not in last.headers["Link"]


# --- approvals ----------------------------------------------------------------------------------


def _approve(place: Place, number: int, by: str = "owner", **more: object) -> int:
    return place.ask("POST", f"/merge_requests/{number}/approve", more, by=by).status


@rule("an approval is taken once: 201, then 401", API)
def approve(place: Place) -> None:
    number = place.request()
    assert [_approve(place, number) for _ in range(2)] == [201, 401]


@rule("an approval of another sha is refused with 409", API)
def approve_another(place: Place) -> None:
    number = place.request()
    assert _approve(place, number, sha="0" * 40) == 409
    assert _approve(place, number, sha=place.settled(number)["sha"]) == 201


@rule("who has not approved takes nothing back: 404", API)
def unapprove(place: Place) -> None:
    assert place.ask("POST", f"/merge_requests/{place.request()}/unapprove").status == 404


@rule(
    "who approved is told, with a licence and without",
    "lib/api/entities/merge_request_approvals.rb",
)
def approved_by(place: Place) -> None:
    number = place.request()
    _approve(place, number)
    told = place.told("GET", f"/merge_requests/{number}/approvals")
    assert [one["user"]["username"] for one in told["approved_by"]] == [
        place.me("owner")["username"]
    ]
    assert ("approvals_required" in told) is place.premium


@rule("GitLab's own note says when somebody approved", f"{DOCS}, System notes", assumed=True)
def approval_note(place: Place) -> None:
    number = place.request()
    _approve(place, number)
    notes = place.told("GET", f"/merge_requests/{number}/notes", sort="asc")
    (note,) = (one for one in notes if one["body"] == "approved this merge request")
    assert note["system"]
    assert note["created_at"]
    assert note["author"]["username"] == place.me("owner")["username"]


@rule("approval rules are there with a licence alone", f"{DOCS}, Merge request approvals API")
def approval_rules(place: Place) -> None:
    status = place.ask("GET", "/approval_rules").status
    assert status == 200 if place.premium else status in {403, 404}


@rule("a push takes approvals back", f"{DOCS}, Approval settings", licensed=True)
def reset_on_push(place: Place) -> None:
    assert _left_after_a_push(place) == 0


@rule("a push leaves approvals", f"{DOCS}, Approval settings", assumed=True, licensed=False)
def kept_on_push(place: Place) -> None:
    assert _left_after_a_push(place) == 1


def _left_after_a_push(place: Place) -> int:
    branch = place.branch()
    number = place.open(branch)
    _approve(place, number)
    place.commit(branch, {"more.txt": "two\n"})
    place.settled(number)
    return len(place.told("GET", f"/merge_requests/{number}/approvals")["approved_by"])


@rule("an author does not approve", f"{DOCS}, Approval settings", licensed=True)
def author(place: Place) -> None:
    number = place.request(by="developer")
    assert _approve(place, number, by="developer") == 401
    assert _approve(place, number, by="owner") == 201


# --- versions, pushes, people -------------------------------------------------------------------


@rule("each push is a version, the newest first, with its head and its time", f"{DOCS}, API")
def versions(place: Place) -> None:
    branch = place.branch()
    number = place.open(branch)
    again = place.commit(branch, {"more.txt": "two\n"})
    place.settled(number)
    told = place.told("GET", f"/merge_requests/{number}/versions")
    assert told[0]["head_commit_sha"] == again
    assert told[0]["created_at"] > told[1]["created_at"]
    whole = place.told("GET", f"/merge_requests/{number}/versions/{told[0]['id']}")
    assert {"author_email", "committer_email"} <= whole["commits"][0].keys()


@rule("an event tells who pushed what where", f"{DOCS}, Events API")
def pushed(place: Place) -> None:
    branch = place.branch(by="developer")
    again = place.commit(branch, {"more.txt": "two\n"}, by="owner")
    events = place.eventually("/events", action="pushed", sort="desc")
    newest = next(one for one in events if one["push_data"]["commit_to"] == again)
    assert newest["push_data"]["ref"] == branch
    assert newest["author_username"] == place.me("owner")["username"]


@rule("members are told with those of the groups above, and by number", f"{DOCS}, Members API")
def members(place: Place) -> None:
    number = place.me("developer")["id"]
    (told,) = place.told("GET", "/members/all", **{"user_ids[]": number})
    assert (told["id"], told["access_level"], told["state"]) == (number, 30, "active")


@rule("the account of a project's token is told to be a bot", f"{DOCS}, Project access tokens")
def bots(place: Place) -> None:
    content = {"name": "robot", "scopes": ["read_api"], "access_level": 30}
    content["expires_at"] = f"{int(place.told('GET', '')['created_at'][:4]) + 1}-01-01"
    made = place.told("POST", "/access_tokens", content)
    told = place.told("GET", f"//users/{made['user_id']}", by="developer")
    assert told["bot"] is True
    assert told["username"].startswith("project_")


# --- statuses -----------------------------------------------------------------------------------

SERVICE = "app/services/ci/create_commit_status_service.rb"


@rule("a status that runs is not set to run again: 400", SERVICE)
def same_state(place: Place) -> None:
    head = place.settled(place.request())["sha"]
    posted = [_post(place, head, state) for state in ("pending", "pending", "running", "running")]
    assert posted == [201, 400, 201, 400]


@rule("after a status that is over comes another of the same name", SERVICE)
def another(place: Place) -> None:
    head = place.settled(place.request())["sha"]
    assert [_post(place, head, s) for s in ("success", "success", "pending")] == [201] * 3


@rule("what two people post under one name is told of both, when all is asked for", SERVICE)
def two_posters(place: Place) -> None:
    head = place.settled(place.request())["sha"]
    for by in ("owner", "developer"):
        _post(place, head, "success", by=by)
    told = place.told("GET", f"/repository/commits/{head}/statuses", all="true")
    posters = {one["author"]["username"] for one in told}
    assert posters == {place.me(by)["username"] for by in ("owner", "developer")}


def _post(place: Place, head: str, state: str, by: str = "owner") -> int:
    content = {"state": state, "name": "render", "description": state}
    return place.ask("POST", f"/statuses/{head}", content, by=by).status
