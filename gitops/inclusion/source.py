"""`View`: the files as a Flux source serves them, mapped back to the repository's.

The fleet's own source serves the repository as it is. An ExternalArtifact serves a copy of a part
of it, perhaps under other paths.
"""

import posixpath
from bisect import bisect_left
from collections.abc import Iterator, Mapping

from gitops.sites.kustomization import FILE_NAMES


class View:
    """Served paths to repository paths. The root directory is `.`."""

    def __init__(
        self,
        name: str,
        files: Mapping[str, str],
        merged: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        """`name` tells views apart, and tells a person which source it is.

        `merged` names the further repository files that a served one is merged from.
        """
        self.name = name
        self._files = files
        self._merged = merged or {}
        self._sorted = sorted(files)
        self._directories = frozenset(_directories(self._sorted))

    def file(self, path: str) -> str | None:
        """The repository path of a served file; None when there is no such file."""
        return self._files.get(path)

    def merged(self, path: str) -> tuple[str, ...]:
        """The repository paths that were merged into a served file, its own left out."""
        return self._merged.get(path, ())

    def is_directory(self, path: str) -> bool:
        """Whether something is served below the path."""
        return path in self._directories

    @property
    def directories(self) -> frozenset[str]:
        """Every directory that is served."""
        return self._directories

    def kustomization(self, directory: str) -> str | None:
        """The served path of the directory's kustomization.yaml; None without one."""
        for name in FILE_NAMES:
            path = name if directory == "." else f"{directory}/{name}"
            if path in self._files:
                return path
        return None

    def below(self, directory: str) -> Iterator[str]:
        """The served paths below a directory, sorted."""
        prefix = "" if directory == "." else f"{directory}/"
        for index in range(bisect_left(self._sorted, prefix), len(self._sorted)):
            if not self._sorted[index].startswith(prefix):
                return
            yield self._sorted[index]


def join(directory: str, target: str) -> str | None:
    """The served path of what a file in `directory` names; None when that leaves the root."""
    if target.startswith("/"):
        return None
    path = posixpath.normpath(posixpath.join(directory, target))
    return None if path == ".." or path.startswith("../") else path


def from_root(path: str) -> tuple[str, bool]:
    """A Flux `path`, which counts from the source's root, and whether it tries to leave it.

    Flux joins it so that `..` ends at the root, and applies what it finds there.
    """
    wanted = posixpath.normpath(path.lstrip("/") or ".")
    clamped = posixpath.normpath("/" + wanted).lstrip("/") or "."
    return clamped, wanted == ".." or wanted.startswith("../")


def _directories(paths: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for path in paths:
        parent = posixpath.dirname(path)
        while parent and parent not in seen:
            seen.add(parent)
            yield parent
            parent = posixpath.dirname(parent)
    yield "."
