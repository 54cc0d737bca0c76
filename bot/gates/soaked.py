"""soaked: the release was healthy here for the environment's soak."""

from datetime import datetime

from bot.observation import Observation, Running
from bot.plan import Pass, Verdict, Wait
from bot.standing import soak_start


def judge(running: Running, observation: Observation, now: datetime) -> Verdict:
    """Counts from the soak start to the last moment for which health is known."""
    started = soak_start(running, observation, now)
    if started is None:
        return Wait("not healthy")
    start, known_until = started
    soak = observation.policy(running.target).soak
    known = known_until - start
    if known >= soak:
        return Pass()
    return Wait(f"soaked for {max(known, known * 0)} of {soak}", start + soak)
