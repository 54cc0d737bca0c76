"""What the forge contract needs of a forge's surroundings, for each forge that there is."""

import re
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from bot.adapters.git import GitRepository
from bot.adapters.gitea import GiteaForge
from bot.adapters.gitea_api import GiteaLimits, Project
from bot.adapters.local import LocalForge
from bot.forge import Forge
from bot.model import IDENTITY, CheckState, MergeRequest, Person
from bot.ports import Commit, Draft, RefUpdate
from bot.secret import Secret
from bot.source_wiring import GitCredential
from tests.conftest import ROOT
from tests.contract.fleet_repositories import T0, FleetRepository, push
from tests.real.gitea import Gitea

BOT = "fairlead"
PEOPLE = ("ana", "bo", "eve")
SCOPES = tuple(re.findall(r"\n +\| `(\w+:\w+)` \|", (ROOT / "docs" / "gitea.md").read_text()))
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


class HostedWorld(ForgeWorld, Protocol):
    """One that is more than the embedded forge: it has groups, and merges by itself if told so."""

    def group(self, people: Sequence[str]) -> str:
        """A group of the forge with these people and the bot in it, as written after `group:`."""
        ...

    def strange_group(self) -> str:
        """A group that is there and that the bot may not look into."""
        ...

    def arm(self, number: int, person: str) -> None:
        """A person tells the forge to merge it by itself, when whatever is missing is there.

        Something is missing: the branch asks for an approval or a check from now on.
        """
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
        self.project = Project.of(f"{gitea.url}/{path}.git", path)
        self._mirrors = {name: self.mirror_of(path, name) for name in (BOT, *PEOPLE)}
        limits = GiteaLimits(mergeable_pauses=(0.1, 0.2, 0.4))
        token = gitea.person(BOT, *SCOPES)
        self.forge: Forge = GiteaForge(self.project, token, private=True, limits=limits)
        self.push("main", {"fleet.yaml": "name: acme\n"})

    def mirror_of(self, path: str, name: str) -> GitRepository:
        """A repository as somebody reads and pushes it."""
        token = self._gitea.person(name, *(SCOPES if name == BOT else ()))
        directory = self._directory / f"{path.replace('/', '-')}-{name}.git"
        url = f"{self._gitea.url}/{path}.git"
        return GitRepository(directory, url, GitCredential(name, token), plain=True)

    def call(
        self,
        method: str,
        place: str,
        by: str,
        content: Mapping[str, object] | None = None,
        *,
        repository: str | None = None,
    ) -> Any:
        """A call on this repository, or another one, in somebody's name."""
        path = repository or self.project.path
        return self._gitea.call(method, f"/repos/{path}{place}", content, by=by)

    def administer(self, method: str, place: str, content: Mapping[str, object]) -> None:
        """A call on the repository by Gitea's administrator."""
        self._gitea.call(method, f"/repos/{self.project.path}{place}", content)

    def person(self, name: str) -> Person:
        """Whom git says that made a commit of somebody's."""
        return IDENTITY if name == BOT else Person(name.title(), f"{name}@example.com")

    def push(self, branch: str, files: Mapping[str, str], by: str = BOT) -> str:
        sha = push(self._mirrors[by], branch, files, self.person(by))
        self._gitea.settle(self.project.path)
        return sha

    def force(self, branch: str, sha: str, by: str) -> None:
        """Put a branch somewhere else."""
        mirror = self._mirrors[by]
        mirror.fetch()
        mirror.push([RefUpdate(f"refs/heads/{branch}", mirror.head(branch), sha)])
        self._gitea.settle(self.project.path)

    def branches(self, names: Sequence[str]) -> None:
        """Push these at once, each with a commit of the bot's."""
        mirror = self._mirrors[BOT]
        mirror.fetch()
        parents = (str(mirror.head("main")),)
        made = mirror.write(
            [
                Draft(parents, f"Change {name}", IDENTITY, T0, {f"{number}.yaml": b"tag: v1.0\n"})
                for number, name in enumerate(names)
            ]
        )
        moves = zip(names, made, strict=True)
        mirror.push([RefUpdate(f"refs/heads/{name}", None, sha) for name, sha in moves])
        self._gitea.settle(self.project.path)

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

    def check_commit(self, sha: str, name: str, source: str, state: CheckState) -> None:
        """Somebody posts a check on a commit."""
        self.call("POST", f"/statuses/{sha}", source, {"context": name, "state": state.value})

    def token_of(self, name: str) -> Secret:
        """Somebody's token."""
        return self._gitea.person(name, *(SCOPES if name == BOT else ()))

    def close(self, number: int, person: str) -> None:
        self.call("PATCH", f"/pulls/{number}", person, {"state": "closed"})

    def reopen(self, number: int, person: str) -> None:
        self.call("PATCH", f"/pulls/{number}", person, {"state": "open"})

    def open(self, source: str, person: str) -> int:
        content = {"head": source, "base": "main", "title": "Mine"}
        number: int = self.call("POST", "/pulls", person, content)["number"]
        return number

    def group(self, people: Sequence[str]) -> str:
        organisation, _, name = self.project.path.partition("/")
        return f"{organisation}/{self._gitea.team(organisation, f'{name}-qa', (BOT, *people))}"

    def strange_group(self) -> str:
        organisation = f"strangers-{next(self._numbers)}"
        self._gitea.call("POST", "/orgs", {"username": organisation})
        return f"{organisation}/{self._gitea.team(organisation, 'qa', ())}"

    def arm(self, number: int, person: str) -> None:
        rule = {"rule_name": "main", "required_approvals": 1}
        self.administer("POST", "/branch_protections", rule)
        self._gitea.look(self.project.path, number)
        told = {"Do": "merge", "merge_when_checks_succeed": True}
        self.call("POST", f"/pulls/{number}/merge", person, told)
