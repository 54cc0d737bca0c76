"""`Reach` and `Reached`: what Flux builds in each environment, as `gitops.reach` found it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain

from gitops.errors import InvalidInput, Place
from gitops.inclusion.build import Chain
from gitops.inclusion.flux_objects import FluxObject
from gitops.inclusion.releases import Releases
from gitops.inclusion.source import View
from gitops.inclusion.substitution import UNKNOWN, Substitution

SHARED = ""
"""In place of an environment's name: of a cluster that several share, and of none of them alone."""

Identity = tuple[str, str, str]
"""Kind, namespace and name of a Flux object, as its cluster calls it. NUL stands for any text."""


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """What an object comes from: the document it is written in, and who makes of it what.

    `within` is the directory that a Flux Kustomization builds, or the Flux Kustomization that
    applies a leaf.
    """

    place: Place
    document: int
    within: str


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

    `root` is the directory that the cluster's Flux starts from. It is `cluster`, but where several
    environments share a cluster and each is a directory of it. What belongs to such a cluster as a
    whole has SHARED as its environment, and `root` as its cluster.

    `leaves` are the Flux Kustomizations of other sources that it applies, as patches leave them:
    what they build is in no file here. `releases` are its HelmReleases. `instance` is the
    FluxInstance that applies a cluster's own directory, where one does.
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
    root: str = "."
    leaves: tuple[FluxObject, ...] = ()
    releases: tuple[Releases, ...] = ()
    instance: FluxObject | None = None

    @property
    def identity(self) -> Identity | None:
        """Of `kustomization`; None without one."""
        found = self.kustomization
        return None if found is None else _identity(found, self.given)

    @property
    def filling(self) -> Substitution:
        """What it fills into the objects that it applies."""
        spec = {} if self.kustomization is None else self.kustomization.spec
        return Substitution.of(spec)

    def applied(self) -> Iterator[tuple[Identity, FluxObject]]:
        """Its leaves and HelmReleases, as the cluster calls them.

        Raises:
            InvalidInput: one of the HelmReleases, or a patch of one, cannot be read.
        """
        filling = self.filling
        found = (each.objects for each in self.releases)
        for each in chain(self.leaves, chain.from_iterable(found)):
            yield _identity(each, filling), each


@dataclass(frozen=True)
class Reach:
    """Which environments reach which files.

    `paths` gives for each file and environment one chain of inclusion: steps for a person to read.
    SHARED is behind the environments there, of what a cluster applies for several at once.
    """

    paths: Mapping[str, Mapping[str, Chain]]
    builds: tuple[Reached, ...] = ()

    def flux_kustomizations(self, environment: str) -> tuple[FluxObject, ...]:
        """The Flux Kustomizations that count in an environment, as patches leave them."""
        found = (b.kustomization for b in self.builds if b.environment == environment)
        return tuple(each for each in found if each is not None)

    def reading(self, environment: str, paths: Iterable[str]) -> tuple[Reached, ...]:
        """The builds of an environment that read one of these files, in the order of `builds`."""
        numbers = {number for path in paths for number in self._readers.get(path, ())}
        found = (self.builds[number] for number in sorted(numbers))
        return tuple(build for build in found if build.environment == environment)

    @cached_property
    def _readers(self) -> Mapping[str, Sequence[int]]:
        """By file, the builds that read it, as their places in `builds`."""
        readers: dict[str, list[int]] = {}
        for number, build in enumerate(self.builds):
            for path in build.files:
                readers.setdefault(path, []).append(number)
        return readers

    def written(self, path: str) -> Sequence[Reached]:
        """The builds of the Flux Kustomizations that a file holds."""
        return self._written.get(path, ())

    @cached_property
    def _written(self) -> Mapping[str, Sequence[Reached]]:
        found: dict[str, list[Reached]] = {}
        for build in self.builds:
            if build.kustomization is not None:
                found.setdefault(build.kustomization.place.path, []).append(build)
        return found

    def starting(self, root: str) -> tuple[Reached, ...]:
        """The builds of the cluster whose Flux starts from `root`, whosever they are."""
        return self._by_root.get(root, ())

    @cached_property
    def _by_root(self) -> Mapping[str, tuple[Reached, ...]]:
        found: dict[str, list[Reached]] = {}
        for build in self.builds:
            found.setdefault(build.root, []).append(build)
        return {root: tuple(builds) for root, builds in found.items()}

    def origins(self, root: str, identity: Identity) -> frozenset[Origin]:
        """Where an object of a cluster is written; several where the cluster cannot have both."""
        return frozenset(self._origins.get((root, identity), ()))

    @cached_property
    def _origins(self) -> Mapping[tuple[str, Identity], set[Origin]]:
        found: dict[tuple[str, Identity], set[Origin]] = {}
        for build in self.builds:
            whole = build.kustomization
            if whole is not None and build.identity is not None:
                origin = Origin(whole.place, whole.document, build.directory)
                found.setdefault((build.root, build.identity), set()).add(origin)
            within = "/".join(build.identity[1:]) if build.identity else build.directory
            # Who asks for one that cannot be read is told so.
            with suppress(InvalidInput):
                for identity, each in build.applied():
                    origin = Origin(each.place, each.document, within)
                    found.setdefault((build.root, identity), set()).add(origin)
        return found

    def roots(self, directory: str) -> tuple[str, ...]:
        """Where the Flux of a cluster starts that is named by one of its directories."""
        return self._roots.get(directory, ())

    @cached_property
    def _roots(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, dict[str, None]] = {}
        for build in self.builds:
            found.setdefault(build.cluster, {})[build.root] = None
        return {directory: tuple(roots) for directory, roots in found.items()}

    def environments(self, path: str) -> tuple[str, ...]:
        """The environments that reach a file, in the fleet's order; () when none does."""
        return tuple(each for each in self.paths.get(path, ()) if each != SHARED)

    def sharing(self, root: str) -> tuple[str, ...]:
        """The environments of the cluster whose Flux starts from `root`, in the fleet's order."""
        found = (build.environment for build in self.starting(root))
        return tuple(dict.fromkeys(each for each in found if each != SHARED))


def _identity(found: FluxObject, given: Substitution) -> Identity:
    """An object as its cluster calls it; "" for a namespace that nothing says."""
    namespace, name = (
        UNKNOWN if UNKNOWN in filled else filled
        for filled in (given.fill(found.namespace or ""), given.fill(found.name))
    )
    return found.kind, namespace, name
