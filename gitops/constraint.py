"""Ranges of versions, decided as Flux decides them.

A constraint is groups joined by `||`; each group is comparators joined by commas or blanks, all of
which must hold. A prerelease passes a group only where one of its comparators names a prerelease
(`>=1.0.0-0`); one is enough for the whole group.

Source: Masterminds/semver 3.5.0 as image-reflector-controller 1.2 pins it; its grammar and its
quirks are listed in shared/reference/flux.md section 2.2 and were compared with the Go library.
"""

import re
from dataclasses import dataclass
from typing import Final

from gitops.errors import InvalidInput
from gitops.version import Precedence, Version, parse

CONSTRAINT_LIMIT: Final = 512
"""Code points in a constraint. Source: Masterminds/semver 3.5.0, measured."""

_BLANK = r"[ \t\n\f\r]"
# `|` is among the digits because it is in Flux's reader: `3||1 - 2` is `>=3 || 1 <=2` there.
_NUMBER = r"[0-9xX*|]+"
_WORDS = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_PARTIAL = rf"v?{_NUMBER}(?:\.{_NUMBER}){{0,2}}(?:-{_WORDS})?(?:\+{_WORDS})?"
_HYPHEN_RANGE = re.compile(rf"{_BLANK}*({_PARTIAL}){_BLANK}+-{_BLANK}+({_PARTIAL}){_BLANK}*")
_COMPARATOR = re.compile(
    rf"{_BLANK}*(?P<text>(?P<operator>!=|>=|=>|<=|=<|~>|[=><~^]|){_BLANK}*"
    rf"v?(?P<major>{_NUMBER})(?:\.(?P<minor>{_NUMBER}))?(?:\.(?P<patch>{_NUMBER}))?"
    rf"(?P<prerelease>-{_WORDS})?(?P<build>\+{_WORDS})?)"
    rf"(?:{_BLANK}*,{_BLANK}*(?!\Z)|{_BLANK}+|\Z)"
)
_SYNONYMS = {"": "=", "=>": ">=", "=<": "<=", "~>": "~"}
_WILD = frozenset({None, "x", "X", "*"})
_HINT = "write a range such as '>=1.0.0 <2.0.0', '~1.4', '^1.2.3-0' or '1.x || 2.x'"


@dataclass(frozen=True, slots=True)
class _Comparator:
    """An operator and a version, some of whose last parts may be wild."""

    text: str
    operator: str
    """One of = != > < >= <= ~ ^."""
    bound: Version
    """The version with 0 for every wild part."""
    fixed: int
    """How many parts were written before the first wild one: 0 to 3."""

    def allows(self, version: Precedence) -> bool:
        """Whether the version satisfies this comparator, prereleases taken like any other."""
        bound, wild = self.bound.precedence, self.fixed < 3
        match self.operator:
            case ">" if self.fixed in {1, 2}:
                return version[: self.fixed] > bound[: self.fixed]
            case ">":
                return version > bound
            case "<":
                return version < bound
            case ">=":
                return version >= bound
            case "<=" if wild:
                parts = self.fixed or 2  # a lone wildcard is read as 0.0.x here
                return version[:parts] <= bound[:parts]
            case "<=":
                return version <= bound
            case "!=":
                return self._differs(version)
            case "^":
                return self._reaches(version, self._caret())
            case "=" if not wild:
                return version == bound
            case _:
                return self._reaches(version, self._tilde())

    def _reaches(self, version: Precedence, same: int) -> bool:
        """Not below the bound, with the first `same` parts equal to it."""
        bound = self.bound.precedence
        return version >= bound and version[:same] == bound[:same]

    def _tilde(self) -> int:
        if self.fixed in {0, 3} and self.bound.core == (0, 0, 0):
            return 0  # ~0.0.0 and * let every version pass that is not below them
        return min(self.fixed, 2)

    def _caret(self) -> int:
        if self.bound.major or self.fixed == 1:
            return 1
        return 2 if self.bound.minor or self.fixed == 2 else 3

    def _differs(self, version: Precedence) -> bool:
        bound = self.bound.precedence
        if self.fixed in {0, 3}:
            return version != bound
        if version[: self.fixed] != bound[: self.fixed]:
            return True
        # !=1.1 excludes all of 1.1, but a prerelease of it only if it is the one that is named.
        return self.fixed == 2 and version[3:] != bound[3:]


@dataclass(frozen=True, slots=True)
class _Group:
    """Comparators that must all hold."""

    comparators: tuple[_Comparator, ...]
    prereleases: bool
    """Whether one of them names a prerelease."""

    def refusal(self, version: Precedence) -> str | None:
        if not version[3] and not self.prereleases:
            return "a prerelease, and the range names none"
        for one in self.comparators:
            if not one.allows(version):
                return f"not {one.text}"
        return None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A range of versions. Made by `parse`."""

    text: str
    groups: tuple[_Group, ...]

    @classmethod
    def parse(cls, text: str) -> "Constraint":
        """Read a range.

        Raises:
            InvalidInput: Flux would not read it either.
        """
        if len(text) > CONSTRAINT_LIMIT:
            raise InvalidInput(f"the range is longer than {CONSTRAINT_LIMIT} characters", _HINT)
        plain = _HYPHEN_RANGE.sub(r">= \1, <= \2 ", text)
        return cls(text, tuple(_group(text, part) for part in plain.split("||")))

    def __str__(self) -> str:
        return self.text

    @property
    def names_prereleases(self) -> bool:
        """Whether any prerelease can lie in the range."""
        return any(group.prereleases for group in self.groups)

    def allows(self, version: Version) -> bool:
        """Whether the version lies in the range."""
        return self.refusal(version.precedence) is None

    def why_not(self, version: Version) -> str | None:
        """Why the version lies outside, one reason for each group; None when it lies inside."""
        return self.refusal(version.precedence)

    def refusal(self, version: Precedence) -> str | None:
        """What `why_not` says of a version of this precedence."""
        reasons = []
        for group in self.groups:
            reason = group.refusal(version)
            if reason is None:
                return None
            reasons.append(reason)
        return ", and ".join(dict.fromkeys(reasons))


def _group(text: str, part: str) -> _Group:
    comparators: list[_Comparator] = []
    position = 0
    while position < len(part) or not comparators:
        match = _COMPARATOR.match(part, position)
        if match is None:
            raise InvalidInput(f"{text!a} is no range: cannot read {part[position:]!a}", _HINT)
        comparators.append(_comparator(text, match))
        position = match.end()
    named = any(comparator.bound.is_prerelease for comparator in comparators)
    return _Group(tuple(comparators), named)


def _comparator(text: str, match: re.Match[str]) -> _Comparator:
    numbers = match["major"], match["minor"], match["patch"]
    fixed = next((index for index, number in enumerate(numbers) if number in _WILD), 3)
    core = ".".join((*(number or "" for number in numbers[:fixed]), *["0"] * (3 - fixed)))
    build = match["build"] if fixed == 3 else None
    bound = parse(core + (match["prerelease"] or "") + (build or ""))
    if bound is None:
        raise InvalidInput(f"{text!a} is no range: {match['text']!a} holds no version", _HINT)
    operator = match["operator"]
    return _Comparator(match["text"].strip(), _SYNONYMS.get(operator, operator), bound, fixed)
