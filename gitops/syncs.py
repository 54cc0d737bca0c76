"""What applies a cluster's own directory, and the directory that a cluster's Flux starts from."""

import posixpath
from collections.abc import Mapping, Sequence
from contextlib import suppress

from gitops.errors import InvalidInput
from gitops.inclusion.flux_objects import (
    INSTANCE,
    KUSTOMIZATION,
    FluxObject,
    SourceRef,
    applies,
    flux_objects,
    mapping,
    own_source,
    text,
)
from gitops.inclusion.source import View, from_root
from gitops.sites import is_yaml
from gitops.tree import Tree


def declared_below(tree: Tree, fleet: View, directory: str) -> tuple[FluxObject, ...]:
    """The Flux objects written anywhere below a cluster's directory."""
    found: list[FluxObject] = []
    for path in fleet.below(directory):
        if is_yaml(path):
            # A file that cannot be read is told when it is reached.
            with suppress(InvalidInput):
                found.extend(flux_objects(path, tree.read(path)))
    return tuple(found)


def sync_of(declared: Sequence[FluxObject], own: SourceRef, directory: str) -> FluxObject | None:
    """The Flux Kustomization that applies the directory itself; None where none is written."""
    for each in declared:
        if applies(each, directory) and each.source is not None and each.source.may_be(own):
            return each
    return None


def instance_of(declared: Sequence[FluxObject], directory: str) -> FluxObject | None:
    """The FluxInstance that has the directory itself applied; None where none is written."""
    instances = (each for each in declared if each.kind == INSTANCE)
    return next((each for each in instances if directory in started_by(each)), None)


def enclosing(tree: Tree, fleet: View, directory: str) -> str | None:
    """The nearest directory above an environment's that its cluster's Flux starts from.

    None where Flux starts from `directory` itself, or nothing says where it does. The repository's
    root is not asked: a Flux Kustomization of another source often says no path at all.
    """
    above = directory
    while above not in {"", "."}:
        if _starts(declared_below(tree, fleet, above), above):
            return None if above == directory else above
        above = posixpath.dirname(above)
    return None


def _starts(declared: Sequence[FluxObject], directory: str) -> bool:
    """Whether what lies below a directory has Flux apply just this directory."""
    if sync_of(declared, own_source(declared, directory), directory) is not None:
        return True
    return instance_of(declared, directory) is not None


def started_by(found: FluxObject) -> tuple[str, ...]:
    """The directory that a Flux Kustomization or a FluxInstance applies; () where it says none."""
    if found.kind == KUSTOMIZATION and found.source is not None:
        path = text(found.spec.get("path"))
    elif found.kind == INSTANCE:
        path = text(mapping(found.spec.get("sync")).get("path"))
    else:
        path = None
    return () if path is None else (from_root(path)[0],)


def slips_of(found: FluxObject) -> Mapping[str, InvalidInput]:
    """What Flux forgives, by its file: a path that would leave the repository ends at its root."""
    if not from_root(found.path)[1]:
        return {}
    told = f"spec.path {found.path} leaves the repository"
    return {found.place.path: InvalidInput(told, "count it from the root", found.place)}
