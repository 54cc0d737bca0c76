"""Which sites a NAME means, in any spelling; and which names were meant when it means none."""

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from gitops.errors import InvalidInput
from gitops.sites import (
    UNNAMED,
    ArtifactKind,
    Site,
    Skipped,
    git_source,
    normalise,
    parse_reference,
    without_namespace,
)

MOST_KNOWN = 10
"""Names that an error lists when none of them is near."""

# A variable may stand for a part of it: `${REGISTRY}/shop/api` is a name like any other.
_NAME = re.compile(
    r"(?:[A-Za-z0-9]|\$\{\w{1,99}\})(?:[A-Za-z0-9._~:/@+-]|\$\{\w{1,99}\}){0,511}", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Chosen:
    """One artifact with its sites; `unclear` are places that may be of another one of its name."""

    kind: ArtifactKind
    artifact: str
    sites: tuple[Site, ...]
    unclear: tuple[Skipped, ...] = ()


class Name:
    """A NAME as a person writes it, in the spelling of each kind.

    Raises:
        InvalidInput: a text that no registry, chart or git URL can have for a name.
    """

    def __init__(self, text: str) -> None:
        if not _NAME.fullmatch(text):
            hint = "write an image repository, a chart or the URL of a git repository"
            raise InvalidInput(f"{text!r} is no name of an artifact", hint)
        bare = text.removeprefix("oci://").rstrip("/")
        self.text = text
        self.last = (git_source(bare) or bare).rpartition("/")[2]
        """The last segment: bytes that stand in every file that writes the name out."""
        self.repository = normalise(bare)
        """The repository that it is, if it is one."""
        # No text that a site can have: with "" for a name that is no URL, it would mean all
        # charts whose source is not said.
        self._git = git_source(text) or None

    def means(self, site: Site) -> bool:
        """Whether the site is of the artifact; of a chart, as far as its source is said."""
        if site.artifact == UNNAMED:
            return False
        match site.kind:
            case ArtifactKind.IMAGE:
                return site.artifact == self.repository
            case ArtifactKind.GIT:
                return site.artifact == self._git
            case ArtifactKind.CHART:
                return site.artifact in {self.text, self.repository} or self.narrows(site)

    def narrows(self, site: Site) -> bool:
        """Whether it names the chart of the site together with its source."""
        return _full(site) == self._git

    def may_mean(self, site: Site) -> bool:
        """Whether the site is of the artifact, or of a chart whose source it does not say."""
        chart = site.kind is ArtifactKind.CHART and not site.source
        return self.means(site) or (chart and site.artifact == self.last)

    def says(self, text: str) -> bool:
        """Whether a text in a file is the name itself, in whatever spelling."""
        return (
            text == self.text or self._git == git_source(text) or self.repository == normalise(text)
        )


def chosen(sites: Sequence[Site], name: Name, kind: ArtifactKind | None) -> Chosen | None:
    """The artifact that is meant, with its sites; None when no site is of it.

    Raises:
        InvalidInput: it is of another kind, of several kinds or from several sources.
    """
    found = [site for site in sites if name.means(site)]
    kinds = sorted({site.kind for site in found})
    if kind is not None and kinds and kind not in kinds:
        hint = f"leave out --kind {kind}, or write --kind {kinds[0]}"
        raise InvalidInput(f"{name.text} is {_counted(found)} here and no {kind}", hint)
    if kind is None and len(kinds) > 1:
        hint = f"write {' or '.join(f'--kind {each}' for each in kinds)}"
        raise InvalidInput(f"{name.text} is {_counted(found)} here", hint)
    if not kinds:
        return None
    meant = kind or kinds[0]
    of_kind = [site for site in found if site.kind is meant]
    # In a registry a chart is named by its repository; elsewhere only its source tells it apart.
    titles = {site.artifact for site in of_kind} - {name.repository}
    if meant is not ArtifactKind.CHART or not titles:
        return Chosen(meant, of_kind[0].artifact, tuple(of_kind))
    artifact = min(titles)
    namesakes = [site for site in sites if site.kind is meant and site.artifact == artifact]
    chart = _of_one_source(namesakes, name)
    whole = (site for site in of_kind if site.artifact == name.repository)
    return Chosen(meant, artifact, (*chart.sites, *whole), chart.unclear)


def no_match(sites: Iterable[Site], name: Name, kind: ArtifactKind | None) -> InvalidInput:
    """That no version of it is written, with the nearest names that have one."""
    known: dict[str, set[str]] = defaultdict(set)
    for site in sites:
        if site.artifact != UNNAMED and kind in {None, site.kind}:
            known[site.artifact].add(site.kind)
    message = f"no version of {'the ' + kind + ' ' if kind else ''}{name.text} is written here"
    reference = parse_reference(name.text)
    if reference and (reference.tag or reference.digest):
        told = reference.tag or f"@{reference.digest}"
        return InvalidInput(message, f"write the version apart: {reference.repository} {told}")
    near = _nearest(name, known)
    shown = [f"{each} ({', '.join(sorted(known[each]))})" for each in near or sorted(known)]
    if near:
        return InvalidInput(message, f"did you mean {' or '.join(shown)}?")
    if len(shown) > MOST_KNOWN:
        return InvalidInput(message, f"`fairlead sites` lists the {len(shown)} names that are")
    return InvalidInput(message, f"there are {', '.join(shown) or 'none of anything'}")


def _of_one_source(namesakes: Sequence[Site], name: Name) -> Chosen:
    """The sites of a chart from the source that the name says, or from the only one there is."""
    told: dict[str, set[str]] = defaultdict(set)
    for site in namesakes:
        if site.source:
            told[without_namespace(site.object)].add(_full(site))
    sources = {full: site.source for site in namesakes if (full := _full(site)) and site.source}
    artifact, kind = namesakes[0].artifact, namesakes[0].kind
    if len(sources) <= 1:
        return Chosen(kind, artifact, tuple(namesakes))
    wanted = {_full(site) for site in namesakes if name.narrows(site)}
    if not wanted:
        hint = f"name one of them: {', '.join(sorted(sources))}"
        raise InvalidInput(f"charts from {len(sources)} sources are called {artifact} here", hint)
    sites, unclear = [], []
    for site in namesakes:
        # A patch says no source; the release that it patches does.
        full_names = {_full(site)} if site.source else told[without_namespace(site.object)]
        if full_names == wanted:
            sites.append(site)
        elif len(full_names) != 1:
            unclear.append(Skipped(site.place, "does not say which source the chart comes from"))
    return Chosen(kind, artifact, tuple(sites), tuple(unclear))


def _full(site: Site) -> str:
    """A chart with its source, `charts.example.com/shop`; "" where no source is said."""
    if not site.source:
        return ""
    kind, space, title = site.source.partition(" ")
    return f"{title if space else git_source(kind)}/{site.artifact}"


def _counted(sites: Iterable[Site]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for site in sites:
        counts[site.kind] += 1
    each = [f"{'an' if kind == 'image' else 'a'} {kind} ({counts[kind]})" for kind in counts]
    return " and ".join(sorted(each))


def _nearest(name: Name, known: Iterable[str]) -> list[str]:
    """Names with the same last segment, then similar ones; at most three."""
    names = sorted(known)
    lasts: dict[str, list[str]] = defaultdict(list)
    for each in names:
        lasts[each.rpartition("/")[2].lower()].append(each)
    last = name.last.lower()
    near = [
        *lasts.get(last, []),
        *difflib.get_close_matches(name.text, names, n=3),
        *(each for word in difflib.get_close_matches(last, lasts, n=3) for each in lasts[word]),
    ]
    return list(dict.fromkeys(near))[:3]
