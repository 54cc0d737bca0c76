"""`reach`: which environments reach a file, and by which path of inclusion.

From each cluster's directory the Flux Kustomizations found there are followed, and those found in
what they build, as long as their source is the fleet's own sync source, or an ExternalArtifact cut
from it. What a build includes is kustomize's business (`gitops.inclusion`).
"""

import itertools
import posixpath
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from gitops.errors import InvalidInput
from gitops.inclusion.build import Build, Built, Chain, flux_layer
from gitops.inclusion.flux_objects import (
    GENERATOR,
    KUSTOMIZATION,
    FluxObject,
    SourceRef,
    applies,
    flux_objects,
    mapping,
    own_source,
    text,
)
from gitops.inclusion.generator import artifact_views
from gitops.inclusion.source import View, from_root
from gitops.inclusion.substitution import UNKNOWN, Substitution
from gitops.sites import is_yaml
from gitops.tree import Tree

_EXTERNAL = "ExternalArtifact"


@dataclass(frozen=True, slots=True)
class Reached:
    """What one Flux Kustomization of an environment builds.

    `kustomization` is None for a cluster's own directory. `files` are those it reads itself, not
    those of the Flux Kustomizations among them. `problems` are by the file that a person must
    change; as long as there are any, Flux cannot build it either. `slips` are likewise, and Flux
    builds it all the same: what it reads is known.

    `cluster` is the directory that the cluster starts from, `directory` what is built, as `view`
    serves it. `given` is what the build that applies the Kustomization fills into it. `guessed` is
    true where a variable leaves open which directory it is.
    """

    environment: str
    kustomization: FluxObject | None
    files: frozenset[str]
    problems: Mapping[str, InvalidInput]
    slips: Mapping[str, InvalidInput] = field(default_factory=dict)
    cluster: str = "."
    directory: str = "."
    view: View | None = field(default=None, compare=False, repr=False)
    given: Substitution = field(default_factory=Substitution, repr=False)
    guessed: bool = False


@dataclass(frozen=True, slots=True)
class Reach:
    """Which environments reach which files.

    `paths` gives for each file and environment one chain of inclusion: steps for a person to read.
    """

    paths: Mapping[str, Mapping[str, Chain]]
    builds: tuple[Reached, ...] = ()

    def flux_kustomizations(self, environment: str) -> tuple[FluxObject, ...]:
        """The Flux Kustomizations that count in an environment, as patches leave them."""
        found = (b.kustomization for b in self.builds if b.environment == environment)
        return tuple(each for each in found if each is not None)

    def environments(self, path: str) -> tuple[str, ...]:
        """The environments that reach a file, in the fleet's order; () when nobody does."""
        return tuple(self.paths.get(path, ()))


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
    own: SourceRef
    files: dict[str, Chain] = field(default_factory=dict)
    builds: list[Reached] = field(default_factory=list)
    waiting: deque[_Pending] = field(default_factory=deque)
    wanting: dict[str, list[_Pending]] = field(default_factory=dict)
    artifacts: dict[str, list[tuple[SourceRef, View]]] = field(default_factory=dict)
    done: set[tuple[object, ...]] = field(default_factory=set)

    def walk(self, sync: FluxObject | None) -> None:
        """Everything from the cluster's directory on; `sync` is what applies that directory."""
        chain: Chain = (f"{self.environment}: cluster path {self.directory}",)
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
        files = frozenset(built.files)
        slips = _slips(found) if found is not None else {}
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
            )
        )
        substitution = Substitution() if found is None else Substitution.of(found.spec)
        for each, chain in zip(built.objects, built.chains, strict=True):
            if each.kind == GENERATOR:
                self._generate(each.with_spec(mapping(substitution.spec(each.spec))))
            elif each.kind == KUSTOMIZATION:
                self.waiting.append(_Pending(each, chain, substitution))

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
    for environment, clusters in roots.items():
        for root in clusters:
            directory, _ = from_root(root)
            declared = _declared(tree, fleet, directory)
            own = own_source(declared, directory)
            cluster = _Cluster(tree, fleet, environment, directory, own)
            cluster.walk(_sync(declared, own, directory))
            builds.extend(cluster.builds)
            for path, chain in cluster.files.items():
                paths.setdefault(path, {}).setdefault(environment, chain)
    return Reach(dict(sorted(paths.items())), tuple(builds))


def _declared(tree: Tree, fleet: View, directory: str) -> tuple[FluxObject, ...]:
    """The Flux objects written anywhere below a cluster's directory."""
    found: list[FluxObject] = []
    for path in fleet.below(directory):
        if is_yaml(path):
            # A file that cannot be read is told when it is reached.
            with suppress(InvalidInput):
                found.extend(flux_objects(path, tree.read(path)))
    return tuple(found)


def _sync(declared: Sequence[FluxObject], own: SourceRef, directory: str) -> FluxObject | None:
    """The Flux Kustomization that applies the directory itself; None where none is written."""
    for each in declared:
        if applies(each, directory) and each.source is not None and each.source.may_be(own):
            return each
    return None


def _slips(found: FluxObject) -> Mapping[str, InvalidInput]:
    """A path that would leave the repository: Flux ends it at the root."""
    if not from_root(found.path)[1]:
        return {}
    told = f"spec.path {found.path} leaves the repository"
    return {found.place.path: InvalidInput(told, "count it from the root", found.place)}
