"""Where a version stands in its stream: by version, or by a build's place on its branch. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from bot.model import Source, Target
from bot.observation import Observation
from gitops.config import AppConfig, ArtifactConfig
from gitops.errors import InvalidInput
from gitops.fleet import Pinned
from gitops.tag_template import TagFields, Template
from gitops.version import Version, parse


@dataclass(frozen=True, slots=True, order=True)
class Rank:
    """A place in a stream. Only ranks of one kind compare ("version", "build")."""

    kind: str
    key: tuple[object, ...]

    def above(self, other: "Rank | None") -> bool:
        """Whether this is newer; anything is newer than what has no place or another kind."""
        if other is None or other.kind != self.kind:
            return True
        if self.kind == "build":
            return self.key > other.key
        # One version for the app, and one for each artifact that has its own: none may go down.
        both = list(zip(self.key, other.key, strict=False))
        return all((m,) >= (o,) for m, o in both) and any(m != o for m, o in both)


@lru_cache(maxsize=4096)
def template_of(text: str) -> Template:
    """A parsed template; it was checked when the configuration was read."""
    return Template.parse(text)


def rank_of(target: Target, content: Iterable[Pinned], observation: Observation) -> Rank | None:
    """Where these image tags stand in the app's streams; None when they have no place.

    Tags of one app that stand in different places have none together; those of artifacts that have
    versions of their own stand behind the app's.
    """
    content = tuple(content)
    own = own_places(observation.apps[target.app], {p.repository: p.tag for p in content})
    ranks = ranks_of(target, content, observation)
    kinds = {r.kind if r else None for r in ranks}
    if len(kinds) != 1 or None in kinds or own is None:
        return None
    best = max(r for r in ranks if r is not None)
    positions = {r.key[0] if r.kind == "build" else r.key for r in ranks if r is not None}
    return Rank(best.kind, best.key + own) if len(positions) == 1 else None


def own_places(
    app: AppConfig, tags: Mapping[str, str | None]
) -> tuple[tuple[object, ...], ...] | None:
    """Where each artifact stands that has versions of its own; None where one says no version."""
    found = [version_of(app, a, tags.get(a.name) or "") for a in app.beside]
    versions = [version.precedence for version in found if version is not None]
    return tuple(versions) if len(versions) == len(found) else None


def name_of(app: AppConfig, tags: Mapping[str, str | None]) -> str | None:
    """What a release of an app without a source is called: by its first artifact's tag.

    Those that differ only in what has versions of its own are told apart by these.
    """
    own = "-".join(tags.get(a.name) or "" for a in app.beside)
    first = tags.get(app.followed[0].name)
    return f"{first}-with-{own}" if first and own else first


def ranks_of(
    target: Target, content: Iterable[Pinned], observation: Observation
) -> frozenset[Rank | None]:
    """Where each artifact's tag stands by itself; None among them for one that has no place."""
    app = observation.apps[target.app]
    source = observation.sources.get(app.name)
    history = source if isinstance(source, Source) else Source()
    tags = {p.repository: p.tag for p in content}
    return frozenset(
        _rank_of_tag(tag, app, artifact, history) if (tag := tags.get(artifact.name)) else None
        for artifact in app.followed
    )


def fields_of(name: str, commit: str, version: Version) -> TagFields:
    """What a git tag says, for the templates of the artifacts' tags."""
    semver = f"{version.major}.{version.minor}.{version.patch}"
    return TagFields(
        tag=name,
        version=version.text.removeprefix("v"),
        semver=semver + (f"-{version.prerelease}" if version.prerelease else ""),
        sha=commit,
        branch=None,
        timestamp=None,
    )


def tag_of(artifact: ArtifactConfig, fields: TagFields) -> str:
    """The tag of an artifact, or a chart's version.

    Raises:
        InvalidInput: a field is missing, or it is no tag of such an artifact. Flux takes `1.10` of
            a chart for a range, so that a chart's version has three numbers.
    """
    template = template_of(artifact.tag)
    if artifact.kind == "image":
        return template.render(fields)
    text = template.render_git(fields)
    version = parse(text)
    if artifact.kind == "chart" and (version is None or version.parts < 3):
        raise InvalidInput(f"{text} is no version of a chart: it has three numbers")
    return text


def version_of(app: AppConfig, artifact: ArtifactConfig, tag: str) -> Version | None:
    """The version that an image tag stands for, read through the app's templates."""
    fields = template_of(artifact.tag).read(tag)
    if fields is None:
        return None
    if fields.tag is not None and app.source is not None:
        inner = template_of(app.source.tags).read(fields.tag)
        return version_in(inner) if inner else None
    return version_in(fields) or (parse(fields.tag) if fields.tag else None)


def version_of_tag(app: AppConfig, name: str) -> Version | None:
    """The version that a git tag stands for, read through the source's template."""
    fields = template_of(app.source.tags if app.source else "{tag}").read(name)
    return (version_in(fields) if fields else None) or parse(name)


def image_tags(app: AppConfig, name: str, commit: str) -> tuple[tuple[str, str], ...]:
    """The image tags of a git tag, by repository; () where it can have none."""
    version = version_of_tag(app, name)
    if version is None:
        return ()
    fields = fields_of(name, commit, version)
    try:
        return tuple((a.name, tag_of(a, fields)) for a in app.artifacts)
    except InvalidInput:
        return ()


def version_in(fields: TagFields) -> Version | None:
    """The version that the fields of a tag spell; None when they spell none."""
    text = fields.version or fields.semver
    return parse(text) if text else None


def _rank_of_tag(tag: str, app: AppConfig, artifact: ArtifactConfig, source: Source) -> Rank | None:
    if artifact.build is not None:
        fields = template_of(artifact.build).read(tag)
        if fields is not None and fields.sha:
            for shas in source.branches.values():
                rank = build_rank(fields, shas)
                if rank is not None:
                    return rank
    version = version_of(app, artifact, tag)
    return Rank("version", (version.precedence,)) if version else None


def build_rank(fields: TagFields, shas: tuple[str, ...]) -> Rank | None:
    """Where a build stands: position from the root of the first-parent history, then the stamp."""
    sha = commit_of(fields.sha or "", shas)
    if sha is None:
        return None
    stamp = fields.timestamp.isoformat() if fields.timestamp else ""
    return Rank("build", (len(shas) - shas.index(sha), stamp))


def commit_of(prefix: str, shas: Iterable[str]) -> str | None:
    """The one sha that starts with `prefix` (at least 7 digits); None for none or several."""
    if len(prefix) < 7:
        return None
    found = {sha for sha in shas if sha.startswith(prefix)}
    return found.pop() if len(found) == 1 else None
