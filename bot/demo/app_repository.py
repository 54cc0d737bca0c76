"""An application's source repository in the demo: a bare repository with a main branch and tags."""

from pathlib import Path

from bot.adapters.git import GitRepository
from bot.model import Person
from bot.ports import Clock, Draft, RefUpdate

MAIN = "refs/heads/main"


class AppRepository:
    """Commits and tags, pushed to a bare repository below `directory`."""

    def __init__(self, directory: Path, name: str, url: str, clock: Clock) -> None:
        self.name = name
        self.url = url
        self._clock = clock
        self._git = GitRepository(directory / f"{name}-work.git", url, plain=True)
        self._git.fetch()

    @property
    def head(self) -> str | None:
        """The newest commit of main, None before the first."""
        return self._git.head("main")

    def commit(self, message: str, author: Person) -> str:
        """A commit on main; its sha."""
        parent = self.head
        changed = {"CHANGES.md": f"{self._clock().isoformat()} {message}\n".encode()}
        draft = Draft((parent,) if parent else (), message + "\n", author, self._clock(), changed)
        sha = self._git.write([draft])[0]
        self._git.push([RefUpdate(MAIN, parent, sha)])
        self._git.fetch()
        return sha

    def tag(self, name: str, sha: str) -> None:
        """A light tag; an existing one is moved."""
        ref = f"refs/tags/{name}"
        self._git.push([RefUpdate(ref, self._git.refs(ref).get(ref), sha)])
        self._git.fetch()
