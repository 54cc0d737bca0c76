"""Which of many tags a stream follows, newest first, and why each other tag is passed over.

Tags come from whoever may push one. They are compared and measured, never evaluated: patterns run
on RE2, whose time is linear in the tag.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from gitops.constraint import Constraint
from gitops.errors import InvalidInput
from gitops.selection import Judge, PassedOver, Pick, Rank, Selection, TagPolicy
from gitops.tag_filter import (
    NO_MATCH,
    PATTERN_LIMIT,
    TAG_LIMIT,
    UNREADABLE,
    Filter,
    compiled,
    group_names,
    is_readable,
)
from gitops.tag_template import Template
from gitops.version import Identifier, Precedence, parse, precedence_of

__all__ = [
    "PATTERN_LIMIT",
    "TAG_LIMIT",
    "AlphabeticalPolicy",
    "Filter",
    "FilteredPolicy",
    "NumericalPolicy",
    "Order",
    "PassedOver",
    "PatternPolicy",
    "Pick",
    "PrereleasePolicy",
    "RangePolicy",
    "ReleasePolicy",
    "Selection",
    "TagPolicy",
    "number_in",
    "unpadded_prerelease",
]

# Telling a prerelease by its first characters is twenty times cheaper than reading it, and a
# repository of 100,000 tags is mostly prereleases and builds.
_PRERELEASE = re.compile(r"v?[0-9]+\.[0-9]+(?:\.[0-9]+)?-")
_UNPADDED = re.compile(r"[A-Za-z]+(?:9|[1-9][0-9]{1,2})")
_RUN = re.compile(r"[0-9]+|[^0-9]+")
_DECIMAL = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

_NOT_A_VERSION = "not a version"
_A_PRERELEASE = "a prerelease"
NOT_A_NUMBER: Final = "not a number"

# What reverses the order of UTF-8, whose bytes end at 0xF7, and leaves room for an end mark above.
_REVERSED = bytes(max(0, 0xFE - byte) for byte in range(256))


class Order(StrEnum):
    """Whether the last or the first tag in order is picked, in Flux's words."""

    ASC = "asc"
    """The last: the highest number, the letter nearest to z."""
    DESC = "desc"
    """The first."""

    @classmethod
    def parse(cls, text: str) -> "Order":
        """Read an order.

        Raises:
            InvalidInput: it is neither `asc` nor `desc`.
        """
        if text not in set(cls):
            raise InvalidInput(f"{text!a} is no order", "write asc or desc")
        return cls(text)


@dataclass(frozen=True, slots=True)
class ReleasePolicy(TagPolicy):
    """Final versions. Without a template the tag itself is the version."""

    template: Template | None = None

    def judge(self) -> Judge:
        """See `TagPolicy`."""

        def judged(tag: str) -> Rank | str:
            if self.template is None and _PRERELEASE.match(tag):
                return _A_PRERELEASE
            found = _precedence(tag, self.template)
            if found is None:
                return _NOT_A_VERSION
            return found if found[3] else _A_PRERELEASE

        return judged


@dataclass(frozen=True, slots=True)
class PrereleasePolicy(TagPolicy):
    """Prereleases. Without a template the tag itself is the version."""

    template: Template | None = None

    def judge(self) -> Judge:
        """See `TagPolicy`."""

        def judged(tag: str) -> Rank | str:
            found = _precedence(tag, self.template)
            if found is None:
                return _NOT_A_VERSION
            return "no prerelease" if found[3] else found

        return judged


@dataclass(frozen=True, slots=True)
class RangePolicy(TagPolicy):
    """Versions in a range. Without a template the tag itself is the version."""

    constraint: Constraint
    template: Template | None = None

    def judge(self) -> Judge:
        """See `TagPolicy`."""
        refusal, template = self.constraint.refusal, self.template
        skip = template is None and not self.constraint.names_prereleases

        def judged(tag: str) -> Rank | str:
            if skip and _PRERELEASE.match(tag):
                return f"{_A_PRERELEASE}, and the range names none"
            found = _precedence(tag, template)
            if found is None:
                return _NOT_A_VERSION
            return refusal(found) or found

        return judged


@dataclass(frozen=True, slots=True)
class PatternPolicy(TagPolicy):
    """Tags that match a regular expression from end to end.

    They are ordered by what its group `version` matches: as a version where it is one, else
    naturally (runs of digits by value) and below every version. A template, where there is one,
    must be able to read the tag too.

    Raises:
        InvalidInput: the pattern is too long, RE2 cannot run it, or it has no group `version`.
    """

    pattern: str
    """RE2 syntax, ASCII."""
    template: Template | None = None

    def __post_init__(self) -> None:
        if "version" not in group_names(self.pattern):
            raise InvalidInput(
                f"the pattern {self.pattern!a} has no group named version",
                "write RE2 syntax with a group, such as 'main-(?P<version>[0-9]+)'",
            )

    def judge(self) -> Judge:
        """See `TagPolicy`."""
        pattern = compiled(self.pattern)

        def judged(tag: str) -> Rank | str:
            if not is_readable(tag):
                return UNREADABLE
            match = pattern.fullmatch(tag.encode("ascii"))
            found: bytes | None = match and match.group(b"version")
            if not found:
                return NO_MATCH
            if self.template is not None and self.template.read(tag) is None:
                return "does not match the tag template"
            text = found.decode("ascii")
            version = parse(text)
            return (1, version.precedence) if version else (0, _natural(text))

        return judged


@dataclass(frozen=True, slots=True)
class AlphabeticalPolicy(TagPolicy):
    """The last or the first tag by code points, as Go compares strings; every tag is eligible."""

    order: Order = Order.ASC

    def judge(self) -> Judge:
        """See `TagPolicy`."""
        if self.order is Order.ASC:
            return lambda tag: tag.encode("utf-8", "surrogatepass")
        return lambda tag: tag.encode("utf-8", "surrogatepass").translate(_REVERSED) + b"\xff"

    @property
    def outranked(self) -> str:
        """See `TagPolicy`."""
        return "not after the pick" if self.order is Order.ASC else "not before the pick"


@dataclass(frozen=True, slots=True)
class NumericalPolicy(TagPolicy):
    """The highest or the lowest number, compared exactly and never as a float."""

    order: Order = Order.ASC

    def judge(self) -> Judge:
        """See `TagPolicy`."""

        def judged(tag: str) -> Rank | str:
            number = number_in(tag)
            if number is None:
                return NOT_A_NUMBER
            return number if self.order is Order.ASC else number.copy_negate()

        return judged

    @property
    def outranked(self) -> str:
        """See `TagPolicy`."""
        return "not above the pick" if self.order is Order.ASC else "not below the pick"


@dataclass(frozen=True, slots=True)
class FilteredPolicy(TagPolicy):
    """Another policy over what a filter takes out of the tags; what it picks is the tag itself."""

    filter: Filter
    policy: TagPolicy

    def judge(self) -> Judge:
        """See `TagPolicy`."""
        extract, judged = self.filter.extractor(), self.policy.judge()

        def filtered(tag: str) -> Rank | str:
            if not tag.isascii() or len(tag) > TAG_LIMIT:  # is_readable, without a call
                return UNREADABLE
            value = extract(tag)
            return NO_MATCH if value is None else judged(value)

        return filtered

    @property
    def outranked(self) -> str:
        """See `TagPolicy`."""
        return self.policy.outranked


def number_in(text: str) -> Decimal | None:
    """The decimal number that a text is, exactly; None when it is none.

    Of what Go's ParseFloat reads, hexadecimal numbers, infinities and NaN are none here.
    """
    return Decimal(text) if len(text) <= TAG_LIMIT and _DECIMAL.fullmatch(text) else None


def unpadded_prerelease(tag: str) -> bool:
    """Whether the next prereleases of this kind will order wrongly.

    True from `rc9` on: `rc10` comes before `rc9`, since only dotted numbers (`rc.10`) are compared
    by value. False for what is no version.
    """
    version = parse(tag)
    identifiers = version.prerelease.split(".") if version else []
    return any(_UNPADDED.fullmatch(identifier) for identifier in identifiers)


def _precedence(tag: str, template: Template | None) -> Precedence | None:
    if template is None:
        return precedence_of(tag)
    fields = template.read(tag)
    if fields is None:
        return None
    text = fields.version or fields.semver or fields.tag
    return precedence_of(text) if text else None


def _natural(text: str) -> tuple[Identifier, ...]:
    runs = _RUN.findall(text)
    return tuple((0, int(run), "") if run[0].isdigit() else (1, 0, run) for run in runs)
