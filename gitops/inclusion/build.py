"""One build: what kustomize reads for one path of one source.

The walk is breadth first and visits a directory once, so a cycle ends it and hurts nothing.
"""

import posixpath
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gitops.errors import InvalidInput
from gitops.inclusion.flux_objects import FluxObject, flux_objects
from gitops.inclusion.kustomization import (
    Includes,
    Inclusion,
    Link,
    PatchEntry,
    read_kustomization,
)
from gitops.inclusion.patches import Layer, patched
from gitops.inclusion.source import View, join
from gitops.sites import is_yaml
from gitops.tree import Tree

Chain = tuple[str, ...]
"""The steps by which a file was included, for a person to read."""

_EMPTY = Inclusion((), ())


@dataclass(slots=True)
class Built:
    """What a build reads: repository paths with the steps to them, Flux objects, and problems."""

    files: dict[str, Chain] = field(default_factory=dict)
    objects: list[FluxObject] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    """The steps to each of `objects`."""
    problems: dict[str, InvalidInput] = field(default_factory=dict)
    """By the repository path of the file that a person must change."""


@dataclass(frozen=True, slots=True)
class _Step:
    directory: str
    layers: tuple[Layer, ...]
    chain: Chain


class Build:
    """Reads directories of a view; one instance walks one Flux path."""

    def __init__(self, tree: Tree, view: View, layer: Layer = ()) -> None:
        """`layer` is what the Flux Kustomization itself patches, after everything else."""
        self._tree = tree
        self._view = view
        self._layer = layer
        self._out = Built()
        self._seen: set[str] = set()
        self._waiting: deque[_Step] = deque()

    def run(self, directory: str, components: Sequence[str], chain: Chain) -> Built:
        """Everything that this directory and these components (relative to it) include."""
        self._enter(_Step(directory, (self._layer,), chain))
        for component in components:
            path = join(directory, component)
            if path is not None:
                self._enter(_Step(path, (self._layer,), chain))
        while self._waiting:
            self._include(self._waiting.popleft())
        return self._out

    def _enter(self, step: _Step) -> None:
        """A Flux path: without a kustomization.yaml Flux writes one that lists what lies below."""
        if self._view.kustomization(step.directory) is not None:
            self._queue(step)
            return
        taken = ""
        for path in self._view.below(step.directory):
            parent = posixpath.dirname(path) or "."
            if taken and (parent + "/").startswith(taken):
                continue
            taken = ""
            holder = self._holder(step.directory, parent)
            if holder is not None:
                taken = holder + "/"
                chain = (
                    *step.chain,
                    f"{self._shown(step.directory)}: everything below -> {holder}",
                )
                self._queue(_Step(holder, step.layers, chain))
            elif is_yaml(path):
                chain = (*step.chain, f"{self._shown(step.directory)}: everything below -> {path}")
                self._file(path, chain, step.layers)

    def _holder(self, top: str, directory: str) -> str | None:
        """The outermost directory with a kustomization.yaml on the way from `top` down."""
        found = None
        while directory not in {top, ".", ""}:
            if self._view.kustomization(directory) is not None:
                found = directory
            directory = posixpath.dirname(directory)
        return found

    def _queue(self, step: _Step) -> None:
        if step.directory not in self._seen:
            self._seen.add(step.directory)
            self._waiting.append(step)

    def _include(self, step: _Step) -> None:
        """One directory with a kustomization.yaml."""
        served = self._view.kustomization(step.directory)
        if served is None:
            return
        real = self._add(served, step.chain)
        inclusion = self._inclusion(served)
        layers = (self._patches(step.directory), *step.layers)
        for link in inclusion.links:
            target = join(step.directory, link.target)
            if target is None:
                self._refuse(
                    real,
                    InvalidInput(
                        f"{link.field}: {link.target} lies outside the repository",
                        "name a file inside it",
                        link.place,
                    ),
                )
                continue
            self._follow(link, target, _Step(step.directory, layers, step.chain), real)

    def _follow(self, link: Link, target: str, step: _Step, holder: str) -> None:
        chain = (*step.chain, f"{holder}: {link.field} -> {self._shown(target)}")
        if self._view.file(target) is not None:
            objects = link.includes is Includes.RESOURCES
            self._file(target, chain, step.layers, objects=objects)
        elif link.includes is not Includes.TEXT and self._view.is_directory(target):
            self._queue(_Step(target, step.layers, chain))

    def _file(
        self, path: str, chain: Chain, layers: Sequence[Layer], *, objects: bool = True
    ) -> None:
        real = self._add(path, chain)
        if not objects:
            return
        try:
            for found in flux_objects(real, self._tree[real].data):
                for variant in patched(found, layers):
                    self._out.objects.append(variant)
                    self._out.chains.append(chain)
        except InvalidInput as error:
            self._refuse(real, error)

    def _add(self, path: str, chain: Chain) -> str:
        real = self._shown(path)
        for each in (real, *self._view.merged(path)):
            self._out.files.setdefault(each, chain)
        return real

    def _shown(self, path: str) -> str:
        """A served file's or directory's path in the repository, as far as it has one."""
        real = self._view.file(path)
        if real is None and (served := self._view.kustomization(path)):
            return posixpath.dirname(self._view.file(served) or "") or "."
        return real or path

    def _refuse(self, path: str, error: InvalidInput) -> None:
        self._out.problems.setdefault(path, error)

    def _inclusion(self, served: str) -> Inclusion:
        real = self._shown(served)
        try:
            return read_kustomization(real, self._tree[real].data)
        except InvalidInput as error:
            self._refuse(real, error)
            return _EMPTY

    def _patches(self, directory: str) -> Layer:
        """The directory's patches: first those of its components, innermost first, then its own."""
        order: list[str] = []
        waiting = deque([directory])
        while waiting:
            served = self._view.kustomization(waiting.popleft())
            if served is None or served in order:
                continue
            order.append(served)
            for link in self._inclusion(served).links:
                target = join(posixpath.dirname(served) or ".", link.target)
                if link.includes is Includes.COMPONENT and target is not None:
                    waiting.append(target)
        return [patch for served in reversed(order) for patch in self._own_patches(served)]

    def _own_patches(self, served: str) -> Iterator[tuple[PatchEntry, str]]:
        for entry in self._inclusion(served).patches:
            content = entry.text
            if content is None and entry.file is not None:
                content = self._text(join(posixpath.dirname(served) or ".", entry.file) or "")
            if content is not None:
                yield entry, content

    def _text(self, path: str) -> str | None:
        real = self._view.file(path)
        return None if real is None else self._tree[real].data.decode(errors="replace")


def patch_texts(found: FluxObject) -> Iterator[tuple[PatchEntry, str]]:
    """The patches that a Flux Kustomization applies to what it builds."""
    for entry in found.patches:
        if entry.text is not None:
            yield entry, entry.text
