"""Which release a pin says, and which commit of the target branch brought it. Pure.

In order: a promotion in the target branch's history that wrote exactly this content; a baseline on
the state branch; else a person changed the pin, and the release is read from its tags.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.describe import Promoted
from bot.model import Artifact, Release, Source, Target
from bot.observation import Observation, PinFacts, Running
from bot.ports import Commit
from bot.rank import commit_of, image_tags, name_of, rank_of, template_of, version_of
from bot.state import Origin
from gitops.config import AppConfig
from gitops.fleet import Pinned
from gitops.tag_template import Template


@dataclass(frozen=True, slots=True)
class Told:
    """A commit of the target branch's first-parent history, and what its message claims."""

    commit: Commit
    promoted: Promoted


Genuine = Callable[[Told], bool]
"""Whether a commit changes just what its message claims: anybody can write a message."""


def newest_state(history: Iterable[Told], genuine: Genuine) -> str | None:
    """The state sha that the newest promotion names; None when none does."""
    named = (told for told in history if told.promoted.state and told.promoted.promotions)
    return next((told.promoted.state for told in named if genuine(told)), None)


Promotions = Mapping[Target, tuple[tuple[Told, Release], ...]]
"""By target, newest first: what the target branch's history says was promoted there."""


def by_target(history: Iterable[Told]) -> Promotions:
    """The promotions of a history, so that each pin looks only at its own."""
    found: dict[Target, list[tuple[Told, Release]]] = {}
    for told in history:
        for target, release in told.promoted.promotions:
            found.setdefault(target, []).append((told, release))
    return {target: tuple(entries) for target, entries in found.items()}


def promoted(
    pin: PinFacts, promotions: Promotions, observation: Observation, genuine: Genuine
) -> Running | None:
    """The newest promotion that wrote what the pin says, if its claims agree with the source."""
    for told, release in promotions.get(pin.target, ()):
        if says(pin.content, release) and _agrees(release, observation) and genuine(told):
            facts = told.commit.facts
            return Running(pin.target, release, facts.sha, facts.date, Origin.PROMOTION)
    return None


def says(content: Sequence[Pinned], release: Release) -> bool:
    """Whether a pin's content is this release's; a pin without digests agrees by its tags."""
    artifacts = {a.repository: a for a in release.artifacts}
    if set(artifacts) != {p.repository for p in content}:
        return False
    return all(
        p.tag == artifacts[p.repository].tag and p.digest in {None, artifacts[p.repository].digest}
        for p in content
    )


def _agrees(release: Release, observation: Observation) -> bool:
    """Whether the commit that is claimed is the one that the version and its images speak of."""
    app = observation.apps.get(release.app)
    if app is None or app.source is None or release.commit is None:
        return app is not None and app.source is None and release.commit is None
    tagged = _tagged(release, observation)
    if tagged is None:
        return _names_the_build(release, app)
    if tagged != release.commit:
        return False
    own = dict(image_tags(app, release.version, release.commit))
    if all(own.get(a.repository) == a.tag for a in release.artifacts):
        return True
    return any(
        p.release.commit == release.commit and p.release.digests == release.digests
        for p in observation.state.proofs
        if p.target.app == release.app
    )


def _tagged(release: Release, observation: Observation) -> str | None:
    """The commit of the release's git tag: as first seen, else as it is; None for no tag's name."""
    seen = observation.state.seen.get(release.app, {}).get(release.version)
    source = observation.sources.get(release.app)
    if seen is not None or not isinstance(source, Source):
        return seen.commit if seen else None
    return next((t.commit for t in source.tags if t.name == release.version), None)


def _names_the_build(release: Release, app: AppConfig) -> bool:
    """Whether name and image tags of a branch build both hold the start of its commit."""
    commit = release.commit or ""
    name, _, identity = release.version.rpartition("-")
    if (
        not name.endswith(f"-{commit[:12]}")
        or identity != replace(release, version=name).identity[:8]
    ):
        return False
    tags = {a.repository: a.tag for a in release.artifacts}
    for artifact in app.artifacts:
        template = template_of(artifact.build) if artifact.build else None
        read = template.read(tags.get(artifact.name, "")) if template else None
        if read is None or not read.sha or not commit.startswith(read.sha):
            return False
    return True


def changed_by_person(pin: PinFacts, commit: Commit, observation: Observation) -> Running | None:
    """What a pin says that no promotion wrote; `commit` is the last one that changed its files."""
    release = found_release(pin, observation)
    if release is None:
        return None
    found = Running(pin.target, release, commit.sha, commit.facts.date, Origin.OUTSIDE)
    for baseline in observation.state.baselines:
        if (baseline.target, baseline.commit) == (pin.target, commit.sha) and (
            baseline.release.commit == release.commit
        ):
            known = {a.repository for a in baseline.release.artifacts if a.digest}
            told = {a.repository for a in release.artifacts if a.digest}
            kept = release if told > known else baseline.release
            return replace(found, release=kept, origin=baseline.origin)
    return found


def found_release(pin: PinFacts, observation: Observation) -> Release | None:
    """The release that tags written by a person stand for; None when they map to no commit.

    Digests come from the pin, else from what the clusters report.
    """
    app = observation.apps.get(pin.target.app)
    if app is None or pin.problem or pin.unreleased or not pin.content:
        return None
    reported = _reported(pin, observation)
    artifacts = tuple(
        Artifact(p.repository, p.tag or "", p.digest or reported.get(p.repository))
        for p in pin.content
    )
    if rank_of(pin.target, pin.content, observation) is None:
        return None
    if app.source is None:
        name = name_of(app, {p.repository: p.tag for p in pin.content})
        return Release(app.name, name or pin.content[0].tag or "", None, artifacts)
    source = observation.sources.get(app.name)
    if not isinstance(source, Source):
        return None
    named = _commit_by_build(app, pin, source) or _commit_by_tag(app, pin, source)
    return Release(app.name, named[0], named[1], artifacts) if named else None


def _reported(pin: PinFacts, observation: Observation) -> dict[str, str]:
    """Digests on which all reports of the target agree that speak of what the pin says."""
    found: dict[str, set[str]] = {}
    for report in observation.reports:
        health = report.health
        here = Target(health.environment, health.app) == pin.target
        if here and report.content == pin.content:
            for repository, digest in health.digests.items():
                found.setdefault(repository, set()).add(digest)
    return {repository: d.pop() for repository, d in found.items() if len(d) == 1}


def _commit_by_build(app: AppConfig, pin: PinFacts, source: Source) -> tuple[str, str] | None:
    tags = {p.repository: p.tag or "" for p in pin.content}
    commits = set()
    for artifact in app.artifacts:
        template = Template.parse(artifact.build) if artifact.build else None
        fields = template.read(tags.get(artifact.name, "")) if template else None
        if fields is None or not fields.sha:
            return None
        for branch, shas in source.branches.items():
            sha = commit_of(fields.sha, shas)
            if sha is not None:
                commits.add((f"{branch}-{sha[:12]}", sha))
    return commits.pop() if len(commits) == 1 else None


def _commit_by_tag(app: AppConfig, pin: PinFacts, source: Source) -> tuple[str, str] | None:
    """The git tag whose version is the pin's, where exactly one commit bears it."""
    tags = {p.repository: p.tag or "" for p in pin.content}
    wanted = {version_of(app, a, tags.get(a.name, "")) for a in app.artifacts}
    version = wanted.pop() if len(wanted) == 1 else None
    if version is None or app.source is None:
        return None
    template = Template.parse(app.source.tags)
    found = []
    for tag in source.tags:
        fields = template.read(tag.name)
        text = (fields.version or fields.semver or "") if fields else ""
        if text and (text == version.text.removeprefix("v")):
            found.append((tag.name, tag.commit))
    return found[0] if len({commit for _, commit in found}) == 1 else None
