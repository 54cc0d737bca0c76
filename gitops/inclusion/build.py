"""One build: what kustomize reads for one path of one source.

The walk is breadth first and visits a directory once for each way of patching it: two overlays may
give one base two paths. A cycle ends it and hurts nothing.
"""

import posixpath
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.inclusion.flux_objects import FluxObject, flux_objects, text
from gitops.inclusion.kustomization import (
    PLUGINS,
    Includes,
    Inclusion,
    Link,
    PatchEntry,
    file_names,
    opens_flux,
    read_kustomization,
)
from gitops.inclusion.patches import Layer, patched
from gitops.inclusion.releases import Releases, releases
from gitops.inclusion.source import View, join
from gitops.sites import is_yaml
from gitops.tree import Tree

Chain = tuple[str, ...]
"""The steps by which a file was included, for a person to read."""

MAX_REVISITS = 1_000
"""Of directories in one build that are patched in several ways."""

_EMPTY = Inclusion((), ())


@dataclass(slots=True)
class Built:
    """What a build reads: repository paths with the steps to them, Flux objects, and problems."""

    files: dict[str, Chain] = field(default_factory=dict)
    objects: list[FluxObject] = field(default_factory=list)
    chains: list[Chain] = field(default_factory=list)
    """The steps to each of `objects`."""
    releases: list[Releases] = field(default_factory=list)
    problems: dict[str, InvalidInput] = field(default_factory=dict)
    """By the repository path of the file that a person must change."""


@dataclass(frozen=True, slots=True)
class _Step:
    """A directory to visit; `above` are those that include it, `plugin` is true in a plugin's."""

    directory: str
    layers: tuple[Layer, ...]
    chain: Chain
    above: tuple[str, ...] = ()
    plugin: bool = False


class Build:
    """Reads directories of a view; one instance walks one Flux path."""

    def __init__(self, tree: Tree, view: View, layer: Layer | None = None) -> None:
        """`layer` is what the Flux Kustomization itself patches, after everything else."""
        self._tree = tree
        self._view = view
        self._layer = layer or Layer()
        self._out = Built()
        self._seen: dict[str, set[tuple[int, ...]]] = {}
        self._revisits = 0
        self._layered: dict[str, tuple[Layer, ...]] = {}
        self._waiting: deque[_Step] = deque()

    def run(self, directory: str, components: Sequence[str], chain: Chain) -> Built:
        """Everything that this directory includes, with these further component directories."""
        patching = [layer for each in components for layer in self._layers(each)]
        for path in (directory, *components):
            self._enter(_Step(path, _busy(*patching, self._layer), chain))
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
        seen = self._seen.setdefault(step.directory, set())
        if step.directory in step.above:
            return
        if self._revisits > MAX_REVISITS:
            self._too_often(step.directory)
            step = replace(step, layers=(Layer(opens=True),))
        # One layer is one object here, and comparing what they hold would cost more than visiting.
        way = tuple(id(layer) for layer in step.layers)
        if way not in seen:
            self._revisits += bool(seen)
            seen.add(way)
            self._waiting.append(step)

    def _too_often(self, directory: str) -> None:
        told = f"is included in more ways than {MAX_REVISITS} visits can follow"
        place = Place(self._shown(self._view.kustomization(directory) or directory))
        self._refuse(place.path, InvalidInput(told, "include it fewer times", place))

    def _include(self, step: _Step) -> None:
        """One directory with a kustomization.yaml."""
        served = self._view.kustomization(step.directory)
        if served is None:
            return
        real = self._add(served, step.chain)
        inclusion = self._inclusion(served)
        layers = _busy(*self._layers(step.directory), *step.layers)
        within = replace(step, layers=layers, above=(*step.above, step.directory))
        for link in inclusion.links:
            target = join(step.directory, link.target)
            if target is None and link.optional:
                continue
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
            self._follow(link, target, within, real)

    def _follow(self, link: Link, target: str, step: _Step, holder: str) -> None:
        chain = (*step.chain, f"{holder}: {link.field} -> {self._shown(target)}")
        if self._view.file(target) is not None:
            objects = link.includes is Includes.RESOURCES
            self._file(target, chain, step.layers, objects=objects)
            if step.plugin or link.field in PLUGINS:
                self._named(target, step, chain)
        elif link.includes is not Includes.TEXT and self._view.is_directory(target):
            plugin = step.plugin or link.field in PLUGINS
            self._queue(replace(step, directory=target, chain=chain, plugin=plugin))

    def _named(self, plugin: str, step: _Step, chain: Chain) -> None:
        """The files that a plugin's configuration names: patches, for example."""
        roots = {posixpath.dirname(plugin) or ".", step.directory, *step.above}
        try:
            found = documents(self._shown(plugin), self._data(plugin))
        except InvalidInput as error:
            self._refuse(self._shown(plugin), error)
            return
        for name in (name for document in found for name in file_names(document)):
            for target in (join(root, name) for root in roots):
                if target is not None and self._view.file(target) is not None:
                    self._add(target, (*chain, f"{self._shown(plugin)}: {self._shown(target)}"))

    def _file(
        self, path: str, chain: Chain, layers: Sequence[Layer], *, objects: bool = True
    ) -> None:
        real = self._add(path, chain)
        if not objects:
            return
        try:
            data = self._tree.read(real)
            self._out.releases += releases(real, data, layers)
            for found in flux_objects(real, data):
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
            return read_kustomization(real, self._tree.read(real))
        except InvalidInput as error:
            self._refuse(real, error)
            return _EMPTY

    def _layers(self, directory: str) -> tuple[Layer, ...]:
        """What a directory's components do, the innermost first, then what it does itself."""
        if directory not in self._layered:
            order: list[str] = []
            waiting = deque([directory])
            while waiting:
                served = self._view.kustomization(waiting.popleft())
                if served is None or served in order:
                    continue
                order.append(served)
                for link in self._inclusion(served).links:
                    if link.includes is not Includes.COMPONENT:
                        continue
                    target = join(posixpath.dirname(served) or ".", link.target)
                    if target is not None:
                        waiting.append(target)
            self._layered[directory] = tuple(self._layer_of(each) for each in reversed(order))
        return self._layered[directory]

    def _layer_of(self, served: str) -> Layer:
        read = self._inclusion(served)
        return Layer(
            tuple(self._own_patches(served)),
            read.namespace,
            read.prefix,
            read.suffix,
            read.opens or any(self._opens(served, link) for link in read.links),
        )

    def _opens(self, served: str, link: Link) -> bool:
        """Whether a file or directory of transformers or replacements may write into Flux's."""
        if link.field not in {"transformers", "replacements"}:
            return False
        target = join(posixpath.dirname(served) or ".", link.target)
        if target is None:
            return False
        files = [target] if self._view.file(target) else self._view.below(target)
        try:
            return any(opens_flux(self._shown(path), self._data(path)) for path in files)
        except InvalidInput as error:
            self._refuse(self._shown(target), error)
            return True

    def _data(self, path: str) -> bytes:
        return self._tree.read(self._shown(path))

    def _own_patches(self, served: str) -> Iterator[tuple[PatchEntry, str]]:
        for entry in self._inclusion(served).patches:
            content = entry.text
            if content is None and entry.file is not None:
                content = self._text(join(posixpath.dirname(served) or ".", entry.file) or "")
            if content is not None:
                yield entry, content

    def _text(self, path: str) -> str | None:
        real = self._view.file(path)
        try:
            return None if real is None else self._tree.read(real).decode(errors="replace")
        except InvalidInput as error:
            self._refuse(path if real is None else real, error)
            return None


def flux_layer(found: FluxObject, namespace: str | None) -> Layer:
    """What a Flux Kustomization does to what it builds; `namespace` is its `targetNamespace`."""
    texts = ((entry, entry.text) for entry in found.patches)
    patches = tuple((entry, patch) for entry, patch in texts if patch is not None)
    prefix, suffix = (text(found.spec.get(key)) or "" for key in ("namePrefix", "nameSuffix"))
    return Layer(patches, namespace, prefix, suffix)


def _busy(*layers: Layer) -> tuple[Layer, ...]:
    return tuple(layer for layer in layers if not layer.idle)
