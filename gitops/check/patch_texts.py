"""What the text of a patch has to be, whoever names it: a kustomization.yaml or Flux.

Source: RFC 6902; PatchTransformer.go of kustomize and evanphx/json-patch, which carries out the
operations there.
"""

import json
from collections.abc import Iterator, Sequence

from gitops.check.finding import Finding, Severity
from gitops.check.patch_entries import Patch
from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.inclusion.kustomization import PatchEntry

_OPERATIONS = ("add", "remove", "replace", "move", "copy", "test")
_FROM = ("move", "copy")


def faults(
    entries: Sequence[PatchEntry], patches: Sequence[Patch], blocked: str
) -> Iterator[Finding]:
    """FL422: patches that kustomize cannot carry out, or not as they are written.

    Args:
        entries: what names them; only texts that stand there are read here.
        patches: those of them that can be read.
        blocked: what cannot be built because of it.
    """
    for entry in entries:
        # Flux fills variables into it before anybody reads it.
        if entry.text is not None and "${" not in entry.text:
            yield from _text(entry, entry.text, blocked)
    for patch in patches:
        yield from _operations(patch, blocked) if patch.is_operations else _object(patch, blocked)


def _text(entry: PatchEntry, text: str, blocked: str) -> Iterator[Finding]:
    try:
        documents(entry.place.path, text.encode(errors="surrogatepass"))
    except InvalidInput as error:
        told = f"the patch is no YAML: {error.message}, {blocked}"
        yield Finding("FL422", Severity.ERROR, entry.place, told, error.hint)
        return
    if text.startswith("["):
        try:
            json.loads(text)
        except ValueError:
            told = f"a patch that begins with `[` is read as JSON, and this is none, {blocked}"
            hint = "write each operation behind a dash, or all keys and texts in quotes"
            yield Finding("FL422", Severity.ERROR, entry.place, told, hint)


def _object(patch: Patch, blocked: str) -> Iterator[Finding]:
    if not patch.is_shaped:
        told = f"a patch is an object with `kind` and `metadata.name`, or a list, {blocked}"
        hint = "name its object, or write operations (op, path, value) and a `target`"
        yield Finding("FL422", Severity.ERROR, patch.place, told, hint)


def _operations(patch: Patch, blocked: str) -> Iterator[Finding]:
    document = patch.document
    for at in document.branches[()]:
        operation, path = document.text(at, "op"), document.text(at, "path")
        needed = ("path", "from") if operation in _FROM else ("path",)
        missing = [key for key in needed if document.text(at, key) is None]
        if operation not in _OPERATIONS:
            said = "no `op`" if operation is None else f"the op {operation!r}"
            told = f"operation {int(at) + 1} has {said}, {blocked}"
            hint = f"write one of {', '.join(_OPERATIONS)}"
            yield Finding("FL422", Severity.ERROR, patch.place, told, hint)
        elif missing:
            told = f"operation {int(at) + 1}, {operation}, has no `{missing[0]}`, {blocked}"
            yield Finding("FL422", Severity.ERROR, patch.place, told, "write it")
        elif path and not path.startswith("/"):
            told = f"operation {int(at) + 1} has the path {path!r}: kustomize drops what stands "
            told += "before the first slash, and changes something else or nothing"
            yield Finding("FL422", Severity.WARNING, patch.place, told, f"write `/{path}`")
