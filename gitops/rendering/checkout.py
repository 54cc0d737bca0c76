"""The one tree that kustomize is given for many builds.

Every source that is built has a directory in it, with what its builds may read. Where a Flux
Kustomization adds something, its directory is there a second time, beside the first and with a
kustomization.yaml of its own, so that who includes the first sees nothing of it and every relative
path still leads where it led.
"""

import posixpath
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gitops.errors import InvalidInput
from gitops.inclusion.flux_objects import mapping
from gitops.inclusion.source import View
from gitops.reach import Reached
from gitops.rendering.as_flux import adds, written
from gitops.rendering.needed import needed
from gitops.rendering.refusal import refusal
from gitops.sites.kustomization import FILE_NAMES
from gitops.tree import File, Mode, Tree

_BESIDE = ".fairlead-"
_MANIFESTS = (".yaml", ".yml")


@dataclass(frozen=True)
class Checkout:
    """What kustomize sees.

    `targets` has for each build the directory of `tree` to build, or why it is not built. `names`
    gives what a path of `tree` begins with what it begins with in the repository.
    """

    tree: Tree
    targets: tuple[str | InvalidInput, ...]
    names: Mapping[str, str]

    def named(self, text: str) -> str:
        """A text about paths of `tree`, speaking of those of the repository."""
        for ours in sorted(self.names, key=len, reverse=True):
            text = text.replace(ours, self.names[ours])
        return text


def checkout(tree: Tree, builds: Sequence[Reached]) -> Checkout:
    """What kustomize needs for these builds. Symlinks are left out, as Flux leaves them out."""
    files: dict[str, File] = {}
    roots: dict[int, str] = {}
    names: dict[str, str] = {}
    targets: list[str | InvalidInput] = []
    refusals = [refusal(tree, build) for build in builds]
    by_view: dict[int, list[Reached]] = {}
    for build, refused in zip(builds, refusals, strict=True):
        if refused is None:
            by_view.setdefault(id(build.view), []).append(build)
    for number, (build, refused) in enumerate(zip(builds, refusals, strict=True)):
        if refused is not None or build.view is None:
            targets.append(refused or InvalidInput("is served by nobody"))
            continue
        view = build.view
        if id(view) not in roots:
            roots[id(view)] = f"source-{len(roots)}"
            names[f"{roots[id(view)]}/"] = ""
            files |= _served(tree, view, by_view[id(view)], roots[id(view)])
        try:
            target = _target(tree, build, view, roots[id(view)], number, files)
        except InvalidInput as error:
            targets.append(error)
            continue
        names[f"{target}/"] = "" if build.directory == "." else f"{build.directory}/"
        names[target] = build.directory
        targets.append(target)
    return Checkout(Tree(files), tuple(targets), names)


def spec_of(build: Reached) -> Mapping[str, object]:
    """The `spec` of its Flux Kustomization, filled in as far as is known; empty without one."""
    found = build.kustomization
    return {} if found is None else mapping(build.given.spec(found.spec))


def _served(tree: Tree, view: View, builds: Iterable[Reached], root: str) -> dict[str, File]:
    return {
        f"{root}/{path}": tree[real]
        for path in needed(tree, view, builds)
        if (real := view.file(path)) is not None and tree[real].regular
    }


def _target(
    tree: Tree, build: Reached, view: View, root: str, number: int, files: dict[str, File]
) -> str:
    """The directory to build; where Flux would write into it, a new one in `files`."""
    spec = spec_of(build)
    own = view.kustomization(build.directory)
    directory = posixpath.normpath(f"{root}/{build.directory}")
    if own is not None and not adds(spec):
        return directory
    real = None if own is None else view.file(own)
    below = [] if own is not None else list(listed(view, build.directory))
    data = written(None if real is None else (real, tree.read(real)), below, spec)
    beside = posixpath.join(posixpath.dirname(directory), f"{_BESIDE}{number}")
    prefix = "" if build.directory == "." else f"{build.directory}/"
    for path in view.below(build.directory):
        name, slash, _ = path.removeprefix(prefix).partition("/")
        if slash:
            link = f"{posixpath.basename(directory)}/{name}"
            files[f"{beside}/{name}"] = File(f"../{link}".encode(), Mode.SYMLINK)
        elif name not in FILE_NAMES:
            files[f"{beside}/{name}"] = files.get(f"{directory}/{name}", File(b""))
    files[f"{beside}/{FILE_NAMES[0]}"] = File(data)
    return beside


def listed(view: View, directory: str) -> Iterable[str]:
    """What Flux lists for a directory without a kustomization.yaml, relative to it.

    Every manifest below, and every directory that has a kustomization.yaml in place of what is in
    it.
    """
    prefix = "" if directory == "." else f"{directory}/"
    taken = ""
    for path in view.below(directory):
        relative = path.removeprefix(prefix)
        if taken and relative.startswith(taken):
            continue
        steps = relative.split("/")[:-1]
        tops = ("/".join(steps[: n + 1]) for n in range(len(steps)))
        holder = next((each for each in tops if view.kustomization(prefix + each)), None)
        if holder is not None:
            taken = f"{holder}/"
            yield f"./{holder}"
        elif path.endswith(_MANIFESTS):
            yield f"./{relative}"
