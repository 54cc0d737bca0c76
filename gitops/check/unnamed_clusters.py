"""Directories of clusters that fleet.yaml does not speak of."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from gitops.check.finding import Finding, Severity
from gitops.check.source_files import regular
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import KUSTOMIZATION, FluxObject, flux_objects
from gitops.inclusion.source import from_root
from gitops.sites import is_yaml
from gitops.sites.kustomization import FILE_NAMES
from gitops.syncs import started_by

_CLUSTERS = "clusters/"


def unnamed_clusters(fleet: Fleet) -> Iterator[Finding]:
    """FL322: a cluster's directory that no environment names, so that nothing of it is looked at.

    It is one where Flux applies it from within, or where it lies beside one that is named and has a
    Flux Kustomization. What an environment takes files of is none, nor is one whose path has a step
    that begins with `_` or `.`: it is there to be copied.
    """
    named = {build.cluster for build in fleet.reach.builds}
    named |= {from_root(path)[0] for paths in fleet.config.roots.values() for path in paths}
    for directory, place in sorted(_candidates(fleet, named).items()):
        if any(_within(directory, each) or _within(each, directory) for each in named):
            continue
        if directory.startswith(("_", ".")) or "/_" in directory or "/." in directory:
            continue
        if any(fleet.reach.environments(path) for path in fleet.tree.below(directory)):
            continue
        told = f"{directory} looks like a cluster, and no environment of fleet.yaml names it: "
        told += "nothing of it is rendered, checked or promoted"
        hint = "name it under `clusters` of an environment, or remove it; where it is meant so, "
        hint += "write `# fairlead: ignore-file FL322 REASON` at the top of this file"
        yield Finding("FL322", Severity.WARNING, place, told, hint)


def _candidates(fleet: Fleet, named: set[str]) -> Mapping[str, Place]:
    """Directories that may be clusters, each with the file that a person keeps there."""
    starting: dict[str, FluxObject] = {}
    beside: dict[str, FluxObject] = {}
    above = {parent for each in named for parent in _parents(fleet, each)}
    for found in _unreached(fleet):
        path = found.place.path
        for directory in started_by(found):
            if path.startswith(f"{directory}/"):
                starting.setdefault(directory, found)
        holders = (each for each in above if path.startswith(f"{each}/"))
        for holder in holders if found.kind == KUSTOMIZATION else ():
            name, slash, _ = path.removeprefix(f"{holder}/").partition("/")
            if slash:
                beside.setdefault(f"{holder}/{name}", found)
    outermost = {d: f for d, f in beside.items() if not any(_within(s, d) for s in starting)}
    return {each: _place(fleet, each, found) for each, found in (outermost | starting).items()}


def _unreached(fleet: Fleet) -> Iterator[FluxObject]:
    for path, file in regular(fleet.tree):
        if is_yaml(path) and not fleet.reach.environments(path):
            # Nothing reads it, so nobody is told that it cannot be read.
            with suppress(InvalidInput):
                yield from flux_objects(path, file.data)


def _parents(fleet: Fleet, directory: str) -> Iterator[str]:
    """Where clusters like this one may lie: beside it; below `clusters/` beside what holds it."""
    above = directory.rpartition("/")[0]
    if above:
        yield above
    root = next((b.root for b in fleet.reach.builds if b.cluster == directory), directory)
    above = root.rpartition("/")[0]
    while root.startswith(_CLUSTERS) and above:
        yield above
        above = above.rpartition("/")[0]


def _place(fleet: Fleet, directory: str, found: FluxObject) -> Place:
    """Its kustomization.yaml, since `flux bootstrap` writes the others again and again."""
    own = (f"{directory}/{name}" for name in FILE_NAMES)
    return next((Place(path) for path in own if path in fleet.tree), found.place)


def _within(path: str, directory: str) -> bool:
    return path == directory or path.startswith(f"{directory}/")
