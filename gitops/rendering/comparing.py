"""Rendered objects as a Tree, so that what changes in them can be told as a diff."""

import re
from collections.abc import Iterable

from gitops.rendering.model import Object, Output
from gitops.tree import Tree

_ODD = re.compile(r"[^\w.@-]|^\.+")


def as_tree(outputs: Iterable[Output]) -> Tree:
    """A file for each object: environment, cluster, namespace, kind and name.

    What a cluster has for several environments lies in `shared`, what no namespace has in `_`. Two
    objects of one cluster that share all these stand in one file, one below the other.
    """
    files: dict[str, list[str]] = {}
    for output in outputs:
        for each in output.objects:
            files.setdefault(_path(output, each), []).append(each.text)
    return Tree.of({path: "---\n".join(texts) for path, texts in files.items()})


def _path(output: Output, found: Object) -> str:
    namespace = found.namespace or "_"
    environment = output.environment or "shared"
    steps = (environment, output.cluster, namespace, found.kind, f"{found.name}.yaml")
    return "/".join(_ODD.sub("_", step) or "_" for step in steps)
