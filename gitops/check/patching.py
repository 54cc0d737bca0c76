"""Patches that meet nothing, and objects that meet each other."""

from collections.abc import Iterator, Mapping, Sequence

from gitops.check.accumulated import (
    Accumulated,
    Accumulator,
    Pairs,
    Patching,
    applied,
    listed_twice,
)
from gitops.check.finding import Finding, Severity
from gitops.check.patch_entries import Id, Patch, selects
from gitops.check.patch_texts import faults
from gitops.check.source_files import SourceFiles, is_component
from gitops.errors import Place
from gitops.inclusion.source import View
from gitops.rendering.refusal import served
from gitops.sites.kustomization import FILE_NAMES

_BLOCKED = "so nothing that includes this can be built"
_UNBUILT = "so Flux cannot build what it applies"


def patchings(files: SourceFiles) -> Iterator[Finding]:
    """FL408 to FL411 and FL422: of every kustomization.yaml and Flux Kustomization that is reached.

    FL408: two objects of one build share kind, name and namespace. FL409: a patch names an object
    that is not there. FL410: it is there in another API version. FL411: a target selects nothing.
    FL422: a patch that kustomize cannot carry out.
    """
    followed: dict[int, Accumulator] = {}
    seen: set[tuple[int, str]] = set()
    given: set[tuple[Place, int, str]] = set()
    for build in files.fleet.reach.builds:
        view = build.view
        if view is None:
            continue
        accumulator = followed.setdefault(id(view), Accumulator(files.tree, view))
        for directory in _directories(files, served(build, view), view, seen):
            for patching in accumulator.patchings(directory):
                yield from _twice(patching, directory)
                yield from _patches(patching)
        found = build.kustomization
        if found is None or not found.patches or found.place.path in files.unread:
            continue
        key = (found.place, found.document, build.directory)
        if key not in given and not build.guessed:
            given.add(key)
            yield from _patches(accumulator.given(build, found))


def _directories(
    files: SourceFiles, paths: Iterator[str], view: View, seen: set[tuple[int, str]]
) -> Iterator[str]:
    """Those of kustomizations that no build before had; a component is none of itself."""
    for path in paths:
        above, _, name = path.rpartition("/")
        real = view.file(path)
        if name not in FILE_NAMES or (id(view), path) in seen or real is None:
            continue
        seen.add((id(view), path))
        if real not in files.unread and not is_component(files.tree, real):
            yield above or "."


def _twice(patching: Patching, directory: str) -> Iterator[Finding]:
    inclusion = patching.inclusion
    repeated = list(listed_twice(inclusion, directory))
    for link in repeated:
        told = f"{link.field}: {link.target} is named twice, {_BLOCKED}"
        yield Finding("FL408", Severity.ERROR, link.place, told, "remove one of the lines")
    for pairs in () if repeated else _by_files(patching.alike).values():
        yield _collision(patching, pairs)
    if inclusion.namespace and not repeated:
        for pairs in _by_files(patching.alike_after).values():
            (first, other), more = pairs[0], _more(pairs)
            both = f"{first.place.path} and {other.place.path}"
            told = f"in {inclusion.namespace} {other.title}{more} of {both} are one object"
            hint = "keep one of them, or give it another name"
            place = Place(patching.path)
            yield Finding("FL408", Severity.ERROR, place, f"{told}, {_BLOCKED}", hint)


def _collision(patching: Patching, pairs: Sequence[tuple[Id, Id]]) -> Finding:
    first, other = pairs[0]
    if first.place == other.place:
        # One file through two directories; each of them is right alone.
        place, hint = Place(patching.path), "include what holds it once"
    else:
        place, hint = other.place, "keep one of them, or give it another name"
    title = f"{other.title}{_more(pairs)}"
    told = f"{title} is also in {first.place.path}: nothing with both can be built"
    return Finding("FL408", Severity.ERROR, place, told, hint)


def _more(pairs: Sequence[object]) -> str:
    return f" and {len(pairs) - 1} more" if len(pairs) > 1 else ""


def _by_files(pairs: Pairs) -> Mapping[tuple[str, str], Sequence[tuple[Id, Id]]]:
    found: dict[tuple[str, str], list[tuple[Id, Id]]] = {}
    for first, other in pairs:
        found.setdefault((first.place.path, other.place.path), []).append((first, other))
    return found


def _patches(patching: Patching) -> Iterator[Finding]:
    blocked = _UNBUILT if patching.is_given else _BLOCKED
    yield from faults(patching.inclusion.patches, patching.patches, blocked)
    yield from _unmet(patching, blocked)


def _unmet(patching: Patching, blocked: str) -> Iterator[Finding]:
    """Each patch sees what those before it left."""
    there = patching.there
    for patch in (each for each in patching.patches if each.is_shaped):
        if there.is_open:
            return
        if patch.entry.target is not None:
            if not _may_wait(patching, patch) and not any(
                selects(patch.entry, each) for each in there.ids
            ):
                yield _unselected(patch)
        elif patch.is_operations:
            told = f"a list of operations without `target`, {blocked}"
            hint = "name the object it is for under `target`"
            yield Finding("FL409", Severity.ERROR, patch.place, told, hint)
        else:
            found = [each for each in there.ids if patch.names(each)]
            if not found:
                yield _nameless(patch, there, patching.within, blocked)
            elif len({each.now for each in found}) > 1:
                yield _ambiguous(patch, found, blocked)
        there = applied(there, patch)


def _may_wait(patching: Patching, patch: Patch) -> bool:
    """Whether a target may select nothing yet.

    A component may be for several, not all of which have what it patches. What Flux gives to
    whatever lies in a directory is for objects that are still to come, unless it names them.
    """
    named = bool((patch.entry.target or {}).get("name"))
    return patching.within is not None or (patching.is_swept and not named)


def _unselected(patch: Patch) -> Finding:
    target = patch.entry.target or {}
    said = " ".join(f"{key} {value}" for key, value in target.items() if value)
    told = f"the target ({said}) selects nothing, so the patch changes nothing"
    hint = "correct the target, or remove the patch"
    return Finding("FL411", Severity.WARNING, patch.entry.place, told, hint)


def _ambiguous(patch: Patch, found: Sequence[Id], blocked: str) -> Finding:
    title = f"{patch.document.kind} {patch.document.name}"
    first, other = found[0], found[1]
    where = f"{first.title} of {first.place.path} and {other.title} of {other.place.path}"
    told = f"a patch for {title}, which {where} are or were called, {blocked}"
    hint = "give it a `target`, or name one of them as it is called now"
    return Finding("FL409", Severity.ERROR, patch.place, told, hint)


def _nameless(patch: Patch, there: Accumulated, within: str | None, blocked: str) -> Finding:
    document = patch.document
    title = f"{document.kind} {document.name}"
    where = f"{within} has" if within else "there is"
    for each in there.ids:
        if patch.names(each, any_version=True) or (
            document.kind == each.kind
            and each.is_called(document.name or "", document.namespace or "")
        ):
            told = f"{title} is {document.api_version} here and {each.api_version} at {each.place}"
            hint = f"write `apiVersion: {each.api_version}`, and its fields, here as well"
            return Finding("FL410", Severity.ERROR, patch.place, f"{told}, {blocked}", hint)
    told = f"a patch for {title}, and {where} no such object, {blocked}"
    near = [e.title for e in there.ids if e.kind == document.kind]
    hint = f"of its kind there is {', '.join(near[:5])}" if near else "correct it, or remove it"
    return Finding("FL409", Severity.ERROR, patch.place, told, hint)
