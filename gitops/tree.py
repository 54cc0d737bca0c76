r"""`Tree`: an immutable mapping of paths to files.

A directory, a commit, a template and a test literal are all Trees, so the rules of a fleet are
functions on Trees. `gitops.directory` reads and writes those that lie on a disk.

    >>> Tree.of({"a/b.yaml": "x: 1\n"})["a/b.yaml"].data
    b'x: 1\n'
"""

import re
from collections.abc import (
    Collection,
    ItemsView,
    Iterator,
    KeysView,
    Mapping,
    ValuesView,
)
from dataclasses import dataclass
from enum import StrEnum

from gitops.errors import InvalidInput, Place

MAX_FILE = 4 * 1024 * 1024
"""Bytes. A larger file is kept out of a Tree read from a directory or a commit, and marked."""

SKIPPED = frozenset({".git", ".venv", "node_modules", "lost+found"})
"""Names that `read_directory` passes over; in a second work tree `.git` is a file."""

_ODD = re.compile(r"[\\\0\n\r]")
_NO_STEP = frozenset({"", ".", "..", ".git"})


class Mode(StrEnum):
    """Git's file modes (git-fast-import(1), "filemodify")."""

    FILE = "100644"
    EXECUTABLE = "100755"
    SYMLINK = "120000"
    SUBMODULE = "160000"


@dataclass(frozen=True, slots=True)
class File:
    """One entry. A symlink's `data` is its target; a submodule's is empty.

    `unread` says why `data` is empty although the file is not: it is too large, nobody may read it,
    or a path with its name cannot be written down safely. None when it was read.
    """

    data: bytes
    mode: Mode = Mode.FILE
    unread: str | None = None

    @property
    def regular(self) -> bool:
        """Whether its bytes are its own and were read: no symlink, no submodule, not `unread`."""
        return self.ordinary and self.unread is None

    @property
    def ordinary(self) -> bool:
        """Whether its bytes are its own, read or not: no symlink and no submodule."""
        return self.mode is Mode.FILE or self.mode is Mode.EXECUTABLE


class Tree(Mapping[str, File]):
    """Paths (relative, `/`-separated, normalised; but for `unread` files as git has them)."""

    __slots__ = ("_files",)

    def __init__(self, files: Mapping[str, File]) -> None:
        for path, file in files.items():
            if not file.unread or not _inside(path):
                check_path(path)
        self._files = dict(sorted(files.items()))

    @classmethod
    def of(cls, texts: Mapping[str, str | bytes]) -> "Tree":
        """A Tree of ordinary files from their texts."""
        return cls({p: File(t.encode() if isinstance(t, str) else t) for p, t in texts.items()})

    def __getitem__(self, path: str) -> File:
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    # Those of `Mapping` take ten times as long, and a fleet has ten thousands of files.
    def __contains__(self, path: object) -> bool:
        return path in self._files

    def keys(self) -> KeysView[str]:
        """Every path."""
        return self._files.keys()

    def values(self) -> ValuesView[File]:
        """Every file."""
        return self._files.values()

    def items(self) -> ItemsView[str, File]:
        """Both."""
        return self._files.items()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tree) and self._files == other._files

    __hash__ = None  # type: ignore[assignment]

    def read(self, path: str) -> bytes:
        """The bytes of a file that somebody goes by.

        Raises:
            InvalidInput: the file is `unread`, so nobody knows what it says.
        """
        file = self._files[path]
        if file.unread is not None:
            raise InvalidInput(f"is {file.unread}", "mend or remove it", Place(path))
        return file.data

    def replace(self, changed: Mapping[str, bytes]) -> "Tree":
        """The same Tree with these files' bytes, modes kept; new paths become ordinary files."""
        known = self._files
        return self.joined(
            {p: File(d, known[p].mode if p in known else Mode.FILE) for p, d in changed.items()}
        )

    def joined(self, files: Mapping[str, File]) -> "Tree":
        """The same Tree with these files, which take the place of what is there under their paths.

        Raises:
            InvalidInput: a path is none; see `check_path`.
        """
        both = self._files | dict(Tree(files))
        return self.of_known(dict(sorted(both.items())) if len(both) > len(self._files) else both)

    def below(self, directory: str) -> "Tree":
        """The files below a directory, with their paths unchanged; `.` is everything."""
        prefix = "" if directory in {"", "."} else directory.rstrip("/") + "/"
        return self.of_known({p: f for p, f in self._files.items() if p.startswith(prefix)})

    def without(self, paths: Collection[str]) -> "Tree":
        """The same Tree but for these files."""
        return self.of_known({p: f for p, f in self._files.items() if p not in paths})

    @staticmethod
    def of_known(files: dict[str, File]) -> "Tree":
        """Of sorted paths that are known to be good: they need no second look."""
        made = Tree({})
        made._files = files
        return made


def check_path(path: str) -> None:
    """Refuse a path that could leave the repository or that git would not store.

    Raises:
        InvalidInput: absolute, empty, `..`, `.git` in any case, backslash, NUL or newline.
    """
    if not _inside(path) or _ODD.search(path):
        hint = "rename it: no `..`, `.git`, backslash or line break"
        raise InvalidInput("not a path inside the repository", hint, Place(repr(path)))


def _inside(path: str) -> bool:
    return _NO_STEP.isdisjoint(path.lower().split("/"))


def named(path: str, file: File) -> File:
    """The file as a Tree holds it: `unread` if its name is odd, so that it stops no other."""
    if _ODD.search(path) is None:
        return file
    return File(b"", file.mode, unread="a file with a backslash or a line break in its name")


def changes(old: Tree, new: Tree) -> dict[str, tuple[File | None, File | None]]:
    """Every path whose file differs, with both sides; None where it is absent."""
    # Nearly all of a large fleet is the very same object on both sides.
    paths = old.keys() - new.keys()
    paths |= {path for path, file in new.items() if path not in old or old[path] is not file}
    sides = ((path, (old.get(path), new.get(path))) for path in sorted(paths))
    return {path: (one, other) for path, (one, other) in sides if one != other}
