"""Which gates are asked when, in order."""

from collections.abc import Iterable
from datetime import datetime

from bot.candidates import Candidate
from bot.gates import approved, built, freeze, green, hold, intact, newer, proven, window
from bot.model import MergeRequest, Target
from bot.observation import Observation
from bot.plan import GateVerdict, Pass, Promotion

OPENING = {"newer": newer.judge, "built": built.judge, "proven": proven.judge}
"""Asked of a candidate before a merge request is opened, and again before it is merged."""

MERGING = {"approved": approved.judge, "green": green.judge, "intact": intact.judge}
"""Asked of an open merge request."""

TIMES = {"window": window.judge, "freeze": freeze.judge, "hold": hold.judge}
"""Asked of the calendar, and of operators' stops, before anything is delivered."""

STOPS = {"freeze": freeze.begun, "hold": hold.judge}
"""Asked before a merge request is opened: what people stop is not even proposed."""


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


def times(
    target: Target, observation: Observation, now: datetime, *, rollback: bool = False
) -> tuple[GateVerdict, ...]:
    """Windows, freezes and holds; a rollback brings its own hold, and no other keeps it out."""
    judges = TIMES | ({"hold": hold.taken_over} if rollback else {})
    return tuple(GateVerdict(n, judge(target, observation, now)) for n, judge in judges.items())


def stopped(target: Target, observation: Observation, now: datetime) -> tuple[GateVerdict, ...]:
    """The operators' stops that keep a release from being proposed; () where there is none."""
    found = (GateVerdict(n, judge(target, observation, now)) for n, judge in STOPS.items())
    return tuple(v for v in found if not v.open)


def reasons(verdicts: Iterable[GateVerdict]) -> tuple[str, ...]:
    """What each gate that is not open says."""
    return tuple(v.verdict.reason for v in verdicts if not isinstance(v.verdict, Pass))
