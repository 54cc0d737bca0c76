"""healthy: every cluster of the environment says so, of this release. Absent is not healthy."""

from datetime import datetime

from bot.observation import Observation, Running
from bot.plan import Pass, Verdict, Wait
from bot.standing import Standing, standings


def judge(running: Running, observation: Observation, now: datetime) -> Verdict:
    """Pass, or each cluster that is not healthy with its reason."""
    found = standings(running, observation, now)
    if not found:
        return Wait("the environment has no cluster that could say so")
    sick = [s.reason for s in found if s.standing is not Standing.HEALTHY]
    return Wait("; ".join(sick)) if sick else Pass("; ".join(s.note for s in found if s.note))
