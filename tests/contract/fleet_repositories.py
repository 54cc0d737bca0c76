"""Real bare repositories for the contract suites, and how people push to them."""

import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from bot.adapters.git import GitRepository
from bot.model import IDENTITY, Person
from bot.ports import Draft, RefUpdate, Repository

T0 = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class FleetRepository:
    """A bare repository with a file on `main`, and any number of mirrors of it."""

    def __init__(self, directory: Path) -> None:
        """Take the repository in `directory`, or make one there."""
        self._directory = directory
        self._bare = directory / "fleet.git"
        self._mirrors = 0
        if not self._bare.exists():
            command = ["git", "init", "--bare", "--quiet", "--initial-branch=main", str(self._bare)]
            subprocess.run(command, check=True)
            self.push("main", {"fleet.yaml": "name: acme\n"})

    def copy(self, directory: Path) -> "FleetRepository":
        """The same refs and files elsewhere, without mirrors: quicker than making them again."""
        shutil.copytree(self._bare, directory / self._bare.name)
        return FleetRepository(directory)

    @cached_property
    def person(self) -> GitRepository:
        """The mirror through which people push."""
        return self.mirror()

    def mirror(self) -> GitRepository:
        """One more, fetched."""
        repository = GitRepository(self._next(), self._bare.as_uri(), plain=True)
        repository.fetch()
        return repository

    def interrupted(self) -> "Interrupted":
        """One more, before whose next push something else happens."""
        repository = Interrupted(self._next(), self._bare.as_uri(), plain=True)
        repository.fetch()
        return repository

    def _next(self) -> Path:
        self._mirrors += 1
        return self._directory / f"mirror-{self._mirrors}"

    def push(
        self,
        branch: str,
        files: Mapping[str, str],
        by: Person = IDENTITY,
        *,
        base: str | None = None,
    ) -> str:
        """A commit on top of `base` (None: of the branch, else of main); returns its sha."""
        return push(self.person, branch, files, by, base=base)

    def delete(self, branch: str) -> None:
        """Delete a branch."""
        self.person.fetch()
        self.person.push([RefUpdate(f"refs/heads/{branch}", self.person.head(branch), None)])

    def head(self, branch: str) -> str | None:
        """Where a branch is now."""
        self.person.fetch()
        return self.person.head(branch)


def push(
    repository: Repository,
    branch: str,
    files: Mapping[str, str],
    by: Person,
    *,
    base: str | None = None,
) -> str:
    """Put a commit on a branch, wherever the branch is now."""
    repository.fetch()
    present = repository.head(branch)
    parent = base or present or repository.head("main")
    changed = {path: text.encode() for path, text in files.items()}
    draft = Draft((parent,) if parent else (), f"Change {branch}", by, T0, changed)
    (sha,) = repository.write([draft])
    repository.push([RefUpdate(f"refs/heads/{branch}", present, sha)])
    return sha


class Interrupted(GitRepository):
    """Lets something else happen between its reading and its next push: a race, made certain."""

    meanwhile: Callable[[], object] | None = None

    def push(self, updates: Sequence[RefUpdate]) -> None:
        """Let it happen, once, then push."""
        first, self.meanwhile = self.meanwhile, None
        if first is not None:
            first()
        super().push(updates)
