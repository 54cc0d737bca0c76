"""Patches as far as they change a Flux object: its path, its source, what it patches in turn.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/patches/ and RFC 6902.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from gitops.document import documents
from gitops.errors import InvalidInput
from gitops.inclusion.flux_objects import FluxObject, mapping, sequence, text
from gitops.inclusion.kustomization import PatchEntry
from gitops.inclusion.labels import selects

MAX_VARIANTS = 32
"""Ways in which one object may turn out; one with more may be anything."""

_HARMLESS = frozenset(
    {
        "decryption",
        "deletionPolicy",
        "force",
        "interval",
        "prune",
        "retryInterval",
        "serviceAccountName",
        "timeout",
        "wait",
    }
)
"""What of a Flux Kustomization decides how it is applied, and nothing about what is built."""

_LITERAL = re.compile(r"(?:[A-Za-z0-9_/]|\\[-.])*")
"""A pattern that stands for one text: a name as `re.escape` writes it."""

_ANYTHING = "${anything}"
"""A variable that nobody fills in, so it counts as whatever it could name."""


@dataclass(frozen=True, slots=True)
class Layer:
    """What one kustomization.yaml does to the objects below it: patches first, then names.

    `patches` are with their texts. `opens` is true where it may also write something into Flux
    objects that is not followed.
    """

    patches: tuple[tuple[PatchEntry, str], ...] = ()
    namespace: str | None = None
    prefix: str = ""
    suffix: str = ""
    opens: bool = False

    @property
    def idle(self) -> bool:
        """Whether it leaves everything as it is."""
        return self == Layer()


@dataclass(frozen=True, slots=True)
class _Known:
    """The names and namespaces an object has had, which a patch may call it by."""

    names: frozenset[str]
    namespaces: frozenset[str | None]


def patched(found: FluxObject, layers: Iterable[Layer]) -> tuple[FluxObject, ...]:
    """The object after these layers, the innermost first; () when one deletes it.

    More than one where a patch may be for another object: labels are not followed, so the object
    without that patch is told as well, unless the patch changes nothing of what is built. Then the
    labels in the object's own file say which of the two it is.

    Raises:
        InvalidInput: a patch that is no YAML.
    """
    variants = [found]
    name, namespace = found.name, found.namespace
    known = _Known(frozenset({name}), frozenset({namespace}))
    for layer in layers:
        for entry, content in layer.patches:
            if _concerns(entry, content, found, known):
                variants = _patched(variants, entry, content, known)
        if layer.opens or len(variants) > MAX_VARIANTS:
            variants = [_opened(each) for each in variants[:1]]
        name, namespace = f"{layer.prefix}{name}{layer.suffix}", layer.namespace or namespace
        said = None if namespace is None or "\0" in namespace else namespace
        known = _Known(known.names | {name}, known.namespaces | {said})
    return tuple(replace(each, name=name, namespace=namespace) for each in variants)


def _patched(
    variants: Sequence[FluxObject], entry: PatchEntry, content: str, known: _Known
) -> list[FluxObject]:
    after: list[FluxObject] = []
    for each in variants:
        new, sure = _after(each, entry, content, known)
        told = [each for each in (new, None if sure else each) if each is not None]
        if new is not None and not sure and _builds_alike(new, each):
            told = [new if _is_labelled(entry, each) else each]
        after += [variant for variant in told if variant not in after]
    return after


def _builds_alike(one: FluxObject, other: FluxObject) -> bool:
    specs = ({k: v for k, v in o.spec.items() if k not in _HARMLESS} for o in (one, other))
    return next(specs) == next(specs)


def _is_labelled(entry: PatchEntry, found: FluxObject) -> bool:
    selector = (entry.target or {}).get("labelSelector", "")
    return selects(selector, found.labels) is not False


def is_opened(found: FluxObject) -> bool:
    """Whether something that is not followed may have changed its spec."""
    return found.spec.get("path") == _ANYTHING


def _opened(found: FluxObject) -> FluxObject:
    """The object with a path and a source that may be any."""
    source = {**mapping(found.spec.get("sourceRef")), "name": _ANYTHING, "namespace": _ANYTHING}
    return found.with_spec({**found.spec, "path": _ANYTHING, "sourceRef": source})


def _concerns(entry: PatchEntry, content: str, found: FluxObject, known: _Known) -> bool:
    """A cheap look before the patch is parsed."""
    if entry.target is None:
        return found.kind in content
    return _is_for(entry.target, found, known)


def _after(
    found: FluxObject, entry: PatchEntry, content: str, known: _Known
) -> tuple[FluxObject | None, bool]:
    """The object after a patch, None when that deletes it; and whether it is surely for it."""
    after = found
    sure = not entry.selects
    for patch in _contents(entry, content):
        target = _identity(patch) if entry.target is None else entry.target
        if isinstance(patch, list):
            if entry.target is not None:
                after = after.with_spec(_operations(after.spec, patch))
        elif _is_for(target, found, known):
            if mapping(patch).get("$patch") == "delete":
                return None, sure and _is_sure(target, known)
            after = after.with_spec(mapping(_merge(after.spec, mapping(patch).get("spec"))))
        else:
            continue
        sure = sure and _is_sure(target, known)
    return after, sure


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
    target = {key: re.escape(text(value) or "(none)") for key, value in named.items()}
    namespace = text(metadata.get("namespace"))
    return target if namespace is None else {**target, "namespace": re.escape(namespace)}


def _is_for(target: Mapping[str, str], found: FluxObject, known: _Known) -> bool:
    """Whether a target may select the object; its values are anchored patterns."""
    facts: dict[str, frozenset[str | None]] = {
        "kind": frozenset({found.kind}),
        "group": frozenset({found.group}),
        "name": frozenset(known.names),
        "namespace": known.namespaces,
    }
    return all(
        any(value is None or _matches(target[key], value) for value in values)
        for key, values in facts.items()
        if target.get(key)
    )


def _is_sure(target: Mapping[str, str], known: _Known) -> bool:
    """Whether no namespace that is still unsaid decides whether the target is selected."""
    return not target.get("namespace") or None not in known.namespaces


def _matches(pattern: str, value: str) -> bool:
    if _LITERAL.fullmatch(pattern):
        # A thousand apps have a thousand names, and each would be compiled again and again.
        return pattern.replace("\\", "") == value
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
        kind, steps = operation.get("op"), _steps(operation.get("path"))
        value = operation.get("value")
        if kind in {"copy", "move"}:
            # Only the spec is known here; what comes from elsewhere may be any text.
            value = _get(root, _steps(operation.get("from"))) or _ANYTHING
        if kind in {"add", "replace", "copy", "move"} and not steps:
            root = mapping(value)
        elif kind in {"add", "replace", "remove", "copy", "move"} and steps[0] == "spec":
            root = mapping(_set(root, steps, None if kind == "remove" else value))
    return mapping(root.get("spec"))


def _steps(pointer: object) -> list[str]:
    steps = (text(pointer) or "").split("/")[1:]
    return [step.replace("~1", "/").replace("~0", "~") for step in steps]


def _get(node: object, steps: Sequence[str]) -> object:
    for step in steps:
        node = mapping(node).get(step)
    return node


def _set(node: object, steps: Sequence[str], value: object) -> object:
    if not steps:
        return value
    if not isinstance(node, Mapping | None):
        return node
    return {**mapping(node), steps[0]: _set(mapping(node).get(steps[0]), steps[1:], value)}
