"""The YAML that people write, read by lines: what `document` asks before it asks libyaml.

Only what cannot be misread is read: blocks by their indentation, keys and values that begin and end
in one line, comments, literals. Any other text is left to libyaml, and what is read here libyaml
reads alike, or `tests/unit/test_plain.py` fails.

A text becomes nested dicts and lists whose leaves are the numbers of lines. Nodes are made of them
when somebody asks, for of most files only a handful are ever looked at.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import accumulate, compress, count, pairwise
from operator import ne

from gitops.blocks import Skeleton, UnreadError, extent, skeleton
from gitops.events import MAX_SCALARS
from gitops.line import NOTHING, START, VALUE, Leaf, Node, Value, lexed
from gitops.nodes import BLOCK_SCALAR, NO_TEXT, NULLS, Address, Scalar
from gitops.tree import MAX_FILE

MAX_LINE = 1_000
"""Characters, since lines are remembered."""
MAX_STARTS = 500
"""Documents."""

_FEW = 100
"""Lines that are counted each time, since of most files one or two scalars are asked for."""

_USUAL = bytes(range(0x20, 0x7F)) + b"\n"
_ODD = re.compile("[^\r\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

_SEALED = (b"sops", b"ENC[AES256_GCM,")
"""Perhaps encrypted: such files are few, and `document` looks at all of their values."""


class _Text:
    """The lines of a file, and how long their ends are."""

    __slots__ = ("_starts", "lines", "width")

    def __init__(self, lines: Sequence[str], width: int) -> None:
        self.lines = lines
        self.width = width
        self._starts: list[int] | None = None

    def start(self, number: int) -> int:
        """Where a line begins, in code points; the end of the text for the one after the last."""
        if self._starts is None:
            if number < _FEW:
                return sum(map(len, self.lines[:number])) + number * self.width
            lengths = (len(line) + self.width for line in self.lines)
            self._starts = [0, *accumulate(lengths)]
        return self._starts[number]


class Plain:
    """One document. `index` counts from 0 and counts empty documents; `line` counts from 1."""

    __slots__ = ("_root", "_text", "index", "line", "skeleton")

    def __init__(self, text: _Text, index: int, line: int, skeleton: Skeleton) -> None:
        self._text = text
        self._root = skeleton.root
        self.skeleton = skeleton
        self.index = index
        self.line = line

    def text(self, address: Address) -> str | None:
        """The scalar's value at an address; None when absent, null, a list or a mapping."""
        number = self.skeleton.known.get(address, -1)
        if number is None:
            return None
        leaf = self._value(number) if number >= 0 else self._looked_up(address)[1]
        if not isinstance(leaf, Leaf):
            return None
        value, style, _, _ = leaf
        if style == "plain":
            return None if value in NULLS else value
        if style == "literal":
            return self._literal(self.skeleton.known[address] or 0, value)[0]
        return value

    def _looked_up(self, address: Address) -> tuple[int, Value | None]:
        """A node and the number of its line, remembered for all documents that are alike."""
        number, value = self._at(address) or (0, None)
        if not isinstance(value, Leaf):
            self.skeleton.known[address] = None
        elif value is self._value(number):
            self.skeleton.known[address] = number
        return number, value

    def branch(self, address: Address) -> dict[str, None] | range | None:
        """The keys of the mapping or the indexes of the list at an address; None for neither."""
        found = self._at(address)
        if found is None or isinstance(found[1], Leaf):
            return None
        _, listed, children = found[1]
        return range(len(children)) if listed else dict.fromkeys(map(str, children))

    def keys(self, address: Address) -> tuple[str | int, ...]:
        """`branch` as a tuple; () where there is none."""
        found = self._at(address)
        return () if found is None or isinstance(found[1], Leaf) else tuple(found[1][2])

    def position(self, address: Address) -> tuple[int, int] | None:
        """Line and column, from 1, of the list or mapping at an address; None for neither."""
        found = self._at(address)
        if found is None or isinstance(found[1], Leaf):
            return None
        return found[0] + 1, found[1][0] + 1

    def scalar(self, address: Address) -> Scalar | None:
        """The scalar at an address; None when absent, a list or a mapping."""
        number = self.skeleton.known.get(address, -1)
        if number is None:
            return None
        leaf: Value | None
        if number >= 0:
            leaf = self._value(number)
        else:
            number, leaf = self._looked_up(address)
        if not isinstance(leaf, Leaf):
            return None
        value, style, begin, end = leaf
        start = self._text.start(number)
        stop, refusal = start + end, None
        if style == "literal":
            value, stop = self._literal(number, value)
            refusal = BLOCK_SCALAR
        elif begin == end:
            refusal = NO_TEXT
        return Scalar(address, value, start + begin, stop, number + 1, begin + 1, style, refusal)

    def addresses(self, *, scalars: bool) -> Iterator[Address]:
        """Those of the scalars, or of the lists and mappings, in the order of the text."""
        todo: list[tuple[Address, int, Value]] = [((), *self._root)]
        while todo:
            address, number, value = todo.pop()
            if isinstance(value, Leaf):
                if scalars:
                    yield address
                continue
            if not scalars:
                yield address
            below = reversed(value[2].items())
            todo += [((*address, key), *self._said(number, child)) for key, child in below]

    def changed(self, data: bytes) -> dict[int, tuple[str, str]] | None:
        """The lines, counted from 1, in which a later text of the same file has another scalar.

        Each as it was and as it is. None: it is not these lines with other scalars in them.
        """
        before, after = self._text.lines, _split(data, self._text.width)
        if after is None or len(before) != len(after) or len(data) > MAX_FILE:
            return None
        found = {}
        for number in compress(count(), map(ne, before, after)):
            # The other lines were looked through before, so that nothing odd is in them.
            if not _is_usual(after[number]):
                return None
            old, new = lexed(before[number]), lexed(after[number])
            # Whatever follows is read alike, since all that a line says to it is the same.
            if old is None or new is None or old[:4] != new[:4] or old[2] != VALUE:
                return None
            if not isinstance(old[4], Leaf) or not isinstance(new[4], Leaf):
                return None
            found[number + 1] = (before[number], after[number])
        return found

    def containers(self, address: Address) -> Iterator[tuple[Address, Collection[str | int]]]:
        """Every list and mapping at and below an address with its indexes or keys, outer first."""
        found = self._at(address)
        todo: list[tuple[Address, int, Value]] = [(address, *found)] if found else []
        lines = self._text.lines
        while todo:
            where, number, value = todo.pop()
            if isinstance(value, Leaf):
                continue
            yield where, value[2].keys()
            below = [
                ((*where, key), *self._said(number, node))
                for key, node in value[2].items()
                if not isinstance(node, int) or "[" in lines[node] or "{" in lines[node]
            ]
            below.reverse()
            todo += below

    def _at(self, address: Address) -> tuple[int, Value] | None:
        """The number of a node's line and what it is; None where there is none."""
        number: int = self._root[0]
        value: Value = self._root[1]
        for step in address:
            node = None if isinstance(value, Leaf) else value[2].get(step)
            if node is None:
                return None
            if isinstance(node, int):
                number, value = node, self._value(node)
            elif len(node) == 2:
                number, value = node
            else:
                value = node
        return number, value

    def _said(self, number: int, node: Node) -> tuple[int, Value]:
        """What a node below one in a line is, and in which line it is."""
        if isinstance(node, int):
            return node, self._value(node)
        return node if len(node) == 2 else (number, node)

    def _value(self, number: int) -> Value:
        # Not for the first time, so that it is a line.
        return (lexed(self._text.lines[number]) or NOTHING)[4]

    def _literal(self, number: int, chomping: str) -> tuple[str, int]:
        """The text of the literal whose `|` is in a line, and where it ends."""
        lines = self._text.lines
        indent, end, stop = extent(lines, number)
        breaks = {"": 1, "-": 0, "+": stop - end + 1}[chomping]
        text = "\n".join(line[indent:] for line in lines[number + 1 : end])
        return text + "\n" * breaks, self._text.start(stop)


def plain(data: bytes) -> list[Plain] | None:
    """The documents of a text, those without content left out; None when libyaml has to say."""
    lines = _lines(data)
    if lines is None:
        return None
    try:
        text = _Text(lines, 2 if b"\r" in data else 1)
        return _read(text, several=b"---" in data, literals=b"|" in data)
    except UnreadError:
        return None


def _lines(data: bytes) -> list[str] | None:
    """The lines of a text without their ends; None with odd characters, or more than we take."""
    # A key or a value takes more than a byte with what parts it from others, so most need no count.
    if len(data) > MAX_SCALARS and (len(data) > MAX_FILE or _most(data) > MAX_SCALARS):
        return None
    if _SEALED[0] in data or _SEALED[1] in data:
        return None
    odd = data.translate(None, _USUAL)
    try:
        text = data.decode()
        if odd and _ODD.search(odd.decode()):
            return None
    except UnicodeDecodeError:
        return None
    lines = text.split("\n")
    if odd and "\r" in text:
        lines = text.split("\r\n")
        if not len(lines) - 1 == text.count("\r") == text.count("\n"):
            return None
    return lines if max(map(len, lines)) <= MAX_LINE else None


def _most(data: bytes) -> int:
    """How many keys and values there can be: in a line a key and, between commas, both."""
    return 3 * (data.count(b"\n") + 1) + 2 * data.count(b",")


def _split(data: bytes, width: int) -> list[str] | None:
    """The lines of a text whose ends have this width; None when it is no text."""
    try:
        return data.decode().split("\n" if width == 1 else "\r\n")
    except UnicodeDecodeError:
        return None


def _is_usual(line: str) -> bool:
    """Whether `_lines` takes a text with such a line."""
    if len(line) > MAX_LINE or "\n" in line or "\r" in line:
        return False
    data = line.encode()
    if _SEALED[0] in data or _SEALED[1] in data:
        return False
    odd = data.translate(None, _USUAL)
    return not odd or not _ODD.search(odd.decode())


def _read(text: _Text, *, several: bool, literals: bool) -> list[Plain]:
    """The documents that these lines are."""
    lines = text.lines
    starts = [at for at, line in enumerate(lines) if line.startswith("---")] if several else []
    if len(starts) > MAX_STARTS:
        raise UnreadError
    found: list[Plain] = []
    # Without `---` a document begins at its first word, and is none without one.
    first = skeleton(lines, 0, starts[0] if starts else len(lines), literals=literals)
    if first is not None:
        found.append(Plain(text, 0, first.root[0] + 1, first))
    for index, (start, end) in enumerate(pairwise((*starts, len(lines))), len(found)):
        if lexed(lines[start]) is not START:
            raise UnreadError
        each = skeleton(lines, start + 1, end, literals=literals)
        if each is not None:
            found.append(Plain(text, index, start + 1, each))
    return found
