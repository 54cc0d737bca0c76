"""What is not given to kustomize: a build that would read what is no part of the fleet.

Flux builds inside the root of its source. kustomize on a person's machine would read any file and
ask any host that a kustomization names, so each name is looked at first.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/builtins/ (the fields of builtin
plugins that name files).
"""

from collections.abc import Iterator

from gitops.document import Document, documents
from gitops.errors import InvalidInput, Place
from gitops.inclusion.kustomization import PLUGINS, Includes, Link, read_kustomization
from gitops.inclusion.source import View, join
from gitops.reach import Reached
from gitops.sites import is_yaml
from gitops.sites.kustomization import FILE_NAMES
from gitops.tree import Tree

_NAMING = frozenset({"path", "paths", "files", "envs", "env"})
_BUILTIN = b"builtin"


def refusal(tree: Tree, build: Reached) -> InvalidInput | None:
    """Why a build is not given to kustomize; None when it is."""
    if build.problems:
        return next(iter(build.problems.values()))
    view = build.view
    if view is None or build.guessed:
        place = build.kustomization.place if build.kustomization else Place(build.directory)
        told = "its path has a variable whose value only the cluster knows"
        return InvalidInput(told, "write the path out", place)
    for path in served(build, view):
        if view.merged(path):
            told = "is merged from several files in the cluster, which is not rendered here"
            return InvalidInput(told, place=Place(view.file(path) or path))
        try:
            for error in _leaving(tree, view, path):
                return error
        except InvalidInput as unread:
            return unread
    return None


def served(build: Reached, view: View) -> Iterator[str]:
    """The files that a build reads, as its view serves them."""
    if all(view.file(path) == path for path in build.files):
        yield from sorted(build.files)
        return
    for path in view.below("."):
        if view.file(path) in build.files:
            yield path


def _leaving(tree: Tree, view: View, path: str) -> Iterator[InvalidInput]:
    """What a file names that is not to be read."""
    real = view.file(path) or path
    data = tree.read(real)
    above, _, name = path.rpartition("/")
    if name in FILE_NAMES:
        for link in read_kustomization(real, data).links:
            yield from _named(view, above or ".", link)
        if _BUILTIN in data:
            yield from _inline(real, data, above)
    elif _BUILTIN in data and is_yaml(path):
        for document in documents(real, data):
            yield from _plugin(document, above)


def _named(view: View, directory: str, link: Link) -> Iterator[InvalidInput]:
    target = join(directory, link.target)
    there = target is not None and (view.file(target) is not None or view.is_directory(target))
    # A text of a plugin's that could be a file's name: `_inline` looks at those that are one.
    inline = link.field in PLUGINS and link.includes is Includes.TEXT
    if there or inline:
        return
    if link.optional or "://" in link.target:
        told = f"{link.field}: {link.target} is elsewhere, and nothing is fetched"
        yield InvalidInput(told, "copy it into the fleet", link.place)
    elif link.includes is not Includes.TEXT:
        told = f"{link.field}: {link.target} is not there"
        yield InvalidInput(told, "write it, or correct the name; nothing is fetched", link.place)


def _inline(path: str, data: bytes, above: str) -> Iterator[InvalidInput]:
    """Plugins whose configuration is written in the kustomization itself."""
    for document in documents(path, data):
        for address, scalar in document.scalars.items():
            if _BUILTIN.decode() in scalar.value and "\n" in scalar.value:
                place = document.places[address]
                for inner in documents(path, scalar.value.encode(errors="surrogatepass")):
                    yield from (
                        InvalidInput(e.message, e.hint, place) for e in _plugin(inner, above)
                    )


def _plugin(document: Document, directory: str) -> Iterator[InvalidInput]:
    if not (document.api_version or "").startswith("builtin"):
        return
    for address, scalar in document.scalars.items():
        keys = [step for step in address if isinstance(step, str)]
        if not keys or keys[-1] not in _NAMING or "\n" in scalar.value:
            continue
        name = scalar.value.rpartition("=")[2]
        if name and ("://" in name or join(directory or ".", name) is None):
            told = f"{keys[-1]}: {name} lies outside the repository"
            yield InvalidInput(told, "name a file inside it", document.places[address])
