"""Which versions an environment follows, and where each stands in its stream. Pure.

A stream is the source's tags (`tags: prerelease`, `tags: release`, a range or pattern over them),
the builds of a branch, a registry's tags for an app without a source, or the releases proven in the
environment before. Every candidate has a `Rank`; what a pin says has one too, or is unplaced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from bot.model import Gap, GitTag, Release, Source, Target
from bot.observation import Observation
from bot.rank import (
    Rank,
    build_rank,
    commit_of,
    fields_of,
    name_of,
    own_places,
    rank_of,
    tag_of,
    template_of,
    version_of,
    version_of_tag,
)
from bot.state import Seen
from gitops.config import AppConfig, ArtifactConfig, Policy
from gitops.constraint import Constraint
from gitops.errors import InvalidInput
from gitops.fleet import Pinned
from gitops.tag_template import TagFields, branch_in_tag
from gitops.tags import PatternPolicy, PrereleasePolicy, RangePolicy, ReleasePolicy, TagPolicy
from gitops.version import Version


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version that an environment follows, before its artifacts are known to exist.

    `tags` are the tags it would be deployed under, by artifact; None where its place has none for
    it. `release` is set when the artifacts are given, not looked up (the environment takes what was
    proven before it). `refusal` says why it can never be taken.
    """

    target: Target
    name: str
    rank: Rank
    commit: str | None = None
    version: str | None = None
    tags: tuple[tuple[str, str | None], ...] = ()
    release: Release | None = None
    refusal: str | None = None
    kept: Release | None = None
    """What an open merge request holds for it: resolved once, at opening, it stands."""


def candidates(target: Target, observation: Observation) -> tuple[Candidate, ...] | Gap:
    """The environment's candidates, newest first; a Gap when the stream could not be read whole."""
    policy = observation.policy(target)
    app = observation.apps[target.app]
    follow = policy.follow
    if by_hand(target, observation) is not None:
        return ()
    if follow is None:
        return _proven_before(target, policy, observation)
    if app.source is None:
        return _from_registry(target, app, policy, observation)
    source = observation.sources.get(app.name, Gap(app.source.url, "was not read"))
    if isinstance(source, Gap):
        return source
    if follow.branch is not None:
        return _builds(target, app, follow.branch, source, observation)
    seen = observation.state.seen.get(app.name, {})
    return _from_tags(target, app, _tag_policy(policy, app.source.tags), source, seen)


def by_hand(target: Target, observation: Observation) -> str | None:
    """Why a target has no candidates whatever it follows; None when it may have some.

    A chart or a git source whose place nobody can tell: nothing of it could be looked up.
    """
    pin = observation.pin(target)
    if pin is None or not pin.placeless:
        return None
    told = "; ".join(f"{artifact}: {why}" for artifact, why in pin.placeless)
    return f"{told}; until then set it by hand"


# --- tags of a source ----------------------------------------------------------------------------


def _tag_policy(policy: Policy, template: str) -> TagPolicy:
    follow = policy.follow
    read = template_of(template)
    if follow is not None and follow.range is not None:
        return RangePolicy(Constraint.parse(follow.range), template=read)
    if follow is not None and follow.pattern is not None:
        return PatternPolicy(follow.pattern, template=read)
    if follow is not None and follow.tags == "prerelease":
        return PrereleasePolicy(template=read)
    return ReleasePolicy(template=read)


def selectable(app: AppConfig, policies: Iterable[Policy], source: Source) -> tuple[GitTag, ...]:
    """The source's tags that one of these policies can select: those worth remembering."""
    if app.source is None:
        return ()
    names: set[str] = set()
    for policy in policies:
        if policy.follow is not None and policy.follow.branch is None:
            chosen = _tag_policy(policy, app.source.tags).select(t.name for t in source.tags)
            names.update(chosen.eligible)
    return tuple(t for t in source.tags if t.name in names)


def _from_tags(
    target: Target,
    app: AppConfig,
    policy: TagPolicy,
    source: Source,
    seen: Mapping[str, Seen],
) -> tuple[Candidate, ...]:
    by_name = {t.name: t for t in source.tags}
    found = []
    for name in policy.select(by_name).eligible:
        tag = by_name[name]
        version = version_of_tag(app, name)
        if version is not None:
            found.append(_tag_candidate(target, app, tag, version, seen.get(name)))
    return _without_twins(found, seen)


def _tag_candidate(
    target: Target, app: AppConfig, tag: GitTag, version: Version, seen: Seen | None
) -> Candidate:
    refusal = None
    if seen is not None and (seen.object, seen.commit) != (tag.object, tag.commit):
        refusal = (
            f"tag moved: {tag.name} was first seen at commit {seen.commit[:12]} "
            f"and now names {tag.commit[:12]}"
        )
    fields = fields_of(tag.name, tag.commit, version)
    tags: list[tuple[str, str | None]] = []
    for artifact in app.artifacts:
        try:
            tags.append((artifact.name, tag_of(artifact, fields)))
        except InvalidInput as error:
            refusal = refusal or error.message
            tags.append((artifact.name, None))
    rank = Rank("version", (version.precedence,))
    return Candidate(
        target, tag.name, rank, tag.commit, fields.version, tuple(tags), refusal=refusal
    )


def _without_twins(found: list[Candidate], seen: Mapping[str, Seen]) -> tuple[Candidate, ...]:
    """`v1.0` and `v1.0.0`: on one commit the first seen stands, on two both are refused."""
    groups: dict[Rank, list[Candidate]] = {}
    for candidate in found:
        groups.setdefault(candidate.rank, []).append(candidate)
    kept: list[Candidate] = []
    for rank in sorted(groups, reverse=True):
        twins = groups[rank]
        if len({t.commit for t in twins}) > 1:
            names = " and ".join(sorted(t.name for t in twins))
            reason = f"{names} are the same version on different commits"
            kept.extend(_refused(t, reason) for t in twins)
            continue
        twins.sort(key=lambda t: (t.name not in seen, _when(seen.get(t.name)), t.name))
        kept.append(twins[0])
    return tuple(kept)


def _when(seen: Seen | None) -> str:
    return seen.first_seen.isoformat() if seen else ""


def _refused(candidate: Candidate, reason: str) -> Candidate:
    return replace(candidate, refusal=candidate.refusal or reason)


# --- builds of a branch --------------------------------------------------------------------------


def _builds(
    target: Target, app: AppConfig, branch: str, source: Source, observation: Observation
) -> tuple[Candidate, ...] | Gap:
    """One candidate a commit: for each artifact the newest stamp of that commit's builds."""
    shas = source.branches.get(branch, ())
    written = {None, branch_in_tag(branch)}
    builds: dict[str, dict[str, tuple[Rank, str]]] = {}
    for artifact in app.artifacts:
        tags = _listed(target, artifact, observation)
        if isinstance(tags, Gap):
            return tags
        if artifact.build is None:
            return Gap(artifact.name, "has no `build` that tells the builds of a branch")
        template = template_of(artifact.build)
        for tag in tags:
            fields = template.read(tag)
            rank = build_rank(fields, shas) if fields else None
            if fields is None or rank is None or fields.branch not in written:
                continue
            sha = commit_of(fields.sha or "", shas) or ""
            newest = builds.setdefault(sha, {}).get(artifact.name)
            if newest is None or rank > newest[0]:
                builds[sha][artifact.name] = (rank, tag)
    found = [
        Candidate(
            target,
            f"{branch}-{sha[:12]}",
            max(rank for rank, _ in per_image.values()),
            sha,
            tags=tuple(
                (a.name, per_image[a.name][1] if a.name in per_image else None)
                for a in app.artifacts
            ),
        )
        for sha, per_image in builds.items()
    ]
    return tuple(sorted(found, key=lambda c: c.rank, reverse=True))


# --- a registry's tags, and what was proven before ------------------------------------------------


def _from_registry(
    target: Target, app: AppConfig, policy: Policy, observation: Observation
) -> tuple[Candidate, ...] | Gap:
    """An app without a source: the tags of its first artifact; the others follow by template."""
    first = app.followed[0]
    tags = _listed(target, first, observation)
    if isinstance(tags, Gap):
        return tags
    found = []
    for tag in _tag_policy(policy, first.tag).select(tags).eligible:
        version = version_of(app, first, tag)
        fields = template_of(first.tag).read(tag)
        if version is None or fields is None:
            continue
        rank = Rank("version", (version.precedence,))
        found.append(_registry_candidate(target, app, tag, fields, rank, observation))
    return tuple(sorted(found, key=lambda c: c.rank, reverse=True))


def _registry_candidate(
    target: Target,
    app: AppConfig,
    tag: str,
    fields: TagFields,
    rank: Rank,
    observation: Observation,
) -> Candidate:
    """What has versions of its own stays as it is there."""
    pin = observation.pin(target)
    there = {p.repository: p.tag for p in pin.content} if pin is not None else {}
    try:
        named = {
            a.name: tag_of(a, fields) if a.version is None else there.get(a.name)
            for a in app.artifacts
        }
    except InvalidInput as error:
        return Candidate(target, tag, rank, refusal=error.message)
    own = own_places(app, named)
    if own is None:
        told = ", ".join(f"{a.name} {there.get(a.name) or 'nothing'}" for a in app.beside)
        return Candidate(target, tag, rank, refusal=f"set a version by hand first: {told}")
    name = name_of(app, named) or tag
    return Candidate(target, name, Rank(rank.kind, rank.key + own), tags=tuple(named.items()))


def _listed(
    target: Target, artifact: ArtifactConfig, observation: Observation
) -> tuple[str, ...] | Gap:
    """Every tag of an artifact, where the target's clusters take it from."""
    place = observation.place(target, artifact.name)
    return observation.tags.get(place, Gap(artifact.name, "was not read"))


def _proven_before(
    target: Target, policy: Policy, observation: Observation
) -> tuple[Candidate, ...]:
    """What passed the exit gates of the environment before, each identity once."""
    found: dict[str, Candidate] = {}
    for proof in observation.state.proofs:
        release = proof.release
        if proof.target != Target(policy.after or "", target.app):
            continue
        content = [Pinned(a.repository, a.tag, a.digest) for a in release.artifacts]
        rank = rank_of(target, content, observation)
        if rank is not None:
            tags = tuple((a.repository, a.tag) for a in release.artifacts)
            found[release.identity] = Candidate(
                target, release.version, rank, release.commit, None, tags, release
            )
    return tuple(sorted(found.values(), key=lambda c: (c.rank, c.name), reverse=True))
