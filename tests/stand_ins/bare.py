"""A bare repository, as a server reads and writes it: git computes everything.

A server asks the same of it again and again. What only names objects has one answer for ever, which
is remembered; and a ref that has a file is read from there.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.real.git_http import GIT, create

_SHA = re.compile(r"[0-9a-f]{40}")
_OBJECT = re.compile(r"\^?[0-9a-f]{40}(\^\{(commit|tree)\})?")
_ASKING = frozenset(
    ("cat-file", "diff", "log", "ls-tree", "merge-base", "merge-tree", "rev-list", "rev-parse")
)
_FORMAT = "%H%x00%P%x00%T%x00%an%x00%ae%x00%aI%x00%cn%x00%ce%x00%cI%x00%B"


@dataclass(frozen=True)
class Signature:
    """Whom a commit names, and when."""

    name: str
    email: str
    at: datetime


@dataclass(frozen=True)
class Commit:
    """A commit."""

    sha: str
    parents: tuple[str, ...]
    tree: str
    author: Signature
    committer: Signature
    message: str


@dataclass(frozen=True)
class Entry:
    """One line of a tree; `kind` is blob, tree or commit."""

    mode: str
    kind: str
    sha: str
    path: str


class GitFailed(Exception):
    """Git said no; its own words."""


class BareRepository:
    """`NAME.git` in a directory."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._answers: dict[tuple[str, ...], bytes] = {}

    @classmethod
    def new(cls, directory: Path, name: str) -> "BareRepository":
        """An empty one that takes pushes over HTTP and gives any commit it has."""
        directory.mkdir(parents=True, exist_ok=True)
        made = cls(create(directory, name))
        made.git("config", "uploadpack.allowAnySHA1InWant", "true")
        return made

    def git(
        self,
        *arguments: str,
        given: bytes | None = None,
        variables: Mapping[str, str] | None = None,
        good: Sequence[int] = (0,),
    ) -> str:
        """What a command prints, without the newline at its end.

        Raises:
            GitFailed: its status was none of the good ones.
        """
        return self.raw(*arguments, given=given, variables=variables, good=good).decode(
            errors="replace"
        )

    def raw(
        self,
        *arguments: str,
        given: bytes | None = None,
        variables: Mapping[str, str] | None = None,
        good: Sequence[int] = (0,),
    ) -> bytes:
        """The same, as bytes."""
        for_ever = given is None and variables is None and _of_objects(arguments)
        if for_ever and arguments in self._answers:
            return self._answers[arguments]
        done = subprocess.run(
            [GIT, "--git-dir", str(self.path), *arguments],
            input=given if given is not None else b"",
            env={**os.environ, **(variables or {})},
            capture_output=True,
            check=False,
        )
        if done.returncode not in good:
            raise GitFailed(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        told = done.stdout.removesuffix(b"\n")
        # Of an object that is not there nobody knows whether it will be.
        if for_ever and done.returncode == 0:
            self._answers[arguments] = told
        return told

    # --- refs -----------------------------------------------------------------------------------

    def refs(self) -> dict[str, str]:
        """Every branch and tag with what it names; an annotated tag names its object."""
        kinds = ("refs/heads", "refs/tags")
        if not self._packed:
            # A directory goes with its last ref: `os.walk` minds no more than git does.
            here = [each for kind in kinds for each in os.walk(self.path / kind)]
            paths = (Path(place, name) for place, _, names in here for name in names)
            refs = sorted(path.relative_to(self.path).as_posix() for path in paths)
            loose = {ref: self._loose(ref) for ref in refs}
            if not self._packed:  # nor meanwhile
                return {ref: sha for ref, sha in loose.items() if sha is not None}
        told = self.git("for-each-ref", "--format=%(objectname) %(refname)", *kinds)
        return {name: sha for sha, name in (line.split(" ", 1) for line in told.splitlines())}

    def branches(self) -> dict[str, str]:
        """Short names, sorted, with their heads."""
        start = "refs/heads/"
        return {n.removeprefix(start): s for n, s in self.refs().items() if n.startswith(start)}

    def head(self, branch: str) -> str | None:
        """Where a branch is."""
        return self._commit_of(f"refs/heads/{branch}")

    def resolve(self, name: str) -> str | None:
        """The commit that a branch, a tag or a sha names, in this order."""
        for full in (f"refs/heads/{name}", f"refs/tags/{name}", name):
            if not full.startswith("-") and (found := self._commit_of(full)):
                return found
        return None

    def _commit_of(self, name: str) -> str | None:
        named = name
        if name.startswith("refs/") and not self._packed:
            loose = self._loose(name)
            if loose is not None:
                named = loose
            elif not self._packed:  # nor meanwhile
                return None
        expression = f"{named}^{{commit}}"
        return self.git("rev-parse", "--quiet", "--verify", expression, good=(0, 1, 128)) or None

    @property
    def _packed(self) -> bool:
        return (self.path / "packed-refs").exists()

    def _loose(self, ref: str) -> str | None:
        """What the file of a ref says; None where there is none, or it is being written.

        Source: gitrepository-layout(5), "refs".
        """
        try:
            told = (self.path / ref).read_text("utf-8").strip()
        except (OSError, ValueError):
            return None
        return told if _SHA.fullmatch(told) and not ref.endswith(".lock") else None

    def move(self, ref: str, new: str | None, old: str | None = None) -> None:
        """Put a ref somewhere, None: away; `old` is where it must be now, None: anywhere."""
        where = ["-d", ref] if new is None else [ref, new]
        self.git("update-ref", *where, *([old] if old is not None else []))

    def tag(self, name: str, sha: str, message: str, by: Signature) -> None:
        """An annotated tag."""
        self.git("tag", "-a", "-m", message, name, sha, variables=_names(by))

    # --- history --------------------------------------------------------------------------------

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether everything of `old` is in `new`."""
        try:
            return not self.git("rev-list", "--max-count=1", old, f"^{new}")
        except GitFailed:
            return False

    def base(self, one: str, *others: str) -> str | None:
        """The best common ancestor."""
        found = self.git("merge-base", one, *others, good=(0, 1))
        return found.splitlines()[0] if found else None

    def count(self, *what: str) -> int:
        """How many commits a range has."""
        return int(self.git("rev-list", "--count", *what))

    def commit(self, sha: str) -> Commit | None:
        """One commit, None when it is not there."""
        try:
            return self.log("--max-count=1", sha)[0]
        except GitFailed:
            return None

    def log(self, *what: str, paths: Sequence[str] = ()) -> list[Commit]:
        """Newest first."""
        told = self.git("log", "-z", f"--format=tformat:{_FORMAT}%x01", *what, "--", *paths)
        return [_commit(entry.lstrip("\0")) for entry in told.split("\x01") if entry.strip("\0\n")]

    # --- trees ----------------------------------------------------------------------------------

    def tree(self, revision: str, path: str = "", *, recursive: bool = False) -> list[Entry]:
        """What lies in a directory of a commit."""
        options = ["-r", "-t"] if recursive else []
        place = [f"{path.rstrip('/')}/"] if path else []
        told = self.git("ls-tree", "-z", "--full-tree", *options, revision, "--", *place)
        return [_entry(line) for line in told.split("\0") if line]

    def entry(self, revision: str, path: str) -> Entry | None:
        """What has exactly this path."""
        told = self.git("ls-tree", "-z", "--full-tree", revision, "--", path, good=(0, 128))
        found = [_entry(line) for line in told.split("\0") if line]
        return next((entry for entry in found if entry.path == path), None)

    def blob(self, sha: str) -> bytes:
        """The content of a file by its own sha."""
        done = subprocess.run(
            [GIT, "--git-dir", str(self.path), "cat-file", "blob", sha],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise GitFailed(done.stderr.decode(errors="replace"))
        return done.stdout

    def store(self, content: bytes) -> str:
        """Keep a file's content; its sha."""
        return self.git("hash-object", "-w", "--stdin", given=content)

    def changed(self, tree: str | None, changes: Mapping[str, tuple[str, str] | None]) -> str:
        """The tree with these paths as (mode, sha), or without them: None."""
        index = self.path / "stand-in.index"
        index.unlink(missing_ok=True)
        variables = {"GIT_INDEX_FILE": str(index)}
        self.git("read-tree", *([tree] if tree else ["--empty"]), variables=variables)
        lines = "".join(
            f"{put[0]} {put[1]}\t{path}\0" if put else f"0 {ZERO_BLOB}\t{path}\0"
            for path, put in changes.items()
        )
        self.git("update-index", "-z", "--index-info", given=lines.encode(), variables=variables)
        return self.git("write-tree", variables=variables)

    def write(self, tree: str, parents: Sequence[str], message: str, *by: Signature) -> str:
        """A commit, by its author and, if somebody else, its committer."""
        named = [word for parent in parents for word in ("-p", parent)]
        variables = _names(by[0], by[-1])
        return self.git("commit-tree", tree, *named, given=message.encode(), variables=variables)

    def merged(self, ours: str, theirs: str) -> str | None:
        """The tree of a merge, None when the two conflict.

        Raises:
            GitFailed: they have no history in common.
        """
        told = self.git("merge-tree", "--write-tree", "--no-messages", ours, theirs, good=(0, 1))
        first, *conflicts = told.splitlines()
        return None if conflicts else first

    def three_way(self, base: str, ours: str, theirs: str) -> str | None:
        """The tree of `ours` with what changed from `base` to `theirs`, None for a conflict."""
        # Git 2.39 takes no base for merge-tree: histories are made that have it.
        me = datetime.now(UTC)
        by = Signature("stand-in", "stand-in@localhost", me)
        root = self.write(self._tree_of(base), [], "base", by)
        sides = [self.write(self._tree_of(side), [root], "side", by) for side in (ours, theirs)]
        return self.merged(*sides)

    def _tree_of(self, commit: str) -> str:
        return self.git("rev-parse", f"{commit}^{{tree}}")


def _of_objects(arguments: Sequence[str]) -> bool:
    """Whether a command asks, and of nothing but objects by their full names."""
    command, *rest = arguments
    revisions = rest[: rest.index("--")] if "--" in rest else rest
    named = [word for word in revisions if not word.startswith("-")]
    refs = ("--all", "--branches", "--tags", "--remotes", "--glob", "--stdin")
    return (
        command in _ASKING
        and bool(named)
        and all(_OBJECT.fullmatch(word) for word in named)
        and not any(word.startswith(refs) for word in revisions)
    )


ZERO_BLOB = "0" * 40


def _names(author: Signature, committer: Signature | None = None) -> dict[str, str]:
    by = committer or author
    return {
        "GIT_AUTHOR_NAME": author.name,
        "GIT_AUTHOR_EMAIL": author.email,
        "GIT_AUTHOR_DATE": author.at.isoformat(),
        "GIT_COMMITTER_NAME": by.name,
        "GIT_COMMITTER_EMAIL": by.email,
        "GIT_COMMITTER_DATE": by.at.isoformat(),
    }


def _commit(entry: str) -> Commit:
    sha, parents, tree, an, ae, at, cn, ce, ct, message = entry.split("\0", 9)
    author = Signature(an, ae, datetime.fromisoformat(at))
    committer = Signature(cn, ce, datetime.fromisoformat(ct))
    return Commit(sha, tuple(parents.split()), tree, author, committer, message.rstrip("\n"))


def _entry(line: str) -> Entry:
    head, _, path = line.partition("\t")
    mode, kind, sha = head.split()
    return Entry(mode, kind, sha, path)
