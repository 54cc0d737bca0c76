"""What is no YAML, or not the YAML that was meant."""

import re
from collections.abc import Iterator

from gitops.check.finding import Finding, Severity
from gitops.check.source_files import Role, SourceFiles, is_sound, readable, regular
from gitops.document import Document, documents
from gitops.errors import InvalidInput, Place
from gitops.events import BYTE_ORDER_MARK
from gitops.fleet import STOPS
from gitops.sites import is_yaml

_WIDE = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16"}
_MARK = BYTE_ORDER_MARK.encode()
_CONFLICT = re.compile(rb"^<{7} .*$", re.MULTILINE)
_RESOLUTION = re.compile(rb"^>{7} ", re.MULTILINE)
_TAB = re.compile(rb"^ *\t", re.MULTILINE)
_LEFT = (".rej", ".orig")
_PROSE = (".md", ".rst", ".adoc", ".patch", ".diff")


def unreadable(files: SourceFiles) -> Iterator[Finding]:
    """FL401: a manifest or patch that is no YAML, and FL002 does not tell it."""
    for path, data in files.with_role(Role.MANIFEST, Role.PATCH, Role.KUSTOMIZATION):
        if is_sound(data) or data[:2] in _WIDE or conflict(data):
            continue
        try:
            documents(path, data)
        except InvalidInput as error:
            place = error.place or Place(path)
            hint = "indent with spaces" if _tab_at(data, place.line) else error.hint
            told = f"{error.message}, so nothing that includes this can be built"
            yield Finding("FL401", Severity.ERROR, place, told, hint)


def repeated_keys(files: SourceFiles) -> Iterator[Finding]:
    """FL402: a mapping with two values for one key.

    kustomize refuses a manifest with one; of its own kustomization.yaml it takes the last.
    """
    for path, data in files.with_role(Role.MANIFEST, Role.PATCH, Role.KUSTOMIZATION):
        if is_sound(data):
            continue
        lenient = Role.KUSTOMIZATION in files.roles[path]
        for document in readable(path, data):
            for address, place in document.repeated.items():
                told = f"the key {address[-1]} occurs twice in one mapping"
                ending = "only the last counts" if lenient else "kustomize refuses it"
                severity = Severity.WARNING if lenient else Severity.ERROR
                yield Finding("FL402", severity, place, f"{told}: {ending}", "keep one of them")


def encodings(files: SourceFiles) -> Iterator[Finding]:
    """FL403: a YAML file in UTF-16, or with a byte-order mark; kustomize reads both."""
    hint = "save it as UTF-8 without a byte-order mark"
    for path, file in regular(files.tree):
        if not is_yaml(path):
            continue
        if file.data[:2] in _WIDE:
            told = f"is {_WIDE[file.data[:2]]}: git shows it as binary, and no version in it moves"
            yield Finding("FL403", Severity.WARNING, Place(path), told, hint)
        elif file.data.startswith(_MARK):
            told = "begins with a byte-order mark, which some tools take for text"
            yield Finding("FL403", Severity.INFO, Place(path, 1, 1), told, hint)


def conflicts(files: SourceFiles) -> Iterator[Finding]:
    """FL404: the markers of a merge that nobody finished."""
    for path, file in regular(files.tree):
        line = None if path.endswith(_PROSE) else conflict(file.data)
        if line:
            applied = path in files.roles
            told = "a merge was not finished here"
            if applied:
                told += ", and Flux reads this file"
            severity = Severity.ERROR if applied else Severity.WARNING
            hint = "choose between the two sides and remove the markers"
            yield Finding("FL404", severity, Place(path, line, 1), told, hint)


def leftovers(files: SourceFiles) -> Iterator[Finding]:
    """FL405: what `patch` or a merge tool left beside a file."""
    for path in files.tree:
        base = path.rpartition(".")[0]
        if path.endswith(_LEFT) and base in files.tree:
            told = f"is left over from a change to {base}"
            yield Finding("FL405", Severity.WARNING, Place(path), told, "look at it and remove it")


def objects(files: SourceFiles) -> Iterator[Finding]:
    """FL406: a manifest that is no Kubernetes object. An operator's stop is FL006's."""
    # Only a .sourceignore says what of a swept directory is not served.
    ignoring = any(path.rpartition("/")[2] == ".sourceignore" for path in files.tree)
    for document in files.documents(Role.MANIFEST):
        if (ignoring and document.path in files.swept) or document.path.startswith(STOPS):
            continue
        missing = _missing(document)
        if missing is not None:
            told = f"has no {missing}, so nothing that includes this can be built"
            swept = document.path in files.swept
            hint = (
                "move it out of the directory, or list its manifests in a kustomization.yaml"
                if swept
                else "write it, or do not list it under `resources`"
            )
            place = Place(document.path, document.line)
            yield Finding("FL406", Severity.ERROR, place, told, hint)


def conflict(data: bytes) -> int | None:
    """The line, from 1, of the first marker of a merge that was not finished."""
    found = _CONFLICT.search(data) if b"<<<<<<< " in data else None
    if found is None or _RESOLUTION.search(data, found.end()) is None:
        return None
    return data.count(b"\n", 0, found.start()) + 1


def _missing(document: Document) -> str | None:
    """What kustomize misses in an object; None where it takes it."""
    kind = document.kind
    if kind is None:
        return "kind"
    # A List is taken apart, and its items have the names.
    return None if kind.endswith("List") or document.name else "metadata.name"


def _tab_at(data: bytes, line: int | None) -> bool:
    lines = data.split(b"\n")
    return line is not None and line <= len(lines) and _TAB.match(lines[line - 1]) is not None
