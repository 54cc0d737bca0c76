"""Which objects a fleet's patches may change: whatever is said of others is said for good.

Nothing is applied here. A patch that may be for an object counts as one that is, and one that
speaks of a field as one that changes it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import FluxObject, mapping, sequence, text
from gitops.inclusion.kustomization import Inclusion, PatchEntry
from gitops.inclusion.source import join

_WORD = re.compile(r"[A-Za-z0-9-]+")
_DELETES = "$patch"
_WRITERS = frozenset({"replacements", "transformers"})
"""Fields whose files may write into any object that they name."""


class PatchIndex:
    """The patches of all reached kustomizations and Flux Kustomizations, by what they are for."""

    def __init__(self, fleet: Fleet, inclusions: Mapping[str, Inclusion]) -> None:
        """`inclusions` are the reached kustomizations by their paths."""
        self._fleet = fleet
        self._names: dict[tuple[str, str], list[str]] = {}
        self._patterns: list[tuple[str, str, str]] = []
        self._writers: list[str] = []
        self._seen: set[tuple[str | None, str]] = set()
        self._known: dict[tuple[str, str], tuple[str, ...]] = {}
        for path, read in inclusions.items():
            above = str(PurePosixPath(path).parent)
            for entry in read.patches:
                self._add(entry, above)
            self._add_writers(path, above, read)
        for build in fleet.reach.builds:
            if build.kustomization is not None:
                self._add_given(build.kustomization)

    def may_change(self, kind: str, name: str, fields: Sequence[str]) -> bool:
        """Whether a patch, a replacement or a transformer may write fields of an object.

        `fields` are names of keys; without any it is asked for the object as a whole.
        """
        key = (kind, name)
        if key not in self._known:
            self._known[key] = tuple(dict.fromkeys(self._texts(kind, name)))
        texts = self._known[key]
        return any(
            not fields or _DELETES in text or any(field in text for field in fields)
            for text in texts
        )

    def _texts(self, kind: str, name: str) -> Iterator[str]:
        """The patches that may be for an object."""
        yield from self._names.get((kind, name), ())
        variable = "${" in name
        for kinds, names, patch in self._patterns:
            if _matches(kinds, kind) and (variable or _matches(names, name)):
                yield patch
        yield from (each for each in self._writers if kind in each)

    def _add(self, entry: PatchEntry, above: str) -> None:
        text = self._text(entry, above)
        if entry.target is not None:
            kind, name = (entry.target.get(key) or ".*" for key in ("kind", "name"))
            if _WORD.fullmatch(kind) and _WORD.fullmatch(name):
                self._names.setdefault((kind, name), []).append(text)
            else:
                self._patterns.append((kind, name, text))
            return
        try:
            for document in documents(entry.place.path, text.encode()):
                key = (document.kind or "", document.name or "")
                self._names.setdefault(key, []).append(text)
        except InvalidInput:
            # FL002 tells of it, and nothing is applied meanwhile.
            return

    def _text(self, entry: PatchEntry, above: str) -> str:
        if entry.text is not None or entry.file is None:
            return entry.text or ""
        file = self._fleet.tree.get(join(above, entry.file) or "")
        return file.data.decode(errors="replace") if file is not None and file.regular else ""

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

    def _add_writers(self, path: str, above: str, read: Inclusion) -> None:
        data = self._fleet.tree[path].data
        if any(field.encode() in data for field in _WRITERS):
            self._writers.append(data.decode(errors="replace"))
        for link in read.links:
            if link.field in _WRITERS:
                target = join(above, link.target) or ""
                below = self._fleet.tree.below(target).values()
                files = [self._fleet.tree[target]] if target in self._fleet.tree else below
                texts = (file.data.decode(errors="replace") for file in files if file.regular)
                self._writers += texts


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return True
