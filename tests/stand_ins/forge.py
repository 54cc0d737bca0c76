"""A forge's accounts, groups, projects and who may do what in them."""

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from tests.stand_ins.bare import BareRepository, Signature
from tests.stand_ins.model import Access, Group, MergeRequest, Person, Project, Push, Tier, Token

Listener = Callable[[str, Project, Person, Any], None]
"""Is told a word for what happened, where, by whom, and about what."""


@dataclass
class Policy:
    """In what forges differ from each other when the same thing happens."""

    tier: Tier = Tier.FREE
    closes_without_source: bool = False
    """Whether a merge request ends when its branch is deleted."""
    drops_approvals: Callable[[MergeRequest], bool] = lambda _: False
    """Whether new commits take back the approvals of a merge request."""
    polls_until_settled: int = 0
    """How many looks at a merge request find its mergeability still being computed."""
    refuses_merges: bool = False
    """Whether a hook of the server's refuses every merge."""


class Forge:
    """Everything that is remembered, in memory and in bare repositories below a directory.

    Whoever reads or changes it holds `lock`.
    """

    def __init__(
        self,
        directory: Path,
        policy: Policy | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.directory = directory
        self.policy = policy or Policy()
        self.lock = threading.RLock()
        self.people: dict[int, Person] = {}
        self.groups: dict[int, Group] = {}
        self.projects: dict[int, Project] = {}
        self.tokens: dict[str, Token] = {}
        self.listeners: list[Listener] = []
        self._now = now
        self._last = datetime.min.replace(tzinfo=UTC)
        self._numbers = count(1)

    # --- time and numbers -----------------------------------------------------------------------

    def tick(self) -> datetime:
        """Now, in whole milliseconds, and later than anything that was recorded before."""
        now = self._now()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        self._last = max(now, self._last + timedelta(milliseconds=1))
        return self._last

    def number(self) -> int:
        """One that nothing here has."""
        return next(self._numbers)

    def tell(self, what: str, project: Project, by: Person, about: Any) -> None:
        """Let the listeners know."""
        for listener in self.listeners:
            listener(what, project, by, about)

    # --- accounts -------------------------------------------------------------------------------

    def add_person(self, login: str, name: str = "", email: str = "", **more: Any) -> Person:
        """A new account."""
        email = email or f"{login}@example.com"
        name = name or login.title()
        person = Person(self.number(), login, name, email, self.tick(), **more)
        self.people[person.id] = person
        return person

    def login(self, login: str) -> Person | None:
        """Whose login it is; case does not matter."""
        same = (p for p in self.people.values() if p.login.casefold() == login.casefold())
        return next(same, None)

    def remove_person(self, person: Person) -> None:
        """Delete the account, its tokens and memberships."""
        del self.people[person.id]
        self.tokens = {text: t for text, t in self.tokens.items() if t.owner is not person}
        places: list[Group | Project] = [*self.groups.values(), *self.projects.values()]
        for place in places:
            place.members.pop(person.id, None)

    def add_token(self, owner: Person, *scopes: str, prefix: str = "", name: str = "") -> Token:
        """A new credential of somebody's."""
        text = prefix + secrets.token_hex(12)
        number = self.number()
        name = name or f"token {number}"
        made = Token(number, owner, text, name, frozenset(scopes), self.tick())
        self.tokens[text] = made
        return made

    def holder(self, text: str) -> Token | None:
        """The token with this text, unless it is revoked or over."""
        found = self.tokens.get(text)
        if found is None or found.revoked or found.owner.state != "active":
            return None
        over = found.expires is not None and found.expires <= self._now().date().isoformat()
        return None if over else found

    # --- places ---------------------------------------------------------------------------------

    def add_group(self, path: str, name: str = "", parent: Group | None = None) -> Group:
        """A new group."""
        group = Group(self.number(), path, name or path, self.tick(), parent)
        self.groups[group.id] = group
        return group

    def group(self, path: str) -> Group | None:
        """The one with this full path; case does not matter."""
        same = (g for g in self.groups.values() if g.full_path.casefold() == path.casefold())
        return next(same, None)

    def add_project(
        self, owner: Person | Group, path: str, creator: Person, name: str = ""
    ) -> Project:
        """A new empty project."""
        number = self.number()
        bare = BareRepository.new(self.directory / "repositories", str(number))
        made = self.tick()
        project = Project(number, path, name or path, owner, creator, made, bare, updated=made)
        self.projects[number] = project
        return project

    def project(self, path: str) -> Project | None:
        """The one with this full path; case does not matter."""
        same = (p for p in self.projects.values() if p.full_path.casefold() == path.casefold())
        return next(same, None)

    # --- rights ---------------------------------------------------------------------------------

    def members(self, place: Project | Group, *, inherited: bool = True) -> dict[int, Access]:
        """Who belongs to it, by their number, with the highest access from anywhere."""
        found: dict[int, Access] = dict(place.members)
        if not inherited:
            return found
        for group in _above(place):
            for number, access in group.members.items():
                found[number] = max(access, found.get(number, Access.NONE))
        if isinstance(place, Project) and isinstance(place.owner, Person):
            found[place.owner.id] = Access.OWNER
        return found

    def access(self, person: Person | None, place: Project | Group) -> Access:
        """What somebody may do there; None: nobody in particular."""
        if person is None:
            return Access.NONE
        if person.administrator:
            return Access.ADMINISTRATOR
        return self.members(place).get(person.id, Access.NONE)

    def allows(self, whom: list[Access | Person | Group], person: Person, project: Project) -> bool:
        """Whether somebody is among those that a protection names."""
        level = self.access(person, project)
        for one in whom:
            if isinstance(one, Person):
                if one is person and level >= Access.DEVELOPER:
                    return True
            elif isinstance(one, Group):
                if person.id in self.members(one) and level >= Access.DEVELOPER:
                    return True
            elif one is not Access.NONE and level >= one:
                return True
        return False

    # --- asking ---------------------------------------------------------------------------------

    def requests(self) -> Iterator[MergeRequest]:
        """Every merge request."""
        for project in self.projects.values():
            yield from project.requests.values()

    def signature(self, person: Person) -> Signature:
        """How a commit names somebody, now."""
        return Signature(person.name, person.email, self.tick())

    def pusher(self, project: Project, ref: str, sha: str) -> Push | None:
        """The newest push that put a ref there."""
        pushes = (p for p in reversed(project.pushes) if p.ref == ref and p.after == sha)
        return next(pushes, None)


def _above(place: Project | Group) -> list[Group]:
    if isinstance(place, Group):
        return place.lineage
    return place.owner.lineage if isinstance(place.owner, Group) else []
