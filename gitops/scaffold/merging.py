r"""Three texts to one: what two people made of the same text, line by line.

    >>> merge(b"a\nb\nc\n", b"a\nb\nC\n", b"A\nb\nc\n", ("yours", "template 1", "template 2")).data
    b'A\nb\nC\n'

Changes that touch each other in different ways stay both, between the marks that git and editors
know, with what they came from between them.

Source: git-merge-file(1), "--diff3".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

_MINE, _BASE, _BETWEEN, _THEIRS = (mark * 7 for mark in (b"<", b"|", b"=", b">"))


@dataclass(frozen=True, slots=True)
class Merged:
    """A text, and the lines (from 1) at which its conflicts begin."""

    data: bytes
    conflicts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """The lines `start` to `end` of the base that one side says otherwise, by `lines`."""

    start: int
    end: int
    lines: tuple[bytes, ...]


def merge(base: bytes, mine: bytes, theirs: bytes, names: tuple[str, str, str]) -> Merged:
    """What both sides changed of a text.

    Lines end as those of `mine` do.

    Args:
        base: what both came from.
        mine: the first side.
        theirs: the other.
        names: what the marks call `mine`, `base` and `theirs`.
    """
    end = b"\r\n" if b"\r\n" in mine else b"\n"
    old, ours, new = (_lines(each, end) for each in (base, mine, theirs))
    done: list[bytes] = []
    conflicts = []
    at = 0
    for start, stop, left, right in _meetings(_changes(old, ours), _changes(old, new)):
        done += old[at:start]
        at = stop
        own = _applied(old, start, stop, left)
        other = _applied(old, start, stop, right)
        if not right or own == other:
            done += own
        elif not left:
            done += other
        else:
            conflicts.append(len(done) + 1)
            done += _marked((own, old[start:stop], other), names, end)
    return Merged(b"".join([*done, *old[at:]]), tuple(conflicts))


def _lines(data: bytes, end: bytes) -> list[bytes]:
    """The lines with their ends, all of them alike; a form feed or a lone return ends none."""
    if end == b"\r\n":
        data = data.replace(b"\r\n", b"\n").replace(b"\n", end)
    lines = [line + b"\n" for line in data.split(b"\n")]
    lines[-1] = lines[-1][:-1]
    return lines if lines[-1] else lines[:-1]


def _changes(base: Sequence[bytes], side: Sequence[bytes]) -> list[_Change]:
    matcher = SequenceMatcher(None, base, side, autojunk=False)
    return [
        _Change(start, end, tuple(side[first:last]))
        for what, start, end, first, last in matcher.get_opcodes()
        if what != "equal"
    ]


def _meetings(
    mine: Sequence[_Change], theirs: Sequence[_Change]
) -> Iterator[tuple[int, int, list[_Change], list[_Change]]]:
    """Stretches of the base in which something changed, as short as no two of them touch."""
    todo = sorted(
        [(each, 0) for each in mine] + [(each, 1) for each in theirs],
        key=lambda pair: (pair[0].start, pair[0].end),
    )
    start = stop = -1
    found: tuple[list[_Change], list[_Change]] = ([], [])
    for change, side in todo:
        if change.start > stop:
            if stop >= 0:
                yield start, stop, *found
            start, stop, found = change.start, change.end, ([], [])
        stop = max(stop, change.end)
        found[side].append(change)
    if stop >= 0:
        yield start, stop, *found


def _applied(
    base: Sequence[bytes], start: int, stop: int, changes: Sequence[_Change]
) -> list[bytes]:
    """A stretch of the base as one side has it."""
    found: list[bytes] = []
    for change in changes:
        found += [*base[start : change.start], *change.lines]
        start = change.end
    return [*found, *base[start:stop]]


def _marked(
    texts: tuple[Sequence[bytes], Sequence[bytes], Sequence[bytes]],
    names: tuple[str, str, str],
    end: bytes,
) -> Iterator[bytes]:
    for mark, name, lines in zip((_MINE, _BASE, _BETWEEN), (*names[:2], ""), texts, strict=True):
        yield f"{mark.decode()} {name}".rstrip().encode() + end
        for line in lines:
            yield line if line.endswith(b"\n") else line + end
    yield _THEIRS + b" " + names[2].encode() + end
