"""Which gates are asked when, in order."""

from datetime import datetime

from bot.candidates import Candidate
from bot.gates import approved, built, freeze, green, intact, newer, proven, window
from bot.model import MergeRequest, Target
from bot.observation import Observation
from bot.plan import GateVerdict, Promotion

OPENING = {"newer": newer.judge, "built": built.judge, "proven": proven.judge}
"""Asked of a candidate before a merge request is opened, and again before it is merged."""

MERGING = {"approved": approved.judge, "green": green.judge, "intact": intact.judge}
"""Asked of an open merge request."""

TIMES = {"window": window.judge, "freeze": freeze.judge}
"""Asked of the calendar before anything is delivered."""


def opening(
    candidate: Candidate, observation: Observation, now: datetime
) -> tuple[GateVerdict, ...]:
    """The opening gates on a candidate."""
    return tuple(GateVerdict(n, judge(candidate, observation, now)) for n, judge in OPENING.items())


def merging(
    promotion: Promotion, merge_request: MergeRequest, observation: Observation, now: datetime
) -> tuple[GateVerdict, ...]:
    """The gates that only a merge request can pass."""
    return tuple(
        GateVerdict(n, judge(promotion, merge_request, observation, now))
        for n, judge in MERGING.items()
    )


def times(target: Target, observation: Observation, now: datetime) -> tuple[GateVerdict, ...]:
    """Windows and freezes."""
    return tuple(GateVerdict(n, judge(target, observation, now)) for n, judge in TIMES.items())
