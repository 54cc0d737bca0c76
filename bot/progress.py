"""How far the release that runs in an environment has come. Pure."""

from datetime import UTC, datetime

from bot.gates.exits import exits
from bot.model import Health, Readiness, Target
from bot.neutral import one_line
from bot.observation import Observation, Running
from bot.on_cluster import OnCluster
from bot.plan import PromotionState
from bot.standing import ClusterStanding, Standing, failure_of, is_proven, standings

_READINESS = {
    Standing.HEALTHY: Readiness.READY,
    Standing.NOT_READY: Readiness.NOT_READY,
    Standing.RECONCILING: Readiness.RECONCILING,
    Standing.UNKNOWN: Readiness.UNKNOWN,
}


def running_state(target: Target, observation: Observation, now: datetime) -> PromotionState:
    """The state of what the pin says; planned while nothing is released there."""
    running = observation.runs(target)
    pin = observation.pin(target)
    if running is None or pin is None or pin.unreleased:
        return PromotionState.PLANNED
    if is_proven(running, observation):
        return PromotionState.DONE
    if failure_of(running, observation) is not None:
        return PromotionState.FAILED
    found = {s.standing for s in standings(running, observation, now)}
    if Standing.NOT_READY in found:
        return PromotionState.FAILED
    if found & {Standing.RECONCILING, Standing.DRIFTED}:
        return PromotionState.RECONCILING
    if found != {Standing.HEALTHY}:
        return PromotionState.MERGED
    closed = [v.gate for v in exits(target, observation, now) if not v.open]
    if "settled" in closed:
        return PromotionState.VERIFYING
    return PromotionState.SOAKING if closed else PromotionState.DONE


def on_clusters(target: Target, observation: Observation, now: datetime) -> tuple[OnCluster, ...]:
    """How what runs does on each cluster of the environment; () where nothing known runs."""
    running = observation.runs(target)
    pin = observation.pin(target)
    if running is None or pin is None or pin.unreleased:
        return ()
    found = standings(running, observation, now)
    return tuple(_on_cluster(each, running, observation) for each in found)


def _on_cluster(found: ClusterStanding, running: Running, observation: Observation) -> OnCluster:
    wanted, reason = running.release.version, found.reason or found.note
    said = reason.removeprefix(f"{found.cluster}: ")
    if found.report is None:
        return OnCluster(found.cluster, wanted, "", found.standing.value, None, said)
    pin = observation.pin(running.target)
    content = found.report.content
    if pin is not None and content == pin.content:
        runs = wanted
    else:
        runs = ", ".join(sorted({p.tag for p in content or () if p.tag}))
    # It stands before the reason, which begins with it.
    said = said.removeprefix(f"{found.standing}: ").removeprefix(found.standing)
    since = _since(found.standing, found.report.health)
    return OnCluster(found.cluster, wanted, one_line(runs), found.standing.value, since, said)


def _since(standing: Standing, health: Health) -> datetime | None:
    """When this standing began; None where it is no readiness that is reported with its time.

    A source that knows no time gives the moment in which it looked, another one at each look.
    """
    told = _READINESS.get(standing) is health.readiness and health.since < health.observed
    return health.since.astimezone(UTC) if told else None
