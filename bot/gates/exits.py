"""The exit gates together: what a release that runs still has to show before it is proven."""

from datetime import datetime

from bot.gates import healthy, settled, soaked
from bot.model import Target
from bot.observation import Observation
from bot.plan import GateVerdict

EXITS = {"healthy": healthy.judge, "settled": settled.judge, "soaked": soaked.judge}
"""In the order in which they open."""


def exits(target: Target, observation: Observation, now: datetime) -> tuple[GateVerdict, ...]:
    """Their verdicts on what runs in the target; () where nothing that is known runs."""
    running = observation.runs(target)
    pin = observation.pin(target)
    if running is None or pin is None or pin.unreleased:
        return ()
    return tuple(
        GateVerdict(name, judge(running, observation, now)) for name, judge in EXITS.items()
    )
