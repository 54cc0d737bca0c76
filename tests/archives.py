"""Unpacking what was fetched, on every Python that Fairlead runs on."""

import tarfile
from collections.abc import Iterable
from pathlib import Path, PurePosixPath


def unpack(
    archive: tarfile.TarFile, directory: Path, members: Iterable[tarfile.TarInfo] | None = None
) -> None:
    """Unpack members (None: all) below a directory, and nothing beside it.

    Raises:
        ValueError: a name leads elsewhere, where Python has no filter of its own yet (3.11.4 has).
    """
    wanted = list(archive.getmembers() if members is None else members)
    if hasattr(tarfile, "data_filter"):
        archive.extractall(directory, wanted, filter="data")
        return
    for member in wanted:
        path = PurePosixPath(member.name)
        if path.is_absolute() or ".." in path.parts or member.isdev():
            raise ValueError(f"{member.name} would lie outside {directory}")
    archive.extractall(directory, wanted)
