"""What is wrong with a configuration, and how it is told with its place and its cure."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from inspect import isclass
from types import UnionType
from typing import Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gitops.document import Address, Document
from gitops.errors import InvalidInput, Place

KNOWN_ELSEWHERE = {
    "waves": "remove it; the clusters of an environment move together until there are waves",
    "artifacts": "it is said in fleet.yaml",
    "after": "it is said in fleet.yaml",
    "clusters": "it is said in fleet.yaml",
    "max_age": "it is said in fleet.yaml",
    "build_timeout": "it is said in fleet.yaml",
}
"""Cures for keys that people expect where they are not read."""

MOST_SHOWN = 400
"""Characters of a message or cure."""

_WORDS: Mapping[str, tuple[str, str]] = {
    "string_type": ("is no text", "write it in quotes"),
    "int_type": ("is no whole number", "write it as a number without quotes"),
    "bool_type": ("is neither true nor false", "write `true` or `false` without quotes"),
    "tuple_type": ("is no list", "write `[first, second]`"),
    "model_type": ("is no mapping", "write `key: value` below it"),
    "dict_type": ("is no mapping", "write `key: value` below it"),
    "mapping_type": ("is no mapping", "write `key: value` below it"),
    "too_short": ("is empty", "name at least one, or remove the key"),
    "string_too_short": ("is empty", "write a value, or remove the key"),
    "greater_than": ("is too small", "write more than {gt}"),
    "greater_than_equal": ("is too small", "write {ge} or more"),
    "less_than_equal": ("is too large", "write {le} or less"),
    "is_instance_of": ("is no text", "write it with its unit or in quotes"),
}
"""Pydantic's error types in our words. Source: https://docs.pydantic.dev/latest/errors/"""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong at an address of a document; the address need not exist there."""

    address: Address
    message: str
    hint: str


def nearest(word: str, known: Iterable[str]) -> str:
    """A cure for a name that is not among `known`."""
    names = sorted(known)
    near = difflib.get_close_matches(word, names, n=1)
    if near:
        return f"did you mean `{near[0]}`?"
    return f"known: {', '.join(names)}" if names else "there are none"


def told(document: Document, fault: Fault) -> InvalidInput:
    """The fault as an error, at its address or at the nearest container that is there."""
    address = fault.address
    while address not in document.places and address:
        address = address[:-1]
    place = document.places.get(address, Place(document.path, document.line, 1))
    return InvalidInput(_shown(fault.message), _shown(fault.hint) or None, place)


def _shown(text: str) -> str:
    """Without what could move a terminal's cursor or fill it: messages repeat what was read."""
    clean = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return clean if len(clean) <= MOST_SHOWN else f"{clean[: MOST_SHOWN - 3]}..."


def first(document: Document, faults: Iterable[Fault]) -> InvalidInput | None:
    """The fault that comes first in the file, None when there is none."""
    errors = [told(document, fault) for fault in faults]
    return min(errors, key=_position, default=None)


def _position(error: InvalidInput) -> tuple[int, int]:
    place = error.place
    return (0, 0) if place is None else (place.line or 0, place.column or 0)


def of_validation(model: type[BaseModel], error: ValidationError) -> list[Fault]:
    """What pydantic found, in our words, without what only follows from something else in it."""
    items = error.errors(include_url=False)
    misread = {item["loc"][:-1] for item in items if item["type"] == "extra_forbidden"}
    return [
        _fault(model, item)
        for item in items
        # A misspelt key is missing under its right name; a list of wrong items has no right one.
        if not (item["type"] == "missing" and item["loc"][:-1] in misread)
        and not (item["type"] == "too_short" and item["input"])
    ]


def _fault(model: type[BaseModel], item: ErrorDetails) -> Fault:
    address: Address = tuple(part for part in item["loc"] if part != "[key]")
    context = item.get("ctx", {})
    name = str(address[-1]) if address else ""
    kind = item["type"]
    if kind == "refused":
        return Fault(address, context["message"], context["hint"] or "")
    if kind == "missing":
        return Fault(address, f"`{name}` is missing", f"add `{name}: ...`")
    if kind == "extra_forbidden":
        return Fault(address, f"unknown key `{name}`", _cure(model, address))
    if kind == "literal_error":
        return _unknown_value(address, item["input"], context["expected"])
    what, cure = _WORDS.get(kind, (f"is wrong: {item['msg']}", ""))
    if item["input"] is None:
        what, cure = "has no value", "write one, or remove the key"
    return Fault(address, f"{_subject(address)} {what}", cure.format_map(context))


def _subject(address: Address) -> str:
    """`windows[0]` for the last steps of an address."""
    text = ""
    for part in reversed(address):
        text = f"[{part}]{text}" if isinstance(part, int) else f"{part}{text}"
        if isinstance(part, str):
            return f"`{text}`"
    return "the document"


def _unknown_value(address: Address, value: object, expected: str) -> Fault:
    # `expected` reads "'a', 'b' or 'c'"; the values themselves hold no quote.
    values = expected.split("'")[1::2]
    return Fault(
        address, f"{_subject(address)} is `{value}`, which is unknown", nearest(str(value), values)
    )


def _cure(model: type[BaseModel], address: Address) -> str:
    name = str(address[-1])
    known = _keys(model, address[:-1])
    if name in KNOWN_ELSEWHERE and not difflib.get_close_matches(name, known, n=1):
        return KNOWN_ELSEWHERE[name]
    return nearest(name, known)


def _keys(annotation: object, address: Address) -> tuple[str, ...]:
    """The keys that the model at `address` below an annotation reads; () when it is no model."""
    if isclass(annotation) and issubclass(annotation, BaseModel):
        fields = {f.alias or name: f for name, f in annotation.model_fields.items()}
        if not address:
            return tuple(fields)
        field = fields.get(str(address[0]))
        return () if field is None else _keys(field.annotation, address[1:])
    inner = get_args(annotation)
    origin = get_origin(annotation)
    if origin in {Union, UnionType}:
        return next((keys for part in inner if (keys := _keys(part, address))), ())
    if not address or origin is None:
        return ()
    # A list's index and a mapping's key are one step each.
    return _keys(inner[0] if origin is tuple else inner[-1], address[1:])
