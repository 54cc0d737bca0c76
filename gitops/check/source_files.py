"""The files that Flux reads of a fleet, and what kustomize does with each.

A file may have several roles: what is a manifest for one build is a text for another.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from gitops.check.reading import faulty
from gitops.document import Document, documents
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.inclusion.kustomization import PLUGINS, Includes, Link, read_kustomization
from gitops.inclusion.source import View, join
from gitops.plain import plain
from gitops.reach import Reached
from gitops.rendering.checkout import listed
from gitops.rendering.refusal import served
from gitops.sites.kustomization import FILE_NAMES
from gitops.tree import File, Tree

_PATCHES = frozenset({"patches", "patchesStrategicMerge", "patchesJson6902"})

UNSERVED = frozenset({".sops.yaml", ".flux.yaml", ".goreleaser.yml"})
"""Names that Flux's source controller leaves out. Source: fluxcd/pkg, `sourceignore`."""


class Role(Enum):
    """What a build does with a file."""

    KUSTOMIZATION = auto()
    MANIFEST = auto()
    PATCH = auto()
    TEXT = auto()


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """A fleet's files as rules of source files see them.

    `roles` has every reached file that is regular, by its path in the repository; `unread` are
    those that FL002 tells of. `swept` are the manifests that no kustomization.yaml names, since
    Flux takes whatever lies in their directory.
    """

    fleet: Fleet
    roles: Mapping[str, frozenset[Role]]
    swept: frozenset[str]
    unread: frozenset[str]

    @property
    def tree(self) -> Tree:
        """All files."""
        return self.fleet.tree

    def with_role(self, *roles: Role) -> Iterator[tuple[str, bytes]]:
        """The files with one of these roles that FL002 does not tell of, by path."""
        wanted = frozenset(roles)
        for path, has in self.roles.items():
            if has & wanted and path not in self.unread:
                yield path, self.tree[path].data

    def documents(self, *roles: Role) -> Iterator[Document]:
        """The documents of those files that can be read."""
        for path, data in self.with_role(*roles):
            yield from readable(path, data)

    @classmethod
    def of(cls, fleet: Fleet) -> "SourceFiles":
        """Those of a fleet."""
        roles: dict[str, set[Role]] = {}
        swept: set[str] = set()
        seen: set[tuple[int, str]] = set()
        for build in fleet.reach.builds:
            view = build.view
            if view is None:
                continue
            for path in _sweep(build, view):
                swept.add(path)
                roles.setdefault(path, set()).add(Role.MANIFEST)
            for path in _unseen(served(build, view), view, seen):
                for real, role in _roles(fleet.tree, view, path):
                    roles.setdefault(real, set()).add(role)
        reached = (path for path in fleet.reach.paths if fleet.tree[path].regular)
        known = {path: frozenset(roles.get(path, ())) for path in reached}
        return cls(fleet, known, frozenset(swept), faulty(fleet))


def readable(path: str, data: bytes) -> tuple[Document, ...]:
    """The documents of a file; () where it is no YAML, which FL002 or FL401 tells."""
    try:
        return documents(path, data)
    except InvalidInput:
        return ()


def is_component(tree: Tree, path: str) -> bool:
    """Whether a kustomization.yaml is a Component, which others include and nobody builds."""
    return any(document.kind == "Component" for document in readable(path, tree[path].data))


@lru_cache(maxsize=65_536)
def is_sound(data: bytes) -> bool:
    """Whether a file is surely YAML in UTF-8 without a key that occurs twice.

    False: it must be looked at more closely.
    """
    return plain(data) is not None


def regular(tree: Tree) -> Iterator[tuple[str, File]]:
    """The files of a tree with bytes of their own that were read."""
    return ((path, file) for path, file in tree.items() if file.regular)


def _unseen(paths: Iterable[str], view: View, seen: set[tuple[int, str]]) -> Iterator[str]:
    """The kustomizations among served paths that no build before had."""
    for path in paths:
        if path.rpartition("/")[2] in FILE_NAMES and (id(view), path) not in seen:
            seen.add((id(view), path))
            yield path


def _roles(tree: Tree, view: View, path: str) -> Iterator[tuple[str, Role]]:
    """What a served kustomization makes of itself and of what it names."""
    real = view.file(path)
    if real is None or not tree[real].regular:
        return
    yield real, Role.KUSTOMIZATION
    try:
        links = read_kustomization(real, tree[real].data).links
    except InvalidInput:
        return
    above = path.rpartition("/")[0] or "."
    for link in links:
        target = join(above, link.target)
        named = None if target is None else view.file(target)
        if named is not None:
            yield named, role_of(link)


def role_of(link: Link) -> Role:
    """What a link makes of the file that it names."""
    if link.field in _PATCHES:
        return Role.PATCH
    if link.includes is Includes.RESOURCES and link.field not in PLUGINS:
        return Role.MANIFEST
    return Role.TEXT


def _sweep(build: Reached, view: View) -> Iterator[str]:
    if view.kustomization(build.directory) is not None:
        return
    prefix = "" if build.directory == "." else f"{build.directory}/"
    for name in listed(view, build.directory):
        real = view.file(prefix + name.removeprefix("./"))
        if real is not None and real.rpartition("/")[2] not in UNSERVED:
            yield real
