"""What kustomize said of a tree, kept for when the same tree comes again."""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

from gitops.errors import InvalidInput
from gitops.rendering.model import Builder
from gitops.tree import Tree

ROOM = 16 * 1024 * 1024
"""Bytes of output that are kept; what was learned first goes first."""


def remembering(builder: Builder, room: int = ROOM) -> Builder:
    """The same builder, which answers from memory where it was asked before.

    A build is a function of the tree and the directory: nothing else is given to kustomize. What
    it refuses is asked again.
    """
    known: OrderedDict[tuple[bytes, str], bytes] = OrderedDict()
    left = room

    def built(
        tree: Tree, paths: Sequence[str], seen: Callable[[], object]
    ) -> Iterator[bytes | InvalidInput]:
        nonlocal left
        name = _name(tree)
        kept = {path: known[name, path] for path in paths if (name, path) in known}
        missing = [path for path in paths if path not in kept]
        answers = builder(tree, missing, seen) if missing else iter(())
        for path in paths:
            if path in kept:
                seen()
                yield kept[path]
                continue
            answer = next(answers)
            if isinstance(answer, bytes) and (name, path) not in known:
                known[name, path] = answer
                left -= len(answer)
                while left < 0:
                    left += len(known.popitem(last=False)[1])
            yield answer

    return built


def _name(tree: Tree) -> bytes:
    """Two trees of one name hold the same."""
    found = hashlib.sha256()
    for path, file in tree.items():
        head = f"{len(path)} {file.mode} {len(file.data)}\n{path}\n"
        found.update(head.encode(errors="surrogateescape"))
        found.update(file.data)
    return found.digest()
