"""What was read of a cluster, judged: one app's health on it. Pure.

The worst of an app's objects speaks. Which fleet commit is applied, its Kustomizations say; they
have to agree.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from bot.adapters import flux_judging as judging
from bot.adapters import flux_pods
from bot.adapters import flux_workloads as workloads
from bot.adapters.flux_artifacts import (
    attempted,
    commit,
    of_releases,
    of_sources,
    own_source,
    source_of,
)
from bot.adapters.flux_judging import Verdict, worst
from bot.adapters.flux_objects import KUSTOMIZATION, Kustomization, Metadata, Release, condition
from bot.adapters.flux_read import ClusterRead
from bot.model import Gap, Health, Readiness
from gitops.carriers import Carried, Carrier

SKEW: Final = timedelta(minutes=1)
"""How far a cluster's clock may be off before it is told."""

_LONGEST = 2000
"""Characters that are kept of what Flux says."""


@dataclass(frozen=True, slots=True)
class _There:
    """The objects that carry an app, as far as they are there."""

    kustomizations: tuple[tuple[Carrier, Kustomization], ...]
    releases: tuple[tuple[Carrier, Release], ...]


def health(wanted: Carried, read: ClusterRead) -> Health:
    """How an app is on the cluster that was read; UNKNOWN with a reason where that is not known.

    Times are by our clock.
    """
    gaps = tuple(_gaps(wanted.cluster, read))
    if wanted.problem or not wanted.carriers:
        told = wanted.problem or "nobody says what carries it"
        return unknown(wanted, read.observed, told, gaps)
    there = _there(wanted, read)
    identities, unread = _workloads(there, read)
    found = {each: read.workloads[each] for each in identities if each in read.workloads}
    said = workloads.said(found, wanted.repositories)
    running, moved = flux_pods.running(found, read.pods, wanted.repositories)
    appliers = tuple(_appliers(wanted, there, read))
    commits, disagreement = _commits(appliers)
    verdict = worst((*_objects(wanted, there, read), disagreement, unread, workloads.state(found)))
    charts = of_releases((r for _, r in there.releases), wanted.repositories, read)
    sources = of_sources((k for _, k in there.kustomizations), wanted.repositories, read)
    asides = (*workloads.idle(found), *_asides(there, read))
    return Health(
        environment=wanted.environment,
        cluster=wanted.cluster,
        app=wanted.app,
        revision=commits.pop() if len(commits) == 1 else "",
        readiness=verdict.readiness,
        since=_since(verdict, read),
        observed=read.observed,
        digests={**said.digests, **sources.digests, **charts.digests},
        message="; ".join(filter(None, (verdict.reason, *asides)))[:_LONGEST],
        tags={**said.tags, **sources.tags, **charts.tags},
        drift=(*workloads.absent(identities, read), *said.drift, *moved),
        running=running,
        places=said.places,
        attempted=_tried(appliers),
        continuous=workloads.continuous(found),
        gaps=gaps,
    )


def _since(verdict: Verdict, read: ClusterRead) -> datetime:
    """By our clock, and never after we looked; then, too, where no calendar has the time."""
    if verdict.since is None:
        return read.observed
    try:
        return min((verdict.since - read.ahead).astimezone(UTC), read.observed)
    except OverflowError:
        return read.observed


def unknown(wanted: Carried, observed: datetime, reason: str, gaps: tuple[Gap, ...] = ()) -> Health:
    """That nobody can say how an app is, with the whole reason."""
    return Health(
        environment=wanted.environment,
        cluster=wanted.cluster,
        app=wanted.app,
        revision="",
        readiness=Readiness.UNKNOWN,
        since=observed,
        observed=observed,
        message=reason[:_LONGEST],
        gaps=gaps,
    )


def _gaps(cluster: str, read: ClusterRead) -> Iterator[Gap]:
    for kind, told in sorted(read.unread.items()):
        yield Gap(f"cluster {cluster}", f"{kind}s: {told}", kind in read.denied)


def _there(wanted: Carried, read: ClusterRead) -> _There:
    named = [(each, (each.namespace, each.name)) for each in wanted.carriers]
    return _There(
        tuple(
            (each, read.kustomizations[name])
            for each, name in named
            if each.kind == KUSTOMIZATION and name in read.kustomizations
        ),
        tuple(
            (each, read.releases[name])
            for each, name in named
            if each.kind != KUSTOMIZATION and name in read.releases
        ),
    )


def _objects(wanted: Carried, there: _There, read: ClusterRead) -> Iterator[Verdict]:
    """What each object that carries the app says of itself, or why it says nothing."""
    seen = set()
    for carrier, kustomization in there.kustomizations:
        seen.add(carrier)
        yield _of(_name(carrier), judging.kustomization(carrier, kustomization))
    for carrier, release in there.releases:
        seen.add(carrier)
        yield _of(_name(carrier), judging.release(carrier, release))
    for carrier in wanted.carriers:
        if carrier not in seen:
            told = read.unread.get(carrier.kind, "it is not there")
            yield _of(_name(carrier), Verdict(Readiness.UNKNOWN, told))


def _of(name: str, verdict: Verdict) -> Verdict:
    reason = f"{name}: {verdict.reason}" if verdict.reason else ""
    return Verdict(verdict.readiness, reason, verdict.since)


def _name(carrier: Carrier) -> str:
    return f"{carrier.kind} {carrier.namespace}/{carrier.name}"


def _tried(appliers: Sequence[Kustomization]) -> str:
    """The commit that was tried last, "" where nobody tells it or they differ."""
    tried = {attempted(each) for each in appliers}
    # The others have not begun with it.
    newer = tried - {commit(each) for each in appliers} if len(tried) > 1 else tried
    return (newer.pop() or "") if len(newer) == 1 else ""


def _commits(appliers: Sequence[Kustomization]) -> tuple[set[str], Verdict]:
    """The fleet commits that are applied, and a verdict: ready where that is one."""
    found = {commit(each) for each in appliers}
    known = {each for each in found if each is not None}
    if not appliers:
        return known, Verdict(Readiness.UNKNOWN, "no Kustomization says which commit is applied")
    if None in found:
        each = next(one for one in appliers if commit(one) is None)
        return set(), _commitless(each)
    if len(known) > 1:
        told = " and ".join(sorted(each[:12] for each in known))
        return set(), Verdict(Readiness.RECONCILING, f"it is at several revisions: {told}")
    return known, Verdict(Readiness.READY)


def _commitless(found: Kustomization) -> Verdict:
    name = f"{KUSTOMIZATION} {found.metadata.namespace}/{found.metadata.name}"
    revision = found.status.last_applied_revision
    if not revision:
        return Verdict(Readiness.RECONCILING, f"{name}: nothing is applied yet")
    told = f"{name}: its revision {revision} names no commit, and its origin none either"
    return Verdict(Readiness.UNKNOWN, told)


def _appliers(wanted: Carried, there: _There, read: ClusterRead) -> Iterator[Kustomization]:
    """The Kustomizations that apply the fleet: those that carry the app.

    Where one applies an artifact of the app instead, it is the one that applied it.
    """
    appliers: dict[tuple[str, str], Kustomization] = {}
    above: list[Metadata] = []
    for _, found in there.kustomizations:
        if own_source(found, wanted.repositories, read) is None:
            appliers[found.metadata.namespace, found.metadata.name] = found
        else:
            above.append(found.metadata)
    if not appliers:
        above.extend(found.metadata for _, found in there.releases)
    for each in above:
        owner = (each.labels.kustomization_namespace, each.labels.kustomization)
        if owner in read.kustomizations:
            appliers[owner] = read.kustomizations[owner]
    yield from appliers.values()


def _workloads(there: _There, read: ClusterRead) -> tuple[frozenset[workloads.Identity], Verdict]:
    """Which workloads are the app's, and a `Verdict` that is not ready where some are unknown."""
    found = frozenset[workloads.Identity]()
    unread: Iterable[str] = ()
    for _, kustomization in there.kustomizations:
        found |= workloads.listed(kustomization.status.inventory)
    for carrier, release in there.releases:
        if release.status.inventory is not None:
            found |= workloads.listed(release.status.inventory)
            continue
        found |= workloads.labelled(read, (carrier.namespace, carrier.name))
        unread = [kind for kind in workloads.KINDS if kind in read.unread]
    for kind in unread:
        told = f"{kind}s could not be read: {read.unread[kind]}"
        return found, Verdict(Readiness.UNKNOWN, told)
    return found, workloads.unread(found, read)


def _asides(there: _There, read: ClusterRead) -> Iterator[str]:
    """What decides nothing by itself, and explains what does."""
    for _, found in there.kustomizations:
        source = source_of(found, read)
        if source is not None and source.spec.suspend:
            named = found.spec.source_ref
            yield f"its source is suspended: {named.kind} {named.name}"
            break
        ready = condition(source.status.conditions, "Ready") if source is not None else None
        if ready is not None and ready.status == "False":
            wanted = found.spec.source_ref
            yield f"source not fetched: {wanted.kind} {wanted.name}: {ready.message}"
            break
    if "Pod" in read.unread:
        yield f"Pods could not be read: {read.unread['Pod']}"
    if abs(read.ahead) > SKEW:
        word = "ahead of" if read.ahead > timedelta() else "behind"
        yield f"its clock is {abs(read.ahead)} {word} ours"
