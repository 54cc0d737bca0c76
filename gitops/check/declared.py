"""What a fleet's files declare to each cluster: Flux's own objects, sources, rights, namespaces.

Objects are as their files write them. What a patch may still change is known too, so that a rule
can keep silent about it.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from gitops.check.applied import Applied, applied
from gitops.check.patch_index import PatchIndex
from gitops.check.reading import faulty
from gitops.check.things import Thing, things
from gitops.document import documents
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import SourceRef, flux_objects, mapping, own_source, text
from gitops.inclusion.kustomization import Includes, Inclusion, read_kustomization
from gitops.inclusion.source import join
from gitops.reach import SHARED, Reached
from gitops.sites import is_yaml
from gitops.sites.kustomization import FILE_NAMES

FLUX_ITSELF = "gotk-components.yaml"
"""What `flux bootstrap` writes: nobody here mends it."""


@dataclass(frozen=True)
class Cluster:
    """One cluster of an environment, with what it shares with others.

    Where several environments share a cluster it is there for each of them, and once more with all
    that is applied to it: its environment is SHARED then, and what two of them do to each other can
    be seen. `directory` is what its Flux starts from.

    `things` are by kind. `own` is the fleet's source there. `open` is true where something that no
    file here shows may be applied: files of other repositories, for example.
    """

    environment: str
    directory: str
    builds: tuple[Reached, ...]
    paths: frozenset[str]
    own: SourceRef
    things: Mapping[str, tuple[Thing, ...]] = field(repr=False)
    open: bool = False

    @cached_property
    def applied(self) -> tuple[Applied, ...]:
        """Its Flux Kustomizations that the fleet's own source serves."""
        return applied(self.builds, self.own.namespace or "flux-system")

    def of(self, *kinds: str, group: str | None = None) -> Iterator[Thing]:
        """Its objects of these kinds."""
        for kind in kinds:
            for each in self.things.get(kind, ()):
                if group is None or each.group == group:
                    yield each

    def may_have(self, kind: str, name: str) -> bool:
        """Whether an object of this kind and name may be there, in any namespace."""
        return any(_may_be(each.name, name) for each in self.things.get(kind, ()))


@dataclass(frozen=True)
class Declared:
    """What a fleet declares.

    `manifests` are the reached files with objects that a build takes, `texts` those that are
    patches or that generators read, `generated` the names of ConfigMaps that kustomize makes.
    """

    fleet: Fleet
    manifests: Mapping[str, tuple[Thing, ...]] = field(repr=False)
    inclusions: Mapping[str, Inclusion] = field(repr=False)
    texts: frozenset[str]
    unread: frozenset[str]
    generated: frozenset[str]

    @classmethod
    def of(cls, fleet: Fleet) -> "Declared":
        """What this one does."""
        unread = faulty(fleet)
        reached = [path for path in fleet.reach.paths if path not in unread]
        reached = [path for path in reached if is_yaml(path) and fleet.tree[path].regular]
        inclusions = {}
        for path in reached:
            if path.rpartition("/")[2] in FILE_NAMES:
                inclusions[path] = read_kustomization(path, fleet.tree[path].data)
        texts = frozenset(_texts(inclusions))
        found = {
            path: things(path, fleet.tree[path].data)
            for path in reached
            if path not in inclusions and path not in texts and not path.endswith(FLUX_ITSELF)
        }
        found = {path: each for path, each in found.items() if each}
        generated = frozenset(n for path in inclusions for n in _generated(fleet, path))
        return cls(fleet, found, inclusions, texts, unread, generated)

    @cached_property
    def patches(self) -> PatchIndex:
        """Which objects patches may change."""
        return PatchIndex(self.fleet, self.inclusions)

    @cached_property
    def clusters(self) -> tuple[Cluster, ...]:
        """Each cluster of each environment."""
        by_cluster: dict[tuple[str, str], list[Reached]] = {}
        by_root: dict[str, list[Reached]] = {}
        builds = self.fleet.reach.builds
        for build in builds:
            if build.environment != SHARED:
                key = (build.environment, build.cluster)
                by_cluster.setdefault(key, []).append(build)
            by_root.setdefault(build.root, []).append(build)
        shared = {build.root for build in builds if build.environment == SHARED}
        for (_, directory), those in by_cluster.items():
            common = by_root[those[0].root] if those[0].root != directory else ()
            those.extend(each for each in common if each.environment == SHARED)
        every = [(environment, those) for (environment, _), those in by_cluster.items()]
        every += [(SHARED, by_root[root]) for root in sorted(shared)]
        return tuple(self._cluster(name, tuple(those)) for name, those in every)

    @property
    def whole_clusters(self) -> tuple[Cluster, ...]:
        """Each cluster once: one that environments share, with all that is applied to it."""
        shared = {each.directory for each in self.clusters if each.environment == SHARED}
        return tuple(
            each
            for each in self.clusters
            if each.environment == SHARED or each.directory not in shared
        )

    def guarded(self, environment: str) -> bool:
        """Whether whatever changes there needs approvals."""
        found = self.fleet.config.environment(environment)
        return found is not None and found.approvals.required >= 1

    def last(self, environment: str) -> bool:
        """Whether no environment comes after this one, and some come before."""
        return self.fleet.config.is_last(environment)

    def untouched(self, thing: Thing, *fields: str) -> bool:
        """Whether no patch can write these fields: they are applied as the file says them.

        Without fields: whether none can change the object at all.
        """
        return not self.patches.may_change(thing.kind, thing.name, fields)

    def every(self, *kinds: str, group: str | None = None) -> Iterator[Thing]:
        """The objects of these kinds in all reached files, each once."""
        for found in self.manifests.values():
            for each in found:
                if each.kind in kinds and (group is None or each.group == group):
                    yield each

    def mentioning(self, what: bytes) -> frozenset[str]:
        """The kustomizations that speak of something."""
        return frozenset(p for p in self.inclusions if what in self.fleet.tree[p].data)

    def mentioned(self, what: bytes) -> bool:
        """Whether a kustomization.yaml speaks of something."""
        return bool(self.mentioning(what))

    def _cluster(self, environment: str, builds: tuple[Reached, ...]) -> Cluster:
        directory = builds[0].root
        paths = frozenset[str]().union(*(build.files for build in builds))
        by_kind: dict[str, list[Thing]] = {}
        for path in sorted(paths):
            for each in self.manifests.get(path, ()):
                by_kind.setdefault(each.kind, []).append(each)
        below = self.fleet.tree.below(directory)
        declared = tuple(
            found
            for path, file in below.items()
            if is_yaml(path) and file.regular and path not in self.unread
            for found in flux_objects(path, file.data)
        )
        own = own_source(declared, directory)
        found = {kind: tuple(those) for kind, those in by_kind.items()}
        return Cluster(
            environment,
            directory,
            builds,
            paths,
            own,
            found,
            self._is_open(builds, paths, own, found),
        )

    def _is_open(
        self,
        builds: tuple[Reached, ...],
        paths: frozenset[str],
        own: SourceRef,
        found: Mapping[str, tuple[Thing, ...]],
    ) -> bool:
        if any(build.problems or build.guessed for build in builds) or paths & self.unread:
            return True
        if "ResourceSet" in found or any(text(_spec(b).get("namePrefix")) for b in builds):
            return True
        for each in found.get("Kustomization", ()):
            if each.group == "kustomize.toolkit.fluxcd.io" and not _is_own(each, own):
                return True
        return any(self._renames(path) for path in paths & self.inclusions.keys())

    def _renames(self, path: str) -> bool:
        """Whether a kustomization renames objects or takes some from elsewhere."""
        read = self.inclusions[path]
        above = str(PurePosixPath(path).parent)
        remote = (
            link.optional and (join(above, link.target) or "") not in self.fleet.tree
            for link in read.links
            if link.includes is not Includes.TEXT
        )
        return bool(read.prefix or read.suffix) or any(remote)


def _spec(build: Reached) -> Mapping[str, object]:
    return {} if build.kustomization is None else mapping(build.kustomization.spec)


def _is_own(found: Thing, own: SourceRef) -> bool:
    kind, name = (found.text("spec", "sourceRef", key) for key in ("kind", "name"))
    return kind == "ExternalArtifact" or (kind, name) == (own.kind, own.name) or not name


def _texts(inclusions: Mapping[str, Inclusion]) -> Iterator[str]:
    """The files that are no objects: patches and what generators and charts read."""
    for path, read in inclusions.items():
        above = str(PurePosixPath(path).parent)
        for link in read.links:
            if link.includes is Includes.TEXT:
                yield join(above, link.target) or ""


def _generated(fleet: Fleet, path: str) -> Iterator[str]:
    for document in documents(path, fleet.tree[path].data):
        for index in document.keys("configMapGenerator"):
            name = document.text("configMapGenerator", index, "name")
            if name is not None:
                yield name


def _may_be(written: str, name: str) -> bool:
    """Whether a name may be another one, once its variables are filled in."""
    if "${" not in written:
        return written == name
    steps = re.split(r"\$\{[^}]*\}", written)
    return re.fullmatch(".*".join(map(re.escape, steps)), name) is not None
