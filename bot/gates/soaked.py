"""soaked: the release was healthy here for the environment's soak."""

from datetime import datetime

from bot.observation import Observation, Running
from bot.plan import Pass, Refuse, Verdict, Wait
from bot.standing import failure_of, in_seconds, soak_start


def judge(running: Running, observation: Observation, now: datetime) -> Verdict:
    """Counts from the soak start to the last moment for which health is known.

    What failed its soak for good is refused: the next release is a new one.
    """
    failure = failure_of(running, observation)
    if failure is not None:
        app, environment = running.target.app, running.target.environment
        return Refuse(
            f"failed its soak at {failure.at:%Y-%m-%d %H:%M}Z ({failure.reason}): it takes a newer "
            f"release, or a person's `fairlead state restart {app} {environment}`"
        )
    started = soak_start(running, observation, now)
    if started is None:
        return Wait("not healthy")
    start, known_until = started
    soak = observation.policy(running.target).soak
    known = known_until - start
    if known >= soak:
        return Pass()
    return Wait(f"soaked for {in_seconds(known)} of {soak}", start + soak)
