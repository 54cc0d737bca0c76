"""Compares answers by keys and JSON types with GitHub's own, as PyGithub recorded them.

A recording is lines: scheme, method, host, port, path, headers, body, status, headers, body and
an empty one. Old ones tell what GitHub answered then, so the newest of a call count.

Source: PyGithub 2.10.0, tests/Framework.py (the format).
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

Json = Any
Shape = Mapping[str, frozenset[str]]
"""Where in a body, to the JSON types there: `/head/user/login`, an item of a list as `[]`."""

_LINES = 11
_DATE = re.compile(r"\('date', '([^']+)'\)", re.IGNORECASE)
_LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What GitHub answered at a moment; `path` is without its query."""

    method: str
    path: str
    status: int
    body: Json
    at: datetime


@dataclass(frozen=True, slots=True)
class Comparison:
    """Of one call's answers with the recorded ones, by place.

    `same` have a type that GitHub's have; `other` have another one; `missing` are GitHub's alone,
    in an object that is here; `more` are here alone.
    """

    same: tuple[str, ...] = ()
    other: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    more: tuple[str, ...] = ()


def read(directory: Path) -> tuple[Recorded, ...]:
    """Every recorded answer with a JSON body or none, oldest first."""
    found = [one for file in sorted(directory.glob("*.txt")) for one in _records(file)]
    return tuple(sorted(found, key=lambda one: one.at))


def _records(file: Path) -> Iterator[Recorded]:
    lines = file.read_text().split("\n")
    for start in range(0, len(lines) - _LINES + 2, _LINES):
        _, method, _, _, path, _, _, status, headers, body = lines[start : start + 10]
        if not status.isdigit():
            return  # what was uploaded or downloaded takes lines of its own
        date = _DATE.search(headers)
        try:
            content = json.loads(body) if body.strip() else None
        except ValueError:
            continue  # not JSON
        at = parsedate_to_datetime(date[1]) if date else _LONG_AGO
        yield Recorded(method, path.partition("?")[0], int(status), content, at)


def shape(bodies: Iterable[Json]) -> Shape:
    """The types at each place, over all of them."""
    found: dict[str, set[str]] = {}
    for body in bodies:
        for place, kind in _types(body, ""):
            found.setdefault(place, set()).add(kind)
    return {place: frozenset(kinds) for place, kinds in found.items()}


def _types(value: Json, place: str) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            yield place, "object"
            for key, inner in value.items():
                yield from _types(inner, f"{place}/{key}")
        case list():
            yield place, "array"
            for item in value:
                yield from _types(item, f"{place}/[]")
        case None:
            yield place, "null"
        case bool():
            yield place, "boolean"
        case int() | float():
            yield place, "number"
        case _:
            yield place, "string"


def compare(ours: Shape, recorded: Shape) -> Comparison:
    """Place by place. Where one of both only ever has null, nothing can be told of its type."""
    same: list[str] = []
    other: list[str] = []
    for place in sorted(ours.keys() & recorded.keys()):
        mine, theirs = ours[place] - {"null"}, recorded[place] - {"null"}
        if mine and theirs:
            (same if mine <= theirs else other).append(place)
    return Comparison(
        tuple(same),
        tuple(other),
        tuple(sorted(_alone(recorded, ours))),
        tuple(sorted(_alone(ours, recorded))),
    )


def _alone(one: Shape, another: Shape) -> Iterator[str]:
    """Places of one that another could have, having what holds them, and has not."""
    for place in one.keys() - another.keys():
        holder, _, key = place.rpartition("/")
        wanted = "array" if key == "[]" else "object"
        # An empty list tells nothing of its items.
        if wanted == "object" and wanted in another.get(holder, ()):
            yield place
