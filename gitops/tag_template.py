"""How a tag is made from a release, and read back.

A template is text with fields in braces: `v{version}`, `payments/{tag}`,
`main-{sha:7}-{timestamp:%Y%m%d%H%M%S}`. At most one of its fields has no fixed length, so that
every tag is read in one way only, and without searching.

    {tag}               the whole git tag
    {version}           the version as written, without a leading v: 1.0-rc.1
    {semver}            the version in three parts: 1.0.0-rc.1
    {branch}            the branch; what an OCI tag cannot hold is written "-"
    {sha} {sha:7}       all 40 hex digits of the commit, or its first 7 to 39
    {timestamp:FORMAT}  in UTC; FORMAT is made of %Y %m %d %H %M %S and plain text, or is %s alone
                        (ten digits: seconds since 1970, as `date +%s` writes them)
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gitops.errors import InvalidInput
from gitops.version import parse as parse_version

TEMPLATE_LIMIT: Final = 256
"""Code points in a template."""

_FIELD = re.compile(r"\{([a-z]*)(?::([^{}]*))?\}")
_PLAIN = re.compile(r"[A-Za-z0-9._+@/-]*")
_OCI_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_OCI_RULE = "an OCI tag has at most 128 of A-Z a-z 0-9 . _ - and starts with a letter, a digit or _"
# Narrower than git-check-ref-format(1): nothing that a shell or a URL could take for something
# else. Wide enough for monorepos: payments/v1.0, @acme/payments@1.0.
_GIT_TAG = re.compile(r"[A-Za-z0-9_+@][A-Za-z0-9._+@-]*(?:/[A-Za-z0-9_+@][A-Za-z0-9._+@-]*)*")
_GIT_RULE = "a git tag has at most 255 of A-Z a-z 0-9 . _ - + @ / and neither '..' nor '.lock'"
_GIT_TAG_LIMIT = 255
_BRANCH = re.compile(r"[A-Za-z0-9_.-]+")
_NOT_BRANCH = re.compile(r"[^A-Za-z0-9_.-]")
_HEX = re.compile(r"[0-9a-f]{7,40}")
_SHA_LENGTH = range(7, 41)
_STAMP_PART = re.compile(r"%(.)|[^%]+")
_STAMP_UNITS = ("Y", "m", "d", "H", "M", "S")
_EPOCH = range(10**9, 10**10)  # ten digits: September 2001 to November 2286
_NAMES = ("tag", "version", "semver", "branch", "sha", "timestamp")


@dataclass(frozen=True, slots=True, kw_only=True)
class TagFields:
    """What a template writes into a tag, or read from it. None: not known."""

    tag: str | None = None
    version: str | None = None
    """As written, without a leading `v`."""
    semver: str | None = None
    sha: str | None = None
    """Lower-case hex: 40 digits, or fewer when read from a shortened field."""
    branch: str | None = None
    timestamp: datetime | None = None
    """Aware. When read: in UTC, and only as fine as the template's format."""


@dataclass(frozen=True, slots=True)
class _Segment:
    """A stretch of a template: plain text where `name` is empty, else a field."""

    name: str
    text: str
    """The plain text, or a timestamp's format."""
    width: int | None
    """Code points in a tag; None when they vary."""


@dataclass(frozen=True, slots=True)
class Template:
    """A tag template that can be written and read back. Made by `parse`."""

    text: str
    segments: tuple[_Segment, ...]

    @classmethod
    def parse(cls, text: str) -> "Template":
        """Read a template.

        Raises:
            InvalidInput: `text` names no field, an unknown one, or one twice, or tags made from it
                could be read in several ways.
        """
        if len(text) > TEMPLATE_LIMIT:
            raise InvalidInput(f"the tag template is longer than {TEMPLATE_LIMIT} characters")
        segments = tuple(_segments(text))
        names = [segment.name for segment in segments if segment.name]
        if not names:
            raise _invalid(text, "names no field, so every release would have one tag")
        twice = next((name for name in names if names.count(name) > 1), None)
        if twice:
            raise _invalid(text, f"names {{{twice}}} twice")
        free = [f"{{{segment.name}}}" for segment in segments if segment.width is None]
        if len(free) > 1:
            where = " and ".join(free)
            raise _invalid(text, f"cannot be read back: {where} have no fixed length; keep one")
        return cls(text, segments)

    def __str__(self) -> str:
        return self.text

    @property
    def fields(self) -> frozenset[str]:
        """The names of the fields: of tag, version, semver, branch, sha and timestamp."""
        return frozenset(segment.name for segment in self.segments if segment.name)

    def render(self, fields: Mapping[str, object] | TagFields) -> str:
        """Write an OCI tag. {semver} follows from `version` when it is not given.

        Raises:
            InvalidInput: a field is missing or malformed, or the result is no OCI tag.
        """
        tag = self._write(fields)
        if not _OCI_TAG.fullmatch(tag):
            raise InvalidInput(f"{self.text!a} gives {tag!a}, which is no OCI tag", _OCI_RULE)
        return tag

    def render_git(self, fields: Mapping[str, object] | TagFields) -> str:
        """Write a git tag, which may also hold `/`, `+` and `@`.

        Raises:
            InvalidInput: a field is missing or malformed, or the result is no git tag.
        """
        tag = self._write(fields)
        if not _is_git_tag(tag):
            raise InvalidInput(f"{self.text!a} gives {tag!a}, which is no git tag", _GIT_RULE)
        return tag

    def read(self, tag: str) -> TagFields | None:
        """The fields this template names, read from a tag; None when it cannot have made it."""
        spare = len(tag) - sum(segment.width or 0 for segment in self.segments)
        if spare < 0 or (spare and all(segment.width is not None for segment in self.segments)):
            return None
        found: dict[str, str] = {}
        moment: datetime | None = None
        start = 0
        for segment in self.segments:
            end = start + (spare if segment.width is None else segment.width)
            part, start = tag[start:end], end
            if segment.name == "timestamp":
                moment = _read_moment(segment.text, part)
                fits = moment is not None
            elif segment.name:
                found[segment.name] = part
                fits = _is_value(segment.name, part)
            else:
                fits = part == segment.text
            if not fits:
                return None
        return TagFields(
            tag=found.get("tag"),
            version=found.get("version"),
            semver=found.get("semver"),
            sha=found.get("sha"),
            branch=found.get("branch"),
            timestamp=moment,
        )

    def _write(self, fields: Mapping[str, object] | TagFields) -> str:
        if isinstance(fields, TagFields):
            fields = {name: getattr(fields, name) for name in _NAMES}
        return "".join(_written(segment, fields) for segment in self.segments)


def _invalid(text: str, reason: str) -> InvalidInput:
    known = "{tag} {version} {semver} {branch} {sha} {sha:7} {timestamp:%Y%m%d%H%M%S}"
    return InvalidInput(f"the tag template {text!a} {reason}", f"the fields are {known}")


def _segments(text: str) -> Iterator[_Segment]:
    start = 0
    for match in _FIELD.finditer(text):
        yield from _plain(text, text[start : match.start()])
        yield _field(text, match[1], match[2])
        start = match.end()
    yield from _plain(text, text[start:])


def _plain(text: str, part: str) -> Iterator[_Segment]:
    if not _PLAIN.fullmatch(part):
        raise _invalid(text, f"has {part!a} outside a field, which no tag can hold")
    if part:
        yield _Segment("", part, len(part))


def _field(text: str, name: str, detail: str | None) -> _Segment:
    if name == "timestamp":
        return _Segment(name, detail or "", _stamp_width(text, detail or ""))
    if name == "sha":
        length = "40" if detail is None else detail
        if length not in {str(digits) for digits in _SHA_LENGTH}:
            raise _invalid(text, "shortens {sha} to something else than 7 to 40 digits")
        return _Segment(name, "", int(length))
    if name not in _NAMES:
        raise _invalid(text, f"names the unknown field {{{name}}}")
    if detail is not None:
        raise _invalid(text, f"gives {{{name}}} a format, which it does not take")
    return _Segment(name, "", None)


def _stamp_width(text: str, form: str) -> int:
    """Check the format of a timestamp; the code points it takes."""
    if _PLAIN.fullmatch(form.replace("%", "")) is None or form.count("%") != len(
        re.findall(r"%[YmdHMSs]", form)
    ):
        raise _invalid(text, "has a timestamp of something else than %Y %m %d %H %M %S, or %s")
    if form == "%s":
        return 10
    units = re.findall(r"%(.)", form)
    if len(units) < 3 or sorted(units) != sorted(_STAMP_UNITS[: len(units)]):
        raise _invalid(text, "has a timestamp that names no moment: start at %Y%m%d, leave no gap")
    return len(form) + 2 * form.count("%Y")


def _is_git_tag(text: str) -> bool:
    return (
        len(text) <= _GIT_TAG_LIMIT
        and _GIT_TAG.fullmatch(text) is not None
        and ".." not in text
        and not any(part.endswith((".", ".lock")) for part in text.split("/"))
    )


def branch_in_tag(branch: str) -> str:
    """A branch as {branch} writes it: `release/1.x` is `release-1.x`."""
    return _NOT_BRANCH.sub("-", branch)


def _is_value(name: str, text: str) -> bool:
    if name == "sha":
        return _HEX.fullmatch(text) is not None
    if name == "branch":
        return _BRANCH.fullmatch(text) is not None
    if name == "tag":
        return _is_git_tag(text)
    version = parse_version(text)
    return version is not None and text == (version.semver if name == "semver" else version.bare)


def _written(segment: _Segment, fields: Mapping[str, object]) -> str:
    if not segment.name:
        return segment.text
    value = fields.get(segment.name)
    if value is None and segment.name == "semver":
        version = parse_version(str(fields.get("version")))
        value = version.semver if version else None
    if value is None:
        raise InvalidInput(f"the tag needs {{{segment.name}}}, which this release does not have")
    if segment.name == "timestamp":
        return _write_moment(segment.text, value)
    text = str(value)
    if segment.name == "branch":
        text = branch_in_tag(text)
    if segment.name == "sha" and segment.width is not None and _is_value("sha", text):
        text = text[: segment.width] if len(text) >= segment.width else ""
    if not _is_value(segment.name, text):
        raise InvalidInput(f"{value!a} cannot stand for {{{segment.name}}} in a tag")
    return text


def _write_moment(form: str, value: object) -> str:
    if not isinstance(value, datetime) or value.tzinfo is None:
        raise InvalidInput(f"{value!a} cannot stand for {{timestamp}}: it is no moment with a zone")
    moment = value.astimezone(UTC)
    if form == "%s":
        seconds = int(moment.timestamp())
        if seconds not in _EPOCH:
            raise InvalidInput(f"{value!a} has no ten-digit %s")
        return str(seconds)
    numbers = dict(zip(_STAMP_UNITS, moment.timetuple(), strict=False))
    return re.sub(r"%(.)", lambda unit: f"{numbers[unit[1]]:0{4 if unit[1] == 'Y' else 2}d}", form)


def _read_moment(form: str, text: str) -> datetime | None:
    if form == "%s":
        seconds = int(text) if re.fullmatch(r"[1-9][0-9]{9}", text) else 0
        return datetime.fromtimestamp(seconds, UTC) if seconds else None
    numbers = {"H": 0, "M": 0, "S": 0}
    start = 0
    for part in _STAMP_PART.finditer(form):
        unit = part[1]
        end = start + (len(part[0]) if not unit else 4 if unit == "Y" else 2)
        piece, start = text[start:end], end
        if not unit:
            if piece != part[0]:
                return None
        elif not (piece.isascii() and piece.isdigit()):
            return None
        else:
            numbers[unit] = int(piece)
    try:
        day = datetime(numbers["Y"], numbers["m"], numbers["d"], tzinfo=UTC)
        return day.replace(hour=numbers["H"], minute=numbers["M"], second=numbers["S"])
    except ValueError:
        return None
