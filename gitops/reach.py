"""`reach`: which environments reach a file, and by which path of inclusion.

From each cluster's directory the Flux Kustomizations found there are followed, and those found in
what they build, as long as their source is the fleet's own sync source, or an ExternalArtifact cut
from it. What a build includes is kustomize's business (`gitops.inclusion`).
"""

import itertools
import posixpath
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gitops.errors import Place
from gitops.inclusion.build import Build, Built, Chain, flux_layer
from gitops.inclusion.flux_objects import (
    GENERATOR,
    KUSTOMIZATION,
    FluxObject,
    SourceRef,
    mapping,
    own_source,
    text,
)
from gitops.inclusion.generator import artifact_views
from gitops.inclusion.source import View, from_root
from gitops.inclusion.substitution import UNKNOWN, Substitution
from gitops.reached import SHARED, Reach, Reached
from gitops.syncs import declared_below, enclosing, instance_of, slips_of, sync_of
from gitops.tree import Tree

__all__ = ["SHARED", "Reach", "Reached", "reach"]

_EXTERNAL = "ExternalArtifact"

_Key = tuple[Place, int, str]
"""A Flux Kustomization's place and document, and the directory that it builds."""


@dataclass(frozen=True, slots=True)
class _Pending:
    """A Flux Kustomization that waits to be built, as the build that applies it sees it."""

    found: FluxObject
    chain: Chain
    substitution: Substitution


@dataclass(slots=True)
class _Cluster:
    """One cluster while it is walked."""

    tree: Tree
    fleet: View
    environment: str
    directory: str
    root: str
    own: SourceRef
    instance: FluxObject | None
    """The FluxInstance that has `directory` applied."""
    known: frozenset[_Key] = frozenset()
    """What is not built again: what environments have for themselves."""
    files: dict[str, Chain] = field(default_factory=dict)
    builds: list[Reached] = field(default_factory=list)
    waiting: deque[_Pending] = field(default_factory=deque)
    wanting: dict[str, list[_Pending]] = field(default_factory=dict)
    artifacts: dict[str, list[tuple[SourceRef, View]]] = field(default_factory=dict)
    done: set[tuple[object, ...]] = field(default_factory=set)

    def keys(self) -> Iterator[_Key]:
        """What is built."""
        for build in self.builds:
            found = build.kustomization
            if found is not None:
                yield found.place, found.document, build.directory

    def walk(self, sync: FluxObject | None) -> None:
        """Everything from the cluster's directory on; `sync` is what applies that directory."""
        whose = "every environment" if self.environment == SHARED else self.environment
        chain: Chain = (f"{whose}: cluster path {self.directory}",)
        if sync is not None:
            self.waiting.append(_Pending(sync, chain, Substitution()))
        elif self.fleet.is_directory(self.directory):
            built = Build(self.tree, self.fleet).run(self.directory, (), chain)
            self._take(built, None, self.directory, self.fleet)
        while self.waiting:
            self._follow(self.waiting.popleft())

    def _follow(self, pending: _Pending) -> None:
        if pending.found.source is None:
            return
        source = pending.substitution.source(pending.found.source)
        if source.may_be(self.own):
            self._build(pending, self.fleet)
        elif source.kind == _EXTERNAL:
            # Its generator may be found later: whoever finds it looks here.
            name = UNKNOWN if UNKNOWN in source.name else source.name
            self.wanting.setdefault(name, []).append(pending)
            found = self.artifacts.values() if name == UNKNOWN else [self.artifacts.get(name, ())]
            for artifact, view in itertools.chain.from_iterable(found):
                if artifact.may_be(source):
                    self._build(pending, view)

    def _build(self, pending: _Pending, view: View) -> None:
        found = pending.found
        guessed = UNKNOWN in pending.substitution.fill(found.path)
        for directory in pending.substitution.directories(found.path, view.directories):
            key = (found.place, found.document, view.name, directory, repr(found.spec))
            if (found.place, found.document, directory) in self.known:
                continue
            if key in self.done or not view.is_directory(directory):
                continue
            self.done.add(key)
            of = "" if view is self.fleet else f" of {view.name}"
            step = f"{found.place.path}: Kustomization {found.name} -> {directory}{of}"
            namespace = pending.substitution.fill(text(found.spec.get("targetNamespace")) or "")
            components = [
                served
                for each in found.components
                for served in pending.substitution.directories(
                    posixpath.join(directory, each), view.directories
                )
            ]
            build = Build(self.tree, view, flux_layer(found, namespace or None))
            built = build.run(directory, components, (*pending.chain, step))
            self._take(built, found, directory, view, given=pending.substitution, guessed=guessed)

    def _take(
        self,
        built: Built,
        found: FluxObject | None,
        directory: str,
        view: View,
        *,
        given: Substitution | None = None,
        guessed: bool = False,
    ) -> None:
        for path, chain in built.files.items():
            self.files.setdefault(path, chain)
        substitution = Substitution() if found is None else Substitution.of(found.spec)
        files = frozenset(built.files)
        slips = slips_of(found) if found is not None else {}
        self.builds.append(
            Reached(
                self.environment,
                found,
                files,
                built.problems,
                slips,
                self.directory,
                directory,
                view,
                given or Substitution(),
                guessed,
                self.root,
                tuple(each for each in built.objects if self._is_leaf(each, substitution)),
                tuple(built.releases),
                self.instance if found is None else None,
            )
        )
        for each, chain in zip(built.objects, built.chains, strict=True):
            if each.kind == GENERATOR:
                self._generate(each.with_spec(mapping(substitution.spec(each.spec))))
            elif each.kind == KUSTOMIZATION:
                self.waiting.append(_Pending(each, chain, substitution))

    def _is_leaf(self, found: FluxObject, substitution: Substitution) -> bool:
        if found.kind != KUSTOMIZATION or found.source is None:
            return False
        source = substitution.source(found.source)
        return source.kind != _EXTERNAL and not source.may_be(self.own)

    def _generate(self, generator: FluxObject) -> None:
        key = (generator.place, generator.document, repr(generator.spec))
        if key in self.done:
            return
        self.done.add(key)
        for name, view in artifact_views(generator, self.own, self.fleet):
            artifact = SourceRef(_EXTERNAL, name, generator.namespace)
            self.artifacts.setdefault(name, []).append((artifact, view))
            self.waiting.extend((*self.wanting.pop(name, ()), *self.wanting.pop(UNKNOWN, ())))


def reach(tree: Tree, roots: Mapping[str, Sequence[str]]) -> Reach:
    """Which environments reach which files.

    `roots` gives each environment's cluster directories. What cannot be read or followed stands in
    the problems of its build; it stops nothing else.
    """
    fleet = View("the fleet", {path: path for path, file in tree.items() if file.ordinary})
    paths: dict[str, dict[str, Chain]] = {}
    builds: list[Reached] = []
    for cluster in _walked(tree, fleet, roots):
        builds.extend(cluster.builds)
        for path, chain in cluster.files.items():
            paths.setdefault(path, {}).setdefault(cluster.environment, chain)
    return Reach(dict(sorted(paths.items())), tuple(builds))


def _walked(tree: Tree, fleet: View, roots: Mapping[str, Sequence[str]]) -> Iterator[_Cluster]:
    """Each environment's clusters, then once what environments share."""
    named = {from_root(root)[0] for clusters in roots.values() for root in clusters}
    shared: dict[str, set[_Key]] = {}
    for environment, clusters in roots.items():
        for each in clusters:
            directory, _ = from_root(each)
            root = enclosing(tree, fleet, directory)
            if root is None or root in named:
                root = directory
            cluster = _started(tree, fleet, environment, directory, root)
            if root != directory:
                shared.setdefault(root, set()).update(cluster.keys())
            yield cluster
    for root, known in shared.items():
        yield _started(tree, fleet, SHARED, root, root, frozenset(known))


def _started(
    tree: Tree,
    fleet: View,
    environment: str,
    directory: str,
    root: str,
    known: frozenset[_Key] = frozenset(),
) -> _Cluster:
    """A cluster, walked from one of its directories on."""
    declared = declared_below(tree, fleet, directory)
    beside = declared if root == directory else declared_below(tree, fleet, root)
    own, instance = own_source(beside, root), instance_of(declared, directory)
    cluster = _Cluster(tree, fleet, environment, directory, root, own, instance, known)
    cluster.walk(sync_of(declared, own, directory))
    return cluster
