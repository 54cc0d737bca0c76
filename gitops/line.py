"""One line of the YAML that people write, read on its own.

Most lines of most manifests are the simplest that YAML has: a key, a value, a dash. Such a line
says the same wherever it stands, so that it is read once for all files that have it. Any other is
None here: `plain` then leaves the whole text to libyaml.

Source: YAML 1.2.2 (https://yaml.org/spec/1.2.2/), chapters 6 to 8; less of it than libyaml takes.
"""

import re
from functools import lru_cache
from itertools import count
from typing import NamedTuple

from gitops.nodes import Style

VALUE, EMPTY, LITERAL = range(3)
"""What stands behind the key or the dash: a scalar or flow collection, nothing, or `|`."""


class Leaf(NamedTuple):
    """A scalar in one line; `begin` and `end` are its span in the line, quotes included.

    Of a literal they are that of its `|`, and `value` is its chomping: "", "-" or "+".
    """

    value: str
    style: Style
    begin: int
    end: int


Many = tuple[int, bool, "dict[str | int, Node]"]
"""A list or mapping: the column where it begins, from 0, whether it is a list, what is in it."""
Value = Leaf | Many
Node = int | tuple[int, Many] | Value
"""In a block the number of a value's line, or a block behind its own; in brackets the value."""

Line = tuple[int, str | None, int, tuple[int, ...], Value, int]
"""Column of the key or value, from 0; the key; VALUE, EMPTY or LITERAL; the dashes' columns; value.

There is no key in the item of a list. The last is the number of a shape: lines that share one
differ in their scalars alone.
"""

_NONE = Leaf("", "plain", 0, 0)
NOTHING: Line = (0, None, EMPTY, (), _NONE, -1)
"""A blank line, or a comment."""
START: Line = (0, None, VALUE, (), _NONE, -2)
"""The start of a document."""

_SHAPES = count()
_REMEMBERED = 16_384
_MAX_KEY = 200
"""Characters; libyaml takes a thousand."""
_MAX_FLOW = 8
"""Brackets in brackets."""

_LINE = re.compile(
    r"""([ ]*)((?:-(?:[ ]+|\Z))*)
    (?:("[^"\\]*"|'[^']*'|[\w./$][^\s:#,\[\]{}'"&*!|>%@`]*):(?:[ ]+|\Z))?(.*)""",
    re.VERBOSE,
)
_USUAL = re.compile(
    r"""([ ]*)([A-Za-z_]\w{0,199}):[ ](?:"([^"\\]*)"|([\w/.][\w/.-]*))""", re.VERBOSE | re.ASCII
)
_BEHIND = r"(?: +#.*| *)"
_DOUBLE = re.compile(rf'"([^"\\]*)"{_BEHIND}')
_SINGLE = re.compile(rf"'((?:[^']|'')*)'{_BEHIND}")
_LITERAL = re.compile(rf"\|([-+]?){_BEHIND}")
_START = re.compile(rf"---{_BEHIND}")
_AFTER = re.compile(_BEHIND)
_NO_FIRST = frozenset("-?:,[]{}#&*!|>'\"%@` ")
"""Characters that begin no plain scalar here; a dash may, before anything but a blank."""

_FLOW_SCALAR = re.compile(
    r"""[ ]*(?:"([^"\\]*)"|'((?:[^']|'')*)'
    |([A-Za-z0-9_./$](?:[A-Za-z0-9_./$@+=%*~^-]|:(?=[\w/]))*))[ ]*""",
    re.VERBOSE | re.ASCII,
)


@lru_cache(maxsize=_REMEMBERED)
def lexed(line: str) -> Line | None:
    """A line without its end, in which are no tabs and no odd characters; None: not for us."""
    if line.startswith("---"):
        return START if _START.fullmatch(line) else None
    usual = _usual(line)
    if usual is not None:
        return usual
    found = _LINE.fullmatch(line)
    if found is None or len(found[3] or "") > _MAX_KEY:
        return None
    indent, dashes, key, rest = found.groups()
    if key is None and not dashes:
        return None if rest and rest[0] != "#" else NOTHING
    at = found.start(4)
    value = _empty(line, at) if not rest or rest[0] == "#" else _value(line, rest, at)
    if value is None:
        return None
    state = VALUE
    if type(value) is Leaf and value.begin == value.end:
        state = LITERAL if value.style == "literal" else EMPTY
    if key is not None and key[0] in "\"'":
        key = key[1:-1]
    columns = tuple(len(indent) + dash for dash, each in enumerate(dashes) if each == "-")
    return _line(len(indent) + len(dashes), key, state, columns, value)


def _usual(line: str) -> Line | None:
    """A line with a key that is a name and a value that is a word: most are, and it costs less."""
    found = _USUAL.fullmatch(line)
    if found is None:
        return None
    indent, key, double, word = found.groups()
    column = len(indent)
    if word is None:
        leaf = Leaf(double, "double", column + len(key) + 2, len(line))
    else:
        leaf = Leaf(word, "plain", column + len(key) + 2, len(line))
    return column, key, VALUE, (), leaf, _shape(column, key, VALUE, (), None)


def _line(column: int, key: str | None, state: int, dashes: tuple[int, ...], value: Value) -> Line:
    shape = _shape(column, key, state, dashes, _structure(value))
    return column, key, state, dashes, value, shape


def _structure(value: Node) -> object:
    """A value without its scalars."""
    if isinstance(value, tuple) and len(value) == 3:
        below = tuple((key, _structure(child)) for key, child in value[2].items())
        return value[0], value[1], below
    return None


@lru_cache(maxsize=_REMEMBERED)
def _shape(*_: object) -> int:
    """A number that nothing else has, though one shape may get several in time."""
    return next(_SHAPES)


def _empty(line: str, at: int) -> Leaf:
    """The value that is not there: it stands right behind the colon or the dash."""
    begin = len(line[:at].rstrip(" "))
    return Leaf("", "plain", begin, begin)


def _value(line: str, rest: str, at: int) -> Value | None:
    """The value that `rest` is, from `at` to the end of the line."""
    first = rest[0]
    if first in "\"'":
        return _quoted(rest, at)
    if first in "[{":
        flow = _flow(line, at, 0)
        return flow[0] if flow and _AFTER.fullmatch(line, flow[1]) else None
    if first == "|":
        literal = _LITERAL.fullmatch(rest)
        return Leaf(literal[1], "literal", at, at) if literal else None
    if first in _NO_FIRST and (first != "-" or rest[1:2] in {"", " "}):
        return None
    text = rest.partition(" #")[0].rstrip(" ")
    return None if ": " in text or text[-1] == ":" else Leaf(text, "plain", at, at + len(text))


def _quoted(rest: str, at: int) -> Leaf | None:
    style: Style = "double" if rest[0] == '"' else "single"
    found = (_DOUBLE if style == "double" else _SINGLE).fullmatch(rest)
    if found is None:
        return None
    text = found[1] if style == "double" else found[1].replace("''", "'")
    return Leaf(text, style, at, at + found.end(1) + 1)


def _flow(line: str, at: int, depth: int) -> tuple[Many, int] | None:
    """The collection whose bracket stands at `at`, and where it ends."""
    children: dict[str | int, Node] = {}
    listed = line[at] == "["
    last = "]" if listed else "}"
    end = _past_blanks(line, at + 1)
    if line[end : end + 1] == last:
        return (at, listed, children), end + 1
    while depth < _MAX_FLOW:
        key: str | int = len(children)
        if not listed:
            named = _flow_key(line, end)
            if named is None:
                return None
            key, end = named
        read = _flow_value(line, end, depth)
        if read is None or key in children:
            return None
        children[key], end = read
        after, end = line[end : end + 1], end + 1
        if after != ",":
            return ((at, listed, children), end) if after == last else None
    return None


def _flow_key(line: str, at: int) -> tuple[str, int] | None:
    """The key in front of a colon, and where what is behind both begins."""
    found = _FLOW_SCALAR.match(line, at)
    if found is None or len(found[0]) > _MAX_KEY or line[found.end() - 1] == " ":
        return None
    return (_leaf(found).value, found.end() + 2) if line.startswith(": ", found.end()) else None


def _flow_value(line: str, at: int, depth: int) -> tuple[Value, int] | None:
    """What stands between commas, and where the blanks behind it end."""
    at = _past_blanks(line, at)
    if line[at : at + 1] in {"[", "{"}:
        read = _flow(line, at, depth + 1)
        return (read[0], _past_blanks(line, read[1])) if read else None
    found = _FLOW_SCALAR.match(line, at)
    return (_leaf(found), found.end()) if found else None


def _past_blanks(line: str, at: int) -> int:
    while line[at : at + 1] == " ":
        at += 1
    return at


def _leaf(found: "re.Match[str]") -> Leaf:
    double, single, plain = found.groups()
    if double is not None:
        return Leaf(double, "double", found.start(1) - 1, found.end(1) + 1)
    if single is not None:
        return Leaf(single.replace("''", "'"), "single", found.start(2) - 1, found.end(2) + 1)
    return Leaf(plain, "plain", found.start(3), found.end(3))
