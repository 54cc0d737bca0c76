"""Which of many tags a stream follows, newest first, and why each other tag is passed over.

Tags come from whoever may push one. They are compared and measured, never evaluated: patterns run
on RE2, whose time is linear in the tag.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol

import re2

from gitops.constraint import Constraint
from gitops.errors import InvalidInput
from gitops.tag_template import Template
from gitops.version import Identifier, Precedence, Version, parse

PATTERN_LIMIT: Final = 256
"""Characters in a pattern."""

TAG_LIMIT: Final = 255
"""Characters in a tag that a pattern is tried on; OCI allows 128."""

_COSIGN = re.compile(r"sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?")
# Telling a prerelease by its first characters is twenty times cheaper than reading it, and a
# repository of 100,000 tags is mostly prereleases and builds.
_PRERELEASE = re.compile(r"v?[0-9]+\.[0-9]+(?:\.[0-9]+)?-")
_UNPADDED = re.compile(r"[A-Za-z]+(?:9|[1-9][0-9]{1,2})")
_RUN = re.compile(r"[0-9]+|[^0-9]+")

_NOT_A_VERSION = "not a version"
_A_PRERELEASE = "a prerelease"

_Rank = tuple[int, Precedence | tuple[Identifier, ...]]
"""(1, precedence) of a version; (0, runs of digits and of text) of what is none."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A tag that was not chosen; `reason` never repeats the tag's own text."""

    tag: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What a policy made of the tags; each tag is in one of the two, once."""

    eligible: tuple[str, ...]
    """Newest first; tags of one version by their text, descending."""
    passed_over: tuple[PassedOver, ...]
    """In the order in which they were given."""

    @property
    def picked(self) -> str | None:
        """The newest eligible tag; None when there is none."""
        return self.eligible[0] if self.eligible else None


class TagPolicy(Protocol):
    """A rule that chooses among tags."""

    def select(self, tags: Iterable[str]) -> Selection:
        """Judge every tag once, however often it is given. Never raises for a tag's text."""
        ...


@dataclass(frozen=True, slots=True)
class ReleasePolicy:
    """Final versions. Without a template the tag itself is the version."""

    template: Template | None = None

    def select(self, tags: Iterable[str]) -> Selection:
        """See `TagPolicy`."""
        return _select(tags, self._judge)

    def _judge(self, tag: str) -> _Rank | str:
        if self.template is None and _PRERELEASE.match(tag):
            return _A_PRERELEASE
        version = _version(tag, self.template)
        if version is None:
            return _NOT_A_VERSION
        return _A_PRERELEASE if version.is_prerelease else (1, version.precedence)


@dataclass(frozen=True, slots=True)
class PrereleasePolicy:
    """Prereleases. Without a template the tag itself is the version."""

    template: Template | None = None

    def select(self, tags: Iterable[str]) -> Selection:
        """See `TagPolicy`."""
        return _select(tags, self._judge)

    def _judge(self, tag: str) -> _Rank | str:
        version = _version(tag, self.template)
        if version is None:
            return _NOT_A_VERSION
        return (1, version.precedence) if version.is_prerelease else "no prerelease"


@dataclass(frozen=True, slots=True)
class RangePolicy:
    """Versions in a range. Without a template the tag itself is the version."""

    constraint: Constraint
    template: Template | None = None

    def select(self, tags: Iterable[str]) -> Selection:
        """See `TagPolicy`."""
        prereleases = self.constraint.names_prereleases

        def judge(tag: str) -> _Rank | str:
            if not prereleases and self.template is None and _PRERELEASE.match(tag):
                return f"{_A_PRERELEASE}, and the range names none"
            version = _version(tag, self.template)
            if version is None:
                return _NOT_A_VERSION
            return self.constraint.why_not(version) or (1, version.precedence)

        return _select(tags, judge)


@dataclass(frozen=True, slots=True)
class PatternPolicy:
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
        _compiled(self.pattern)

    def select(self, tags: Iterable[str]) -> Selection:
        """See `TagPolicy`."""
        pattern = _compiled(self.pattern)

        def judge(tag: str) -> _Rank | str:
            if len(tag) > TAG_LIMIT or not tag.isascii():
                return f"not ASCII, or longer than {TAG_LIMIT} characters"
            match = pattern.fullmatch(tag)
            found: str | None = match and match.group("version")
            if not found:
                return "does not match the pattern"
            if self.template is not None and self.template.read(tag) is None:
                return "does not match the tag template"
            version = parse(found)
            return (1, version.precedence) if version else (0, _natural(found))

        return _select(tags, judge)


def unpadded_prerelease(tag: str) -> bool:
    """Whether the next prereleases of this kind will order wrongly.

    True from `rc9` on: `rc10` comes before `rc9`, since only dotted numbers (`rc.10`) are compared
    by value. False for what is no version.
    """
    version = parse(tag)
    identifiers = version.prerelease.split(".") if version else []
    return any(_UNPADDED.fullmatch(identifier) for identifier in identifiers)


def _select(tags: Iterable[str], judge: Callable[[str], _Rank | str]) -> Selection:
    ranked: list[tuple[_Rank, str]] = []
    passed_over: list[PassedOver] = []
    for tag in dict.fromkeys(tags):
        verdict = judge(tag)
        if not isinstance(verdict, str):
            ranked.append((verdict, tag))
        elif _COSIGN.fullmatch(tag):
            passed_over.append(PassedOver(tag, "a signature, attestation or bill of materials"))
        else:
            passed_over.append(PassedOver(tag, verdict))
    ranked.sort(reverse=True)
    return Selection(tuple(tag for _, tag in ranked), tuple(passed_over))


def _version(tag: str, template: Template | None) -> Version | None:
    if template is None:
        return parse(tag)
    fields = template.read(tag)
    if fields is None:
        return None
    text = fields.version or fields.semver or fields.tag
    return parse(text) if text else None


def _natural(text: str) -> tuple[Identifier, ...]:
    runs = _RUN.findall(text)
    return tuple((0, int(run), "") if run[0].isdigit() else (1, 0, run) for run in runs)


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> Any:
    """The RE2 object, which has no types of its own."""
    hint = "write RE2 syntax with a group, such as 'main-(?P<version>[0-9]+)'"
    if len(pattern) > PATTERN_LIMIT or not pattern.isascii():
        raise InvalidInput(f"the pattern is not ASCII, or longer than {PATTERN_LIMIT}", hint)
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0].decode("ascii", "replace") if error.args else "unknown"
        raise InvalidInput(f"the pattern {pattern!a} cannot be run: {reason}", hint) from error
    if "version" not in compiled.groupindex:
        raise InvalidInput(f"the pattern {pattern!a} has no group named version", hint)
    return compiled
