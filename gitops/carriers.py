"""`carried`: which Flux objects bring an app to a cluster, as the fleet says. Pure.

They are the Flux Kustomizations that build what the app's pin is written in, and the HelmReleases
of the app among what these apply, as well as its Kustomizations of other sources. What applies a
cluster's own directory is one only where nothing nearer builds it. Where two objects would have one
name in a cluster, or a variable decides, nothing is guessed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

from gitops.config.schema import ClusterConfig
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet, Pin
from gitops.inclusion.flux_objects import KUSTOMIZATION, RELEASE, FluxObject, mapping, text
from gitops.inclusion.patches import is_opened
from gitops.inclusion.source import from_root
from gitops.inclusion.substitution import UNKNOWN, Substitution
from gitops.inventory import variable_of
from gitops.reached import SHARED, Identity, Reached
from gitops.sites import Site, split_tag
from gitops.sites.helm_release import UNVERSIONED
from gitops.sites.model import Part, without_namespace
from gitops.version import parse

_PARTS: Final = 3
"""Of a version that is exact: with fewer, Helm takes it for a range."""


@dataclass(frozen=True, slots=True, order=True)
class Carrier:
    """A Flux object that brings an app to a cluster.

    `path` is a Kustomization's `spec.path` from its source's root, normalised (`.` is the root);
    None for a HelmRelease, and where a variable decides. `chart` is the exact chart version that a
    HelmRelease asks for; None for a range, for none, and for a Kustomization. `source` is what a
    Kustomization's `spec.sourceRef` names, `GitRepository flux-system/flux-system`; None where that
    is not known.
    """

    kind: str
    namespace: str
    name: str
    path: str | None = None
    chart: str | None = None
    source: str | None = None


@dataclass(frozen=True, slots=True)
class Carried:
    """What brings one app to one cluster of one environment, as the fleet says.

    `carriers` are by kind, namespace and name; () only with a `problem`, which says why nobody can
    tell which objects carry the app, "" where that is known. `repositories` are the artifacts of
    the app's pin, as the pin calls them.
    """

    environment: str
    cluster: str
    app: str
    carriers: tuple[Carrier, ...]
    repositories: tuple[str, ...] = ()
    problem: str = ""


def carried(fleet: Fleet, environment: str, app: str) -> tuple[Carried, ...]:
    """What brings an app to each cluster of an environment, in the fleet's order."""
    found = fleet.config.environment(environment)
    pin = fleet.pin(environment, app)
    clusters = found.clusters if found is not None else ()
    return tuple(_on(fleet, cluster, environment, app, pin) for cluster in clusters)


def _on(
    fleet: Fleet, cluster: ClusterConfig, environment: str, app: str, pin: Pin | None
) -> Carried:
    repositories = tuple(each.repository for each in pin.content) if pin is not None else ()
    try:
        found = tuple(_One(fleet, cluster, environment, app, pin).carriers())
    except InvalidInput as error:
        return Carried(environment, cluster.name, app, (), repositories, str(error))
    return Carried(environment, cluster.name, app, found, repositories)


@dataclass(frozen=True)
class _One:
    """One app on one cluster of one environment."""

    fleet: Fleet
    cluster: ClusterConfig
    environment: str
    app: str
    pin: Pin | None

    def carriers(self) -> list[Carrier]:
        """What carries it, in order.

        Raises:
            InvalidInput: nobody can tell.
        """
        found: dict[Identity, Carrier] = {}
        for build in self._builds():
            carrier = _kustomization(build)
            found[carrier.kind, carrier.namespace, carrier.name] = carrier
            for identity, leaf in self._leaves(build):
                known = found.setdefault(identity, leaf)
                if known.chart != leaf.chart:
                    found[identity] = replace(leaf, chart=None)
        if not found:
            raise self._nothing()
        for identity in found:
            self._refuse_doubles(identity)
        return [found[identity] for identity in sorted(found)]

    @cached_property
    def _sites(self) -> tuple[Site, ...]:
        sites = self.pin.sites if self.pin is not None else ()
        return tuple(each for each in sites if each.part is not Part.SUSPEND)

    def _builds(self) -> Iterator[Reached]:
        """The nearest builds of what the pin is written in, each once."""
        seen: set[int] = set()
        for path, document in dict.fromkeys((s.path, s.document) for s in self._sites):
            for build in self._of(path, document):
                if id(build) not in seen:
                    seen.add(id(build))
                    yield build

    def _of(self, path: str, document: int) -> Sequence[Reached]:
        """What builds a document; of a Flux Kustomization, which sets versions itself, its own."""
        directory = from_root(self.cluster.path)[0]
        reach, environment = self.fleet.reach, self.environment
        own = (b for b in reach.written(path) if b.environment == environment)
        told = [b for b in own if b.kustomization and b.kustomization.document == document]
        here = [b for b in told or reach.reading(environment, (path,)) if b.cluster == directory]
        if any(build.kustomization is None for build in here):
            root = here[0].root
            here += [b for b in reach.reading(SHARED, (path,)) if b.root == root]
        return _nearest(here)

    def _leaves(self, build: Reached) -> Iterator[tuple[Identity, Carrier]]:
        """The app's HelmReleases, and its Kustomizations of other sources, that a build applies.

        Raises:
            InvalidInput: one has no name that is known here.
        """
        for identity, found in build.applied():
            if not (self._is_own(found) or self._is_filled(found, build)):
                continue
            known = _known(identity, found)
            if found.kind == RELEASE:
                yield identity, Carrier(*known, chart=self._chart(build, found))
            else:
                path = from_root(build.filling.fill(found.path))[0]
                source = _sync(build.filling, found, known[1])
                yield identity, Carrier(*known, None if UNKNOWN in path else path, source=source)

    def _is_own(self, leaf: FluxObject) -> bool:
        """Whether a leaf lies where the app's files do, or says one of its versions."""
        if self.fleet.is_home(leaf.place.path, self.app):
            return True
        named = {f"{leaf.kind} {leaf.written}", f"{leaf.kind} {leaf.name}", _source(leaf)}
        return any(
            (site.path, site.document) == (leaf.place.path, leaf.document)
            or without_namespace(site.object) in named
            for site in self._sites
        )

    def _is_filled(self, leaf: FluxObject, build: Reached) -> bool:
        """Whether the Flux Kustomization that applies a leaf says one of the versions for it."""
        whole = build.kustomization
        place = None if whole is None else (whole.place.path, whole.document)
        names = (variable_of(site) for site in self._sites if (site.path, site.document) == place)
        return any(f"${{{name}" in repr(leaf.spec) for name in names if name)

    def _chart(self, build: Reached, release: FluxObject) -> str | None:
        """The exact version of its chart; None where that is open."""
        source = mapping(release.spec.get("chartRef"))
        if source:
            title = _source(release)
            tags = {
                split_tag(site.value)[0]
                for site in self._sites
                if site.part is Part.TAG and without_namespace(site.object) == title
            }
            tag = tags.pop() if len(tags) == 1 else None
            # A tag has no plus sign, so Helm writes an underscore for it.
            return tag.replace("_", "+") if tag else None
        spec = mapping(mapping(release.spec.get("chart")).get("spec"))
        written = text(spec.get("version")) or ""
        wanted = build.filling.fill(written)
        version = parse(wanted)
        if version is None or version.parts < _PARTS or is_opened(release):
            return None
        unversioned = mapping(spec.get("sourceRef")).get("kind") in UNVERSIONED
        return None if unversioned else wanted

    def _refuse_doubles(self, identity: Identity) -> None:
        """Refuse where several objects of the cluster have one name.

        What environments call by one name counts as one cluster: whoever connects to it knows no
        more.
        """
        environments = self.fleet.config.fleet.environments
        called = [c for e in environments for c in e.clusters if c.name == self.cluster.name]
        reach = self.fleet.reach
        roots = {root for c in called for root in reach.roots(from_root(c.path)[0])}
        found = sorted(origin for root in roots for origin in reach.origins(root, identity))
        if len(found) < 2:
            return
        kind, namespace, name = identity
        told = " and ".join(f"{each.place} ({each.within})" for each in found)
        hint = "give one of them another name"
        if len(called) > 1:
            hint += f", or the clusters, where {self.cluster.name} is more than one"
        raise InvalidInput(
            f"{self.cluster.name} has several {kind}s {namespace}/{name}: {told}", hint
        )

    def _nothing(self) -> InvalidInput:
        """That nothing carries the app, and why."""
        if self.pin is not None and self.pin.problem is not None:
            return self.pin.problem
        directory = from_root(self.cluster.path)[0]
        for build, errors in self.fleet.inventory.faulty_builds(self.environment):
            if build.cluster == directory:
                return next(iter(errors.values()))
        where = f"{self.environment} on {self.cluster.name}"
        if not self._sites:
            told = f"no version of {self.app} is written for {where}"
            return InvalidInput(told, "write it in a file that one of its Kustomizations builds")
        told = f"no Flux Kustomization of {where} builds this version of {self.app}"
        hint = f"write one below {self.cluster.path}"
        return InvalidInput(told, hint, self._sites[0].place)


def _nearest(builds: Sequence[Reached]) -> Sequence[Reached]:
    """The builds without those of a cluster's own directory, where there are others."""
    nearer = [each for each in builds if each.directory not in {each.cluster, each.root}]
    return nearer or [each for each in builds if each.kustomization] or builds


def _kustomization(build: Reached) -> Carrier:
    """What applies a build.

    Raises:
        InvalidInput: a variable decides what it is called or what it builds, or no file says it.
    """
    found, instance = build.kustomization, build.instance
    if found is None and instance is not None:
        # Source: Flux Operator, FluxInstance, "Sync configuration".
        namespace = instance.namespace or "flux-system"
        name = text(mapping(instance.spec.get("sync")).get("name")) or namespace
        kind = text(mapping(instance.spec.get("sync")).get("kind")) or "GitRepository"
        source = f"{kind} {namespace}/{name}"
        return Carrier(KUSTOMIZATION, namespace, name, build.directory, source=source)
    if found is None or build.identity is None:
        told = f"no file says which Flux Kustomization applies {build.directory}"
        hint = "write it there, as `flux bootstrap` does in flux-system/gotk-sync.yaml"
        raise InvalidInput(told, hint, Place(build.directory))
    kind, namespace, name = _known(build.identity, found)
    if build.guessed:
        told = f"{kind} {namespace}/{name} may build any directory: a variable is in {found.path}"
        raise InvalidInput(told, "write the path itself", found.place)
    return Carrier(
        kind, namespace, name, build.directory, source=_sync(build.given, found, namespace)
    )


def _sync(given: Substitution, found: FluxObject, namespace: str) -> str | None:
    """The source of a Kustomization, as its cluster calls it; None where that is not known."""
    source = found.source and given.source(found.source)
    if source is None or UNKNOWN in f"{source.name}{source.namespace}":
        return None
    return f"{source.kind} {source.namespace or namespace}/{source.name}"


def _known(identity: Identity, found: FluxObject) -> Identity:
    kind, namespace, name = identity
    if UNKNOWN in (namespace, name):
        told = f"only the cluster knows what {kind} {found.name} is called: it has a variable"
        raise InvalidInput(told, "write its name and namespace", found.place)
    if not (namespace and name):
        told = f"{kind} {name or '(unnamed)'} has no namespace"
        raise InvalidInput(told, "write metadata.namespace", found.place)
    return identity


def _source(leaf: FluxObject) -> str:
    """The object that has its chart or its files, without a namespace: `OCIRepository payments`."""
    template = mapping(mapping(leaf.spec.get("chart")).get("spec"))
    source = leaf.spec.get("chartRef") or template.get("sourceRef") or leaf.spec.get("sourceRef")
    return f"{mapping(source).get('kind')} {mapping(source).get('name')}"
