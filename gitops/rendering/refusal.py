"""What is not given to kustomize: a build that would read what is no part of the fleet.

Flux builds inside the root of its source. kustomize on a person's machine would read any file and
ask any host that a kustomization names, so each name is looked at first.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/builtins/ (the fields of builtin
plugins that name files).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.inclusion.kustomization import PLUGINS, Includes, Link, read_kustomization
from gitops.inclusion.source import View, join
from gitops.reach import Reached
from gitops.sites.kustomization import FILE_NAMES
from gitops.tree import Tree

_NAMING = frozenset({"path", "paths", "files", "envs", "env"})
_LISTING = frozenset({"apiVersion", "kind", "metadata", "resources"})


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
    """What a kustomization names that is not to be read."""
    above, _, name = path.rpartition("/")
    if name not in FILE_NAMES:
        return
    real = view.file(path) or path
    data = tree.read(real)
    links = read_kustomization(real, data).links
    for link in links:
        yield from _named(view, above or ".", link)
    plugins = [link for link in links if link.field in PLUGINS]
    for link in plugins:
        if link.includes is Includes.RESOURCES:
            yield from _Plugins(tree, view, above or ".").named(above or ".", link)
    if plugins:
        yield from _inline(real, data, above or ".")


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


def _inline(path: str, data: bytes, root: str) -> Iterator[InvalidInput]:
    """Plugins whose configuration is written in the kustomization itself."""
    for document in documents(path, data):
        for address, scalar in document.scalars.items():
            if str(address[0]).casefold() in PLUGINS and "\n" in scalar.value:
                place = document.places[address]
                text = scalar.value.encode(errors="surrogatepass")
                for error in _configured(path, text, root):
                    yield InvalidInput(error.message, error.hint, place)


@dataclass(frozen=True, slots=True)
class _Plugins:
    """What the plugins of one kustomization name; that counts from its directory, the `root`."""

    tree: Tree
    view: View
    root: str
    seen: set[str] = field(default_factory=set)

    def named(self, directory: str, link: Link) -> Iterator[InvalidInput]:
        """What the file or directory configures that a kustomization in a directory names."""
        target = join(directory, link.target)
        if "{" in link.target:
            told = f"{link.field}: {link.target} is no name"
            yield InvalidInput(told, "write a configuration in lines", link.place)
        elif target is not None and target not in self.seen:
            self.seen.add(target)
            real = self.view.file(target)
            if real is not None:
                yield from _configured(real, self.tree.read(real), self.root)
            for name in FILE_NAMES:
                inner = self.view.file(f"{target}/{name}") if real is None else None
                if inner is not None:
                    yield from self._of(target, inner)

    def _of(self, directory: str, path: str) -> Iterator[InvalidInput]:
        data = self.tree.read(path)
        for document in documents(path, data):
            for key in map(str, document.keys()):
                if key not in _LISTING:
                    told = f"{key}: changes how plugins are configured, which is not followed"
                    hint = "list their files in `resources` alone"
                    yield InvalidInput(told, hint, document.places.get((), Place(path)))
        for link in read_kustomization(path, data).links:
            yield from self.named(directory, link)


def _configured(path: str, data: bytes, root: str) -> Iterator[InvalidInput]:
    """What the configuration of plugins names that lies outside.

    Whatever the version of its API is: it can be written in many ways, and stand in a List.
    """
    for document in documents(path, data):
        for address, scalar in document.scalars.items():
            keys = [step for step in address if isinstance(step, str)]
            if not keys or keys[-1].casefold() not in _NAMING or "\n" in scalar.value:
                continue
            name = scalar.value.rpartition("=")[2]
            if name and ("://" in name or join(root, name) is None):
                told = f"{keys[-1]}: {name} lies outside the repository"
                yield InvalidInput(told, "name a file inside it", document.places[address])
