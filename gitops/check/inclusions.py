"""What kustomizations name that is not there, or not for Flux."""

import difflib
from collections.abc import Iterator
from pathlib import PurePosixPath

from gitops.check.finding import Finding, Severity
from gitops.check.kustomize_fields import is_variable
from gitops.check.reading import directories_of, faulty, objects_of
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import GENERATOR
from gitops.inclusion.kustomization import Includes, Link, read_kustomization
from gitops.inclusion.source import join
from gitops.sites.kustomization import FILE_NAMES
from gitops.tree import File, Mode, Tree

_NOTHING = "nothing that includes this can be built"


def inclusions(fleet: Fleet) -> Iterator[Finding]:
    """FL007: a kustomization.yaml that names a file or directory which is not there for Flux.

    Symlinks are not: its source controller leaves out whatever is no regular file.
    Source: fluxcd/source-controller, `Archive` of its storage.

    One with a variable in its name is FL414's.

    Fleets that cut themselves into artifacts are passed over: their files lie elsewhere when they
    are built.
    """
    if any(found.kind == GENERATOR for found in objects_of(fleet)):
        return
    directories = directories_of(fleet.tree)
    unread = faulty(fleet)
    names = _by_directory(fleet, directories)
    for path in fleet.reach.paths:
        holder = PurePosixPath(path)
        if holder.name not in FILE_NAMES or path in unread:
            continue
        for link in read_kustomization(path, fleet.tree[path].data).links:
            target = join(str(holder.parent), link.target)
            if target is None or is_variable(link):
                continue
            if target in fleet.tree:
                yield from _irregular(link, link.target, fleet.tree[target])
            elif link.optional:
                continue
            elif link.includes is Includes.TEXT or target not in directories:
                yield _missing(link, names.get(str(PurePosixPath(target).parent), []))
            else:
                yield from _unbuildable(link, fleet.tree, target)


def _unbuildable(link: Link, tree: Tree, directory: str) -> Iterator[Finding]:
    """A directory is built from its kustomization.yaml, or not at all."""
    for name in FILE_NAMES:
        path = str(PurePosixPath(directory, name))
        if path in tree:
            yield from _irregular(link, f"{link.target}/{name}", tree[path])
            return
    told = f"{link.field}: {link.target} has no kustomization.yaml, so {_NOTHING}"
    yield Finding("FL007", Severity.ERROR, link.place, told, "write one there, or name its files")


def _irregular(link: Link, shown: str, file: File) -> Iterator[Finding]:
    if file.mode is Mode.SYMLINK:
        told = f"{link.field}: {shown} is a symlink, which Flux leaves out, so {_NOTHING}"
        yield Finding("FL007", Severity.ERROR, link.place, told, "put the file itself there")


def _by_directory(fleet: Fleet, directories: frozenset[str]) -> dict[str, list[str]]:
    """The names in each directory, sorted."""
    names: dict[str, set[str]] = {}
    for path in (*fleet.tree, *directories):
        above, _, name = path.rpartition("/")
        names.setdefault(above or ".", set()).add(name)
    return {directory: sorted(found) for directory, found in names.items()}


def _missing(link: Link, beside: list[str]) -> Finding:
    near = difflib.get_close_matches(PurePosixPath(link.target).name, beside, n=1)
    told = f"{link.field}: {link.target} is not there, so {_NOTHING}"
    hint = f"did you mean `{near[0]}`?" if near else "write it, or remove the line"
    return Finding("FL007", Severity.ERROR, link.place, told, hint)
