"""Which release a pin says, and which commit of the target branch brought it. Pure.

In order: a promotion in the target branch's history that wrote exactly this content; a baseline on
the state branch; else a person changed the pin, and the release is read from its tags.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.describe import Promoted
from bot.model import Artifact, Origin, Release, Source, Target
from bot.observation import Observation, PinFacts, Running
from bot.ports import Commit
from bot.rank import commit_of, rank_of, version_of
from gitops.config import AppConfig
from gitops.fleet import Pinned
from gitops.tag_template import Template


@dataclass(frozen=True, slots=True)
class Told:
    """A commit of the target branch's first-parent history, and what its message claims."""

    commit: Commit
    promoted: Promoted


def newest_state(history: Iterable[Told]) -> str | None:
    """The state sha that the newest promotion names; None when none does."""
    return next((told.promoted.state for told in history if told.promoted.state), None)


Promotions = Mapping[Target, tuple[tuple[Told, Release], ...]]
"""By target, newest first: what the target branch's history says was promoted there."""


def by_target(history: Iterable[Told]) -> Promotions:
    """The promotions of a history, so that each pin looks only at its own."""
    found: dict[Target, list[tuple[Told, Release]]] = {}
    for told in history:
        for target, release in told.promoted.promotions:
            found.setdefault(target, []).append((told, release))
    return {target: tuple(entries) for target, entries in found.items()}


def promoted(pin: PinFacts, promotions: Promotions, observation: Observation) -> Running | None:
    """The newest promotion that wrote what the pin says, if its claims agree with the source."""
    for told, release in promotions.get(pin.target, ()):
        if says(pin.content, release) and _agrees(release, observation):
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
    """A message can be edited: its commit counts only where the tag as first seen agrees."""
    seen = observation.state.seen.get(release.app, {}).get(release.version)
    if seen is not None:
        return seen.commit == release.commit
    source = observation.sources.get(release.app)
    if not isinstance(source, Source):
        return True
    tagged = next((t.commit for t in source.tags if t.name == release.version), None)
    return tagged is None or tagged == release.commit


def found_release(pin: PinFacts, observation: Observation) -> Release | None:
    """The release that tags written by a person stand for; None when they map to no commit.

    Digests come from the pin, else from what the clusters report.
    """
    app = observation.apps.get(pin.target.app)
    if app is None or pin.problem or pin.unreleased or not pin.content:
        return None
    reported = _reported(pin.target, observation)
    artifacts = tuple(
        Artifact(p.repository, p.tag or "", p.digest or reported.get(p.repository))
        for p in pin.content
    )
    if rank_of(pin.target, pin.content, observation) is None:
        return None
    if app.source is None:
        return Release(app.name, pin.content[0].tag or "", None, artifacts)
    source = observation.sources.get(app.name)
    if not isinstance(source, Source):
        return None
    named = _commit_by_build(app, pin, source) or _commit_by_tag(app, pin, source)
    return Release(app.name, named[0], named[1], artifacts) if named else None


def _reported(target: Target, observation: Observation) -> dict[str, str]:
    """Digests on which all reports of the target agree."""
    found: dict[str, set[str]] = {}
    for report in observation.reports:
        health = report.health
        if (health.environment, health.app) == (target.environment, target.app):
            for repository, digest in health.digests.items():
                found.setdefault(repository, set()).add(digest)
    return {repository: d.pop() for repository, d in found.items() if len(d) == 1}


def _commit_by_build(app: AppConfig, pin: PinFacts, source: Source) -> tuple[str, str] | None:
    tags = {p.repository: p.tag or "" for p in pin.content}
    commits = set()
    for artifact in app.artifacts:
        template = Template.parse(artifact.build) if artifact.build else None
        fields = template.read(tags.get(artifact.image, "")) if template else None
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
    wanted = {version_of(app, a, tags.get(a.image, "")) for a in app.artifacts}
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
