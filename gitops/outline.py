"""Read the events of one YAML document into its nodes."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    StreamEndEvent,
)

from gitops.errors import InvalidInput, Place
from gitops.events import BYTE_ORDER_MARK, PARSER, end_of, place_at, position_of, start_of
from gitops.nodes import (
    BLOCK_SCALAR,
    MERGE,
    NO_TEXT,
    STRING_TAGS,
    Address,
    Nodes,
    Scalar,
    Style,
)

# The pure parser says None for a plain scalar and libyaml says "".
_STYLES: dict[str | None, Style] = {
    None: "plain",
    "": "plain",
    "'": "single",
    '"': "double",
    "|": "literal",
    ">": "folded",
}
_BLOCKS = frozenset("|>")
_BINARY = "tag:yaml.org,2002:binary"
_MERGING = frozenset({"!", "tag:yaml.org,2002:merge"})
_PROPERTIES = re.compile(r"(?:[&!]\S*(?:\s+(?:#[^\r\n]*\s+)*|\Z))+")


@lru_cache(maxsize=1_024)
def said(line: str) -> tuple[Scalar | type[Event], ...] | None:
    """What libyaml reads in a line that stands alone; None when it is no YAML then.

    The scalars are without their places. The same line is edited in many files, and read once.
    """
    found: list[Scalar | type[Event]] = []
    try:
        parser = PARSER(line)
        next_event = cast("Callable[[], Event]", parser.get_event)
        while (kind := type(event := next_event())) is not StreamEndEvent:
            if isinstance(event, ScalarEvent):
                style, tag = _STYLES[event.style], event.tag or event.anchor
                found.append(Scalar((), event.value, 0, 0, 0, 0, style, tag=tag))
            else:
                found.append(kind)
    except yaml.YAMLError:
        return None
    return tuple(found)


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
    """Reads one document of a text into `nodes`."""

    def __init__(self, path: str, text: str) -> None:
        self.nodes = Nodes(path)
        self._path = path
        self._text = text
        self._shift = 1 if text.startswith(BYTE_ORDER_MARK) else 0
        self._anchors: dict[str, _Anchor] = {}
        self._merged: list[Address] = []

    def read(self, events: Iterable[Event]) -> None:
        """Take the events up to the end of the document, once.

        Raises:
            InvalidInput: an unknown or recursive alias, a key that is no scalar, a merge key over
                anything but mappings or with a tag, a text in base64, or too many nodes through
                aliases.
        """
        stack: list[_Branch] = []
        branch: _Branch | None = None
        for event in events:
            if isinstance(event, ScalarEvent):
                self._read_scalar(branch, event)
            elif isinstance(event, CollectionEndEvent):
                if branch is not None:
                    self._end(branch)
                branch = stack.pop() if stack else None
            elif isinstance(event, CollectionStartEvent):
                if branch is not None:
                    stack.append(branch)
                branch = self._start(self._next(branch, event), event)
            elif isinstance(event, AliasEvent):
                self._read_alias(branch, event)
            else:
                break
        # Not before the end: an alias may refer to an anchor inside what << holds.
        for merged in self._merged:
            self.nodes.drop(merged)
        self.nodes.spread_refusals()

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

    def _read_scalar(self, branch: _Branch | None, event: ScalarEvent) -> None:
        if event.tag == _BINARY:
            # kustomize and Flux go by what it stands for, which nobody sees who reviews it.
            raise self._invalid(event, "a text in base64 (!!binary)")
        if branch is not None and branch.keys is not None and branch.key is None:
            if event.anchor is not None:
                scalar = self._scalar((), event)
                self._anchors[event.anchor] = _Anchor(event.anchor, None, scalar.line, scalar)
            if event.value == MERGE and event.tag in _MERGING:
                # Programs in Go merge it, and YAML's own readers do not agree.
                raise self._invalid(event, "a merge key (<<) with a tag")
            if event.value == MERGE and not event.style and event.tag is None:
                branch.merges = True
            self._key(branch, branch.keys, event, event.value)
            return
        address = self._next(branch, event)
        scalar = self.nodes.scalars[address] = self._scalar(address, event)
        if event.anchor is not None:
            self._anchors[event.anchor] = _Anchor(event.anchor, address, scalar.line, scalar)

    def _read_alias(self, branch: _Branch | None, event: AliasEvent) -> None:
        if branch is not None and branch.keys is not None and branch.key is None:
            scalar = self._anchor_of(event).scalar
            if scalar is None:
                raise self._invalid(event, "a key that is a list or a mapping")
            self._key(branch, branch.keys, event, scalar.value)
        else:
            self._alias(self._next(branch, event), event)

    def _key(self, branch: _Branch, keys: dict[str, None], event: Event, key: str) -> None:
        if key in keys:
            self.nodes.repeat((*branch.address, key), position_of(event))
        keys[key] = None
        branch.key = key

    def _start(self, address: Address, event: CollectionStartEvent) -> _Branch:
        branch = _Branch(address)
        position = self.nodes.positions[address] = position_of(event)
        if isinstance(event, MappingStartEvent):
            branch.keys = self.nodes.branches[address] = {}
        if event.anchor is not None:
            branch.anchor = _Anchor(event.anchor, address, position[0], complete=False)
            self._anchors[event.anchor] = branch.anchor
        return branch

    def _end(self, branch: _Branch) -> None:
        if branch.keys is None:
            self.nodes.branches[branch.address] = range(branch.length)
        elif branch.merges:
            self.nodes.merge(branch.address, branch.keys)
            self._merged.append((*branch.address, MERGE))
        if branch.anchor is not None:
            branch.anchor.complete = True

    def _scalar(self, address: Address, event: ScalarEvent) -> Scalar:
        mark, shift = start_of(event), self._shift
        start, end = mark.index + shift, end_of(event).index + shift
        line, column = mark.line + 1, mark.column + 1
        tag = event.tag
        if tag is not None or event.anchor is not None:
            # The parser's span begins at the anchor or the tag.
            found = _PROPERTIES.match(self._text, start, end)
            if found:
                properties = self._text[start : min(found.end(), end)]
                start += len(properties)
                # From the mark on, not from the top: a file may hold many thousands of tags.
                place = place_at(self._path, properties, len(properties))
                below = (place.line or 1) - 1
                line += below
                column = (place.column or 1) + (0 if below else column - 1)
        style = _STYLES[event.style]
        refusal = None
        if event.style in _BLOCKS:
            refusal = BLOCK_SCALAR
        elif start == end:
            refusal = NO_TEXT
        elif tag is not None and tag not in STRING_TAGS:
            refusal = f"carries the tag {tag}"
        return Scalar(address, event.value, start, end, line, column, style, refusal, tag)

    def _anchor_of(self, event: AliasEvent) -> _Anchor:
        """The anchor of an alias, which from now on is shared."""
        anchor = self._anchors.get(event.anchor or "")
        if anchor is None:
            raise self._invalid(event, f"the alias *{event.anchor} has no anchor before it")
        if not anchor.complete:
            raise self._invalid(event, f"the alias *{event.anchor} stands inside its own anchor")
        if anchor.address is not None:
            line = position_of(event)[0]
            reason = f"is shared: the alias at line {line} refers to its anchor &{anchor.name}"
            self.nodes.refusals.setdefault(anchor.address, reason)
        return anchor

    def _alias(self, address: Address, event: AliasEvent) -> None:
        anchor = self._anchor_of(event)
        line, column = position_of(event)
        shift = self._shift
        refusal = f"is the alias *{anchor.name} of what is written at line {anchor.line}"
        alias = Scalar(
            address,
            "",
            start_of(event).index + shift,
            end_of(event).index + shift,
            line,
            column,
            "plain",
            refusal,
        )
        if anchor.scalar is not None:
            self.nodes.put(anchor.scalar, alias)
        elif anchor.address is not None:
            if self.nodes.positions.get(anchor.address, (0, 0))[0] != anchor.line:
                raise self._invalid(event, f"the anchor &{anchor.name} is under a repeated key")
            self.nodes.copy(anchor.address, alias)

    def _invalid(self, event: Event, message: str) -> InvalidInput:
        return InvalidInput(message, place=Place(self._path, *position_of(event)))
