"""What the forge contract needs of a forge's surroundings, for each forge that there is."""

import time
from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from bot.adapters.git import GitRepository
from bot.adapters.gitea import GiteaForge
from bot.adapters.gitea_api import GiteaLimits, Project
from bot.adapters.local import LocalForge
from bot.model import IDENTITY, CheckState, MergeRequest, Person
from bot.ports import Commit, Forge, RefUpdate
from bot.wiring import GitCredential
from tests.contract.fleet_repositories import T0, FleetRepository, push
from tests.real.gitea import Gitea

BOT = "fairlead"
PEOPLE = ("ana", "bo", "eve")
SCOPES = ("write:repository", "write:issue", "read:user")
"""What the bot's token on Gitea may do, as the manual says."""


class ForgeWorld(Protocol):
    """A forge with an empty fleet repository, and people who are not Fairlead.

    People are named by the logins `ana`, `bo` and `eve`; the bot is `fairlead`.
    """

    forge: Forge

    def push(self, branch: str, files: Mapping[str, str], by: str = BOT) -> str:
        """Push a commit on top of the branch, else of main; its sha."""
        ...

    def delete(self, branch: str) -> None:
        """Delete a branch."""
        ...

    def head(self, branch: str) -> str | None:
        """Where a branch is now."""
        ...

    def commit(self, sha: str) -> Commit | None:
        """A commit of the repository."""
        ...

    def contributor(self, person: str) -> str:
        """How the forge names somebody who pushed."""
        ...

    def seen(self) -> Mapping[int, MergeRequest]:
        """What the bot is told after a fresh look, by number."""
        ...

    def approve(self, number: int, head: str, person: str) -> None:
        """A person approves."""
        ...

    def check(self, number: int, head: str, name: str, source: str, state: CheckState) -> None:
        """Somebody posts a check."""
        ...

    def close(self, number: int, person: str) -> None:
        """A person closes one."""
        ...

    def reopen(self, number: int, person: str) -> None:
        """A person opens a closed one again."""
        ...

    def open(self, source: str, person: str) -> int:
        """A person opens one on main; its number."""
        ...


class LocalWorld:
    """The embedded forge."""

    def __init__(self, fleet: FleetRepository) -> None:
        self._fleet = fleet
        self._repository = fleet.mirror()
        self.local = LocalForge(self._repository, lambda: T0, login=BOT)
        self.forge: Forge = self.local

    def push(self, branch: str, files: Mapping[str, str], by: str = BOT) -> str:
        if by == BOT:
            return self._fleet.push(branch, files)
        return self._fleet.push(branch, files, Person(by.title(), self.contributor(by)))

    def delete(self, branch: str) -> None:
        self._fleet.delete(branch)

    def head(self, branch: str) -> str | None:
        return self._fleet.head(branch)

    def commit(self, sha: str) -> Commit | None:
        self._fleet.person.fetch()
        return self._fleet.person.commit(sha)

    def contributor(self, person: str) -> str:
        return person if person == BOT else f"{person}@example.com"

    def seen(self) -> Mapping[int, MergeRequest]:
        self._repository.fetch()
        return {request.number: request for request in self.forge.merge_requests()}

    def approve(self, number: int, head: str, person: str) -> None:
        self.local.approve(number, head, person)

    def check(self, number: int, head: str, name: str, source: str, state: CheckState) -> None:
        self.local.check(number, head, name, source, state)

    def close(self, number: int, person: str) -> None:
        self.local.close_by_person(number, person)

    def reopen(self, number: int, person: str) -> None:
        self.local.reopen(number, person)

    def open(self, source: str, person: str) -> int:
        return self.local.open_by_person(source, "main", person, "Mine").number


class GiteaWorld:
    """A repository of its own on a real Gitea, whose people push over HTTP."""

    _numbers = count(1)

    def __init__(self, gitea: Gitea, directory: Path) -> None:
        self._gitea = gitea
        self._directory = directory
        path = gitea.repository(f"fleet-{next(self._numbers)}")
        self._place = f"/repos/{path}"
        self.url = f"{gitea.url}/{path}.git"
        self._mirrors = {name: self.mirror(name) for name in (BOT, *PEOPLE)}
        self.project = Project.of(self.url, path)
        limits = GiteaLimits(mergeable_pauses=(0.1, 0.2, 0.4))
        token = gitea.person(BOT, *SCOPES)
        self.forge: Forge = GiteaForge(self.project, token, private=True, limits=limits)
        self.push("main", {"fleet.yaml": "name: acme\n"})

    def mirror(self, name: str) -> GitRepository:
        """The repository as somebody reads and pushes it."""
        token = self._gitea.person(name, *(SCOPES if name == BOT else ()))
        credential = GitCredential(name, token)
        return GitRepository(self._directory / f"{name}.git", self.url, credential, plain=True)

    def call(
        self, method: str, place: str, by: str, content: Mapping[str, object] | None = None
    ) -> Any:
        """A call on the repository in somebody's name."""
        return self._gitea.call(method, f"{self._place}{place}", content, by=by)

    def push(self, branch: str, files: Mapping[str, str], by: str = BOT) -> str:
        person = IDENTITY if by == BOT else Person(by.title(), f"{by}@example.com")
        sha = push(self._mirrors[by], branch, files, person)
        self._wait_for_heads(by)
        return sha

    def delete(self, branch: str) -> None:
        mirror = self._mirrors[BOT]
        mirror.fetch()
        mirror.push([RefUpdate(f"refs/heads/{branch}", mirror.head(branch), None)])

    def head(self, branch: str) -> str | None:
        mirror = self._mirrors[BOT]
        mirror.fetch()
        return mirror.head(branch)

    def commit(self, sha: str) -> Commit | None:
        mirror = self._mirrors[BOT]
        mirror.fetch()
        return mirror.commit(sha)

    def contributor(self, person: str) -> str:
        return person

    def seen(self) -> Mapping[int, MergeRequest]:
        return {request.number: request for request in self.forge.merge_requests()}

    def approve(self, number: int, head: str, person: str) -> None:
        review = {"event": "APPROVED", "commit_id": head}
        self.call("POST", f"/pulls/{number}/reviews", person, review)

    def check(self, number: int, head: str, name: str, source: str, state: CheckState) -> None:
        status = {"context": name, "state": state.value}
        self.call("POST", f"/statuses/{head}", source, status)

    def close(self, number: int, person: str) -> None:
        self.call("PATCH", f"/pulls/{number}", person, {"state": "closed"})

    def reopen(self, number: int, person: str) -> None:
        self.call("PATCH", f"/pulls/{number}", person, {"state": "open"})

    def open(self, source: str, person: str) -> int:
        content = {"head": source, "base": "main", "title": "Mine"}
        number: int = self.call("POST", "/pulls", person, content)["number"]
        return number

    def _wait_for_heads(self, by: str) -> None:
        """Gitea tells of a push in the background: until then its pages show the head before."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            listed = self.call("GET", "/pulls?state=open", by)
            shown = {p["head"]["ref"]: p["head"]["sha"] for p in listed}
            if all(self.head(branch) == sha for branch, sha in shown.items()):
                return
            time.sleep(0.05)
        raise AssertionError("Gitea has not looked at what was pushed for a minute")
