"""What a survey leaves aside of an artifact: places that have its version and can have no other.

A variable that Flux fills in, what SOPS encrypted, and files that nobody could read.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, replace

from gitops.bump.beside import unnamed
from gitops.bump.naming import Name
from gitops.document import Document, documents
from gitops.errors import InvalidInput
from gitops.sites import Site, Skipped, Survey, is_yaml, manifests
from gitops.sites.kinds import KINDS
from gitops.sites.model import variable_in
from gitops.sites.surveying import with_embedded
from gitops.tree import File, Mode, Tree

_ENCODINGS = ("utf-8", "utf-16-le", "utf-16-be")
"""Flux reads all three; here only the first is."""


@dataclass(frozen=True, slots=True)
class Aside:
    """`sites` are of the artifact and cannot be edited; in the `unfilled` of them is a variable.

    `unread` are files that may have more; `foreign` what may and is not ours to move: files with
    the name in them that are no YAML, symlinks to what is not in the tree, and versions beside the
    name that nothing says to be its.
    """

    sites: tuple[Site, ...]
    unfilled: frozenset[Site]
    unread: tuple[Skipped, ...]
    foreign: tuple[Skipped, ...]


def left_aside(tree: Tree, found: Survey, name: Name) -> Aside:
    """What the survey of a tree leaves aside of what a name means."""
    known = {(site.path, site.document, site.address) for site in found.sites}
    sites: list[Site] = []
    unread: list[Skipped] = []
    foreign = list(unnamed(tree, found.sites, name))
    for path, skips, read in _with_the_name(tree, found, name):
        if read is None:
            (unread if tree[path].unread else foreign).extend(skips)
        else:
            sites += (site for site in _sites(path, tree[path], read) if name.may_mean(site))
    left = tuple(s for s in sites if (s.path, s.document, s.address) not in known)
    unfilled = frozenset(site for site in left if variable_in(site.value))
    return Aside(left, unfilled, tuple(unread), tuple(foreign))


def near(tree: Tree, found: Survey, name: Name) -> list[Skipped]:
    """The skipped places in documents that have the name, in whatever spelling, for a text."""
    places = []
    for _, skips, read in _with_the_name(tree, found, name):
        named = {
            document.line
            for document in read or ()
            if any(name.says(scalar.value) for scalar in document.scalars.values())
        }
        starts = [document.line for document in read or ()]
        for skipped in skips:
            above = [start for start in starts if start <= (skipped.place.line or 0)]
            if above and above[-1] in named:
                places.append(skipped)
    return places


def _with_the_name(
    tree: Tree, found: Survey, name: Name
) -> Iterator[tuple[str, list[Skipped], tuple[Document, ...] | None]]:
    """Each file with skipped places that may have the name: its path, they, and its documents.

    None for the documents of a file that cannot be read.
    """
    by_path: dict[str, list[Skipped]] = {}
    for skipped in found.skipped:
        by_path.setdefault(skipped.place.path, []).append(skipped)
    for path, skips in by_path.items():
        file = tree[path]
        if file.regular and any(name.last.encode(each) in file.data for each in _ENCODINGS):
            try:
                yield path, skips, documents(path, file.data)
            except InvalidInput:
                yield path, skips, None
        elif not file.regular and _may_have(tree, path, file):
            yield path, skips, None


def _may_have(tree: Tree, path: str, file: File) -> bool:
    """Whether what cannot be read may hold a site that the tree shows nowhere else."""
    if file.mode is not Mode.SYMLINK:
        return True
    target = file.data.decode(errors="surrogateescape")
    there = posixpath.normpath(posixpath.join(posixpath.dirname(path), target))
    return not (there in tree and is_yaml(there))


def _sites(path: str, file: File, read: tuple[Document, ...]) -> Iterator[Site]:
    kinds = [kind for kind in KINDS if kind.may_be_in(path, file.data)]
    found = {
        (document.index, site.address): site
        for document in read
        for each in manifests(document)
        for manifest in with_embedded(each)
        for kind in kinds
        for site in kind.sites(manifest)
    }
    # The name of a source is no answer where another file has its URL.
    yield from (replace(site, source="") for site in found.values())
