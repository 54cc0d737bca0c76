"""What the sites of one app in one environment say together, and what they shall say instead."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from gitops.edit import Replacement
from gitops.errors import EditRefused, InvalidInput
from gitops.sites import ArtifactKind, Part, Site, parse_reference, split_tag
from gitops.version import UNRELEASED

_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}", re.ASCII)
_CHART_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+-]{0,127}", re.ASCII)
VERSIONED = frozenset({Part.CHART_VERSION, Part.RANGE, Part.VERSION, Part.GIT_REF})
"""What holds a version that goes without a digest."""

_TAGS = "refs/tags/"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}", re.ASCII)
_COMMIT = re.compile(r"sha1:[0-9a-f]{40}", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Pinned:
    """What a pin says of one artifact; None where its sites say no tag or no digest.

    `repository` is normalised; of a chart it is the name, and `tag` is its version.
    """

    repository: str
    tag: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Setting:
    """What a pin shall say of one artifact. The digest goes where there is a place for one."""

    repository: str
    tag: str | None
    digest: str | None


@dataclass(frozen=True, slots=True)
class Pin:
    """All sites of one app in one environment, with what they say now.

    `content` has one entry for each artifact, sorted. `problem` says why the pin cannot be trusted
    or set, None when it can; `content` is then what could be read.
    """

    environment: str
    app: str
    sites: tuple[Site, ...]
    content: tuple[Pinned, ...]
    problem: InvalidInput | None = None

    @property
    def unreleased(self) -> bool:
        """Whether `add app` wrote it and nothing was released since."""
        return bool(self.content) and all(each.tag == UNRELEASED for each in self.content)

    def takes_digest(self, repository: str) -> bool:
        """Whether every place of this artifact has room for a digest; False where it has none."""
        groups = [group for group in grouped(self.sites) if group[0].artifact == repository]
        return bool(groups) and all(_has_digest_place(group) for group in groups)


def grouped(sites: Iterable[Site]) -> list[tuple[Site, ...]]:
    """The version sites by the image they speak of in one place; suspensions left out."""
    versions = [site for site in sites if site.part is not Part.SUSPEND]
    by_group = groupby(sorted(versions, key=lambda site: site.group), lambda site: site.group)
    return [tuple(group) for _, group in by_group]


def read_content(sites: Iterable[Site]) -> tuple[tuple[Pinned, ...], InvalidInput | None]:
    """What sites say of each artifact, and where two of them disagree (None: nowhere)."""
    said: dict[str, dict[str, tuple[str, Site]]] = {}
    problem = None
    for site in (each for group in grouped(sites) for each in group):
        facts = said.setdefault(site.artifact, {})
        for kind, value in _says(site):
            known, first = facts.setdefault(kind, (value, site))
            if known != value and problem is None:
                problem = InvalidInput(
                    f"{site.artifact} has the {kind} {value} here and {known} at {first.place}",
                    "write the same at both places",
                    site.place,
                )
    content = [
        Pinned(artifact, *(facts[kind][0] if kind in facts else None for kind in ("tag", "digest")))
        for artifact, facts in said.items()
    ]
    return tuple(sorted(content, key=lambda each: each.repository)), problem


def unfilled(sites: Iterable[Site]) -> InvalidInput | None:
    """The first version that only Flux knows, since it is a variable; None without one."""
    for site in sites:
        if "${" in site.value:
            return InvalidInput(
                f"the version {site.value} of {site.artifact} is filled in by Flux",
                "write the version itself here",
                site.place,
            )
    return None


def edits(pin: Pin, settings: Mapping[str, Setting]) -> Iterator[tuple[str, Replacement]]:
    """Path and replacement of each site that shall change; an unreleased pin is resumed too.

    `settings` is by the artifacts of the pin.

    Raises:
        InvalidInput: a tag or a digest that is none, or missing where one is needed.
        EditRefused: a site that cannot be edited.
    """
    for group in grouped(pin.sites):
        setting = settings.get(group[0].artifact)
        if setting is not None:
            _check(setting, group)
            for site in group:
                yield from _edit(site, _text(site, setting))
    for site in pin.sites:
        if site.part is Part.SUSPEND:
            yield from _edit(site, "false")


def expected(pin: Pin, settings: Mapping[str, Setting]) -> tuple[Pinned, ...]:
    """The content of the pin once `edits` are made."""
    places: dict[str, tuple[bool, bool]] = {}
    for group in grouped(pin.sites):
        tag, digest = places.get(group[0].artifact, (False, False))
        places[group[0].artifact] = (tag or _has_tag(group), digest or _has_digest_place(group))
    content = []
    for each in pin.content:
        setting = settings.get(each.repository)
        if setting is not None:
            tag, digest = places[each.repository]
            content.append(
                Pinned(
                    each.repository,
                    setting.tag if tag else None,
                    setting.digest if digest else None,
                )
            )
        else:
            content.append(each)
    return tuple(content)


def _says(site: Site) -> Iterator[tuple[str, str]]:
    """The facts of one site: a tag, a digest or both."""
    tag, digest = _taken_apart(site)
    if tag:
        yield "tag", tag
    if digest:
        yield "digest", digest


def _taken_apart(site: Site) -> tuple[str | None, str | None]:
    match site.part:
        case Part.TAG | Part.VERSION:
            return split_tag(site.value)
        case Part.DIGEST:
            return None, site.value or None
        case Part.REFERENCE:
            reference = parse_reference(site.value)
            return (reference.tag, reference.digest) if reference else (None, None)
        case Part.CHART_VERSION | Part.RANGE:
            return site.value, None
        case Part.GIT_REF:
            return site.value.removeprefix(_TAGS), None
        case Part.SUSPEND | Part.COMMIT | Part.NAME:
            return None, None


def _has_tag(group: Sequence[Site]) -> bool:
    return any(_taken_apart(site)[0] for site in group)


def _has_digest_place(group: Sequence[Site]) -> bool:
    return any(site.part is Part.DIGEST or _taken_apart(site)[1] for site in group)


def _check(setting: Setting, group: Sequence[Site]) -> None:
    """Refuse what would leave a tag and a digest behind that do not belong together."""
    place = group[0].place
    fixed = next((site for site in group if site.part in {Part.COMMIT, Part.NAME}), None)
    if fixed is not None:
        told = f"{setting.repository} is pinned by a {fixed.part} here"
        raise InvalidInput(told, "change it by hand", fixed.place)
    allowed = _CHART_VERSION if group[0].part in VERSIONED else _TAG
    if setting.tag is not None and not allowed.fullmatch(setting.tag):
        raise InvalidInput(f"{setting.tag!r} is no tag", "a tag has letters, digits and ._-", place)
    known = _COMMIT if group[0].kind is ArtifactKind.GIT else _DIGEST
    if setting.digest is not None and not known.fullmatch(setting.digest):
        raise InvalidInput(f"{setting.digest!r} is no digest", "write sha256: and 64 digits", place)
    if setting.tag is None and _has_tag(group):
        raise InvalidInput(f"{setting.repository} is pinned by a tag here", "name a tag", place)
    if setting.digest is None and any(_taken_apart(site)[1] for site in group):
        hint = "tag and digest move together: name the digest too"
        raise InvalidInput(f"{setting.repository} is pinned by a digest here", hint, place)


def _text(site: Site, setting: Setting) -> str:
    tag, digest = _taken_apart(site)
    suffix = f"@{setting.digest}" if digest else ""
    match site.part:
        case Part.TAG | Part.VERSION:
            return f"{setting.tag}{suffix}"
        case Part.DIGEST:
            return setting.digest or ""
        case Part.REFERENCE:
            reference = parse_reference(site.value)
            repository = reference.repository if reference else ""
            return f"{repository}:{setting.tag}{suffix}" if tag else f"{repository}{suffix}"
        case Part.CHART_VERSION | Part.RANGE:
            return setting.tag or ""
        case Part.GIT_REF:
            return f"{_TAGS}{setting.tag}"
        case Part.SUSPEND:
            return "false"
        case Part.COMMIT | Part.NAME:
            return site.value  # refused before


def _edit(site: Site, new: str) -> Iterator[tuple[str, Replacement]]:
    if new == site.value:
        return
    if site.refusal is not None:
        message = f"the {site.part} of {site.object} cannot be changed: it {site.refusal}"
        raise EditRefused(message, place=site.place)
    boolean = site.part is Part.SUSPEND
    yield site.path, Replacement(site.document, site.address, new, boolean=boolean)
