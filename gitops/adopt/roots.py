"""`sync_roots`: the directories that the clusters of a repository start from.

What applies a cluster's own directory is written there by `flux bootstrap` (gotk-sync.yaml), as a
FluxInstance, or as the values of the chart flux-instance. Where none of them is found, a directory
with Flux Kustomizations that no other one applies is taken for one.

Source: https://fluxcd.io/flux/cmd/flux_bootstrap/,
https://fluxcd.control-plane.io/operator/fluxinstance/
"""

import posixpath
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.inclusion.flux_objects import INSTANCE, KUSTOMIZATION, FluxObject, flux_objects
from gitops.inclusion.source import from_root
from gitops.sites import Manifest, is_yaml, manifests
from gitops.tree import Tree

_SYNC_FILE = "gotk-sync.yaml"
_CHART = "flux-instance"
_BRANCH = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Root:
    """A cluster's directory; `place` and `why` say what told so.

    `url` is what the cluster pulls and `ref` which branch or other ref of it, both "" where no text
    says it.
    """

    path: str
    place: Place
    why: str
    url: str = ""
    ref: str = ""

    @property
    def branch(self) -> str | None:
        """The branch that the cluster follows; None where it follows something else, or untold."""
        if not self.ref or (self.ref.startswith("refs/") and not self.ref.startswith(_BRANCH)):
            return None
        return self.ref.removeprefix(_BRANCH)


def sync_roots(tree: Tree) -> tuple[Root, ...]:
    """The clusters' directories, each once, by path; () where nothing looks like one."""
    found: dict[str, Root] = {}
    for path, file in tree.items():
        if is_yaml(path) and file.regular:
            # A file that cannot be read is told when it is reached.
            with suppress(InvalidInput):
                for root in _of_file(path, file.data):
                    found.setdefault(root.path, root)
    told = [root for root in found.values() if _is_directory(tree, root.path)]
    return tuple(sorted(told or _unapplied(tree), key=lambda root: root.path))


def _of_file(path: str, data: bytes) -> Iterator[Root]:
    if path.rpartition("/")[2] == _SYNC_FILE:
        yield from _of_bootstrap(path, data)
    for each in flux_objects(path, data):
        if each.kind == INSTANCE:
            yield from _of_instance(each)
    if b"HelmRelease" in data and b"sync" in data:
        for document in documents(path, data):
            for manifest in manifests(document):
                yield from _of_chart(manifest)


def _of_bootstrap(path: str, data: bytes) -> Iterator[Root]:
    """What `flux bootstrap` wrote; before it has, the file is empty and only its place speaks."""
    applied = [each for each in flux_objects(path, data) if each.kind == KUSTOMIZATION]
    sources = [
        manifest
        for document in documents(path, data)
        for manifest in manifests(document)
        if manifest.kind in {"GitRepository", "OCIRepository", "Bucket"}
    ]
    url, ref = "", ""
    if sources:
        url = sources[0].text("spec", "url") or ""
        ref = (
            sources[0].text("spec", "ref", "branch") or sources[0].text("spec", "ref", "name") or ""
        )
    for each in applied:
        yield Root(from_root(each.path)[0], each.place, "gotk-sync.yaml applies it", url, ref)
    if not applied:
        above = posixpath.dirname(posixpath.dirname(path)) or "."
        yield Root(
            above, Place(path), "gotk-sync.yaml lies in it, yet to be bootstrapped", url, ref
        )


def _of_instance(found: FluxObject) -> Iterator[Root]:
    sync = found.spec.get("sync")
    if isinstance(sync, dict) and isinstance(sync.get("path"), str):
        told = {key: str(sync.get(key) or "") for key in ("url", "ref")}
        yield Root(from_root(sync["path"])[0], found.place, "a FluxInstance syncs it", **told)


def _of_chart(manifest: Manifest) -> Iterator[Root]:
    sync = ("spec", "values", "instance", "sync")
    path = manifest.text(*sync, "path")
    chart = manifest.text("spec", "chartRef", "name") or manifest.text(
        "spec", "chart", "spec", "chart"
    )
    if manifest.kind == "HelmRelease" and path and chart == _CHART:
        url, ref = (manifest.text(*sync, key) or "" for key in ("url", "ref"))
        why = "the chart flux-instance syncs it"
        yield Root(from_root(path)[0], manifest.place(*sync, "path"), why, url, ref)


def _unapplied(tree: Tree) -> Iterator[Root]:
    """Directories with Flux Kustomizations that lie below no path which another one applies."""
    found: list[FluxObject] = []
    for path, file in tree.items():
        if is_yaml(path) and file.regular:
            with suppress(InvalidInput):
                found += [o for o in flux_objects(path, file.data) if o.kind == KUSTOMIZATION]
    applied = {from_root(o.path)[0] for o in found if o.source is not None and "${" not in o.path}
    seen: set[str] = set()
    for each in found:
        directory = posixpath.dirname(each.place.path) or "."
        if directory not in seen and not any(_within(directory, other) for other in applied):
            seen.add(directory)
            yield Root(directory, each.place, "its Flux Kustomizations are applied by no other")


def _within(directory: str, other: str) -> bool:
    return other in {".", directory} or directory.startswith(f"{other}/")


def _is_directory(tree: Tree, path: str) -> bool:
    return path == "." or any(each.startswith(f"{path}/") for each in tree)
