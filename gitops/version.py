"""Versions: two- and three-part, with or without a leading `v`, in one total order.

`v1.0`, `v1.0-rc.1`, `1.0.0` and `2025.07.03` are versions; `v1`, `1.2.3.4` and `V1.0` are not.
A missing third part counts as 0. Leading zeros are allowed in major, minor and patch, as Flux
allows them, and refused in numeric prerelease identifiers, as SemVer refuses them.

Source: Semantic Versioning 2.0.0, sections 9 to 11; for what Flux accepts beyond it,
shared/reference/flux.md section 2.1.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import semver

UNRELEASED: Final = "0.0.0-unreleased"
"""The version a new app is given before its first promotion; says that nothing was released."""

LENGTH_LIMIT: Final = 256
"""Code points in a version's text. Source: Masterminds/semver 3.5.0, measured."""

NUMBER_LIMIT: Final = 2**64 - 1
"""The greatest major, minor or patch. Source: flux.md section 2.1."""

Identifier = tuple[int, int, str]
"""One dot-separated part of a prerelease: (0, number, "") or (1, 0, text)."""

Precedence = tuple[int, int, int, int, tuple[Identifier, ...]]
"""(major, minor, patch, 0 for a prerelease or 1 for a final version, prerelease identifiers)."""

_SHAPE = re.compile(r"v?([0-9]+)\.([0-9]+)(?:\.([0-9]+))?([-+][0-9A-Za-z.+-]*)?")
_WORD = r"(?:0|[1-9][0-9]*|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
_PRECEDENCE = re.compile(
    rf"v?([0-9]{{1,20}})\.([0-9]{{1,20}})(?:\.([0-9]{{1,20}}))?(?:-({_WORD}(?:\.{_WORD})*))?"
)
_MEMORY = 1 << 17  # a poll reads the same tags again, and 100,000 tags are a large repository


@dataclass(frozen=True, slots=True, order=True, kw_only=True)
class Version:
    """A version as somebody wrote it. Made by `parse` only.

    Versions are ordered by precedence, and versions of one precedence (`v1.0` and `1.0.0`, or two
    builds of one version) by their text, so that the order is total.
    """

    precedence: Precedence = field(repr=False)
    """What SemVer orders by; equal for `v1.0` and `1.0.0`, and without build metadata."""
    text: str
    """As written, with a leading `v` where there was one."""
    major: int = field(compare=False)
    minor: int = field(compare=False)
    patch: int = field(compare=False)
    """0 when `parts` is 2."""
    parts: int = field(compare=False)
    """How many numbers were written: 2 or 3."""
    prerelease: str = field(compare=False)
    """Without the leading `-`; empty for a final version."""
    build: str = field(compare=False)
    """Without the leading `+`; empty when there is none."""

    def __str__(self) -> str:
        return self.text

    @property
    def is_prerelease(self) -> bool:
        """Whether this comes before a final version of the same numbers."""
        return bool(self.prerelease)

    @property
    def core(self) -> tuple[int, int, int]:
        """(major, minor, patch)."""
        return (self.major, self.minor, self.patch)

    @property
    def bare(self) -> str:
        """The text without a leading `v`."""
        return self.text.removeprefix("v")

    @property
    def semver(self) -> str:
        """The same version as SemVer writes it: three parts, no `v`, no leading zeros."""
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.prerelease:
            text += f"-{self.prerelease}"
        return f"{text}+{self.build}" if self.build else text


@lru_cache(maxsize=_MEMORY)
def parse(text: str) -> Version | None:
    """Read a version; None when `text` is none. The whole text counts, blanks included."""
    shape = _SHAPE.fullmatch(text)
    if shape is None or len(text) > LENGTH_LIMIT:
        return None
    first, second, third, suffix = shape.groups()
    major, minor, patch = int(first), int(second), int(third or 0)
    if max(major, minor, patch) > NUMBER_LIMIT:
        return None
    prerelease = build = ""
    if suffix is not None:
        # Numbers need no second opinion, and asking for one would double the time of a poll.
        try:
            completed = semver.Version.parse(f"{major}.{minor}.{patch}{suffix}")
        except ValueError:
            return None
        prerelease, build = completed.prerelease or "", completed.build or ""
    return Version(
        precedence=(major, minor, patch, 0 if prerelease else 1, _identifiers(prerelease)),
        text=text,
        major=major,
        minor=minor,
        patch=patch,
        parts=2 if third is None else 3,
        prerelease=prerelease,
        build=build,
    )


def precedence_of(text: str) -> Precedence | None:
    """The precedence of what `parse` reads, and None where it reads nothing.

    Remembers nothing, and takes a third of the time: for lists of a million tags.
    """
    shape = _PRECEDENCE.fullmatch(text)
    if shape is None or len(text) > LENGTH_LIMIT:
        version = parse.__wrapped__(text)  # build metadata and numbers of many zeros are rare
        return version.precedence if version else None
    first, second, third, prerelease = shape.groups()
    major, minor, patch = int(first), int(second), int(third or 0)
    if major > NUMBER_LIMIT or minor > NUMBER_LIMIT or patch > NUMBER_LIMIT:
        return None
    if prerelease is None:
        return (major, minor, patch, 1, ())
    return (major, minor, patch, 0, _identifiers(prerelease))


@lru_cache(maxsize=4096)
def _identifiers(prerelease: str) -> tuple[Identifier, ...]:
    """Numbers before words, numbers by value, words by ASCII.

    A number above `NUMBER_LIMIT` is a word, as Flux takes it.
    """
    if not prerelease:
        return ()
    return tuple(
        (0, int(part), "") if part.isdigit() and int(part) <= NUMBER_LIMIT else (1, 0, part)
        for part in prerelease.split(".")
    )
