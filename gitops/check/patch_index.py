"""Which objects a fleet's patches may change: whatever is said of others is said for good.

Nothing is applied here. A patch that may be for an object counts as one that is.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import FluxObject, mapping, sequence, text
from gitops.inclusion.kustomization import Inclusion, PatchEntry
from gitops.inclusion.source import join

_WORD = re.compile(r"[A-Za-z0-9-]+")
_WRITERS = frozenset({"replacements", "transformers"})
"""Fields whose files may write into any object that they name."""


class PatchIndex:
    """The patches of all reached kustomizations and Flux Kustomizations, by what they are for."""

    def __init__(self, fleet: Fleet, inclusions: Mapping[str, Inclusion]) -> None:
        """`inclusions` are the reached kustomizations by their paths."""
        self._fleet = fleet
        self._names: dict[str, set[str]] = {}
        self._patterns: set[tuple[str, str]] = set()
        self._texts: list[bytes] = []
        self._seen: set[tuple[str | None, str]] = set()
        self._known: dict[tuple[str, str], bool] = {}
        for path, read in inclusions.items():
            above = str(PurePosixPath(path).parent)
            for entry in read.patches:
                self._add(entry, above)
            self._add_writers(path, above, read)
        for build in fleet.reach.builds:
            if build.kustomization is not None:
                self._add_given(build.kustomization)

    def may_change(self, kind: str, name: str) -> bool:
        """Whether a patch, a replacement or a transformer may be for an object."""
        key = (kind, name)
        if key not in self._known:
            self._known[key] = self._may(kind, name)
        return self._known[key]

    def _may(self, kind: str, name: str) -> bool:
        if name in self._names.get(kind, ()) or "${" in name:
            return True
        if any(_matches(k, kind) and _matches(n, name) for k, n in self._patterns):
            return True
        return any(kind.encode() in written for written in self._texts)

    def _add(self, entry: PatchEntry, above: str) -> None:
        if entry.target is not None:
            kind, name = (entry.target.get(key) or ".*" for key in ("kind", "name"))
            if _WORD.fullmatch(kind) and _WORD.fullmatch(name):
                self._names.setdefault(kind, set()).add(name)
            else:
                self._patterns.add((kind, name))
            return
        for kind, name in self._identities(entry, above):
            self._names.setdefault(kind, set()).add(name)

    def _add_given(self, found: FluxObject) -> None:
        """The patches of a Flux Kustomization, those among them that others patch into it."""
        for item in map(mapping, sequence(found.spec.get("patches"))):
            target = item.get("target")
            chosen = {key: str(value) for key, value in mapping(target).items()}
            patch = text(item.get("patch"))
            key = (patch, repr(target))
            if key not in self._seen:
                self._seen.add(key)
                self._add(PatchEntry(chosen if target else None, patch, None, found.place), ".")

    def _identities(self, entry: PatchEntry, above: str) -> Iterator[tuple[str, str]]:
        path, data = entry.place.path, (entry.text or "").encode()
        if entry.text is None and entry.file is not None:
            path = join(above, entry.file) or ""
            file = self._fleet.tree.get(path)
            data = file.data if file is not None and file.regular else b""
        try:
            for document in documents(path, data):
                yield document.kind or "", document.name or ""
        except InvalidInput:
            # FL002 tells of it, and nothing is applied meanwhile.
            return

    def _add_writers(self, path: str, above: str, read: Inclusion) -> None:
        data = self._fleet.tree[path].data
        if any(field.encode() in data for field in _WRITERS):
            self._texts.append(data)
        for link in read.links:
            if link.field in _WRITERS:
                target = join(above, link.target) or ""
                below = self._fleet.tree.below(target).values()
                files = [self._fleet.tree[target]] if target in self._fleet.tree else below
                self._texts += [file.data for file in files if file.regular]


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True
