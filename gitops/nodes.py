"""The nodes of one YAML document, by address: what `document` shows and `edit` replaces.

Whatever is reached through an alias or a merge key carries a refusal, since it is written somewhere
else. What following one costs is limited before it is paid.
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from gitops.errors import InvalidInput, Place
from gitops.events import MAX_DEPTH, Position
from gitops.tree import MAX_FILE

Address = tuple[str | int, ...]
"""Keys of mappings and indexes of lists, from the root of a document; () is the root."""

Style = Literal["plain", "single", "double", "literal", "folded"]

MAX_COPIES = 10_000
"""Nodes of one document that are reached through aliases and merge keys."""

NULLS = frozenset({"", "~", "null", "Null", "NULL"})
"""What YAML 1.2 reads as null, where it is plain."""

BLOCK_SCALAR = "is a block scalar, which is not replaced in place"
NO_TEXT = "has no text yet, so there is nothing to replace"
"""Why such a scalar is refused."""

MERGE = "<<"
STRING_TAGS = frozenset({"tag:yaml.org,2002:str", "!"})


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
        """Whether it is a string by its writing: quoted, a block, or tagged so.

        The tag `!` is no help: YAML 1.2 takes `! 1.10` for a string, Go's readers for a number.
        """
        return self.style != "plain" if self.tag in {None, "!"} else self.tag in STRING_TAGS


@dataclass(slots=True)
class Nodes:
    """What stands where in one document of the file at `path`.

    `branches` holds the keys of each mapping and the indexes (a range) of each list, `positions`
    where each of these is, `repeated` the last place of each key that occurs twice, `refusals` why
    nothing at or below an address may be replaced.
    """

    path: str
    scalars: dict[Address, Scalar] = field(default_factory=dict)
    branches: dict[Address, dict[str, None] | range] = field(default_factory=dict)
    positions: dict[Address, Position] = field(default_factory=dict)
    repeated: dict[Address, Place] = field(default_factory=dict)
    refusals: dict[Address, str] = field(default_factory=dict)
    _copies: int = 0
    _characters: int = 0

    def position(self, address: Address) -> Position:
        """Line and column of the node at an address."""
        scalar = self.scalars.get(address)
        return (scalar.line, scalar.column) if scalar else self.positions[address]

    def repeat(self, address: Address, position: Position) -> None:
        """A key for the second time: the last value stands, as loaders have it."""
        first, line = self.position(address)[0], position[0]
        self.repeated[address] = Place(self.path, *position)
        self.refusals[address] = (
            f"is under the key {address[-1]!r}, which occurs twice in one mapping, "
            f"at lines {first} and {line}"
        )
        self.drop(address)

    def copy(self, source: Address, at: Scalar) -> None:
        """Let everything at and below `source` be found at `at.address` too, at `at`'s place.

        Raises:
            InvalidInput: beyond what aliases may stand for in one document.
        """
        self._spend(at, nodes=1)
        todo = [(source, at.address)]
        while todo:
            origin, address = todo.pop()
            if len(address) > MAX_DEPTH:
                place = Place(self.path, at.line, at.column)
                raise InvalidInput(f"aliases nest more than {MAX_DEPTH} deep", place=place)
            found = self.scalars.get(origin)
            if found is not None:
                self.put(found, replace(at, address=address))
                continue
            children = self.branches[origin]
            self._spend(at, nodes=len(children))
            self.branches[address] = children
            self.positions[address] = (at.line, at.column)
            keys: tuple[str | int, ...] = tuple(children)
            todo.extend(((*origin, key), (*address, key)) for key in reversed(keys))

    def put(self, found: Scalar, at: Scalar) -> None:
        """The same value at another address, written at `at`'s place."""
        self._spend(at, characters=len(found.value))
        self.scalars[at.address] = replace(at, value=found.value, style=found.style, tag=found.tag)

    def _spend(self, at: Scalar, nodes: int = 0, characters: int = 0) -> None:
        self._copies += nodes
        self._characters += characters
        if self._copies > MAX_COPIES or self._characters > MAX_FILE:
            what = f"aliases stand for more than {MAX_COPIES} nodes or {MAX_FILE} characters"
            raise InvalidInput(what, "write it out", Place(self.path, at.line, at.column))

    def merge(self, address: Address, keys: dict[str, None]) -> None:
        """Follow the `<<` of a mapping: its own keys win, then the earliest source.

        Raises:
            InvalidInput: the merge key's value is neither a mapping nor a list of mappings.
        """
        merged = (*address, MERGE)
        del keys[MERGE]
        value = self.branches.get(merged)
        sources = [(*merged, index) for index in value] if isinstance(value, range) else [merged]
        line, column = self.position(merged)
        refusal = f"comes through the merge key << at line {line}"
        for source in sources:
            children = self.branches.get(source)
            if not isinstance(children, dict):
                raise InvalidInput(
                    "the merge key << takes a mapping or a list of mappings",
                    place=Place(self.path, line, column),
                )
            for key in [key for key in children if key not in keys]:
                keys[key] = None
                at = Scalar((*address, key), "", 0, 0, line, column, "plain", refusal)
                self.copy((*source, key), at)

    def drop(self, address: Address) -> None:
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

    def spread_refusals(self) -> None:
        """A refusal of a list or mapping is one of every scalar in it."""
        if not self.refusals:
            return
        known: dict[Address, str | None] = {}

        def reason(address: Address) -> str | None:
            if address not in known:
                above = reason(address[:-1]) if address else None
                known[address] = self.refusals.get(address) or above
            return known[address]

        for address, scalar in self.scalars.items():
            refusal = scalar.refusal or reason(address)
            if refusal is not scalar.refusal:
                self.scalars[address] = replace(scalar, refusal=refusal)
