"""A fleet on a cluster: what Flux is told to follow, and what has to be there before it does."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from gitops.directory import write_directory
from gitops.tree import Tree
from tests.real.flux import crds
from tests.real.flux.api import Api, Object

UNRELEASED = b"suspend: true # lifted by the first release"
RELEASED = b"suspend: false"
"""What the first release of an app makes of it."""

_GIT = shutil.which("git") or "git"
_CLUSTER_WIDE = frozenset({"GatewayClass"})


@dataclass(frozen=True)
class Root:
    """What one cluster follows.

    Attributes:
        url: of the fleet's repository, as the cluster is told it.
        path: the directory that its first Kustomization applies.
    """

    url: str
    path: str


def roots(tree: Tree) -> tuple[Root, ...]:
    """What the clusters of a fleet follow, by path."""
    found = []
    for _, wanted in objects(tree):
        if wanted["kind"] == "FluxInstance":
            sync = wanted["spec"]["sync"]
            found.append(Root(sync["url"], sync["path"]))
    for path, file in tree.items():
        if path.endswith("/flux-system/gotk-sync.yaml"):
            source, first = yaml.load_all(file.data, yaml.CSafeLoader)
            found.append(Root(source["spec"]["url"], first["spec"]["path"].removeprefix("./")))
    return tuple(sorted(found, key=lambda root: root.path))


def kustomizations(tree: Tree, root: Root) -> frozenset[str]:
    """The names of those that a cluster gets from its directory."""
    return frozenset(
        wanted["metadata"]["name"]
        for path, wanted in objects(tree)
        if path.startswith(f"{root.path}/")
        and wanted["kind"] == "Kustomization"
        and wanted["apiVersion"].startswith("kustomize.toolkit.fluxcd.io/")
    )


def released(tree: Tree) -> Tree:
    """The same fleet after every app had its first release, as far as Flux can tell."""
    return Tree.of({path: file.data.replace(UNRELEASED, RELEASED) for path, file in tree.items()})


def teach(api: Api, tree: Tree) -> None:
    """Have a server know all kinds of a fleet, which its charts would bring."""
    wanted = {(each["apiVersion"], each["kind"]) for _, each in objects(tree)}
    strange = sorted(each for each in wanted if _is_of_a_cluster(each[0]) and not api.knows(*each))
    crds.teach(
        api,
        [
            crds.foreign(version, kind, namespaced=not _is_cluster_wide(kind))
            for version, kind in strange
        ],
    )


def commit(tree: Tree, bare: Path, directory: Path) -> str:
    """Make a tree the head of a bare repository's main branch; the commit.

    Args:
        directory: where the files are written; the same for each commit of a repository.
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    write_directory(directory, Tree({}), tree)
    variables = {**os.environ, "GIT_DIR": str(bare), "GIT_WORK_TREE": str(directory)}
    for words in (("add", "--all"), ("commit", "--quiet", "--allow-empty", "-m", "A fleet")):
        subprocess.run([_GIT, *words], env=variables, cwd=directory, check=True)
    told = [_GIT, "rev-parse", "HEAD"]
    done = subprocess.run(told, env=variables, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def objects(tree: Tree) -> Iterator[tuple[str, Object]]:
    """Every document that looks like an object, with the file that it is in."""
    for path, file in tree.items():
        if path.endswith(".yaml"):
            documents: Iterator[Any] = yaml.load_all(file.data, Loader=yaml.CSafeLoader)
            for each in documents:
                if isinstance(each, dict) and {"apiVersion", "kind"} <= set(each):
                    yield path, each


def _is_of_a_cluster(version: str) -> bool:
    """Not what kustomize and Fairlead read in files."""
    group = version.partition("/")[0]
    return group not in {"kustomize.config.k8s.io", "fairlead.dev"} and "." in group


def _is_cluster_wide(kind: str) -> bool:
    return kind in _CLUSTER_WIDE or (kind.startswith("Cluster") and kind != "Cluster")
