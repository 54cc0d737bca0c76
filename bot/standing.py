"""How a release stands on the clusters of an environment, from the health reports. Pure.

A report counts for a release only when its revision contains the commit that brought it *and* the
pin, read at that revision, says it. A revision whose pin says something else speaks for that other
release alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.model import Readiness
from bot.observation import Observation, Report, Running
from bot.state import Soak

CLOCK_SKEW = timedelta(minutes=1)
"""How far a health source's clock may run ahead of ours before it is not believed."""


class Standing(StrEnum):
    """What is known of a release on one cluster."""

    HEALTHY = "healthy"
    NOT_READY = "not ready"
    RECONCILING = "reconciling"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class ClusterStanding:
    """One cluster's standing; `reason` is "" when healthy, `report` None when it says nothing."""

    cluster: str
    standing: Standing
    reason: str = ""
    report: Report | None = None


def standings(
    running: Running, observation: Observation, now: datetime
) -> tuple[ClusterStanding, ...]:
    """One for each cluster of the environment, in the fleet's order."""
    policy = observation.policy(running.target)
    return tuple(_standing(running, cluster, observation, now) for cluster in policy.clusters)


def _standing(
    running: Running, cluster: str, observation: Observation, now: datetime
) -> ClusterStanding:
    report = _report(running, cluster, observation)
    if report is None:
        gap = observation.health_gap
        reason = f"health could not be read: {gap.reason}" if gap else "it says nothing"
        return ClusterStanding(cluster, Standing.UNKNOWN, f"{cluster}: {reason}")
    standing, reason = _judge(running, report, observation, now)
    return ClusterStanding(cluster, standing, f"{cluster}: {reason}" if reason else "", report)


def _report(running: Running, cluster: str, observation: Observation) -> Report | None:
    target = running.target
    for report in observation.reports:
        health = report.health
        if (health.environment, health.cluster, health.app) == (
            target.environment,
            cluster,
            target.app,
        ):
            return report
    return None


def _judge(
    running: Running, report: Report, observation: Observation, now: datetime
) -> tuple[Standing, str]:
    health = report.health
    max_age = observation.policy(running.target).max_age
    if health.observed > now + CLOCK_SKEW:
        return Standing.UNKNOWN, f"its clock is ahead: it looked at {health.observed:%H:%M:%S}Z"
    if now - health.observed > max_age:
        return Standing.UNKNOWN, f"too old: it last looked {now - health.observed} ago"
    if not report.contains:
        return (
            Standing.RECONCILING,
            f"revision {health.revision[:12]} does not contain {running.commit[:12]} yet",
        )
    pin = observation.pin(running.target)
    if pin is None or report.content != pin.content:
        return (
            Standing.RECONCILING,
            f"at revision {health.revision[:12]} the pin says another release",
        )
    if health.readiness is Readiness.NOT_READY:
        return Standing.NOT_READY, f"not ready{': ' if health.message else ''}{health.message}"
    if health.readiness is not Readiness.READY:
        standing = Standing(health.readiness.value)
        return standing, f"{standing}{': ' if health.message else ''}{health.message}"
    return _bytes(running, report)


def _bytes(running: Running, report: Report) -> tuple[Standing, str]:
    """The digests that run must be those that were written."""
    for repository, digest in sorted(running.release.digests.items()):
        runs = report.health.digests.get(repository)
        if runs is None:
            return Standing.UNKNOWN, f"it does not say which digest of {repository} runs"
        if runs != digest:
            return Standing.RECONCILING, f"{repository} runs {runs}, not {digest}"
    return Standing.HEALTHY, ""


def soak_of(running: Running, observation: Observation) -> Soak | None:
    """The soak record of exactly this release, brought by exactly this commit."""
    for soak in observation.state.soaks:
        if (soak.target, soak.identity, soak.commit) == (
            running.target,
            running.release.identity,
            running.commit,
        ):
            return soak
    return None


def soak_start(
    running: Running, observation: Observation, now: datetime
) -> tuple[datetime, datetime] | None:
    """When the soak started, and until when health is known; None unless all are healthy now.

    Without a record the soak starts with the reports at hand: not with their `since`, which may
    speak of an earlier revision, and never before the merge.
    """
    found = standings(running, observation, now)
    if not found or any(s.standing is not Standing.HEALTHY for s in found):
        return None
    looked = [min(s.report.health.observed, now) for s in found if s.report]
    record = soak_of(running, observation)
    if record is not None and not broken(record, running, observation, now):
        return record.start, min(looked)
    return max(running.date, *looked), min(looked)


def steady_since(running: Running, observation: Observation, now: datetime) -> datetime | None:
    """The newest `since` of any cluster, None unless all are healthy."""
    found = standings(running, observation, now)
    if not found or any(s.standing is not Standing.HEALTHY for s in found):
        return None
    return max(s.report.health.since for s in found if s.report)


def broken(soak: Soak, running: Running, observation: Observation, now: datetime) -> bool:
    """Whether health was interrupted for longer than `max_age` while nobody looked.

    A `since` that is no later than the last confirmation means: ready without a break.
    """
    since = steady_since(running, observation, now)
    max_age = observation.policy(running.target).max_age
    return since is not None and since - soak.confirmed > max_age


def is_proven(running: Running, observation: Observation) -> bool:
    """Whether this release has a proof record in the environment it runs in."""
    return any(
        p.target == running.target and p.release.identity == running.release.identity
        for p in observation.state.proofs
    )
