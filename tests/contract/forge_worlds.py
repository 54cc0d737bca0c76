"""What the forge contract needs of a forge's surroundings, for each forge that there is."""

from collections.abc import Mapping
from typing import Protocol

from bot.adapters.local import LocalForge
from bot.model import CheckState, MergeRequest, Person
from bot.ports import Commit, Forge
from tests.contract.fleet_repositories import T0, FleetRepository

BOT = "fairlead"


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

    def open(self, source: str, person: str) -> MergeRequest:
        """A person opens one on main."""
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

    def open(self, source: str, person: str) -> MergeRequest:
        return self.local.open_by_person(source, "main", person, "Mine")
