"""What a cluster can do: by itself, as its `cluster-vars.yaml` declares, or by its components."""

from collections.abc import Iterator, Sequence

from gitops.capability import CAPABILITIES
from gitops.config.faults import nearest
from gitops.document import Document, documents
from gitops.edit import Replacement, replace
from gitops.errors import InvalidInput
from gitops.scaffold.catalog import Catalog, Component
from gitops.scaffold.insertion import with_entry
from gitops.scaffold.placement import Placement
from gitops.tree import Tree

DECLARED = CAPABILITIES
"""The annotation of a cluster's `cluster-vars` that lists what the cluster has by itself."""


def placed(tree: Tree, catalog: Catalog, where: Placement) -> tuple[Component, ...]:
    """The components of the catalogue that a cluster has, in the catalogue's order."""
    there = f"{where.path}/infrastructure"
    return tuple(c for c in catalog.components.values() if f"{there}/{c.name}.yaml" in tree)


def declared(tree: Tree, where: Placement) -> frozenset[str]:
    """The capabilities that a cluster has by itself, as it says.

    Raises:
        InvalidInput: its `cluster-vars.yaml` is no YAML.
    """
    document = _variables(tree, where)
    text = document.text("metadata", "annotations", DECLARED) if document else None
    return frozenset((text or "").replace(",", " ").split())


def variables(tree: Tree, where: Placement) -> frozenset[str]:
    """The names of the variables that a cluster fills in.

    Raises:
        InvalidInput: its `cluster-vars.yaml` is no YAML.
    """
    document = _variables(tree, where)
    return frozenset(map(str, document.keys("data"))) if document else frozenset()


def with_declared(tree: Tree, catalog: Catalog, where: Placement, more: Sequence[str]) -> Tree:
    """The tree with capabilities declared for a cluster; every other byte as it was.

    Raises:
        InvalidInput: one is no capability, or the cluster has no `cluster-vars.yaml`.
        EditRefused: the file is written in a way in which nothing can be put into it.
    """
    for capability in more:
        if capability not in catalog.capabilities:
            told = f"{capability!r} is no capability of a cluster"
            raise InvalidInput(told, nearest(capability, catalog.capabilities))
    there = declared(tree, where)
    if there.issuperset(more):
        return tree
    path = _path(where)
    document = _variables(tree, where)
    if document is None:
        told = f"{where.cluster} of {where.environment} has no {path}"
        raise InvalidInput(told, "write it as `fairlead new` does")
    text = ", ".join(sorted(there.union(more)))
    data = tree.read(path)
    address = ("metadata", "annotations", DECLARED)
    if document.text(*address) is not None:
        return tree.replace({path: replace(path, data, [Replacement(0, address, text)])})
    if document.keys("metadata", "annotations"):
        entry = f"{DECLARED}: {text}\n"
        return tree.replace({path: with_entry(path, data, address[:2], DECLARED, entry)})
    told = "What the cluster has by itself, for components that need it."
    entry = f"annotations:\n  # {told}\n  {DECLARED}: {text}\n"
    return tree.replace({path: with_entry(path, data, address[:1], "annotations", entry)})


def missing(catalog: Catalog, needs: frozenset[str], has: frozenset[str]) -> Iterator[str]:
    """What is missing, each with what it means and which components provide it."""
    for capability in sorted(needs - has):
        providers = catalog.providers(capability)
        by = f", which {_either(providers)} would bring" if providers else ""
        yield f"{capability} ({catalog.capabilities[capability]}){by}"


def _either(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _path(where: Placement) -> str:
    return f"{where.path}/cluster-vars.yaml"


def _variables(tree: Tree, where: Placement) -> Document | None:
    path = _path(where)
    found = documents(path, tree.read(path)) if path in tree else ()
    return found[0] if found else None
