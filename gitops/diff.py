"""`unified_diff`: what changes between two Trees, as git would show it."""

import difflib
import re

from gitops.tree import File, Tree, changes

_CONTEXT = 3
"""Lines that are shown above and below what differs."""

_PLAIN = re.compile(r"[^\x00-\x1f\x7f-\U0010ffff\"\\]*")
_QUOTED = {octet: chr(octet) for octet in range(0x20, 0x7F)} | {0x22: '\\"', 0x5C: "\\\\", 9: "\\t"}

_HUNK = re.compile(r"@@ -(\d+)(.*) \+(\d+)(.*) @@")


class _Kept(str):
    """A line at one place of both files: equal to itself alone, so that difflib finds it there."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def unified_diff(old: Tree, new: Tree) -> str:
    """A unified diff as `git diff` would head it; "" when nothing differs."""
    out: list[str] = []
    for path, (before, after) in changes(old, new).items():
        names = (
            _shown(f"a/{path}") if before else "/dev/null",
            _shown(f"b/{path}") if after else "/dev/null",
        )
        above, left, right = _differing(before, after)
        out.extend(
            _below(above, line)
            if line.endswith("\n")
            else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(left, right, *names, n=_CONTEXT)
        )
    return "".join(out)


def _shown(path: str) -> str:
    """A path as git heads a diff with it: quoted if it is odd, and with a tab behind blanks.

    Source: git-config(1), core.quotePath; git-diff-index(1), "Generating patch text".
    """
    if _PLAIN.fullmatch(path):
        return f"{path}\t" if " " in path else path
    octets = path.encode(errors="surrogateescape")
    return '"' + "".join(_QUOTED.get(octet) or f"\\{octet:03o}" for octet in octets) + '"'


def _differing(before: File | None, after: File | None) -> tuple[int, list[str], list[str]]:
    """The lines of two files that differ, with those that are shown around them.

    Also how many lines are left out above. Millions of lines may surround the one that changed, and
    comparing them would take their weight many times over.
    """
    old, new = (b"" if file is None else file.data for file in (before, after))
    same = _common(old, new)
    start = shown = old.rfind(b"\n", 0, same) + 1
    end = len(old) - _common(old[same:], new[same:], from_the_end=True)
    end = until = old.find(b"\n", end) + 1 or len(old)
    for _ in range(_CONTEXT):
        shown = old.rfind(b"\n", 0, max(shown - 1, 0)) + 1
        until = old.find(b"\n", until) + 1 or len(old)
    head, tail = (list(map(_Kept, _lines(part))) for part in (old[shown:start], old[end:until]))
    left = [*head, *_lines(old[start:end]), *tail]
    right = [*head, *_lines(new[start : len(new) - len(old) + end]), *tail]
    return old.count(b"\n", 0, shown), left, right


def _common(one: bytes, other: bytes, *, from_the_end: bool = False) -> int:
    """How many bytes both begin with, or end with."""
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        part = slice(-middle, None) if from_the_end else slice(middle)
        if one[part] == other[part]:
            least = middle
        else:
            most = middle - 1
    return least


def _below(above: int, line: str) -> str:
    """A line of the diff, where it is the head of a hunk counted from the top of the file."""
    head = _HUNK.match(line)
    if head is None:
        return line
    left, of_left, right, of_right = head.groups()
    return f"@@ -{int(left) + above}{of_left} +{int(right) + above}{of_right} @@\n"


def _lines(data: bytes) -> list[str]:
    """The lines as git counts them: a lone CR, a form feed or U+2028 ends none."""
    *lines, last = data.decode(errors="replace").split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])
