"""Whether an edit is right, judged by PyYAML's pure parser, which Fairlead does not use.

It knows nothing of Fairlead's addresses and spans: it reads the events of the text before and of
the text after, and finds the scalars by a walk of its own.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
)

from benchmarks.target import Target

_STRING = "tag:yaml.org,2002:str"
_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_OTHER = re.compile(
    r"""true|True|TRUE|false|False|FALSE|0o[0-7]+|0x[0-9a-fA-F]+
    |[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)""",
    re.VERBOSE,
)


class Verdict(StrEnum):
    """What came of an edit."""

    EXACT = "exact"
    """The scalar's own bytes changed and nothing else."""
    REFUSED = "refused"
    """Nothing was written."""
    VALUES = "values only"
    """The text parses to what it should, but other bytes changed too (comments, quotes, layout),
    or the edit had to be refused."""
    WRONG = "wrong"
    """Another value changed, the new one does not read as this text, or the result is no YAML."""


@dataclass(frozen=True, slots=True)
class _Spot:
    """A scalar: which event of the stream, and the span of its text in code points."""

    event: int
    start: int
    end: int
    tagged: bool
    """Whether it carries a tag of its own, so that no plain text becomes a number."""


def judge(target: Target, result: bytes | None) -> Verdict:
    """What an editor made of a target; None is a refusal."""
    if result is None:
        return Verdict.REFUSED
    if not target.refused and result == target.after:
        return Verdict.EXACT
    try:
        before = _events(target.before)
        spots = [_spot(target, before, address) for address, _ in target.edits]
    except (yaml.YAMLError, UnicodeDecodeError, LookupError):
        return Verdict.WRONG
    if not target.refused and _only_these(target, spots, result):
        return Verdict.EXACT
    return Verdict.VALUES if _values_right(target, before, spots, result) else Verdict.WRONG


def _only_these(target: Target, spots: Sequence[_Spot], result: bytes) -> bool:
    """Whether the result is the text before with other spellings of strings at the spots."""
    text, rest = target.before.decode(), result.decode(errors="replace")
    news = [new for _, new in target.edits]
    done = 0
    for spot, new in sorted(zip(spots, news, strict=True), key=lambda pair: pair[0].start):
        kept = text[done : spot.start]
        if not rest.startswith(kept):
            return False
        rest = rest[len(kept) :]
        written = next((s for s in _spellings(new, spot) if rest.startswith(s)), None)
        if written is None:
            return False
        rest = rest[len(written) :]
        done = spot.end
    return rest == text[done:]


def _spellings(new: str, spot: _Spot) -> Iterator[str]:
    """How a string can be written on one line; plain last, where it would not become a number."""
    yield "'" + new.replace("'", "''") + "'"
    yield '"' + new.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if spot.tagged or _is_string(new):
        yield new


def _values_right(
    target: Target, before: Sequence[Event], spots: Sequence[_Spot], result: bytes
) -> bool:
    try:
        after = _events(result)
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    wanted = {spot.event: new for spot, (_, new) in zip(spots, target.edits, strict=True)}
    if len(before) != len(after):
        return False
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        said = _meaning(old)
        if index in wanted:
            said = (ScalarEvent, wanted[index], _STRING)
        if _meaning(new) != said:
            return False
    return True


def _meaning(event: Event) -> tuple[type[Event], str | None, str | None]:
    """What an event says, whatever it looks like: its text, and its tag where it is no string."""
    if isinstance(event, ScalarEvent):
        tag, value = event.tag, event.value
        if tag in {None, "!"}:
            plain = event.implicit[0] and not _is_string(value)
            tag = "plain" if plain else _STRING
        return ScalarEvent, None if tag == "plain" and value in _NULLS else value, tag
    tag = event.tag if isinstance(event, CollectionStartEvent) else None
    return type(event), event.anchor if isinstance(event, AliasEvent) else None, tag


def _is_string(plain: str) -> bool:
    """Whether a plain scalar is text by YAML 1.2's core schema (section 10.3.2)."""
    return plain not in _NULLS and not _OTHER.fullmatch(plain)


@lru_cache(maxsize=512)
def _events(data: bytes) -> tuple[Event, ...]:
    text = data.decode()
    try:
        return tuple(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.scanner.ScannerError:
        # It takes no tab before a value, which YAML allows and libyaml reads.
        return tuple(yaml.parse(text, Loader=yaml.CSafeLoader))


def _spot(target: Target, events: Sequence[Event], address: Sequence[str | int]) -> _Spot:
    """Where the scalar at an address stands.

    Raises:
        LookupError: there is none.
    """
    starts = [i for i, event in enumerate(events) if isinstance(event, DocumentStartEvent)]
    at = starts[target.document] + 1
    for step in address:
        at = _child(events, at, step)
    event = events[at]
    if not isinstance(event, ScalarEvent):
        raise LookupError("no scalar")  # noqa: TRY004
    start, end = event.start_mark.index, event.end_mark.index  # type: ignore[union-attr]
    written = target.before.decode()[start:end]
    while written[:1] in {"&", "!"} and len(parts := written.split(maxsplit=1)) == 2:
        start, written = end - len(parts[1]), parts[1]
    return _Spot(at, start, end, event.tag is not None)


def _child(events: Sequence[Event], at: int, step: str | int) -> int:
    """The event with which the value under a key, or at an index, begins."""
    of_mapping = isinstance(events[at], MappingStartEvent)
    at += 1
    count = 0
    while not isinstance(events[at], CollectionEndEvent):
        key = events[at]
        at = _behind(events, at) if of_mapping else at
        if of_mapping and isinstance(key, ScalarEvent) and key.value == step:
            return at
        if not of_mapping and count == step:
            return at
        count += 1
        at = _behind(events, at)
    raise LookupError(str(step))


def _behind(events: Sequence[Event], at: int) -> int:
    """The event behind a whole node."""
    depth = 0
    while True:
        event = events[at]
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        at += 1
        if depth == 0:
            return at
