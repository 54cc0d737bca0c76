"""The exit gates together: what a release that runs still has to show before it is proven."""

from datetime import datetime

from bot.gates import healthy, settled, soaked
from bot.model import Target
from bot.observation import Observation
from bot.plan import GateVerdict, Pass
from bot.standing import is_proven

EXITS = {"healthy": healthy.judge, "settled": settled.judge, "soaked": soaked.judge}
"""In the order in which they open."""


def exits(target: Target, observation: Observation, now: datetime) -> tuple[GateVerdict, ...]:
    """Their verdicts on what runs in the target; () where nothing that is known runs.

    A release with a proof record has settled and soaked for good; its health is still told.
    """
    running = observation.runs(target)
    pin = observation.pin(target)
    if running is None or pin is None or pin.unreleased:
        return ()
    proven = is_proven(running, observation)
    return tuple(
        GateVerdict(
            name,
            Pass("proven") if proven and name != "healthy" else judge(running, observation, now),
        )
        for name, judge in EXITS.items()
    )
