r"""`Tree`: an immutable mapping of paths to files.

A directory, a commit, a template and a test literal are all Trees, so the rules of a fleet are
functions on Trees. Reading and writing a directory lives here too; it is the only file access of
`gitops`.

    >>> Tree.of({"a/b.yaml": "x: 1\n"})["a/b.yaml"].data
    b'x: 1\n'
"""

import os
import re
import stat
from collections import deque
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from gitops.errors import InvalidInput, Place
from gitops.staging import clear, content, directory_for, fill, permissions_of, put_back, reserve

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
        return self._of_mine(dict(sorted(both.items())) if len(both) > len(self._files) else both)

    def below(self, directory: str) -> "Tree":
        """The files below a directory, with their paths unchanged; `.` is everything."""
        prefix = "" if directory in {"", "."} else directory.rstrip("/") + "/"
        return self._of_mine({p: f for p, f in self._files.items() if p.startswith(prefix)})

    def without(self, paths: Collection[str]) -> "Tree":
        """The same Tree but for these files."""
        return self._of_mine({p: f for p, f in self._files.items() if p not in paths})

    @staticmethod
    def _of_mine(files: dict[str, File]) -> "Tree":
        """Of paths that a Tree has already, in their order: they need no second look."""
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
    paths = sorted({*old, *new})
    sides = ((path, (old.get(path), new.get(path))) for path in paths)
    return {path: (one, other) for path, (one, other) in sides if one is not other and one != other}


def read_directory(
    root: Path,
    seen: Callable[[], object] = lambda: None,
    ignored: Collection[str] = frozenset(),
    *,
    partly: bool = False,
) -> Tree:
    """Every file below `root`, symlinks unfollowed; those of `SKIPPED` are left out.

    A file that cannot be read is there as `unread`, as is one with an odd name; `partly` a
    directory too. `seen` is called for each, so that somebody can say how far it is. `ignored`
    paths are left out too, those of directories with `/` at their end.

    Raises:
        InvalidInput: `root` is no directory, it cannot be read, or, unless `partly`, one in it.
    """
    if not root.is_dir():
        raise InvalidInput("no such directory", place=Place(str(root)))
    files: dict[str, File] = {}
    top = "" if root == Path("/") else str(root)
    todo = [""]
    while todo:
        above = todo.pop()
        try:
            # No path object for each: a fleet has as many directories as files.
            entries = _entries(f"{top}/{above}" if above else str(root))
        except InvalidInput as error:
            if not partly or not above:
                raise
            lost = File(b"", unread=f"a directory that {error.message}")
            files[above[:-1]] = named(above[:-1], lost)
            continue
        for entry in entries:
            path = above + entry.name
            if entry.name.lower() in SKIPPED:
                continue
            if entry.is_dir(follow_symlinks=False):
                if f"{path}/" not in ignored:
                    todo.append(f"{path}/")
            elif path not in ignored and (file := _read(entry.path)) is not None:
                files[path] = named(path, file)
            seen()
    return Tree(files)


def _entries(directory: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as found:
            return list(found)
    except OSError as error:
        place = Place(directory.rstrip("/") or "/")
        raise InvalidInput(f"cannot be read ({error.strerror})", place=place) from error


def read_file(path: Path) -> Tree:
    """A Tree of this file alone, in its directory: its name is its path. No symlink is followed.

    Raises:
        InvalidInput: there is none, it is no ordinary file, or it cannot be read.
    """
    file = _read(str(path))
    if file is None:
        raise InvalidInput("is no ordinary file", place=Place(str(path)))
    if file.unread is not None:
        raise InvalidInput(f"is {file.unread}", place=Place(str(path)))
    return Tree({path.name: file})


def _read(path: str) -> File | None:
    """One file; None for sockets, pipes and devices, which git does not store either."""
    mode = Mode.FILE
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return File(os.fsencode(Path(path).readlink()), Mode.SYMLINK)
        if not stat.S_ISREG(status.st_mode):
            return None
        mode = Mode.EXECUTABLE if status.st_mode & stat.S_IXUSR else Mode.FILE
        if status.st_size > MAX_FILE:
            return File(b"", mode, unread=f"larger than {MAX_FILE} bytes")
        return File(content(path, status.st_size), mode)
    except OSError as error:
        return File(b"", mode, unread=f"a file that cannot be read ({error.strerror})")


def write_directory(root: Path, old: Tree, new: Tree) -> list[str]:
    """Write what differs between `old` (what lies there) and `new`, all or nothing.

    Every file is first written beside its place, then renamed; when one cannot be, those before it
    are put back. Nothing is ever deleted. Returns the paths written.

    Raises:
        InvalidInput: what lies there was not read, was changed since, cannot be written or is
            reached by a symlink.
    """
    wanted = {p: after for p, (_, after) in changes(old, new).items() if after is not None}
    reserved: deque[str] = deque()
    staged: deque[tuple[str, str]] = deque()
    done: list[tuple[str, File | None]] = []
    made: list[Path] = []
    known: dict[str, str] = {}
    path = "."
    try:
        for path, file in wanted.items():
            _refuse_unread(path, old.get(path), file)
            directory, _, name = path.rpartition("/")
            beside = known.get(directory) or directory_for(root, directory, known, made)
            target = f"{beside}/{name}"
            permissions = permissions_of(target, path, executable=file.mode is Mode.EXECUTABLE)
            fill(reserve(beside, len(staged), reserved), file.data, permissions)
            staged.append((target, path))
        while staged:
            target, path = staged[0]
            before = old.get(path)
            _refuse_newer(target, before, wanted[path])
            done.append((target, before))
            os.replace(reserved[0], target)  # noqa: PTH105 - no path object for each file
            staged.popleft()
            reserved.popleft()
    except OSError as error:
        told = f"cannot be written ({error.strerror})"
        raise InvalidInput(told, "nothing was written", Place(str(root / path))) from error
    finally:
        # An interrupt ends up here too. After success there is nothing of this left.
        for target, before in reversed(done if staged else []):
            put_back(target, before.data if before else None)
        clear(reserved, made)
    return list(wanted)


def _refuse_newer(target: str, before: File | None, after: File) -> None:
    """Refuse to write over what somebody else wrote since it was read."""
    try:
        now = content(target, len(before.data) if before else len(after.data))
    except FileNotFoundError:
        now = None
    if now not in (before.data if before else None, after.data):
        hint = "nothing was written; run it again"
        raise InvalidInput("was changed meanwhile", hint, Place(target))


def _refuse_unread(path: str, *sides: File | None) -> None:
    for side in sides:
        if side is not None and side.unread is not None:
            raise InvalidInput(f"is {side.unread}", "nothing was written", Place(path))
