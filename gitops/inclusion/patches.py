"""Patches as far as they change a Flux object: its path, its source, what it patches in turn.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/ and RFC 6902.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.inclusion.flux_objects import GROUPS, FluxObject, mapping, sequence, text
from gitops.inclusion.kustomization import PatchEntry

Layer = Sequence[tuple[PatchEntry, str]]
"""Patches that are applied together, each with its text."""


def patched(found: FluxObject, layers: Iterable[Layer]) -> tuple[FluxObject, ...]:
    """The object after these layers of patches, the innermost first; () when one deletes it.

    More than one where a patch is for objects with certain labels: labels are not followed, so the
    object without that patch is told as well.

    Raises:
        InvalidInput: a patch that is no YAML.
    """
    variants = [found]
    for layer in layers:
        for entry, content in layer:
            if not _concerns(entry, content, found):
                continue
            after = [_after(each, entry, content) for each in variants]
            if entry.selects and after[0] != variants[0]:
                after.append(variants[0])
            variants = [each for each in after if each is not None]
            if not variants:
                return ()
    return tuple(variants)


def _concerns(entry: PatchEntry, content: str, found: FluxObject) -> bool:
    """A cheap look before the patch is parsed."""
    if entry.target is None:
        return found.kind in content
    return _is_for(entry.target, found)


def _after(found: FluxObject, entry: PatchEntry, content: str) -> FluxObject | None:
    after = found
    for patch in _contents(entry, content):
        if isinstance(patch, list):
            if entry.target is not None:
                after = after.with_spec(_operations(after.spec, patch))
        elif _is_for(entry.target or _identity(patch), found):
            if mapping(patch).get("$patch") == "delete":
                return None
            after = after.with_spec(mapping(_merge(after.spec, mapping(patch).get("spec"))))
    return after


def _contents(entry: PatchEntry, content: str) -> list[object]:
    try:
        return [document.data() for document in documents(entry.place.path, content.encode())]
    except InvalidInput as error:
        raise InvalidInput(
            f"a patch that cannot be read: {error.message}", place=entry.place
        ) from error


def _identity(patch: object) -> Mapping[str, str]:
    """The target that a strategic merge patch names itself; names are no patterns there."""
    metadata = mapping(mapping(patch).get("metadata"))
    named = {"kind": mapping(patch).get("kind"), "name": metadata.get("name")}
    return {key: re.escape(text(value) or "(none)") for key, value in named.items()}


def _is_for(target: Mapping[str, str], found: FluxObject) -> bool:
    """Whether a target selects the object; its values are anchored patterns."""
    facts = {"kind": found.kind, "name": found.name, "group": GROUPS[found.kind]}
    return all(_matches(target[key], fact) for key, fact in facts.items() if target.get(key))


def _matches(pattern: str, value: str) -> bool:
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return pattern == value


def _merge(old: object, new: object) -> object:
    """`new` merged into `old` as a JSON merge patch (RFC 7396) does it."""
    if not isinstance(new, Mapping):
        return old if new is None else new
    merged = dict(mapping(old))
    for key, value in new.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _operations(spec: Mapping[str, object], operations: Sequence[object]) -> Mapping[str, object]:
    """The spec after JSON 6902 operations on its mappings; those on lists change no path."""
    root: Mapping[str, object] = {"spec": spec}
    for operation in map(mapping, sequence(operations)):
        pointer = text(operation.get("path")) or ""
        steps = [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]
        value = None if operation.get("op") == "remove" else operation.get("value")
        if steps[:1] == ["spec"] and operation.get("op") in {"add", "replace", "remove"}:
            root = mapping(_set(root, steps, value))
    return mapping(root.get("spec"))


def _set(node: object, steps: Sequence[str], value: object) -> object:
    if not steps:
        return value
    if not isinstance(node, Mapping | None):
        return node
    return {**mapping(node), steps[0]: _set(mapping(node).get(steps[0]), steps[1:], value)}
