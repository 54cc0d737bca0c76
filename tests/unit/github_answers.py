"""A GitHub on loopback that answers as a test tells it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from bot.adapters.github import GitHubForge, Server
from bot.adapters.github_api import GitHubLimits
from bot.adapters.github_project import Project
from bot.adapters.requests_session import SessionLimits
from bot.forge import MergeRequestText
from bot.model import MergeRequest
from bot.secret import Secret
from tests.unit.oci_stand_in import CANARY, Asked, Said, Script, StandIn

HEAD, OTHER, MERGED = "a" * 40, "b" * 40, "c" * 40
BRANCH = "promote/prod/payments/v1.0"
TEXT = MergeRequestText("payments v1.0 to prod", "why")
REPOSITORY = "/api/v3/repos/acme/fleet"
AT = "2026-03-02T09:00:00Z"
LIMITS = GitHubLimits(
    session=SessionLimits(connect_time=10.0, silence=10.0), mergeable_pauses=(0.01, 0.01, 0.01)
)


def user(login: str, kind: str = "User") -> dict[str, Any]:
    return {"login": login, "type": kind}


def pull(number: int = 1, **changed: Any) -> dict[str, Any]:
    """A merge request as GitHub tells it, without what nobody reads."""
    return {
        "number": number,
        "node_id": "PR_kwDO",
        "user": user("fairlead"),
        "title": "payments v1.0 to prod",
        "body": "why",
        "state": "open",
        "merged_at": None,
        "merge_commit_sha": OTHER,
        "mergeable": True,
        "mergeable_state": "clean",
        "closed_at": None,
        "updated_at": AT,
        "auto_merge": None,
        "labels": [],
        "requested_reviewers": [],
        "base": {"ref": "main", "sha": OTHER, "repo": {"id": 7}},
        "head": {"ref": BRANCH, "sha": HEAD, "repo": {"id": 7}},
    } | changed


def review(person: str, state: str, sha: str | None = HEAD, kind: str = "User") -> dict[str, Any]:
    return {"user": user(person, kind), "state": state, "commit_id": sha, "submitted_at": AT}


def commit(author: str | None, email: str = "eve@example.com") -> dict[str, Any]:
    by = None if author is None else user(author)
    person = {"name": "Eve", "email": email}
    return {"author": by, "committer": by, "commit": {"author": person, "committer": person}}


def refused(status: int, message: str, **more: Any) -> Said:
    return Said(status, {"message": message, **more})


class Answers:
    """What is said to each call: the last of its answers again and again."""

    def __init__(self, answers: Mapping[str, list[Any]]) -> None:
        self._answers = {call: list(said) for call, said in answers.items()}

    def __call__(self, asked: Asked) -> Said:
        if asked.query.get("state") == "closed":
            return Said(200, [])
        if asked.path == "/api/v3/user":
            return Said(200, user("fairlead"))
        if asked.path.endswith("/permission"):
            reader = asked.path.rsplit("/", 2)[-2].startswith("reader")
            return Said(200, {"permission": "read" if reader else "write"})
        call = f"{asked.method} {asked.path.removeprefix(REPOSITORY)}"
        said = self._answers.get(call, [refused(404, "Not Found")])
        answer = said.pop(0) if len(said) > 1 else said[0]
        return answer if isinstance(answer, Said) else Said(200, answer)


def told(**answers: Any) -> Answers:
    """One open merge request, of which this is told beside."""
    runs = answers.get("runs", [])
    commits = answers.get("commits", [])
    return Answers(
        {
            "GET /pulls": [[answers.get("pull", pull())]],
            "GET /git/matching-refs/heads/promote/": [[ref(answers.get("head", HEAD))]],
            "GET /issues/1/timeline": [answers.get("events", [])],
            "GET /pulls/1/reviews": [answers.get("reviews", [])],
            f"GET /commits/{HEAD}/statuses": [answers.get("statuses", [])],
            f"GET /commits/{HEAD}/check-runs": [{"total_count": len(runs), "check_runs": runs}],
            "GET /activity": [answers.get("activity", [])],
            f"GET /compare/main...{HEAD}": [{"total_commits": 1, "commits": commits}],
            **answers.get("more", {}),
        }
    )


def ref(sha: str) -> dict[str, Any]:
    return {"ref": f"refs/heads/{BRANCH}", "object": {"type": "commit", "sha": sha}}


def forge(
    stand_in: StandIn, *, private: bool = True, made_here: Callable[[str], bool] = lambda _: False
) -> GitHubForge:
    project = Project.of(f"{stand_in.url}/acme/fleet.git", "acme/fleet")
    server = Server(private=private, limits=LIMITS)
    return GitHubForge(project, lambda: Secret(CANARY), server=server, made_here=made_here)


def only(script: Script) -> MergeRequest:
    """The one that the bot is told of."""
    with StandIn(script) as stand_in:
        (found,) = forge(stand_in).merge_requests()
    return found


def sent(stand_in: StandIn, method: str, place: str) -> list[Any]:
    """The bodies of these calls."""
    path = place if place.startswith("/api/") else REPOSITORY + place
    return [json.loads(a.body) for a in stand_in.asked if (a.method, a.path) == (method, path)]
