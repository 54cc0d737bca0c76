"""What shall stand at the sites of one artifact: decided for each group of them on its own.

The sites of a group speak of one artifact in one place, so a tag and a digest in it never part: a
version that names only one of the two is refused where both are written.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from gitops.bump.wanted import COMMIT, OCI_TAG, Wanted, is_exact
from gitops.errors import InvalidInput
from gitops.sites import ArtifactKind, Part, Site, Skipped, parse_reference, split_tag
from gitops.sites.links import is_variable

_TAGS = "refs/tags/"


@dataclass(frozen=True, slots=True)
class Move:
    """What a site shall say; it may say so already. `bare`: there is no place for the digest."""

    site: Site
    new: str
    bare: bool = False

    @property
    def changes(self) -> bool:
        """Whether the site says something else."""
        return self.new != self.site.value


Verdict = Move | Skipped | InvalidInput
"""Of a site: what to write, why it is left alone, or why nothing at all may be written."""


def verdicts(sites: Iterable[Site], wanted: Wanted) -> Iterator[Verdict]:
    """What is to be done about each site of one artifact that says a version."""
    groups: dict[tuple[str, ...], list[Site]] = defaultdict(list)
    for site in sites:
        if site.part not in {Part.NAME, Part.SUSPEND}:
            groups[_group(site)].append(site)
    for group in groups.values():
        yield from _of_group(group, wanted)


def says(site: Site) -> tuple[str | None, str | None]:
    """The tag and the digest (or the commit) of a site; None for what it does not say."""
    value = site.value
    git = site.kind is ArtifactKind.GIT
    match site.part:
        case Part.TAG | Part.VERSION:
            if git:
                return (None, value) if COMMIT.fullmatch(value) else (value, None)
            return split_tag(value)
        case Part.DIGEST | Part.COMMIT:
            return None, value or None
        case Part.REFERENCE:
            reference = parse_reference(value)
            return (reference.tag, reference.digest) if reference else (None, None)
        case Part.GIT_REF:
            return value.removeprefix(_TAGS), None
        case Part.CHART_VERSION | Part.RANGE:
            return value, None
        case Part.SUSPEND | Part.NAME:
            return None, None


def is_distribution(site: Site) -> bool:
    """Whether it is `spec.distribution.version` of a FluxInstance, which is read as a range."""
    return site.part is Part.VERSION and site.address[-2:] == ("distribution", "version")


def _group(site: Site) -> tuple[str, ...]:
    """The variables of one Kustomization are one group: APP_TAG and APP_DIGEST belong together."""
    if is_variable(site):
        return site.path, str(site.document), *map(str, site.address[:-1])
    return (site.group,)


def _of_group(group: Sequence[Site], wanted: Wanted) -> Iterator[Verdict]:
    ranges = [site for site in group if _is_range(site)]
    for site in ranges:
        yield Skipped(site.place, f"follows the range {site.value}")
    fixed = [site for site in group if site not in ranges]
    if any(site.part is Part.RANGE for site in ranges) and all(s.part is Part.TAG for s in fixed):
        for site in fixed:
            yield Skipped(site.place, "is overruled by the range that stands beside it")
        return
    tags = {tag: site for site in fixed if (tag := says(site)[0])}
    digests = {digest: site for site in fixed if (digest := says(site)[1])}
    if wanted.digest is None and digests:
        same, parted = set(tags) == {wanted.tag}, _no_digest(next(iter(digests.values())), wanted)
    elif wanted.tag is None and tags:
        same, parted = set(digests) == {wanted.digest}, _no_tag(next(iter(tags.values())), wanted)
    else:
        room = bool(digests) or any(site.part is Part.DIGEST for site in fixed)
        yield from (_move(site, wanted, said=bool(digests), room=room) for site in fixed)
        return
    yield from (Move(site, site.value) for site in fixed) if same else (parted,)


def _is_range(site: Site) -> bool:
    """Whether what stands there picks versions by itself; an exact version is no range."""
    match site.part:
        case Part.RANGE | Part.CHART_VERSION:
            return not is_exact(site.value)
        case Part.VERSION:
            # A variable says only by its artifact where it ends up.
            strict = site.kind is ArtifactKind.CHART or is_distribution(site)
            steps = site.value.lower().split(".")
            return not is_exact(site.value) if strict else "x" in steps
        case _:
            return False


def _no_digest(site: Site, wanted: Wanted) -> InvalidInput:
    if site.kind is ArtifactKind.GIT:
        hint = f"the commit decides and moves with the tag: write {wanted.tag}@COMMIT"
        return InvalidInput(f"{site.artifact} is pinned by a commit here", hint, site.place)
    hint = f"tag and digest move together: write {wanted.tag}@sha256:DIGEST"
    return InvalidInput(f"{site.artifact} is pinned by a digest here", hint, site.place)


def _no_tag(site: Site, wanted: Wanted) -> InvalidInput:
    if site.part is Part.CHART_VERSION or is_distribution(site):
        hint = "write the version, with the digest behind it if other places have one"
        return InvalidInput(f"{site.artifact} has a version here and no digest", hint, site.place)
    what = "commit" if site.kind is ArtifactKind.GIT else "digest"
    hint = f"tag and {what} move together: write TAG@{wanted.digest}"
    return InvalidInput(f"{site.artifact} is pinned by a tag here", hint, site.place)


def _move(site: Site, wanted: Wanted, *, said: bool, room: bool) -> Verdict:
    """What to write; the group says a digest already, or has room for one."""
    why = _why_not(site, wanted.tag)
    if why is not None:
        return why
    new = _text(site, wanted, said=said)
    return Move(site, new, bare=wanted.digest is not None and not room and wanted.digest not in new)


def _text(site: Site, wanted: Wanted, *, said: bool) -> str:
    tag, digest = says(site)
    suffix = f"@{wanted.digest}" if digest else ""
    match site.part:
        case Part.TAG | Part.VERSION:
            if site.kind is ArtifactKind.GIT:
                return (wanted.digest if digest else _spelled(site, wanted.tag)) or ""
            return f"{(wanted.tag or '') if tag or not digest else ''}{suffix}"
        case Part.DIGEST:
            # An empty one is the only place for the digest, or stays empty.
            return wanted.digest or "" if digest or not said else ""
        case Part.COMMIT:
            return wanted.digest or ""
        case Part.REFERENCE:
            reference = parse_reference(site.value)
            repository = reference.repository if reference else ""
            tagged = f":{wanted.tag}" if wanted.tag and (tag or not digest) else ""
            return f"{repository}{tagged}" + (f"@{wanted.digest}" if wanted.digest else "")
        case Part.GIT_REF:
            return f"{_TAGS}{wanted.tag}"
        case Part.CHART_VERSION | Part.RANGE:
            return wanted.tag or ""
        case Part.SUSPEND | Part.NAME:
            return site.value


def _spelled(site: Site, tag: str | None) -> str:
    """The releases of Flux are tagged `v2.4.0`, and a FluxInstance calls that 2.4.0."""
    plain = is_distribution(site) and not site.value.startswith("v")
    return (tag or "").removeprefix("v") if plain else (tag or "")


def _why_not(site: Site, tag: str | None) -> InvalidInput | None:
    """Why a tag cannot stand in this place, by what reads it there; None when it can."""
    if site.part is Part.REFERENCE and parse_reference(site.value) is None:
        return InvalidInput("is no image reference", "write repository:tag there", site.place)
    if tag is None:
        return None
    chart = site.kind is ArtifactKind.CHART
    version = site.part in {Part.CHART_VERSION, Part.RANGE} or is_distribution(site)
    if (version or (chart and site.part is Part.VERSION)) and not is_exact(tag):
        hint = "write a version with three numbers"
        return InvalidInput(f"{tag} would be read as a range here", hint, site.place)
    if chart and site.part in {Part.TAG, Part.REFERENCE} and not OCI_TAG.fullmatch(tag):
        hint = f"write {tag.replace('+', '_')}, as it is called in a registry"
        return InvalidInput(f"{tag} is no tag of a registry", hint, site.place)
    return None
