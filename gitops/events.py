"""The YAML events of a text, within limits.

Every YAML text of a fleet comes from somebody who may be hostile, so nothing is composed or
constructed by a library: the parser's events are counted as they come, and the first one beyond
a limit ends the reading. Whatever the parser says is wrong is told as InvalidInput with its place.

Source: YAML 1.2.2 (https://yaml.org/spec/1.2.2/), as far as libyaml reads it.
"""

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import cast

import yaml
from yaml.error import Mark
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from gitops.errors import InvalidInput, Place
from gitops.tree import MAX_FILE

MAX_DEPTH = 100
"""Nested lists and mappings, after aliases are followed."""
MAX_ANCHORS = 1_000
MAX_ALIASES = 1_000
MAX_DOCUMENTS = 1_000
MAX_SCALARS = 200_000
"""Keys and values of a whole stream."""
MAX_DIRECTIVES = 1_000
"""Lines with a percent sign in front; libyaml compares each %TAG with all before it."""

Position = tuple[int, int]
"""Line and column, from 1."""

BYTE_ORDER_MARK = "\ufeff"

LIBYAML = bool(yaml.__with_libyaml__)
Parser = type[yaml.SafeLoader] | type["yaml.CSafeLoader"]
PARSER: Parser = yaml.CSafeLoader if LIBYAML else yaml.SafeLoader
"""libyaml where it is installed; the pure parser reads the same texts 15 to 20 times slower."""

_LIMITS: dict[type[Event], tuple[int, str]] = {
    ScalarEvent: (MAX_SCALARS, "keys and values"),
    AliasEvent: (MAX_ALIASES, "aliases"),
    DocumentStartEvent: (MAX_DOCUMENTS, "documents"),
}
_DEEPER: dict[type[Event], int] = {
    MappingStartEvent: 1,
    SequenceStartEvent: 1,
    MappingEndEvent: -1,
    SequenceEndEvent: -1,
}
_ANCHORED = frozenset({ScalarEvent, MappingStartEvent, SequenceStartEvent})

_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_DIRECTIVE = re.compile("(?<=[\r\n])%")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def decode(path: str, data: bytes) -> str:
    """The text of a file, a leading byte-order mark kept.

    Raises:
        InvalidInput: longer than `MAX_FILE`, not UTF-8, or two byte-order marks.
    """
    if len(data) > MAX_FILE:
        raise InvalidInput(f"larger than {MAX_FILE} bytes", "split it", Place(path))
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        place = place_at(path, data[: error.start].decode("utf-8", "replace"), error.start)
        raise InvalidInput("not UTF-8 text", "save it as UTF-8", place) from error
    if text.startswith(BYTE_ORDER_MARK * 2):
        place = Place(path, 1, 1)
        raise InvalidInput("starts with two byte-order marks", "keep one at most", place)
    return text


def place_at(path: str, text: str, index: int) -> Place:
    """The place of the character at `index` (code points; the end of the text at most)."""
    line, start = 1, 1 if text.startswith(BYTE_ORDER_MARK) else 0
    for found in _BREAK.finditer(text, 0, index):
        line, start = line + 1, found.end()
    return Place(path, line, min(index, len(text)) - start + 1)


def events(path: str, text: str, parser: Parser = PARSER) -> Iterator[Event]:
    """The events of `text`, whose marks count code points from behind a byte-order mark.

    Raises:
        InvalidInput: with the place where the text stops being YAML or goes beyond a limit.
    """
    # libyaml does not count a leading byte-order mark and the pure parser does: neither sees it.
    source = text.removeprefix(BYTE_ORDER_MARK)
    if source.count("\n%") + source.count("\r%") > MAX_DIRECTIVES:
        place = place_at(path, source, _directive(source))
        raise InvalidInput(f"more than {MAX_DIRECTIVES} lines start with %", "indent them", place)
    # The errors are kept. Their frames would keep the parser too, with buffers far beyond the text.
    try:
        yield from _within_limits(path, parser(source))
    except yaml.reader.ReaderError as error:
        found = _UNPRINTABLE.search(source)
        place = place_at(path, source, found.start()) if found else Place(path)
        what = "a control character, which YAML does not allow"
        raise InvalidInput(what, "remove it", place) from error.with_traceback(None)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(path, mark.line + 1, mark.column + 1) if mark else Place(path)
        raise InvalidInput(
            f"not YAML: {error.problem or error.context}", place=place
        ) from error.with_traceback(None)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        # The pure parser lets escapes and directives beyond Python's numbers through.
        raise InvalidInput(f"not YAML: {error}", place=Place(path)) from error.with_traceback(None)


def start_of(event: Event) -> Mark:
    """Where an event begins; every event of a parser says so."""
    return event.start_mark  # type: ignore[return-value]


def end_of(event: Event) -> Mark:
    """Where an event ends; every event of a parser says so."""
    return event.end_mark  # type: ignore[return-value]


def position_of(event: Event) -> Position:
    """Line and column where an event begins."""
    mark = start_of(event)
    return mark.line + 1, mark.column + 1


def _directive(source: str) -> int:
    """Where the first line with a percent sign too many begins."""
    found = islice(_DIRECTIVE.finditer(source), MAX_DIRECTIVES, None)
    return next(found).start()


def _within_limits(path: str, loader: yaml.SafeLoader | yaml.CSafeLoader) -> Iterator[Event]:
    depth = anchors = 0
    counts = dict.fromkeys(_LIMITS, 0)
    next_event = cast("Callable[[], Event]", loader.get_event)
    while (kind := (event := next_event()).__class__) is not StreamEndEvent:
        if kind in _LIMITS:
            counts[kind] += 1
            most, what = _LIMITS[kind]
            if counts[kind] > most:
                raise _beyond(path, event, f"more than {most} {what}")
        else:
            depth += _DEEPER.get(kind, 0)
            if depth > MAX_DEPTH:
                raise _beyond(path, event, f"nested more than {MAX_DEPTH} deep")
        if kind in _ANCHORED and event.anchor is not None:  # type: ignore[attr-defined]
            anchors += 1
            if anchors > MAX_ANCHORS:
                raise _beyond(path, event, f"more than {MAX_ANCHORS} anchors")
        yield event


def _beyond(path: str, event: Event, limit: str) -> InvalidInput:
    return InvalidInput(limit, "split it", Place(path, *position_of(event)))
