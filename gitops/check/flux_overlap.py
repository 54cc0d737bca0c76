"""Objects that two Flux Kustomizations apply, and objects that go elsewhere than they say."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from gitops.check.applied import Applied
from gitops.check.declared import Cluster, Declared
from gitops.check.finding import Finding, Severity
from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.inclusion.flux_objects import text
from gitops.reach import Reached
from gitops.rendering.checkout import listed, spec_of
from gitops.sites import is_yaml
from gitops.sites.model import manifests

_TRAITS = ("targetNamespace", "namePrefix", "nameSuffix", "components")
"""What makes other objects of the same files."""

_NAMESPACED = re.compile(rb"\bnamespace[\"']?[ \t]*:[ \t]*[\"']?[a-z0-9]")


def overlaps(declared: Declared) -> Iterator[Finding]:
    """FL306: two Flux Kustomizations that make the same objects of the same files."""
    for cluster in declared.clusters:
        taken: dict[tuple[str, str], Reached] = {}
        for build, spec in _sure(cluster):
            traits = repr([spec.get(key) for key in _TRAITS])
            for entry in _entries(build):
                other = taken.setdefault((entry, traits), build)
                if _name(other) != _name(build) and _alike(declared, build, other):
                    yield _twice(cluster, build, _name(other), entry)
                    break


def _twice(cluster: Cluster, build: Reached, other: str, entry: str) -> Finding:
    place = build.kustomization.place if build.kustomization else Place(cluster.directory)
    said = f"{_name(build)} and {other} both apply {entry}"
    hint = "they undo each other's changes, and pruning one deletes the other's: give each its own"
    return Finding("FL306", Severity.WARNING, place, said, hint)


def _sure(cluster: Cluster) -> Iterator[tuple[Reached, Mapping[str, object]]]:
    """The builds that are made for sure, and in this way."""
    # An environment's directory in a shared cluster is read for itself, and applied by another's.
    starts = (b for b in cluster.builds if b.kustomization is None and b.cluster == b.root)
    yield from ((build, {}) for build in starts)
    yield from ((each.sure, each.specs[0]) for each in cluster.applied if each.sure is not None)


def _name(build: Reached) -> str:
    if build.kustomization is None:
        return f"the cluster's directory {build.cluster}"
    return f"Kustomization {build.given.fill(build.kustomization.name)}"


def _alike(declared: Declared, one: Reached, other: Reached) -> bool:
    """Whether neither variables nor patches can give the objects other names."""
    specs = [spec_of(one), spec_of(other)]
    if any("/metadata/name" in repr(spec.get("patches")) for spec in specs):
        return False
    if specs[0].get("postBuild") == specs[1].get("postBuild"):
        return True
    tree = declared.fleet.tree
    return not any(b"${" in tree[path].data for path in one.files & other.files)


def _entries(build: Reached) -> Iterator[str]:
    """The directory that is built; where it has no kustomization.yaml, what Flux takes of it."""
    view = build.view
    if view is None:
        return
    of = "" if view.name == "the fleet" else f" of {view.name}"
    if view.kustomization(build.directory) is not None:
        yield f"{build.directory}{of}"
        return
    prefix = "" if build.directory == "." else f"{build.directory}/"
    for name in listed(view, build.directory):
        yield f"{prefix}{name.removeprefix('./')}{of}"


def names(declared: Declared) -> Iterator[Finding]:
    """FL307: two Flux Kustomizations of one name in a cluster."""
    for cluster in declared.clusters:
        first: dict[tuple[str, str], Applied] = {}
        for each in cluster.applied:
            other = first.setdefault(each.key, each)
            if other is not each and "\0" not in each.name:
                told = f"another Kustomization is {each.name} in {each.namespace}: "
                told += f"the one at {other.place}"
                hint = "one of them is never applied, or both in turn: rename it"
                yield Finding("FL307", Severity.WARNING, each.place, told, hint)


def moved(declared: Declared) -> Iterator[Finding]:
    """FL319: an object that says one namespace and is applied to another."""
    for cluster in declared.clusters:
        for build, spec in _sure(cluster):
            target = text(spec.get("targetNamespace"))
            if target is None or "${" in target:
                continue
            for path in sorted(build.files - declared.texts - declared.unread):
                if path in declared.inclusions or not is_yaml(path):
                    continue
                for title, namespace, place in _said(path, declared.fleet.tree[path].data):
                    if namespace != target:
                        told = f"{title} says namespace {namespace}, and is applied to {target}, "
                        told += f"the `targetNamespace` of {_name(build)}"
                        hint = "remove the namespace here, or the `targetNamespace`"
                        yield Finding("FL319", Severity.WARNING, place, told, hint)


@lru_cache(maxsize=65_536)
def _said(path: str, data: bytes) -> tuple[tuple[str, str, Place], ...]:
    """The objects of a file that say their namespace."""
    if _NAMESPACED.search(data) is None:
        return ()
    try:
        found = [m for document in documents(path, data) for m in manifests(document)]
    except InvalidInput:
        return ()
    return tuple(
        (f"{each.kind} {each.text('metadata', 'name')}", namespace, place)
        for each in found
        if (namespace := each.text("metadata", "namespace")) and each.kind
        for place in (each.place("metadata", "namespace"),)
        if "${" not in namespace
    )
