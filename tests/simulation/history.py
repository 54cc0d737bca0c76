"""A bare repository as git tells it: what the oracle reads, nothing of the code it judges."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

Change = tuple[str, str, str, str, str]
"""Old mode, new mode, old blob, new blob, path."""

Entry = Mapping[str, object]
"""A merge request as the embedded forge records it."""


@dataclass(frozen=True)
class Commit:
    """A commit as git prints it."""

    sha: str
    parents: tuple[str, ...]
    committer: str
    at: datetime


class Git:
    """Reads one bare repository; what a sha names is asked once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[tuple[str, ...], bytes] = {}

    def fresh(self, *args: str) -> str:
        """What git says now."""
        command = ["git", "-C", str(self._directory), *args]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode()

    def fixed(self, *args: str) -> bytes:
        """What git says of objects: it never changes."""
        if args not in self._known:
            command = ["git", "-C", str(self._directory), *args]
            self._known[args] = subprocess.run(command, check=True, capture_output=True).stdout
        return self._known[args]

    def refs(self) -> dict[str, str]:
        """Every ref."""
        lines = self.fresh("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)

    def line(self, sha: str) -> list[Commit]:
        """First-parent history, newest first."""
        lines = self.fixed("log", "--first-parent", "--format=%H|%P|%ce|%cI", sha).decode()
        split = (entry.split("|") for entry in lines.splitlines())
        return [
            Commit(s, tuple(parents.split()), email, datetime.fromisoformat(at))
            for s, parents, email, at in split
        ]

    def changes(self, old: str, new: str) -> list[Change]:
        """What differs between two commits."""
        lines = self.fixed("diff-tree", "-r", "--no-renames", old, new).decode().splitlines()
        found = []
        for line in lines:
            facts, path = line.split("\t")
            old_mode, new_mode, before, after, _ = facts.removeprefix(":").split(" ")
            found.append((old_mode, new_mode, before, after, path))
        return found

    def blob(self, name: str) -> bytes:
        """A blob, by its id or as `commit:path`."""
        return self.fixed("cat-file", "blob", name)

    def tree(self, sha: str) -> str:
        """The id of a commit's tree."""
        return self.fixed("rev-parse", f"{sha}^{{tree}}").decode().strip()

    def message(self, sha: str) -> str:
        """A commit's message."""
        return self.fixed("log", "-1", "--format=%B", sha).decode()

    def entries(self, sha: str) -> list[Entry]:
        """The embedded forge's merge requests, as a commit of its ref has them."""
        names = self.fixed("ls-tree", "-r", "--name-only", sha).decode().splitlines()
        return [json.loads(self.blob(f"{sha}:{name}")) for name in names]
