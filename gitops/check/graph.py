"""What Flux could not build or find."""

from collections.abc import Iterator

from gitops.check.finding import Finding, Severity
from gitops.check.reading import directories_of, objects_of
from gitops.errors import Place
from gitops.fleet import STOPS, Fleet
from gitops.inclusion.flux_objects import (
    KUSTOMIZATION,
    FluxObject,
    mapping,
    own_source,
    sequence,
    text,
)
from gitops.inclusion.source import from_root
from gitops.reach import SHARED

_SHOWN = 20
"""Names in a hint."""


def builds(fleet: Fleet) -> Iterator[Finding]:
    """FL002: a build of an environment that fails, by the file that a person must change."""
    for environment in (*fleet.environments, SHARED):
        faults = [errors for _, errors in fleet.inventory.faulty_builds(environment)]
        slips = [b.slips for b in fleet.reach.builds if b.environment == environment]
        for path, error in (pair for errors in (*faults, *slips) for pair in errors.items()):
            place = error.place or Place(path)
            yield Finding("FL002", Severity.ERROR, place, error.message, error.hint)


def clusters(fleet: Fleet) -> Iterator[Finding]:
    """FL003: a cluster whose directory is not there."""
    directories = directories_of(fleet.tree)
    for environment in fleet.config.fleet.environments:
        for cluster in environment.clusters:
            if cluster.path not in directories:
                told = f"the cluster {cluster.name} of {environment.name} has nothing here"
                hint = "write its files, or correct `clusters` in fleet.yaml"
                yield Finding("FL003", Severity.ERROR, Place(cluster.path), told, hint)


def references(fleet: Fleet) -> Iterator[Finding]:
    """FL004: a Flux Kustomization of a path that is not there. FL005: depends on one that is not.

    Only what the fleet's own source serves is looked at.
    """
    directories = directories_of(fleet.tree)
    objects = objects_of(fleet)
    known: dict[str, set[str]] = {}
    for build in fleet.reach.builds:
        name = build.kustomization.name if build.kustomization else None
        known.setdefault(build.root, set()).update([name] if name is not None else ())
    for root, names in known.items():
        declared = tuple(o for o in objects if o.place.path.startswith(f"{root}/"))
        own = own_source(declared, root)
        kustomizations = [o for o in declared if o.kind == KUSTOMIZATION]
        names.update(o.name for o in kustomizations)
        for found in kustomizations:
            if found.source is not None and found.source.may_be(own):
                yield from _paths(directories, found)
            yield from _dependencies(found, names)


def stops(fleet: Fleet) -> Iterator[Finding]:
    """FL006: Flux applies operators' stops as manifests."""
    for path, chains in fleet.reach.paths.items():
        if path.startswith(STOPS):
            environment, chain = next(iter(chains.items()))
            told = (
                f"is reached by Flux in {environment or 'every environment'} ({' | '.join(chain)})"
            )
            yield Finding("FL006", Severity.ERROR, Place(path), told, "give Flux a narrower path")


def _paths(directories: frozenset[str], found: FluxObject) -> Iterator[Finding]:
    directory, leaves = from_root(found.path)
    if leaves or "${" in found.path or directory in directories:
        return
    told = f"the Kustomization {found.name} applies {found.path}, and there is no such directory"
    hint = "correct `spec.path`, or write the directory"
    yield Finding("FL004", Severity.ERROR, found.place, told, hint)


def _some(names: set[str]) -> str:
    """The first of some names: a cluster may have thousands."""
    rest = len(names) - _SHOWN
    shown = ", ".join(sorted(names)[:_SHOWN])
    return f"{shown} and {rest} more" if rest > 0 else shown


def _dependencies(found: FluxObject, known: set[str]) -> Iterator[Finding]:
    for each in sequence(found.spec.get("dependsOn")):
        name = text(mapping(each).get("name"))
        # Of other namespaces and of variables no text here tells what there is.
        elsewhere = text(mapping(each).get("namespace")) not in {None, found.namespace}
        if name is not None and name not in known and not elsewhere and "${" not in name:
            told = f"the Kustomization {found.name} depends on {name}, which this cluster has not"
            hint = f"it has {_some(known)}"
            yield Finding("FL005", Severity.ERROR, found.place, told, hint)
