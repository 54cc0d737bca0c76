"""kustomize: what it makes of a Tree, in a directory that holds nothing else.

It inherits nothing: no variable, no home, no plugins, no helm, no git on its PATH and no way to a
network. Its arguments are fixed; the path it is given is one that this module has written.

Source: `kustomize build --help`; https://fluxcd.io/flux/components/kustomize/kustomizations/ (Flux
lets a kustomization read files from anywhere below the root of its source).
"""

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path

from bot.adapters import process
from gitops.errors import InvalidInput, Place, Unavailable
from gitops.tree import Mode, Tree

TIMEOUT = 120.0
"""Seconds for one build."""

MAX_OUTPUT = 64 * 1024 * 1024
"""Bytes that one build may print."""

WORKERS = 2

_ARGUMENTS = ("build", "--load-restrictor=LoadRestrictionsNone")
_CLOSED = "http://127.0.0.1:9"
"""Where nothing listens: a proxy that ends every question to a network."""

_ENVIRONMENT = {
    # Most builds live for 50 ms and need 30 MiB: collecting garbage, and threads for that, take a
    # third of their processor time. Source: Go, package runtime, "Environment Variables".
    "GOGC": "400",
    "GOMAXPROCS": "1",
    "HOME": "/nonexistent",
    "HTTP_PROXY": _CLOSED,
    "HTTPS_PROXY": _CLOSED,
    "LC_ALL": "C",
    "PATH": "/nonexistent",
    "TZ": "UTC",
    "XDG_CONFIG_HOME": "/nonexistent",
}


def found(search: str | None = None) -> str | None:
    """The absolute path of kustomize; None when there is none.

    Args:
        search: directories separated by `:`; None is this process's PATH.
    """
    path = shutil.which("kustomize", path=search)
    return path if path is not None and Path(path).is_absolute() else None


class Kustomize:
    """One kustomize on this machine."""

    def __init__(
        self, executable: str, *, timeout: float = TIMEOUT, limit: int = MAX_OUTPUT
    ) -> None:
        """`executable` is its absolute path; `timeout` in seconds and `limit` in bytes, a build."""
        self._executable = executable
        self._timeout = timeout
        self._limit = limit

    def build(self, tree: Tree, path: str) -> bytes:
        """What kustomize prints for one directory of a tree.

        Raises:
            InvalidInput: it cannot be built, with the file that kustomize names.
            Unavailable: it took too long, printed too much, or could not be started.
        """
        [answer] = self.builds(tree, [path])
        if isinstance(answer, InvalidInput):
            raise answer
        return answer

    def builds(
        self, tree: Tree, paths: Sequence[str], seen: Callable[[], object] = lambda: None
    ) -> Iterator[bytes | InvalidInput]:
        """What kustomize prints for each directory, in their order; why not, where it fails.

        Args:
            tree: all that it sees. A symlink is there only where it stays inside the tree.
            paths: directories of the tree.
            seen: called after each build, so that somebody can say how far it is.

        Raises:
            Unavailable: see `build`.
        """
        with tempfile.TemporaryDirectory(prefix="fairlead-") as directory:
            root = Path(directory).resolve()
            _write(root, tree)
            with ThreadPoolExecutor(WORKERS) as pool:
                # Submitted as they are taken, so that an interrupt leaves nothing waiting.
                left = iter(paths)
                pending = [pool.submit(self._build, root, path) for path in islice(left, WORKERS)]
                while pending:
                    answer = pending.pop(0).result()
                    pending += [pool.submit(self._build, root, path) for path in islice(left, 1)]
                    seen()
                    yield answer

    def _build(self, root: Path, path: str) -> bytes | InvalidInput:
        target = root / path
        if not target.is_dir():
            return InvalidInput("there is no such directory to build", place=Place(path))
        argv = [self._executable, *_ARGUMENTS, str(target)]
        variables = {**_ENVIRONMENT, "TMPDIR": str(root)}
        try:
            ended = process.run(argv, variables, timeout=self._timeout, limit=self._limit)
        except OSError as error:
            told = f"{self._executable} cannot be started ({error.strerror})"
            raise Unavailable(told, service="kustomize") from error
        if ended.stopped:
            told = f"kustomize build of {path} was stopped: {ended.stopped}"
            raise Unavailable(told, service="kustomize")
        return _refused(root, path, ended.err) if ended.status else ended.out


def _write(root: Path, tree: Tree) -> None:
    """Write a tree; a symlink that leads out of it is taken away again."""
    links: list[Path] = []
    made: set[str] = set()
    for path, file in tree.items():
        target = root / path
        if file.mode is Mode.SUBMODULE:
            continue
        directory = path.rpartition("/")[0]
        if directory not in made:
            target.parent.mkdir(parents=True, exist_ok=True)
            made.add(directory)
        if file.mode is Mode.SYMLINK:
            target.symlink_to(os.fsdecode(file.data))
            links.append(target)
        else:
            target.write_bytes(file.data)
    # Where each leads is known when all are there.
    outside = [each for each in links if not each.resolve().is_relative_to(root)]
    for each in outside:
        each.unlink()


def _refused(root: Path, path: str, said: str) -> InvalidInput:
    """What kustomize says, its paths those of the tree, at the innermost one that it names."""
    prefix = re.escape(f"{root}/")
    named = re.findall(rf"{prefix}([^\s'\":,;]+)", said)
    told = re.sub(prefix, "", " ".join(said.split())).removeprefix("Error: ")
    told = told.replace(str(root), ".")
    return InvalidInput(f"kustomize: {told}", place=Place(named[-1] if named else path))
