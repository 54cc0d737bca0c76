"""A directory as a Tree: the only file access of `gitops`, with `staging` below it."""

import os
import stat
from collections import deque
from collections.abc import Callable, Collection
from pathlib import Path

from gitops.errors import InvalidInput, Place
from gitops.staging import (
    clear,
    content,
    content_and_status,
    directory_for,
    fill,
    permissions_of,
    put_back,
    reserve,
)
from gitops.tree import MAX_FILE, SKIPPED, File, Mode, Tree, changes, named


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
            elif path not in ignored and (file := _entry(entry)) is not None:
                files[path] = named(path, file)
            seen()
    return Tree.of_known(dict(sorted(files.items())))


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


def _entry(entry: os.DirEntry[str]) -> File | None:
    """As `_read`; what the directory calls an ordinary file is asked for once less."""
    if not entry.is_file(follow_symlinks=False):
        return _read(entry.path)
    try:
        return _ordinary(entry.path)
    except OSError as error:
        return _lost(entry.path, error)


def _read(path: str) -> File | None:
    """One file; None for sockets, pipes and devices, which git does not store either."""
    try:
        status = os.lstat(path)
        if stat.S_ISLNK(status.st_mode):
            return File(os.fsencode(Path(path).readlink()), Mode.SYMLINK)
        return _ordinary(path) if stat.S_ISREG(status.st_mode) else None
    except OSError as error:
        return _lost(path, error)


def _ordinary(path: str) -> File | None:
    data, status = content_and_status(path, MAX_FILE)
    if not stat.S_ISREG(status.st_mode):
        return None  # something else has taken its place
    if data is None:
        return File(b"", _mode(status), f"larger than {MAX_FILE} bytes")
    return File(data, _mode(status))


def _mode(status: os.stat_result) -> Mode:
    return Mode.EXECUTABLE if status.st_mode & stat.S_IXUSR else Mode.FILE


def _lost(path: str, error: OSError) -> File:
    try:
        mode = _mode(os.lstat(path))
    except OSError:
        mode = Mode.FILE
    return File(b"", mode, f"a file that cannot be read ({error.strerror})")


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
