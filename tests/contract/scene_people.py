"""People on each of the forges, doing the same by the forge's own calls."""

import re
import time
from collections.abc import Callable
from typing import Any, Protocol

from bot.model import CheckState
from gitops.errors import FairleadError
from tests.contract.forge_worlds import BOT, GiteaWorld
from tests.contract.github_world import GitHubWorld
from tests.contract.gitlab_world import GitLabWorld
from tests.real.gitea import Gitea
from tests.stand_ins.model import Access

READER = "reader"
CHECK = "render"

_LATER = 20.0


def answer(act: Callable[[], object]) -> str:
    """`done`, or the status by which a call was refused; `refused` for a push."""
    try:
        act()
    except AssertionError as error:
        told = re.search(r"was answered with (\d+)", str(error))
        if told is None:
            raise
        return told[1]
    except FairleadError:
        return "refused"
    return "done"


class People(Protocol):
    """Those of one forge, whose bot may merge. Everything may raise as `answer` understands it."""

    protected: bool
    """Whether main is."""

    @property
    def world(self) -> GiteaWorld | GitHubWorld | GitLabWorld:
        """Where they are."""
        ...

    def open(self, source: str, title: str = "Mine", by: str = "ana") -> int:
        """A merge request to main; its number."""
        ...

    def state(self, number: int) -> str:
        """open, closed or merged."""
        ...

    def head(self, number: int) -> str:
        """As the forge tells it."""
        ...

    def merge(self, number: int, head: str, by: str = BOT) -> None:
        """At this head, once the forge knows whether it can."""
        ...

    def approve(self, number: int, head: str, by: str) -> None:
        """At this head."""
        ...

    def edit(self, number: int, state: str) -> None:
        """By ana: open or closed."""
        ...

    def reader(self) -> None:
        """Somebody may read, and no more."""
        ...

    def protect(self, *, approvals: int = 0, check: bool = False, reset: bool = False) -> None:
        """Nobody pushes to main; the bot merges what has these."""
        ...

    def unprotect(self) -> None:
        """Main is as it was."""
        ...

    def settle(self, number: int, done: str) -> None:
        """Wait for what the forge does in the background: `pushed` or `deleted` its branch."""
        ...


class OnGitea:
    """Source: Gitea 1.26, which runs."""

    def __init__(self, world: GiteaWorld, server: Gitea) -> None:
        self.world = world
        self.protected = False
        self._server = server

    def open(self, source: str, title: str = "Mine", by: str = "ana") -> int:
        content = {"head": source, "base": "main", "title": title}
        number: int = self.world.call("POST", "/pulls", by, content)["number"]
        return number

    def _told(self, number: int) -> Any:
        return self.world.call("GET", f"/pulls/{number}", BOT)

    def state(self, number: int) -> str:
        told = self._told(number)
        return "merged" if told["merged"] else str(told["state"])

    def head(self, number: int) -> str:
        return str(self._told(number)["head"]["sha"])

    def merge(self, number: int, head: str, by: str = BOT) -> None:
        content = {"Do": "merge", "head_commit_id": head}
        deadline = time.monotonic() + _LATER
        while True:
            try:
                self.world.call("POST", f"/pulls/{number}/merge", by, content)
            except AssertionError as error:
                if "try again later" not in str(error) or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return

    def approve(self, number: int, head: str, by: str) -> None:
        self.world.approve(number, head, by)

    def edit(self, number: int, state: str) -> None:
        self.world.call("PATCH", f"/pulls/{number}", "ana", {"state": state})

    def reader(self) -> None:
        self._server.stranger(READER)
        self.world.administer("PUT", f"/collaborators/{READER}", {"permission": "read"})

    def protect(self, *, approvals: int = 0, check: bool = False, reset: bool = False) -> None:
        self.protected = True
        rule = {
            "rule_name": "main",
            "enable_push": False,
            "enable_merge_whitelist": True,
            "merge_whitelist_usernames": [BOT],
            "required_approvals": approvals,
            "enable_status_check": check,
            "status_check_contexts": [CHECK] if check else [],
            "dismiss_stale_approvals": reset,
        }
        self.world.administer("POST", "/branch_protections", rule)

    def unprotect(self) -> None:
        self.protected = False
        self.world.administer("DELETE", "/branch_protections/main", {})

    def settle(self, number: int, done: str) -> None:
        """Gitea marks reviews of former heads, and closes what has no branch, a while later."""
        deadline = time.monotonic() + _LATER
        while not self._settled(number, done):
            assert time.monotonic() < deadline, f"Gitea has not noticed for a minute: {done}"
            time.sleep(0.1)

    def _settled(self, number: int, done: str) -> bool:
        if done == "deleted":
            return self.state(number) == "closed"
        reviews = self.world.call("GET", f"/pulls/{number}/reviews", BOT)
        return all(review["stale"] for review in reviews)


class OnGitLab:
    """The stand-in, Premium."""

    def __init__(self, world: GitLabWorld) -> None:
        self.world = world
        self.protected = False

    def open(self, source: str, title: str = "Mine", by: str = "ana") -> int:
        content = {"source_branch": source, "target_branch": "main", "title": title}
        number: int = self.world.call("POST", "/merge_requests", by, content)["iid"]
        return number

    def _told(self, number: int) -> Any:
        return self.world.call("GET", f"/merge_requests/{number}", BOT)

    def state(self, number: int) -> str:
        return {"opened": "open"}.get(told := str(self._told(number)["state"]), told)

    def head(self, number: int) -> str:
        return str(self._told(number)["sha"])

    def merge(self, number: int, head: str, by: str = BOT) -> None:
        self.world.call("PUT", f"/merge_requests/{number}/merge", by, {"sha": head})

    def approve(self, number: int, head: str, by: str) -> None:
        self.world.call("POST", f"/merge_requests/{number}/approve", by, {"sha": head})

    def edit(self, number: int, state: str) -> None:
        wanted = {"open": "reopen", "closed": "close"}[state]
        self.world.call("PUT", f"/merge_requests/{number}", "ana", {"state_event": wanted})

    def reader(self) -> None:
        self.world.server.person(READER, access=Access.REPORTER)

    def protect(self, *, approvals: int = 0, check: bool = False, reset: bool = False) -> None:
        self.protected = True
        self.world.protect(push_access_level=Access.NONE, merge_access_level=Access.MAINTAINER)
        rule = {
            "name": "everybody",
            "rule_type": "any_approver",
            "approvals_required": approvals,
        }
        self.world.administer("POST", "/approval_rules", rule)
        self.world.administer("POST", "/approvals", {"reset_approvals_on_push": reset})
        self.world.administer("PUT", "", {"only_allow_merge_if_pipeline_succeeds": check})

    def unprotect(self) -> None:
        self.protected = False
        for rule in self.world.administer("GET", "/approval_rules"):
            self.world.administer("DELETE", f"/approval_rules/{rule['id']}")
        self.world.administer("PUT", "", {"only_allow_merge_if_pipeline_succeeds": False})
        self.world.protect(push_access_level=Access.DEVELOPER, merge_access_level=Access.DEVELOPER)

    def settle(self, number: int, done: str) -> None:
        """It has happened."""


class OnGitHub:
    """The stand-in, on the plan Team."""

    def __init__(self, world: GitHubWorld) -> None:
        self.world = world
        self.protected = False

    def open(self, source: str, title: str = "Mine", by: str = "ana") -> int:
        content = {"head": source, "base": "main", "title": title}
        number: int = self.world.call("POST", "/pulls", by, content)["number"]
        return number

    def _told(self, number: int) -> Any:
        return self.world.call("GET", f"/pulls/{number}", BOT)

    def state(self, number: int) -> str:
        told = self._told(number)
        return "merged" if told["merged"] else str(told["state"])

    def head(self, number: int) -> str:
        return str(self._told(number)["head"]["sha"])

    def merge(self, number: int, head: str, by: str = BOT) -> None:
        while self._told(number)["mergeable"] is None and self.state(number) == "open":
            pass
        self.world.call("PUT", f"/pulls/{number}/merge", by, {"sha": head})

    def approve(self, number: int, head: str, by: str) -> None:
        self.world.approve(number, head, by)

    def edit(self, number: int, state: str) -> None:
        self.world.call("PATCH", f"/pulls/{number}", "ana", {"state": state})

    def reader(self) -> None:
        self.world.server.stranger(READER)
        self.world.administer("PUT", f"/collaborators/{READER}", {"permission": "pull"})

    def protect(self, *, approvals: int = 0, check: bool = False, reset: bool = False) -> None:
        self.protected = True
        checks = {"strict": False, "contexts": [CHECK]} if check else None
        reviews = {"required_approving_review_count": approvals, "dismiss_stale_reviews": reset}
        self.world.protect(required_status_checks=checks, required_pull_request_reviews=reviews)

    def unprotect(self) -> None:
        self.protected = False
        self.world.administer("DELETE", "/branches/main/protection")

    def settle(self, number: int, done: str) -> None:
        """It has happened."""


def report(people: People, number: int, state: CheckState) -> None:
    """A check of the head, by bo."""
    people.world.check(number, people.head(number), CHECK, "bo", state)
