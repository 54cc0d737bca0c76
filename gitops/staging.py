"""Files of a directory, one at a time: `tree` reads with it, and writes beside each and renames.

Nothing here knows of Trees. What a call costs is paid a thousand times, so none is made twice.
"""

import os
import stat
from collections.abc import Iterable, MutableSequence, Sequence
from pathlib import Path

from gitops.errors import InvalidInput, Place

_MUCH = 64 * 1024
_READ = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW
_RESERVED = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ANOTHER = 1_000_003
"""Added to the number of a name that is taken: more than there are files to write."""


def content(path: str, size: int) -> bytes:
    """The bytes of an ordinary file, of which there are about `size`; no symlink is followed.

    A third of the cost of `Path.read_bytes` for the small files that there are most of.
    """
    handle = os.open(path, _READ)
    try:
        return _rest(handle, size)
    finally:
        os.close(handle)


def content_and_status(path: str, most: int) -> tuple[bytes | None, os.stat_result]:
    """What an ordinary file holds and is; no symlink is followed.

    Args:
        path: where it is. A pipe that has taken its place does not keep us waiting.
        most: bytes. None of a larger file, nor of what is no ordinary file.
    """
    handle = os.open(path, _READ | os.O_NONBLOCK)
    try:
        status = os.fstat(handle)
        wanted = stat.S_ISREG(status.st_mode) and status.st_size <= most
        return (_rest(handle, status.st_size) if wanted else None), status
    finally:
        os.close(handle)


def _rest(handle: int, size: int) -> bytes:
    """All of an ordinary file: less than was asked for is all that is left."""
    data = os.read(handle, size + 1)
    if len(data) <= size:
        return data
    parts = [data]
    while parts[-1]:
        parts.append(os.read(handle, _MUCH))
    return b"".join(parts)


def directory_for(root: Path, directory: str, known: dict[str, str], made: list[Path]) -> str:
    """A directory below the root, made if need be, that no symlink leads to; asked for once.

    `made` has each that is made before it is there, so that an interrupt loses none.
    """
    there = root / directory
    for step in (there, *there.parents):
        if step == root:
            break
        if step.is_symlink():
            told = "is reached through a symlink"
            raise InvalidInput(told, "write to its target", Place(directory))
    for parent in reversed([each for each in (there, *there.parents) if not each.exists()]):
        made.append(parent)
        try:
            parent.mkdir()
        except FileExistsError:
            # Somebody else was quicker, and may keep it.
            made.pop()
    known[directory] = str(there)
    return known[directory]


def permissions_of(target: str, path: str, *, executable: bool) -> int:
    """Those of what the file replaces, where git is content with them; else what git would set.

    Raises:
        InvalidInput: there is something that is no ordinary file.
    """
    try:
        mode = os.lstat(target).st_mode
    except FileNotFoundError:
        mode = 0
    if stat.S_ISLNK(mode):
        raise InvalidInput("is reached through a symlink", "write to its target", Place(path))
    if mode and not stat.S_ISREG(mode):
        what = "a directory where a file is needed" if stat.S_ISDIR(mode) else "no ordinary file"
        hint = "move it away; nothing was written"
        raise InvalidInput(f"is {what}", hint, Place(target))
    if mode and executable == bool(mode & stat.S_IXUSR):
        return stat.S_IMODE(mode)
    return 0o755 if executable else 0o644


def reserve(beside: str, number: int, reserved: MutableSequence[str]) -> int:
    """The descriptor of a new file in a directory, that nobody else writes to or reads.

    Its path is at the end of `reserved` before it is there, so that an interrupt loses none.
    """
    while True:
        temporary = f"{beside}/.fairlead-{os.getpid()}-{number}"
        reserved.append(temporary)
        try:
            return os.open(temporary, _RESERVED, 0o600)
        except FileExistsError:
            reserved.pop()
            number += _ANOTHER


def fill(handle: int, data: bytes, permissions: int) -> None:
    """Write a reserved file and close it."""
    try:
        written = 0
        while written < len(data):
            written += os.write(handle, data[written:] if written else data)
        os.fchmod(handle, permissions)
    finally:
        os.close(handle)


def put_back(target: str, data: bytes | None) -> None:
    """Give a file that may have been written the bytes that it had; None: there was none."""
    if data is None:
        Path(target).unlink(missing_ok=True)
        return
    if content(target, len(data)) == data:
        return
    there = Path(target)
    reserved: list[str] = []
    handle = reserve(str(there.parent), 0, reserved)
    fill(handle, data, stat.S_IMODE(there.lstat().st_mode))
    Path(reserved[0]).replace(there)


def clear(reserved: Iterable[str], made: Sequence[Path]) -> None:
    """Remove reserved files that were not renamed, and directories that were made for nothing."""
    for temporary in reserved:
        Path(temporary).unlink(missing_ok=True)
    for parent in reversed(made):
        if parent.is_dir() and not any(parent.iterdir()):
            parent.rmdir()
