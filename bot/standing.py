"""How a release stands on the clusters of an environment, from the health reports. Pure.

A report counts for a release only when its revision contains the commit that brought it *and* the
pin, read at that revision, says it. A revision whose pin says something else speaks for that other
release alone.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.drift import by_tag, drifted, of_pods, untold
from bot.model import Health, Manifest, Readiness
from bot.neutral import one_line
from bot.observation import Observation, Report, Running
from bot.state import Failure, Soak

CLOCK_SKEW = timedelta(minutes=1)
"""How far a health source's clock may run ahead of ours before it is not believed."""

MAX_QUOTE = 400
"""Characters of a health source's message; Flux sends up to 39,000."""

MAX_DRIFT = 700
"""Characters: two digests beside an object and a repository."""


class Standing(StrEnum):
    """What is known of a release on one cluster."""

    HEALTHY = "healthy"
    NOT_READY = "not ready"
    RECONCILING = "reconciling"
    DRIFTED = "live drift"
    UNKNOWN = "unknown"


ENDING = frozenset({Standing.NOT_READY, Standing.DRIFTED})
"""What ends a soak at once: the release, or its bytes, were not what ran well."""


@dataclass(frozen=True, slots=True)
class ClusterStanding:
    """One cluster's standing.

    `reason` begins with the cluster, "" when healthy; `report` is None when it says nothing; `note`
    is what a person should know of a healthy one all the same.
    """

    cluster: str
    standing: Standing
    reason: str = ""
    report: Report | None = None
    note: str = ""


def standings(
    running: Running, observation: Observation, now: datetime
) -> tuple[ClusterStanding, ...]:
    """One for each cluster of the environment, in the fleet's order."""
    policy = observation.policy(running.target)
    return tuple(_standing(running, cluster, observation, now) for cluster in policy.clusters)


def _standing(
    running: Running, cluster: str, observation: Observation, now: datetime
) -> ClusterStanding:
    report = observation.report(running.target, cluster)
    if report is None:
        gap = observation.health_gap
        reason = f"health could not be read: {gap.reason}" if gap else "it says nothing"
        return ClusterStanding(cluster, Standing.UNKNOWN, f"{cluster}: {reason}")
    standing, said = _judge(running, report, observation, now)
    text = f"{cluster}: {said}" if said else ""
    if standing is Standing.HEALTHY:
        return ClusterStanding(cluster, standing, "", report, text)
    return ClusterStanding(cluster, standing, text, report)


def _judge(
    running: Running, report: Report, observation: Observation, now: datetime
) -> tuple[Standing, str]:
    """The standing, and why it is none better; of a healthy one what should be known."""
    health = report.health
    doubt = _doubt(running, report, observation, now)
    if doubt:
        return Standing.UNKNOWN, doubt
    behind = _behind(running, report, observation)
    if health.readiness is Readiness.NOT_READY and (report.tried or not behind):
        return Standing.NOT_READY, _said("not ready", health)
    if behind and not health.revision:
        return Standing.RECONCILING, one_line(health.message, MAX_QUOTE) or behind
    if behind:
        return Standing.RECONCILING, _said(behind, health)
    if health.readiness is Readiness.RECONCILING:
        return Standing.RECONCILING, _said("reconciling", health)
    return _bytes(running, report, observation)


def _doubt(running: Running, report: Report, observation: Observation, now: datetime) -> str:
    """Why nothing of the report can be believed, "" when it can be."""
    health = report.health
    max_age = observation.policy(running.target).max_age
    if health.observed > now + CLOCK_SKEW:
        return f"its clock is ahead: it looked at {health.observed:%H:%M:%S}Z"
    if now - health.observed > max_age:
        return f"too old: it last looked {in_seconds(now - health.observed)} ago"
    if health.readiness is Readiness.UNKNOWN:
        return one_line(health.message, MAX_QUOTE) or "unknown"
    if health.since > health.observed + CLOCK_SKEW:
        return f"its clock is ahead: {health.readiness} since {health.since:%H:%M:%S}Z"
    if not report.on_target:
        revision = one_line(health.revision[:12])
        return f"revision {revision} is not on {observation.fleet.branch}, or not yet"
    return ""


def in_seconds(time: timedelta) -> timedelta:
    """For people: without what is below a second, and not below nothing."""
    return timedelta(seconds=max(time // timedelta(seconds=1), 0))


def _behind(running: Running, report: Report, observation: Observation) -> str:
    """Why what is applied is not this release, "" when it is."""
    revision = report.health.revision[:12]
    if not revision:
        return "nothing is applied yet"
    if not report.contains:
        return f"revision {revision} does not contain {running.commit[:12]} yet"
    pin = observation.pin(running.target)
    if pin is None or report.content != pin.content:
        return f"at revision {revision} the pin says another release"
    return ""


def _said(reason: str, health: Health) -> str:
    quoted = one_line(health.message, MAX_QUOTE)
    return f"{reason}{': ' if quoted else ''}{quoted}"


def _bytes(running: Running, report: Report, observation: Observation) -> tuple[Standing, str]:
    """What runs must be what was written."""
    health, release, written = report.health, running.release, report.content or ()
    answers = [observation.manifest(r) for r in of_pods(running, health, observation)]
    same = {c: a.digest for a in answers if isinstance(a, Manifest) for c in a.children}
    drift = drifted(release, written, health, same)
    if drift:
        return Standing.DRIFTED, one_line(f"live drift: {', '.join(drift)}", MAX_DRIFT)
    missing = "" if health.blind else untold(release, written, health)
    if missing:
        return Standing.UNKNOWN, f"it does not say which digest of {missing} runs"
    tags = by_tag(release, written, health)
    notes = [f"{', '.join(tags)} by tag alone"] if tags else []
    notes += ["what runs there is not looked at"] if health.blind else []
    quoted = one_line(health.message, MAX_QUOTE)
    return Standing.HEALTHY, ", ".join([*notes, quoted] if quoted else notes)


def soak_of(running: Running, observation: Observation) -> Soak | None:
    """The soak record of exactly this release, brought by exactly this commit."""
    soak = observation.soak(running.target)
    mine = soak is not None and (soak.identity, soak.commit) == (
        running.release.identity,
        running.commit,
    )
    return soak if mine else None


def failure_of(running: Running, observation: Observation) -> Failure | None:
    """That this release failed its soak here for good, whichever commit brought it."""
    for failure in observation.state.failures:
        mine = (failure.target, failure.identity) == (running.target, running.release.identity)
        if mine and failure.restarted is None:
            return failure
    return None


def soak_start(
    running: Running, observation: Observation, now: datetime
) -> tuple[datetime, datetime] | None:
    """When the soak started, and until when health is known; None unless all are healthy now.

    Without a record that speaks of every cluster the soak starts with the reports at hand: not with
    their `since`, which may speak of an earlier revision, and never before the merge.
    """
    found = standings(running, observation, now)
    if not found or any(s.standing is not Standing.HEALTHY for s in found):
        return None
    looked = [min(s.report.health.observed, now) for s in found if s.report]
    record = soak_of(running, observation)
    whole = record is not None and {s.cluster for s in found} <= {*record.clusters}
    if record is not None and whole and not broken(record, running, observation, now):
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

    A `since` that is no later than the last confirmation means: ready without a break, where the
    report is continuous. Of others only what was looked at is known.
    """
    if steady_since(running, observation, now) is None:
        return False
    reports = [s.report.health for s in standings(running, observation, now) if s.report]
    known = (each.since if each.continuous else each.observed for each in reports)
    return max(known) - soak.confirmed > observation.policy(running.target).max_age


def is_proven(running: Running, observation: Observation) -> bool:
    """Whether this release has a proof record in the environment it runs in."""
    return observation.proven(running.target, running.release.identity)
