r"""Suppressions: comments by which somebody says that a finding is right where it is.

`# fairlead: ignore CODE[,CODE...] REASON` speaks of its own line, or, where nothing else stands on
its line, of the next one that is no comment. `ignore-file` speaks of the whole file, and stands at
its head. Only what YAML reads as a comment counts: the same characters in a text say nothing.

    >>> read("a.yaml", b"a: 1 # fairlead: ignore FL106 nine is the last\n").suppressions[0].reason
    'nine is the last'
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise

from yaml.events import (
    AliasEvent,
    Event,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from gitops.check.codes import CODES
from gitops.check.finding import Finding
from gitops.errors import InvalidInput, Place
from gitops.events import BYTE_ORDER_MARK, decode, end_of, events, start_of
from gitops.sites import is_yaml
from gitops.tree import Tree

_SCREEN = re.compile(rb"#[ \t]*fairlead:[ \t]*ignore")
_DIRECTIVE = re.compile(r"#[ \t]*fairlead:[ \t]*(ignore[\w-]*)([^\r\n]*)")
_CODE = r"[A-Za-z]{1,4}[0-9]{1,6}"
_SAID = re.compile(rf"[ \t]+({_CODE}(?:[ \t]*,[ \t]*{_CODE}){{0,19}})(?:[ \t]+(\S.*))?")
_END = re.compile("\r\n|[\r\n\x85\u2028\u2029]|\\Z")
"""Where a line ends. Source: YAML 1.1, "Line Break Characters", as libyaml counts them."""

_CONTENT = (ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent)
_EXAMPLE = "# fairlead: ignore FL106 why this is right here"


@dataclass(frozen=True, slots=True)
class Suppression:
    """One comment that silences the findings of some codes.

    `line` is the one that it speaks of, from 1; None means the whole file.
    """

    place: Place
    codes: tuple[str, ...]
    reason: str
    line: int | None


@dataclass(frozen=True, slots=True)
class Suppressed:
    """A finding and the comment that silences it."""

    finding: Finding
    by: Suppression


@dataclass(frozen=True, slots=True)
class Read:
    """What the comments of one file say, and what is wrong with them."""

    suppressions: tuple[Suppression, ...] = ()
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class _Comment:
    """A comment that begins as a suppression; `line` is what it would speak of."""

    place: Place
    line: int
    verb: str
    rest: str
    at_head: bool


def applied(
    found: tuple[Finding, ...], tree: Tree, *, rendered: bool = False
) -> tuple[tuple[Finding, ...], tuple[Suppressed, ...]]:
    """The findings that remain, those about the comments themselves among them, and the silenced.

    Args:
        found: what the rules say.
        tree: the fleet's files. One that cannot be read silences nothing.
        rendered: whether rules of rendered output ran; where not, a suppression of theirs that
            silences nothing is left alone.
    """
    reads = {path: read(path, tree[path].data) for path in tree if _screened(tree, path)}
    said = {
        (path, code, each.line): each
        for path, there in reads.items()
        for each in there.suppressions
        for code in each.codes
    }
    remaining: list[Finding] = []
    silenced: list[Suppressed] = []
    for finding in found:
        place = finding.place
        by = said.get((place.path, finding.code, place.line))
        by = by or said.get((place.path, finding.code, None))
        if by is None:
            remaining.append(finding)
        else:
            silenced.append(Suppressed(finding, by))
    used = {(each.by.place, each.finding.code) for each in silenced}
    for there in reads.values():
        remaining += there.findings
        remaining += (_idle(*pair) for pair in _unused(there, used, rendered=rendered))
    return tuple(remaining), tuple(silenced)


def _unused(
    there: Read, used: set[tuple[Place, str]], *, rendered: bool
) -> Iterator[tuple[Suppression, str]]:
    for each in there.suppressions:
        for code in each.codes:
            looked_for = rendered or not CODES[code].needs_rendering
            if looked_for and (each.place, code) not in used:
                yield each, code


def _screened(tree: Tree, path: str) -> bool:
    file = tree[path]
    return is_yaml(path) and file.regular and _SCREEN.search(file.data) is not None


def read(path: str, data: bytes) -> Read:
    """What the comments of a file say; nothing where the file is no YAML."""
    try:
        source = decode(path, data).removeprefix(BYTE_ORDER_MARK)
        content = [event for event in events(path, source) if isinstance(event, _CONTENT)]
    except InvalidInput:
        return Read()
    suppressions: list[Suppression] = []
    findings: list[Finding] = []
    for comment in _comments(path, source, content):
        codes, reason, wrong = _said(comment)
        findings += wrong
        if codes and reason:
            line = None if comment.verb == "ignore-file" else comment.line
            suppressions.append(Suppression(comment.place, codes, reason, line))
    return Read(tuple(suppressions), tuple(findings))


def _said(comment: _Comment) -> tuple[tuple[str, ...], str, list[Finding]]:
    """The codes that a comment may silence, its reason, and what is wrong with it."""
    said = _SAID.fullmatch(comment.rest.rstrip())
    told = None
    if comment.verb not in {"ignore", "ignore-file"}:
        told = f"{comment.verb} is no suppression"
    elif said is None:
        told = "this suppression names no code"
    elif said[2] is None:
        told = f"this suppression of {said[1]} gives no reason"
    elif comment.verb == "ignore-file" and not comment.at_head:
        told = "ignore-file stands behind the head of its file, where it means nothing"
    if told is not None or said is None:
        cure = "move it above the first line that is no comment"
        hint = cure if comment.verb == "ignore-file" and told and "head" in told else None
        wrong = _finding("FL090", comment.place, str(told), hint or f"write `{_EXAMPLE}`")
        return (), "", [wrong]
    named = tuple(dict.fromkeys(code.strip() for code in said[1].split(",")))
    judged = {code: _judged(code, comment.place) for code in named}
    codes = tuple(code for code, wrong in judged.items() if wrong is None)
    return codes, said[2], [wrong for wrong in judged.values() if wrong is not None]


def _judged(code: str, place: Place) -> Finding | None:
    """What is wrong with naming a code; None where nothing is."""
    if code not in CODES:
        return _finding("FL091", place, f"there is no code {code}", "take what the finding says")
    if not CODES[code].suppressible:
        told = f"no comment silences {code}, {CODES[code].title}"
        return _finding("FL092", place, told, "mend what was found, and remove this")
    return None


def _idle(suppression: Suppression, code: str) -> Finding:
    where = "in this file" if suppression.line is None else f"in line {suppression.line}"
    told = f"{code} is not found {where}, so this silences nothing"
    return _finding("FL093", suppression.place, told, "remove it, or move it to the finding's line")


def _finding(code: str, place: Place, message: str, hint: str) -> Finding:
    return Finding(code, CODES[code].severity, place, message, hint)


def _comments(path: str, source: str, content: Sequence[Event]) -> Iterator[_Comment]:
    """The comments of a text that begin as suppressions, in their order."""
    texts = _Texts(source, content)
    first = start_of(content[0]).index if content else len(source)
    waiting: list[_Comment] = []
    breaks = chain([0], (found.end() for found in _END.finditer(source)))
    for number, (start, end) in enumerate(pairwise(breaks), 1):
        at = _comment_start(source, start, end, texts)
        alone = at is not None and not source[start:at].strip()
        if not alone:
            yield from (replace(each, line=number) for each in waiting)
            waiting.clear()
        found = None if at is None else _DIRECTIVE.match(source, at, end)
        if found is not None and at is not None:
            place = Place(path, number, at - start + 1)
            comment = _Comment(place, number, found[1], found[2], at < first)
            if alone:
                waiting.append(comment)
            else:
                yield comment
    yield from waiting


def _comment_start(source: str, start: int, end: int, texts: "_Texts") -> int | None:
    """Where the comment of a line begins; None where it has none."""
    at = source.find("#", start, end)
    while at >= 0:
        if (at == start or source[at - 1] in " \t") and not texts.hold(at):
            return at
        at = source.find("#", at + 1, end)
    return None


class _Texts:
    """Where a text is quoted or a block scalar, so that a `#` in it is no comment."""

    def __init__(self, source: str, content: Sequence[Event]) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for event in content:
            if not isinstance(event, ScalarEvent) or event.style not in {"'", '"', "|", ">"}:
                continue
            start, end = start_of(event).index, end_of(event).index
            if event.style in {"|", ">"}:
                # Behind the indicator, on its own line, a comment may stand.
                found = _END.search(source, start)
                start = found.end() if found else end
            self._starts.append(start)
            self._ends.append(end)

    def hold(self, index: int) -> bool:
        """Whether the character at an index is part of such a text."""
        before = bisect_right(self._starts, index) - 1
        return before >= 0 and index < self._ends[before]
