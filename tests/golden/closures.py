"""kustomize asked once for what is the same: a directory with all that it takes in."""

import hashlib
import posixpath
from collections.abc import Callable, Iterator, Sequence

from bot.adapters.kustomize import Kustomize
from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.sites.kustomization import FILE_NAMES
from gitops.tree import Mode, Tree

Digest = bytes


class Remembering:
    """A builder that remembers what it was told of a directory, wherever it lies.

    kustomize sees nothing but what a directory takes in, so that whatever was overlooked fails the
    build instead of being remembered wrongly.
    """

    def __init__(self, executable: str) -> None:
        self._kustomize = Kustomize(executable)
        self._known: dict[Digest, bytes | InvalidInput] = {}

    def builds(
        self, tree: Tree, paths: Sequence[str], seen: Callable[[], object] = lambda: None
    ) -> Iterator[bytes | InvalidInput]:
        """See `Kustomize.builds`."""
        taken = [taken_in(tree, path) for path in paths]
        digests = [_digest(path, files) for path, files in zip(paths, taken, strict=True)]
        new = {digest: n for n, digest in enumerate(digests) if digest not in self._known}
        seen_files = {path: file for n in new.values() for path, file in taken[n].items()}
        asked = [paths[n] for n in new.values()]
        answers = self._kustomize.builds(Tree(seen_files), asked, seen)
        self._known.update(zip(new, answers, strict=True))
        yield from (self._known[digest] for digest in digests)


def taken_in(tree: Tree, directory: str) -> Tree:
    """The files that a kustomization takes in: whatever text in one names something that is there.

    That is too much rather than too little, but for what is named by a pattern, which nothing is.
    """
    found: dict[str, None] = {}
    waiting = [f"{directory}/{name}" for name in FILE_NAMES]
    while waiting:
        path = waiting.pop()
        for link, real in _links(tree, path):
            found[link] = None
            waiting.append(real)
        if path not in tree or path in found:
            continue
        found[path] = None
        if posixpath.basename(path) in FILE_NAMES:
            waiting += _named(tree, path)
    return Tree({path: tree[path] for path in sorted(found)})


def _links(tree: Tree, path: str) -> Iterator[tuple[str, str]]:
    """A symlink on the way to a path, and where that then leads."""
    steps = path.split("/")
    for count in range(1, len(steps)):
        link = "/".join(steps[:count])
        if link in tree and tree[link].mode is Mode.SYMLINK:
            target = posixpath.join(posixpath.dirname(link), tree[link].data.decode())
            yield link, posixpath.normpath(posixpath.join(target, *steps[count:]))


def _named(tree: Tree, kustomization: str) -> Iterator[str]:
    home = posixpath.dirname(kustomization)
    for document in documents(kustomization, tree[kustomization].data):
        for text in _texts(document.data()):
            path = posixpath.normpath(posixpath.join(home, text.rpartition("=")[2]))
            yield path
            yield from (f"{path}/{name}" for name in FILE_NAMES)


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for each in value.values():
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
        case _:
            pass


def _digest(directory: str, files: Tree) -> Digest:
    whole = hashlib.sha256()
    for path, file in files.items():
        whole.update(posixpath.relpath(path, directory).encode() + b"\0")
        whole.update(hashlib.sha256(file.data).digest())
    return whole.digest()
