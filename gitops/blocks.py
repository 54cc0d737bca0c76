"""Lines, one below the other, as nested lists and mappings: what stands where by its indentation.

It is read in one pass, and anything else than keys and items where they are expected ends it.

Source: YAML 1.2.2 (https://yaml.org/spec/1.2.2/), chapter 8; less of it than libyaml takes.
"""

from collections.abc import Sequence
from functools import lru_cache

from gitops.line import EMPTY, LITERAL, NOTHING, Line, Many, Node, lexed
from gitops.nodes import Address

MAX_DEPTH = 60
"""Blocks in blocks. With the brackets of a line they stay within the limit of `events`."""

_REMEMBERED = 1_024
_MOST_ALIKE = 1_000
"""Lines. Longer documents are seldom alike."""


class UnreadError(Exception):
    """libyaml has to say what this is."""


class _Blocks:
    """The blocks of one document, as its lines come: what is `within` the innermost one.

    That one begins at column `indent` and is `listed` or a mapping; `last` is its last key or
    index, which is `opened` while nothing is known to stand there.
    """

    __slots__ = ("above", "indent", "last", "listed", "opened", "root", "within")

    def __init__(self) -> None:
        self.root: dict[str | int, Node] = {}
        self.within = self.root
        self.above: list[tuple[int, bool, dict[str | int, Node]]] = []
        self.indent = -1
        self.listed = True
        self.last: str | int = 0
        self.opened = True

    def key(self, number: int, column: int) -> None:
        """Find the mapping that a key at this column belongs to."""
        if column > self.indent:
            if not self.opened:
                raise UnreadError
            self._into(number, column, listed=False)
            return
        self._out(column)
        if self.listed and column == self.indent:
            # A list may stand as far to the left as the key above it.
            self.indent, self.listed, self.within = self.above.pop()
        if self.listed or column != self.indent:
            raise UnreadError

    def item(self, number: int, line: Line) -> None:
        """Find the list or, behind the dashes, the mapping that a line belongs to."""
        column, key, _, dashes, _, _ = line
        first = dashes[0]
        if self.opened and (first > self.indent or (first == self.indent and not self.listed)):
            self._into(number, first, listed=True)
        else:
            self._out(first)
            if not self.listed or first != self.indent:
                raise UnreadError
        for deeper in dashes[1:]:
            self.last = len(self.within)
            self._into(number, deeper, listed=True)
        if key is not None:
            self.last = len(self.within)
            self._into(number, column, listed=False)

    def _into(self, number: int, column: int, *, listed: bool) -> None:
        if len(self.above) > MAX_DEPTH:
            raise UnreadError
        inner: dict[str | int, Node] = {}
        self.within[self.last] = (number, (column, listed, inner))
        self.above.append((self.indent, self.listed, self.within))
        self.indent, self.listed, self.within = column, listed, inner

    def _out(self, column: int) -> None:
        while column < self.indent:
            self.indent, self.listed, self.within = self.above.pop()


class Skeleton:
    """A document without its scalars: where what stands. Documents that are alike share one.

    `root` has the numbers of their lines, from the top of the file. `known` has those of scalars
    that were asked for, None for an address without one.
    """

    __slots__ = ("known", "root")

    def __init__(self, root: tuple[int, Many]) -> None:
        self.root = root
        self.known: dict[Address, int | None] = {}


class _Shapes:
    """Lines from `begin` to `end`, equal to any others of the same shapes in the same place."""

    __slots__ = ("begin", "end", "lines", "shapes")

    def __init__(self, lines: Sequence[str], begin: int, end: int) -> None:
        self.lines, self.begin, self.end = lines, begin, end
        read = [lexed(line) for line in lines[begin:end]]
        if None in read:
            raise UnreadError
        self.shapes = tuple([line[5] for line in read if line is not None])

    def __hash__(self) -> int:
        return hash(self.shapes)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, _Shapes):
            return NotImplemented
        return self.begin == other.begin and self.shapes == other.shapes


def skeleton(lines: Sequence[str], begin: int, end: int, *, literals: bool) -> Skeleton | None:
    """What the lines from `begin` to `end` are; None where there is no content.

    With `literals` a line may be text of any shape.

    Raises:
        UnreadError: there is more to it than lines say.
    """
    if literals or end - begin > _MOST_ALIKE:
        return _skeleton(lines, begin, end)
    return _alike(_Shapes(lines, begin, end))


@lru_cache(maxsize=_REMEMBERED)
def _alike(shapes: _Shapes) -> Skeleton | None:
    # The shapes are remembered. Their lines would be too, and they are most of the memory.
    lines, shapes.lines = shapes.lines, ()
    return _skeleton(lines, shapes.begin, shapes.end)


def _skeleton(lines: Sequence[str], begin: int, end: int) -> Skeleton | None:
    blocks = _Blocks()
    stop = begin
    for number in range(begin, end):
        if number < stop or (line := lexed(lines[number])) is NOTHING:
            continue
        if line is None:
            raise UnreadError
        column, key, state, dashes, _, _ = line
        if dashes:
            blocks.item(number, line)
        elif column != blocks.indent or blocks.listed:
            blocks.key(number, column)
        within = blocks.within
        blocks.last = last = len(within) if key is None else key
        if last in within:
            raise UnreadError
        within[last] = number
        blocks.opened = state == EMPTY
        if state == LITERAL:
            left, _, stop = extent(lines, number)
            if left <= blocks.indent:
                raise UnreadError
    root = blocks.root.get(0)
    return Skeleton(root) if isinstance(root, tuple) and len(root) == 2 else None


def extent(lines: Sequence[str], number: int) -> tuple[int, int, int]:
    """How far the literal below a line is indented, where its text ends, and where its blanks do.

    Raises:
        UnreadError: it has no text, odd blanks or no line end.
    """
    indent, end = 0, number + 1
    for at in range(number + 1, len(lines)):
        line = lines[at]
        text = line.lstrip(" ")
        if not indent and text:
            indent = len(line) - len(text)
            if not indent or any(len(blank) > indent for blank in lines[number + 1 : at]):
                raise UnreadError
        elif text and len(line) - len(text) < indent:
            return indent, end, at
        if indent and len(line) > indent:
            end = at + 1
    if lines[-1] or not indent:
        raise UnreadError
    return indent, end, len(lines) - 1
