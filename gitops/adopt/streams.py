"""Sites to apps: what moves together is one app, and nothing else is.

Images of one object that share a registry path and a version everywhere are one app, and so is the
chart that runs them: its versions are its own, and it is promoted with them.
"""

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gitops.adopt.naming import first_free, labelled
from gitops.config.forms import CHART, GIT_HOME, IMAGE, VARIABLE
from gitops.inventory import variable_of
from gitops.pin import read_content
from gitops.sites import UNNAMED, ArtifactKind, Part, Site, normalise

_FORMS = {ArtifactKind.IMAGE: IMAGE, ArtifactKind.CHART: CHART, ArtifactKind.GIT: GIT_HOME}
_FIXED = frozenset({Part.COMMIT, Part.NAME})
_UNNAMED = "(unnamed)"
_VARIABLE = re.compile(r"\$\{[^}]*\}/")

Placed = tuple[str, Site]
"""A site with the environment that alone reaches it."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One artifact of one object: its sites, each with its environment.

    `unit` is what the object is called and the directory in which it lies, with the words that
    name environments left out: the same in each of them. `variable` is the Flux variable that an
    app.yaml must name, "" where the artifact's name is enough.
    """

    unit: tuple[str, str]
    kind: ArtifactKind
    artifact: str
    variable: str
    placed: tuple[Placed, ...]

    @property
    def sites(self) -> tuple[Site, ...]:
        """The sites of every environment."""
        return tuple(site for _, site in self.placed)

    @property
    def versions(self) -> Mapping[str, str | None]:
        """What each environment says; the first version where it says two."""
        return {
            environment: content[0].tag
            for environment in dict.fromkeys(e for e, _ in self.placed)
            if (content := read_content(s for e, s in self.placed if e == environment)[0])
        }


@dataclass(frozen=True, slots=True)
class App:
    """An app to be described: its name, the streams that are one, and the chart that runs them.

    `chart` is None where none does, or the chart itself is the app.
    """

    name: str
    streams: tuple[Stream, ...]
    chart: Stream | None = None

    @property
    def sites(self) -> tuple[Site, ...]:
        """All of its sites."""
        streams = self.streams if self.chart is None else (*self.streams, self.chart)
        return tuple(site for stream in streams for site in stream.sites)

    @property
    def paths(self) -> tuple[str, ...]:
        """The files that hold them, sorted."""
        return tuple(sorted({site.path for site in self.sites}))


def unplaceable(site: Site) -> str | None:
    """Why a site can be in no app's pin; None when it can."""
    if site.refusal is not None:
        return f"it {site.refusal}"
    if site.part in _FIXED:
        return f"it is pinned by a {site.part}, which nothing moves yet"
    if _callable(site) is None:
        told = f"an app.yaml cannot name {site.artifact} as its {site.kind}"
        return told if site.artifact else "nothing says of which artifact it is the version"
    return None


def _callable(site: Site) -> tuple[str, str] | None:
    """The artifact of a site as an app.yaml can name it, and the variable that holds its version.

    The variable is "" where the artifact's name is enough. None where neither is told: a variable
    of several charts is a chart's all the same, and one behind a registry that is a variable too
    has the rest of its name.
    """
    if _FORMS[site.kind].fullmatch(site.artifact):
        return site.artifact, ""
    name = _VARIABLE.sub("", site.artifact)
    if site.artifact == UNNAMED and site.kind is ArtifactKind.CHART:
        name = labelled(site.object.rpartition("/")[2])
    variable = variable_of(site)
    told = VARIABLE.fullmatch(variable) and _FORMS[site.kind].fullmatch(name)
    return (name, variable) if told else None


def streams(
    placed: Iterable[Placed], words: Callable[[str], frozenset[str]]
) -> tuple[tuple[Stream, ...], dict[Site, str]]:
    """The sites by what moves together, and those that cannot, each with the reason.

    `words` gives the path segments that are an environment's own.
    """
    found: dict[tuple[tuple[str, str], ArtifactKind, str, str], list[Placed]] = {}
    left: dict[Site, str] = {}
    for environment, site in placed:
        reason = unplaceable(site)
        if reason is not None:
            left[site] = reason
            continue
        unit = _unit(site, words(environment))
        called = _callable(site) or (site.artifact, "")
        found.setdefault((unit, site.kind, *called), []).append((environment, site))
    streams = []
    for key in sorted(found):
        for stream in _agreeing(Stream(*key, tuple(found[key]))):
            told = _disagreement(stream)
            if told is None:
                streams.append(stream)
            else:
                left |= dict.fromkeys(stream.sites, told)
    return tuple(streams), left


def apps(found: Sequence[Stream], taken: Iterable[str]) -> tuple[App, ...]:
    """The apps of these streams, named after their objects; none gets a name that is taken."""
    names = set(taken)
    units: dict[tuple[str, str], list[Stream]] = {}
    for stream in found:
        units.setdefault(stream.unit, []).append(stream)
    result = []
    for unit, members in units.items():
        groups = list(_together(members))
        main = _main(unit[0], groups)
        chart = _runs(main, groups)
        for group in sorted(groups, key=lambda each: each is not main):
            if chart is None or group[0] is not chart:
                name = first_free(_wanted(unit, group, main), names)
                result.append(App(name, tuple(group), chart if group is main else None))
    return tuple(sorted(result, key=lambda app: app.name))


def _unit(site: Site, words: frozenset[str]) -> tuple[str, str]:
    directory = "/".join(
        "*" if segment in words else segment for segment in posixpath.dirname(site.path).split("/")
    )
    _, _, title = site.object.partition(" ")
    name = labelled(title.rpartition("/")[2])
    if not name or title == _UNNAMED:
        name = labelled(_last(site.artifact))
    return name, directory


def _agreeing(stream: Stream) -> Iterator[Stream]:
    """The stream, or one for each of its files where they say different versions."""
    if _disagreement(stream) is None:
        yield stream
        return
    files: dict[str, list[Placed]] = {}
    for environment, site in stream.placed:
        files.setdefault(posixpath.basename(site.path), []).append((environment, site))
    for placed in files.values():
        yield replace(stream, placed=tuple(placed))


def _disagreement(stream: Stream) -> str | None:
    for environment in dict.fromkeys(e for e, _ in stream.placed):
        problem = read_content(s for e, s in stream.placed if e == environment)[1]
        if problem is not None:
            return f"{problem.message}: an app has one version of it"
    return None


def _together(members: Sequence[Stream]) -> Iterator[list[Stream]]:
    """Streams of one object that are one release: images of one path, of one version everywhere."""
    groups: list[list[Stream]] = []
    for stream in members:
        first = next((g for g in groups if _one_release(g[0], stream)), None)
        if first is None:
            groups.append([stream])
        else:
            first.append(stream)
    return iter(groups)


def _one_release(one: Stream, other: Stream) -> bool:
    images = one.kind is other.kind is ArtifactKind.IMAGE and not (one.variable or other.variable)
    path, _, _ = one.artifact.rpartition("/")
    own = path.count("/") >= 1 and path != normalise("x").rpartition("/")[0]
    same = own and path == other.artifact.rpartition("/")[0]
    return images and same and one.artifact != other.artifact and one.versions == other.versions


def _main(name: str, groups: Sequence[list[Stream]]) -> list[Stream]:
    """The group that is called as its object: the image of that name, else the likeliest."""

    def likeliness(group: list[Stream]) -> tuple[bool, ...]:
        lasts = {labelled(_last(stream.artifact)) for stream in group}
        image = group[0].kind is ArtifactKind.IMAGE
        close = any(last in name or name in last for last in lasts)
        within = any(labelled(s) == name for s in group[0].artifact.split("/"))
        return name in lasts and image, name in lasts, close and image, within, image

    return max(groups, key=likeliness)


def _runs(main: Sequence[Stream], groups: Sequence[Sequence[Stream]]) -> Stream | None:
    """The one chart of the object whose main images these are, where it is there with them."""
    charts = [each for group in groups for each in group if each.kind is ArtifactKind.CHART]
    if main[0].kind is not ArtifactKind.IMAGE or len(charts) != 1:
        return None
    return charts[0] if charts[0].versions.keys() == main[0].versions.keys() else None


def _wanted(unit: tuple[str, str], group: Sequence[Stream], main: object) -> Iterator[str]:
    """Names for a group, the shortest first."""
    name, directory = unit
    artifact = group[0].artifact
    segments = artifact.replace(":", "/").split("/")
    around = [s for s in directory.split("/") if labelled(s) not in {"", name, "app", "base"}]
    if group is main:
        yield name
        yield from (f"{'-'.join(around[-n:])}-{name}" for n in range(1, len(around) + 1))
    what = "chart" if group[0].kind is ArtifactKind.CHART else _last(artifact)
    yield what if what.startswith(f"{name}-") else f"{name}-{what}"
    yield f"{name}-{_last(artifact)}"
    yield from (f"{name}-{'-'.join(segments[-n:])}" for n in range(2, len(segments) + 1))
    if around:
        yield f"{around[-1]}-{name}-{what}"


def _last(artifact: str) -> str:
    return artifact.rpartition("/")[2]
