"""How far the release that runs in an environment has come. Pure."""

from datetime import datetime

from bot.gates.exits import exits
from bot.model import Target
from bot.observation import Observation
from bot.plan import PromotionState
from bot.standing import Standing, failure_of, is_proven, standings


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
