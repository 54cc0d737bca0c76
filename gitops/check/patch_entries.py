"""The patches that a kustomization.yaml names: what they say, and which objects they are for.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/ and
PatchTransformer.go of kustomize.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from gitops.check.source_files import readable
from gitops.document import Document
from gitops.errors import Place
from gitops.inclusion.flux_objects import FluxObject
from gitops.inclusion.kustomization import Inclusion, PatchEntry
from gitops.inclusion.source import View, join
from gitops.tree import Tree

_CLUSTERED = frozenset(
    {
        "APIService",
        "ClusterRole",
        "ClusterRoleBinding",
        "CustomResourceDefinition",
        "IngressClass",
        "MutatingWebhookConfiguration",
        "Namespace",
        "PersistentVolume",
        "PriorityClass",
        "StorageClass",
        "ValidatingWebhookConfiguration",
    }
)
"""Kinds that kustomize puts into no namespace."""
_IDENTITY = frozenset(
    {"", "/apiVersion", "/kind", "/metadata", "/metadata/name", "/metadata/namespace"}
)
"""What an operation may write so that an object is called something else."""


@dataclass(frozen=True, slots=True)
class Id:
    """One object among the resources; `called` are the names and namespaces it has had.

    The last is what it is called now; a namespace is "" where none is said.
    """

    api_version: str
    kind: str
    called: tuple[tuple[str, str], ...]
    place: Place = field(compare=False)

    @property
    def group(self) -> str:
        """Its API group; "" is the core's."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    @property
    def title(self) -> str:
        """Kind and name, for a person."""
        return f"{self.kind} {self.called[-1][0]}"

    @property
    def now(self) -> tuple[str, str, str, str]:
        """What no other object of one build may share."""
        name, namespace = self.called[-1]
        return self.api_version, self.kind, name, effective(self.kind, namespace)

    def is_called(self, name: str, namespace: str) -> bool:
        """Whether it has, or has had, this name in this namespace."""
        wanted = effective(self.kind, namespace)
        return any(n == name and effective(self.kind, s) == wanted for n, s in self.called)


@dataclass(frozen=True, slots=True)
class Patch:
    """One document of a patch; `path` is the file that says it."""

    entry: PatchEntry
    document: Document
    path: str

    @property
    def place(self) -> Place:
        """Where the patch begins; inline, where the kustomization has it."""
        own = Place(self.path, self.document.line)
        return own if self.entry.text is None else self.entry.place

    @property
    def is_operations(self) -> bool:
        """Whether it is a list of operations (RFC 6902), which needs a target."""
        return isinstance(self.document.branches.get(()), range)

    @property
    def is_shaped(self) -> bool:
        """Whether kustomize takes it for a patch: a list, or an object that is named."""
        return self.is_operations or bool(self.document.kind and self.document.name)

    @property
    def moves(self) -> bool:
        """Whether its objects may be called something else after it."""
        operations = self.document.keys() if self.is_operations else ()
        return any(self.document.text(at, "path") in _IDENTITY for at in operations)

    @property
    def deletes(self) -> bool:
        """Whether it takes its objects away."""
        return not self.is_operations and self.document.text("$patch") == "delete"

    def names(self, found: Id, *, any_version: bool = False) -> bool:
        """Whether it calls an object by the very kind, name and namespace."""
        version, name = self.document.api_version or "", self.document.name or ""
        if any_version:
            same = version.rpartition("/")[0] == found.api_version.rpartition("/")[0]
        else:
            same = version == found.api_version
        namespace = self.document.namespace or ""
        return same and self.document.kind == found.kind and found.is_called(name, namespace)

    def may_concern(self, found: Id) -> bool:
        """Whether it changes an object, as far as labels do not decide it."""
        return self.names(found) if self.entry.target is None else selects(self.entry, found)


def effective(kind: str, namespace: str) -> str:
    """`default` is where kustomize sees what names no namespace."""
    return "" if kind in _CLUSTERED or namespace == "default" else namespace


def selects(entry: PatchEntry, found: Id) -> bool:
    """Whether the target of a patch may select an object: its labels are taken to fit.

    What it says of names and kinds are anchored patterns.
    """
    target = entry.target or {}
    facts = {
        "group": (found.group,),
        "version": (found.api_version.rpartition("/")[2],),
        "kind": (found.kind,),
        "name": tuple(name for name, _ in found.called),
        "namespace": tuple(space or "default" for _, space in found.called),
    }
    return all(
        any(_fits(target[key], value) for value in values)
        for key, values in facts.items()
        if target.get(key)
    )


def patches(tree: Tree, view: View, directory: str, inclusion: Inclusion) -> tuple[Patch, ...]:
    """The patches of a directory's kustomization.yaml, as far as they can be read."""
    return tuple(_read(tree, view, directory, inclusion.patches))


def given(tree: Tree, view: View, found: FluxObject) -> tuple[Patch, ...]:
    """The patches that stand in a Flux Kustomization's own file, as far as they can be read.

    What they are for may be said by variables, which nobody fills in here: those are left out.
    """
    read = _read(tree, view, ".", [each for each in found.patches if each.text is not None])
    return tuple(patch for patch in read if not _is_variable(patch))


def _is_variable(patch: Patch) -> bool:
    said = (patch.entry.target or {}).values()
    named = (patch.document.name, patch.document.namespace, patch.document.kind)
    return any("${" in (each or "") for each in (*said, *named))


def _read(tree: Tree, view: View, directory: str, entries: Sequence[PatchEntry]) -> Iterator[Patch]:
    for entry in entries:
        if entry.text is not None:
            path, data = entry.place.path, entry.text.encode(errors="surrogatepass")
        else:
            target = join(directory, entry.file) if entry.file else None
            real = None if target is None else view.file(target)
            if real is None or not tree[real].regular:
                continue
            path, data = real, tree[real].data
        for document in readable(path, data):
            yield Patch(entry, document, path)


def _fits(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return pattern == value
