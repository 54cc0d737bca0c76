"""What of a source kustomize may read for some builds, so that no more than that is written out.

It is every directory in which reach follows a file, with all that lies right in it: a name beside
another decides too, such as a second kustomization. Where a kustomization runs plugins, any of
whose fields may name a file, or says what is not known here, it is the whole source.
"""

import posixpath
from collections.abc import Iterable, Iterator

from gitops.document import documents
from gitops.inclusion.kustomization import read_kustomization
from gitops.inclusion.source import View, join
from gitops.reach import Reached
from gitops.rendering.refusal import served
from gitops.sites.kustomization import FILE_NAMES
from gitops.tree import Tree

_FOLLOWED = frozenset(
    name.casefold()
    for name in (
        *("bases", "components", "configMapGenerator", "configurations", "crds", "openapi"),
        *("patches", "patchesJson6902", "patchesStrategicMerge", "replacements", "resources"),
        "secretGenerator",
    )
)
_NAMING_NO_FILE = frozenset(
    name.casefold()
    for name in (
        *("apiVersion", "kind", "metadata", "namespace", "namePrefix", "nameSuffix", "images"),
        *("labels", "commonLabels", "commonAnnotations", "replicas", "vars", "sortOptions"),
        *("generatorOptions", "buildMetadata"),
    )
)
_KNOWN = _FOLLOWED | _NAMING_NO_FILE
"""`generators`, `transformers` and `validators` run plugins, and so are left out.

Source: `api/types/kustomization.go` of kustomize.
"""


def needed(tree: Tree, view: View, builds: Iterable[Reached]) -> Iterator[str]:
    """The served paths that kustomize may read for builds of one view, none of them refused."""
    right_in: set[str] = set()
    below: set[str] = set()
    for build in builds:
        right_in.add(build.directory)
        for path in served(build, view):
            directory, _, name = path.rpartition("/")
            right_in.add(directory or ".")
            if name not in FILE_NAMES:
                continue
            named = _directories(tree, view, path)
            if named is None:
                yield from view.below(".")
                return
            below |= named
    for path in view.below("."):
        parent = posixpath.dirname(path) or "."
        if parent in right_in or (below and _is_in(parent, below)):
            yield path


def _directories(tree: Tree, view: View, path: str) -> set[str] | None:
    """What a kustomization names and reach does not follow; None where it may read anything.

    That is a directory without a kustomization of its own, at which kustomize will fail: it has to
    be there, to be told as what it is.
    """
    real = view.file(path) or path
    data = tree.read(real)
    tops = [each.keys() for each in documents(real, data)]
    fields = {str(name).casefold() for top in tops for name in top}
    if not fields <= _KNOWN:
        return None
    targets = (
        join(posixpath.dirname(path) or ".", link.target)
        for link in read_kustomization(real, data).links
    )
    return {
        target
        for target in targets
        if target is not None and view.is_directory(target) and view.kustomization(target) is None
    }


def _is_in(directory: str, others: set[str]) -> bool:
    while directory not in others:
        if directory in {".", ""}:
            return False
        directory = posixpath.dirname(directory) or "."
    return True
