"""What a tick remembers of soaks, and which proof records it writes. Pure."""

from dataclasses import dataclass
from datetime import datetime

from bot.gates.exits import exits
from bot.model import Target
from bot.observation import Observation, Running
from bot.standing import (
    ENDING,
    Standing,
    broken,
    failure_of,
    is_proven,
    soak_of,
    soak_start,
    standings,
)
from bot.state import Failure, Proof, Soak


@dataclass(frozen=True, slots=True)
class SoakChange:
    """For one target: a soak to write, the end of the one on record, its failure, a proof.

    None: nothing.
    """

    soak: Soak | None = None
    ended: bool = False
    proof: Proof | None = None
    failure: Failure | None = None


def soak_change(target: Target, observation: Observation, now: datetime) -> SoakChange:
    """What becomes of the target's soak.

    It starts when every cluster is healthy, and anew when another one joins them. It ends when one
    is not ready or has drifted, when health has been unknown or reconciling for longer than
    `max_age`, when the pin says another release, when it has failed for good, and when the proof is
    written.
    """
    on_record = observation.soak(target)
    running = observation.runs(target)
    pin = observation.pin(target)
    if running is None or pin is None or pin.unreleased or is_proven(running, observation):
        return SoakChange(ended=on_record is not None)
    record = soak_of(running, observation)
    stale = on_record is not None and record is None
    failure = None if record is None else _failed(record, running, observation, now)
    if failure is not None or failure_of(running, observation) is not None:
        return SoakChange(ended=on_record is not None, failure=failure)
    started = soak_start(running, observation, now)
    if started is None:
        return SoakChange(ended=stale or _ends(record, running, observation, now))
    if all(v.open for v in exits(target, observation, now)):
        proof = Proof(
            target, running.release, running.commit, started[0], started[1], running.origin
        )
        return SoakChange(ended=on_record is not None, proof=proof)
    return SoakChange(_renewed(record, running, observation, started, now))


def _ends(record: Soak | None, running: Running, observation: Observation, now: datetime) -> bool:
    if record is None:
        return False
    if any(s.standing in ENDING for s in standings(running, observation, now)):
        return True
    return now - record.confirmed > observation.policy(running.target).max_age


def _failed(
    record: Soak, running: Running, observation: Observation, now: datetime
) -> Failure | None:
    """That it turned unready in its soak, where that is final: not on a cluster that came later."""
    policy = observation.policy(running.target)
    if policy.on_failure != "hold" or not policy.soak:
        return None
    release = running.release
    for found in standings(running, observation, now):
        soaked = not record.clusters or found.cluster in record.clusters
        if found.standing is Standing.NOT_READY and soaked:
            return Failure(
                running.target,
                release.identity,
                release.version,
                running.commit,
                found.cluster,
                found.reason,
                now,
            )
    return None


def _renewed(
    record: Soak | None,
    running: Running,
    observation: Observation,
    started: tuple[datetime, datetime],
    now: datetime,
) -> Soak | None:
    """A new soak, one of other clusters, or a later confirmation: twice within `max_age`."""
    start, known_until = started
    clusters = tuple(sorted(observation.policy(running.target).clusters))
    new = Soak(
        running.target, running.release.identity, running.commit, start, known_until, clusters
    )
    # Without one that left, so that it counts as new when it comes back.
    if record is None or record.clusters != clusters or broken(record, running, observation, now):
        return new
    half = observation.policy(running.target).max_age / 2
    return new if known_until - record.confirmed >= half else None
