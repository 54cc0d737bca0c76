"""The repository that a directory on this machine belongs to, read at one of its revisions.

Its own configuration counts as little as a mirror's: see `git_process`. Nothing is written.

Source: gitrepository-layout(5), for `.git` as a file; gitrevisions(7).
"""

import os
import re
from collections.abc import Sequence
from pathlib import Path

from bot.adapters.git_failure import Answer
from bot.adapters.git_process import MAX_OUTPUT, Plumbing
from bot.adapters.git_reading import Reading
from gitops.errors import InvalidInput, Place, Unavailable
from gitops.tree import Tree

_ODD = re.compile(r"[\x00-\x20\x7f]|\.\.|^\^|^$")


class Checkout:
    """The repository around a directory."""

    def __init__(self, directory: Path) -> None:
        """Find it; `directory` is in it, or is its top.

        Raises:
            InvalidInput: it is in no repository.
        """
        found = next((p for p in _upwards(directory.resolve()) if (p / ".git").exists()), None)
        if found is None:
            hint = "compare within a git repository"
            raise InvalidInput("is in no git repository", hint, Place(str(directory)))
        self._top = found
        self._below = directory.resolve().relative_to(found).as_posix()
        self._git_directory = _git_directory(found / ".git")
        self._git = Plumbing("/", found)

    def tree(self, revision: str) -> Tree:
        """The files below the directory in a revision, by their paths from there.

        Raises:
            InvalidInput: there is no such revision.
            Unavailable: git could not read it.
        """
        sha = self._commit(revision)
        files = Reading(self).tree(sha)
        prefix = "" if self._below == "." else f"{self._below}/"
        below = files.below(self._below).items()
        return Tree({path.removeprefix(prefix): file for path, file in below})

    def ignored(self) -> frozenset[str]:
        """What git ignores below the directory, by its path from there; directories end in `/`.

        One that is ignored as a whole stands for all in it. The repository's own rules count
        (`.gitignore`, `info/exclude`), those of the machine's user do not. Nothing is ignored where
        the directory itself is.

        Raises:
            Unavailable: git could not tell.
        """
        args = ("ls-files", "--others", "--ignored", "--exclude-standard", "--directory", "-z")
        where = ("--end-of-options", self._below)
        answer = self.run((*args, *where))
        if answer.status:
            raise self.damaged(answer.err.strip())
        prefix = "" if self._below == "." else f"{self._below}/"
        paths = map(os.fsdecode, filter(None, answer.out.split(b"\0")))
        below = (path.removeprefix(prefix) for path in paths if path.startswith(prefix))
        return frozenset(path for path in below if path)

    def _commit(self, revision: str) -> str:
        if _ODD.search(revision):
            raise InvalidInput(
                f"{revision!r} is no single revision", "name a commit, tag or branch"
            )
        answer = self.run(("rev-list", "--max-count=1", "--end-of-options", revision, "--"))
        sha = answer.out.decode("ascii", errors="replace").strip()
        if answer.status or not sha:
            hint = f"see `git log` in {self._top}; an app's name comes after a revision's"
            raise InvalidInput(f"there is no revision {revision!r}", hint)
        return sha

    def run(self, args: Sequence[str], *, feed: bytes = b"", limit: int = MAX_OUTPUT) -> Answer:
        """One command that asks nobody; `limit` is of its output, in bytes.

        Raises:
            Unavailable: it took too long or said too much.
        """
        return self._git.run(self._git_directory, args, feed=feed, limit=limit)

    def absent(self, sha: str) -> Unavailable:
        """The error for a commit that it does not hold."""
        return Unavailable(f"no commit {sha} in {self._top}", service=str(self._top))

    def damaged(self, why: str) -> Unavailable:
        """The error for a repository that cannot be read."""
        return Unavailable(f"{self._top} cannot be read: {why}", service=str(self._top))


def _upwards(directory: Path) -> list[Path]:
    return [directory, *directory.parents]


def _git_directory(there: Path) -> Path:
    """The repository itself: in a second work tree `.git` is a file that names it.

    Raises:
        InvalidInput: the file names nothing.
    """
    if there.is_dir():
        return there
    said = there.read_text("utf-8", errors="replace")
    if not said.startswith("gitdir: "):
        raise InvalidInput("names no git directory", place=Place(str(there)))
    return (there.parent / said.removeprefix("gitdir: ").strip()).resolve()
