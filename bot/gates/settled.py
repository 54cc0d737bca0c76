"""settled: health has been steady long enough to be believed."""

from datetime import datetime

from bot.observation import Observation, Running
from bot.plan import Pass, Verdict, Wait
from bot.standing import in_seconds, soak_start, steady_since


def judge(running: Running, observation: Observation, now: datetime) -> Verdict:
    """Counts from the later of the soak start and the newest `since` of any cluster."""
    started = soak_start(running, observation, now)
    since = steady_since(running, observation, now)
    if started is None or since is None:
        return Wait("not healthy")
    settle = observation.policy(running.target).settle
    steady = max(started[0], since)
    known = started[1] - steady
    if known >= settle:
        return Pass()
    return Wait(f"healthy for {in_seconds(known)} of {settle}", steady + settle)
