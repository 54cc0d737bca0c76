"""What kustomize has in its hands when it comes to the patches of one kustomization.yaml.

Its resources, then what its generators make, then what its components add; each with every name
and namespace that it has had, since a patch may call it by any of them. What is not followed
(remote bases, plugins, charts) leaves the set open: then nothing can be said to be missing.

Source: `accumulateTarget` of kustomize's kusttarget.go, and resid.go for what makes two ids equal.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache, reduce

from gitops.check.patch_entries import Id, Patch, given, patches
from gitops.check.source_files import readable
from gitops.document import Document
from gitops.errors import InvalidInput, Place
from gitops.inclusion.flux_objects import FluxObject
from gitops.inclusion.kustomization import PLUGINS, Includes, Inclusion, Link, read_kustomization
from gitops.inclusion.source import View, join
from gitops.reach import Reached
from gitops.rendering.checkout import listed
from gitops.tree import Tree

MAX_DEPTH = 50
"""Kustomizations in one another; a circle goes beyond any depth."""

_GENERATORS = {"configMapGenerator": "ConfigMap", "secretGenerator": "Secret"}
_OPENING = frozenset(
    {*PLUGINS, "helmcharts", "helmchartinflationgenerator", "replacements", "configurations"}
)
_KEEPING = frozenset({"APIService", "CustomResourceDefinition", "Namespace"})
"""Kinds that a prefix leaves alone. Source: PrefixTransformer.go of kustomize."""
_RENAMING = (b"allowNameChange", b"allowKindChange")


@dataclass(frozen=True, slots=True)
class Accumulated:
    """Some resources; `is_open` where there may be others that nobody here knows."""

    ids: tuple[Id, ...] = ()
    is_open: bool = False

    def __add__(self, other: "Accumulated") -> "Accumulated":
        return Accumulated((*self.ids, *other.ids), self.is_open or other.is_open)


Pairs = tuple[tuple[Id, Id], ...]


@dataclass(frozen=True, slots=True)
class Patching:
    """The patches of one kustomization.yaml, and what is there when they are applied.

    `path` is the repository's. `alike` are the objects among these that share what no two may
    share, each with the first of its kind; `alike_after` those that do once it has patched and
    renamed. `within` is the kustomization that is built, where this one is a component of it.

    `is_given` is true where a Flux Kustomization patches, which `path` then holds; `is_swept` where
    it builds whatever lies in a directory, so that more may come.
    """

    path: str
    inclusion: Inclusion
    patches: tuple[Patch, ...]
    there: Accumulated
    alike: Pairs
    alike_after: Pairs
    within: str | None = None
    is_given: bool = False
    is_swept: bool = False


_OPEN = Accumulated(is_open=True)


class Accumulator:
    """Follows the kustomizations of one view."""

    def __init__(self, tree: Tree, view: View) -> None:
        self._tree = tree
        self._view = view
        self._built: dict[str, Accumulated] = {}

    def patchings(self, directory: str) -> tuple[Patching, ...]:
        """The patches of a directory's kustomization.yaml and of its components, in their order.

        () where there is none that can be read.
        """
        told: list[Patching] = []
        self._accumulate(directory, Accumulated(), None, 0, told)
        return tuple(told)

    def given(self, build: Reached, found: FluxObject) -> Patching:
        """What a Flux Kustomization patches, and what is there when it does.

        Its patches come after those of the directory's own kustomization.yaml, and before names.
        """
        directory, path = build.directory, found.place.path
        read = self._read(directory)
        is_swept = self._view.kustomization(directory) is None
        own: tuple[Patch, ...] = ()
        if is_swept:
            there = self._swept(directory)
        elif read is None:
            there = _OPEN
        else:
            there = self._resources(directory, *read, 0)
            for component in _components(directory, read[1]):
                there = self._accumulate(component, there, read[0], 1, [])
            own = patches(self._tree, self._view, directory, read[1])
        for each in found.components:
            there = self._accumulate(join(directory, each) or "", there, path, 1, [])
        there = reduce(applied, own, _singled(there)[0])
        those = given(self._tree, self._view, found)
        nothing = Inclusion((), found.patches)
        return Patching(path, nothing, those, there, (), (), is_given=True, is_swept=is_swept)

    def _swept(self, directory: str) -> Accumulated:
        """What Flux takes of a directory without a kustomization.yaml."""
        there = Accumulated()
        for name in listed(self._view, directory):
            target = join(directory, name) or ""
            real = self._view.file(target)
            if real is None:
                there += self._included(target, 1)
            elif self._tree[real].regular:
                there += _of_file(real, self._tree[real].data)
        return there

    def _accumulate(
        self,
        directory: str,
        there: Accumulated,
        within: str | None,
        depth: int,
        told: list[Patching],
    ) -> Accumulated:
        """What is there after a kustomization, or a component of `within`, has done its work."""
        found = None if depth > MAX_DEPTH else self._read(directory)
        if found is None:
            return _OPEN
        path, inclusion = found
        there += self._resources(directory, path, inclusion, depth)
        for component in _components(directory, inclusion):
            there = self._accumulate(component, there, within or path, depth + 1, told)
        own = patches(self._tree, self._view, directory, inclusion)
        single, alike = _singled(there)
        named = _named(reduce(applied, own, single), inclusion)
        after, alike_after = (single, ()) if named is single else _singled(named)
        told.append(Patching(path, inclusion, own, there, alike, alike_after, within))
        return after

    def _included(self, directory: str, depth: int) -> Accumulated:
        """What a directory gives to one that includes it."""
        if directory not in self._built:
            self._built[directory] = self._accumulate(directory, Accumulated(), None, depth, [])
        return self._built[directory]

    def _resources(
        self, directory: str, path: str, inclusion: Inclusion, depth: int
    ) -> Accumulated:
        there = _generated(path, self._tree[path].data)
        for link in inclusion.links:
            if link.field not in {"resources", "bases"}:
                continue
            target = join(directory, link.target)
            real = None if target is None else self._view.file(target)
            if real is not None:
                there += _of_file(real, self._tree[real].data)
            elif target is None or not self._view.is_directory(target):
                there = replace(there, is_open=True)
            else:
                there += self._included(target, depth + 1)
        return there

    def _read(self, directory: str) -> tuple[str, Inclusion] | None:
        """The repository path of a directory's kustomization.yaml, and what it says."""
        served = self._view.kustomization(directory)
        real = None if served is None else self._view.file(served)
        if real is None or not self._tree[real].regular:
            return None
        try:
            return real, read_kustomization(real, self._tree[real].data)
        except InvalidInput:
            return None


def listed_twice(inclusion: Inclusion, directory: str) -> Iterator[Link]:
    """The resources that a kustomization.yaml names a second time."""
    seen: set[str] = set()
    for link in inclusion.links:
        target = join(directory, link.target)
        if link.includes is Includes.RESOURCES and link.field not in PLUGINS and target:
            if target in seen:
                yield link
            seen.add(target)


def _components(directory: str, inclusion: Inclusion) -> Iterator[str]:
    for link in inclusion.links:
        target = join(directory, link.target) if link.includes is Includes.COMPONENT else None
        if target is not None:
            yield target


def applied(there: Accumulated, patch: Patch) -> Accumulated:
    """What a patch leaves; open where it may give an object another name."""
    if patch.moves:
        return replace(there, is_open=True)
    if not patch.deletes:
        return there
    return replace(there, ids=tuple(e for e in there.ids if not patch.may_concern(e)))


def _named(there: Accumulated, inclusion: Inclusion) -> Accumulated:
    if not (inclusion.prefix or inclusion.suffix or inclusion.namespace):
        return there
    return replace(there, ids=tuple(_renamed(each, inclusion) for each in there.ids))


def _renamed(found: Id, inclusion: Inclusion) -> Id:
    """The object with what it is called after each step: namespace, then prefix, then suffix."""
    name, namespace = found.called[-1]
    if found.kind == "Namespace":
        name = inclusion.namespace or name
    namespace = inclusion.namespace or namespace
    steps = [(name, namespace)]
    if found.kind not in _KEEPING:
        steps.append((f"{inclusion.prefix}{name}", namespace))
        steps.append((f"{inclusion.prefix}{name}{inclusion.suffix}", namespace))
    new = [step for step in dict.fromkeys(steps) if step != found.called[-1]]
    return replace(found, called=(*found.called, *new)) if new else found


@lru_cache(maxsize=65_536)
def _of_file(path: str, data: bytes) -> Accumulated:
    """The objects of a manifest; open with a List, or without any: some tool writes them yet."""
    ids: list[Id] = []
    found = readable(path, data)
    is_open = not found
    for document in found:
        kind, name = document.kind, document.name
        if kind is None or name is None or kind.endswith("List"):
            is_open = True
            continue
        place = Place(path, document.line)
        called = ((name, document.namespace or ""),)
        ids.append(Id(document.api_version or "", kind, called, place))
    return Accumulated(tuple(ids), is_open)


@lru_cache(maxsize=65_536)
def _generated(path: str, data: bytes) -> Accumulated:
    """What the generators of a kustomization.yaml make; open where others than these run."""
    ids: list[Id] = []
    is_open = any(word in data for word in _RENAMING)
    for document in readable(path, data):
        fields = {name.casefold(): name for name in map(str, document.keys())}
        is_open = is_open or not _OPENING.isdisjoint(fields)
        for generator, kind in _GENERATORS.items():
            key = fields.get(generator.casefold(), "")
            for index in document.keys(key):
                ids += _made(document, key, int(index), kind)
    return Accumulated(tuple(ids), is_open)


def _made(document: Document, key: str, index: int, kind: str) -> Iterator[Id]:
    name = document.text(key, index, "name")
    # One that merges or replaces makes nothing new.
    if name is not None and document.text(key, index, "behavior") in {None, "create"}:
        called = ((name, document.text(key, index, "namespace") or ""),)
        yield Id("v1", kind, called, document.places[(key, index)])


def _singled(there: Accumulated) -> tuple[Accumulated, Pairs]:
    """Each object once, and those that collide: who includes these is not to blame for it."""
    first: dict[tuple[str, str, str, str], Id] = {}
    alike: list[tuple[Id, Id]] = []
    for count, each in enumerate(there.ids, 1):
        known = first.setdefault(each.now, each)
        if len(first) + len(alike) < count:
            alike.append((known, each))
    return (replace(there, ids=tuple(first.values())) if alike else there), tuple(alike)
