"""The nodes of one YAML document, by address: what `document` shows and `edit` replaces.

Aliases and merge keys are followed, so that an address finds what a reader of the document finds
there; whatever is found that way carries a refusal, since it is written somewhere else. What
following costs is limited before it is paid.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from gitops.errors import InvalidInput, Place
from gitops.events import BYTE_ORDER_MARK, MAX_DEPTH, place_at

Address = tuple[str | int, ...]
"""Keys of mappings and indexes of lists, from the root of a document; () is the root."""

Style = Literal["plain", "single", "double", "literal", "folded"]
Position = tuple[int, int]
"""Line and column, from 1."""

MAX_COPIES = 10_000
"""Nodes of one document that are reached through aliases and merge keys."""

MERGE = "<<"
STRING_TAGS = frozenset({"tag:yaml.org,2002:str", "!"})

# The pure parser says None for a plain scalar and libyaml says "".
_STYLES: dict[str | None, Style] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\r\n]*\s+)*|\Z))+")


@dataclass(frozen=True, slots=True)
class Scalar:
    """One value that is no list and no mapping.

    `value` is the text as YAML reads it, unquoted and unescaped, never converted. `start` and `end`
    are its span in code points of the decoded file, quotes included, anchor and tag not; `line` and
    `column` count from 1. For a value that is reached through an alias they are the alias's own.
    `refusal` says why it cannot be replaced in place, None when it can. `tag` is an explicit tag.
    """

    address: Address
    value: str
    start: int
    end: int
    line: int
    column: int
    style: Style
    refusal: str | None = None
    tag: str | None = None

    @property
    def is_text(self) -> bool:
        """Whether it is a string by its writing: quoted, a block, or tagged so."""
        return self.style != "plain" if self.tag is None else self.tag in STRING_TAGS


@dataclass(slots=True)
class _Anchor:
    name: str
    address: Address | None  # None: the anchor stands on a key
    line: int
    scalar: Scalar | None = None
    complete: bool = True


@dataclass(slots=True)
class _Branch:
    """A list or mapping that is being read; `keys` is None for a list."""

    address: Address
    keys: dict[str, None] | None = None
    length: int = 0
    key: str | None = None
    merges: bool = False
    anchor: _Anchor | None = None


class Outline:
    """What stands where in one document. Fill it with `read`, once."""

    def __init__(self, path: str, text: str) -> None:
        self.scalars: dict[Address, Scalar] = {}
        self.branches: dict[Address, dict[str, None] | range] = {}
        self.positions: dict[Address, Position] = {}
        self.repeated: dict[Address, Place] = {}
        self._path = path
        self._text = text
        self._shift = 1 if text.startswith(BYTE_ORDER_MARK) else 0
        self._refusals: dict[Address, str] = {}
        self._anchors: dict[str, _Anchor] = {}
        self._merged: list[Address] = []
        self._copies = 0

    def read(self, events: Iterable[Event]) -> None:
        """Take the events up to the end of the document.

        Raises:
            InvalidInput: an unknown or recursive alias, a key that is no scalar, a merge key over
                anything but mappings, or more than `MAX_COPIES` nodes through aliases.
        """
        stack: list[_Branch] = []
        branch: _Branch | None = None
        for event in events:
            kind = event.__class__
            if kind is ScalarEvent or kind is AliasEvent:
                if branch is not None and branch.keys is not None and branch.key is None:
                    self._key(branch, event)
                else:
                    address = self._next(branch, event)
                    if kind is ScalarEvent:
                        self._scalar(address, event)
                    else:
                        self._alias(address, event)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                if branch is not None:
                    stack.append(branch)
                branch = self._start(self._next(branch, event), event)
            elif kind is DocumentEndEvent:
                break
            elif branch is not None:
                self._end(branch)
                branch = stack.pop() if stack else None
        for merged in self._merged:
            self._drop(merged)
        self._spread_refusals()

    def refuse_all(self, reason: str) -> None:
        """Let no scalar of this document be replaced."""
        self._refusals[()] = reason
        self._spread_refusals()

    def _next(self, branch: _Branch | None, event: Event) -> Address:
        """The address of the value that begins with `event`."""
        if branch is None:
            return ()
        if branch.keys is None:
            branch.length += 1
            return (*branch.address, branch.length - 1)
        if branch.key is None:
            raise self._invalid(event, "a key that is a list or a mapping")
        address = (*branch.address, branch.key)
        branch.key = None
        return address

    def _key(self, branch: _Branch, event: ScalarEvent | AliasEvent) -> None:
        if isinstance(event, AliasEvent):
            scalar = self._anchor_of(event).scalar
            if scalar is None:
                raise self._invalid(event, "a key that is a list or a mapping")
            key = scalar.value
        else:
            key = event.value
            if event.anchor is not None:
                scalar = self._scalar_of((), event)
                self._anchors[event.anchor] = _Anchor(event.anchor, None, scalar.line, scalar)
            if key == MERGE and not event.style and event.tag is None:
                branch.merges = True
        keys = branch.keys or {}
        if key in keys:
            self._repeat((*branch.address, key), event)
        if branch.keys is not None:
            branch.keys[key] = None
        branch.key = key

    def _repeat(self, address: Address, event: Event) -> None:
        """A key for the second time: the last value stands, as loaders have it."""
        earlier = self.scalars.get(address)
        first = earlier.line if earlier else self.positions[address][0]
        line, column = _position(event)
        self.repeated[address] = Place(self._path, line, column)
        self._refusals[address] = (
            f"the key {address[-1]!r} occurs twice in one mapping, at lines {first} and {line}"
        )
        self._drop(address)

    def _start(self, address: Address, event: Event) -> _Branch:
        branch = _Branch(address)
        self.positions[address] = _position(event)
        if event.__class__ is MappingStartEvent:
            branch.keys = self.branches[address] = {}
        if isinstance(event, NodeEvent) and event.anchor is not None:
            branch.anchor = _Anchor(event.anchor, address, _position(event)[0], complete=False)
            self._anchors[event.anchor] = branch.anchor
        return branch

    def _end(self, branch: _Branch) -> None:
        if branch.keys is None:
            self.branches[branch.address] = range(branch.length)
        elif branch.merges:
            self._merge(branch.address, branch.keys)
        if branch.anchor is not None:
            branch.anchor.complete = True

    def _scalar(self, address: Address, event: ScalarEvent) -> None:
        scalar = self._scalar_of(address, event)
        self.scalars[address] = scalar
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(event.anchor, address, scalar.line, scalar)

    def _scalar_of(self, address: Address, event: ScalarEvent) -> Scalar:
        mark, shift = event.start_mark, self._shift
        start, end = mark.index + shift, event.end_mark.index + shift
        line, column = mark.line + 1, mark.column + 1
        tag = event.tag
        if tag is not None or event.anchor is not None:
            # The parser's span begins at the anchor or the tag.
            found = _PROPERTIES.match(self._text, start, end)
            if found:
                start = min(found.end(), end)
                place = place_at(self._path, self._text, start)
                line, column = place.line or line, place.column or column
        style = _STYLES[event.style]
        refusal = None
        if style in {"literal", "folded"}:
            refusal = "is a block scalar, which is not replaced in place"
        elif start == end:
            refusal = "has no text yet, so there is nothing to replace"
        elif tag is not None and tag not in STRING_TAGS:
            refusal = f"carries the tag {tag}"
        return Scalar(address, event.value, start, end, line, column, style, refusal, tag)

    def _anchor_of(self, event: AliasEvent) -> _Anchor:
        """The anchor of an alias, which from now on is shared."""
        anchor = self._anchors.get(event.anchor)
        if anchor is None:
            raise self._invalid(event, f"the alias *{event.anchor} has no anchor before it")
        if not anchor.complete:
            raise self._invalid(event, f"the alias *{event.anchor} stands inside its own anchor")
        if anchor.address is not None:
            line = _position(event)[0]
            reason = f"is shared: the alias at line {line} refers to its anchor &{anchor.name}"
            self._refusals.setdefault(anchor.address, reason)
        return anchor

    def _alias(self, address: Address, event: AliasEvent) -> None:
        anchor = self._anchor_of(event)
        line, column = _position(event)
        shift = self._shift
        refusal = f"is the alias *{anchor.name} of what is written at line {anchor.line}"
        alias = Scalar(
            address,
            "",
            event.start_mark.index + shift,
            event.end_mark.index + shift,
            line,
            column,
            "plain",
            refusal,
        )
        if anchor.scalar is not None:
            self._put(anchor.scalar, alias)
        elif anchor.address is not None:
            if self.positions.get(anchor.address, (0, 0))[0] != anchor.line:
                raise self._invalid(event, f"the anchor &{anchor.name} is under a repeated key")
            self._copy(anchor.address, alias)

    def _copy(self, source: Address, at: Scalar) -> None:
        """Let everything at and below `source` be found at `at.address` too, at `at`'s place."""
        todo = [(source, at.address)]
        while todo:
            origin, address = todo.pop()
            found = self.scalars.get(origin)
            if found is not None:
                self._put(found, replace(at, address=address))
                continue
            self._count_copy(at, address)
            children = self.branches[origin]
            self.branches[address] = children
            self.positions[address] = (at.line, at.column)
            for child in reversed(children):
                if len(todo) > MAX_COPIES:
                    break
                todo.append(((*origin, child), (*address, child)))

    def _put(self, found: Scalar, at: Scalar) -> None:
        self._count_copy(at, at.address)
        self.scalars[at.address] = replace(at, value=found.value, style=found.style, tag=found.tag)

    def _count_copy(self, at: Scalar, address: Address) -> None:
        self._copies += 1
        place = Place(self._path, at.line, at.column)
        if self._copies > MAX_COPIES:
            raise InvalidInput(f"aliases stand for more than {MAX_COPIES} nodes", place=place)
        if len(address) > MAX_DEPTH:
            raise InvalidInput(f"aliases nest more than {MAX_DEPTH} deep", place=place)

    def _merge(self, address: Address, keys: dict[str, None]) -> None:
        """Follow `<<`: a key of the mapping itself wins, then the earliest source."""
        merged = (*address, MERGE)
        del keys[MERGE]
        self._merged.append(merged)
        value = self.branches.get(merged)
        sources = [(*merged, index) for index in value] if isinstance(value, range) else [merged]
        line, column = self._position_of(merged)
        refusal = f"comes through the merge key << at line {line}"
        for source in sources:
            children = self.branches.get(source)
            if not isinstance(children, dict):
                raise InvalidInput(
                    "the merge key << takes a mapping or a list of mappings",
                    place=Place(self._path, line, column),
                )
            for key in [key for key in children if key not in keys]:
                keys[key] = None
                at = Scalar((*address, key), "", 0, 0, line, column, "plain", refusal)
                self._copy((*source, key), at)

    def _position_of(self, address: Address) -> Position:
        scalar = self.scalars.get(address)
        return (scalar.line, scalar.column) if scalar else self.positions[address]

    def _drop(self, address: Address) -> None:
        """Forget everything at and below `address`."""
        todo = [address]
        while todo:
            gone = todo.pop()
            self.scalars.pop(gone, None)
            self.positions.pop(gone, None)
            children = self.branches.pop(gone, ())
            todo.extend((*gone, child) for child in children)
            merged = (*gone, MERGE)
            if merged in self.positions or merged in self.scalars:
                todo.append(merged)

    def _spread_refusals(self) -> None:
        """A refusal of a list or mapping is one of every scalar in it."""
        if not self._refusals:
            return
        known: dict[Address, str | None] = {}

        def reason(address: Address) -> str | None:
            if address not in known:
                above = reason(address[:-1]) if address else None
                known[address] = self._refusals.get(address) or above
            return known[address]

        for address, scalar in self.scalars.items():
            refusal = scalar.refusal or reason(address)
            if refusal is not scalar.refusal:
                self.scalars[address] = replace(scalar, refusal=refusal)

    def _invalid(self, event: Event, message: str) -> InvalidInput:
        return InvalidInput(message, place=Place(self._path, *_position(event)))


def _position(event: Event) -> Position:
    mark = event.start_mark
    return (1, 1) if mark is None else (mark.line + 1, mark.column + 1)
