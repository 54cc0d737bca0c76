"""hold: nobody holds the app in the environment.

A hold counts from the target branch, and from an open merge request that only adds it, by somebody
who may approve there. It ends by itself after `until`, or when its file is gone.
"""

from collections.abc import Iterable
from datetime import datetime

from bot.approvers import approvers
from bot.model import Gap, Target
from bot.observation import Observation
from bot.plan import Pass, Verdict, Wait
from bot.stop import Stop


def judge(target: Target, observation: Observation, now: datetime) -> Verdict:
    """Wait, with who holds it, why, in which file, and until when where it ends by itself."""
    return waiting("held", (s for s in standing(target, observation, now) if s.app is not None))


def taken_over(target: Target, observation: Observation, now: datetime) -> Verdict:
    """Of a rollback: it brings a hold of its own, which takes the place of the one there."""
    held = [s for s in standing(target, observation, now) if s.app is not None]
    return Pass("; ".join(f"takes the place of: {told('held', stop)}" for stop in held))


def standing(target: Target, observation: Observation, now: datetime) -> tuple[Stop, ...]:
    """Every hold and freeze, of files and merge requests, that stops the target now."""
    return tuple(
        stop
        for stop in observation.stops
        if stop.concerns(target)
        and stop.stands(now)
        and (stop.author is None or may_stop(stop.author, target, observation))
    )


def may_stop(login: str, target: Target, observation: Observation) -> bool:
    """Whether a person's word counts there before it is merged: who may approve, may stop."""
    allowed = approvers(target, observation)
    # Where a group cannot be read, those whom fleet.yaml names are known all the same.
    listed = observation.policy(target).approver(login)
    known = listed if isinstance(allowed, Gap) else allowed.person(login)
    return known is not None and not observation.config.is_bot(login)


def waiting(what: str, stops: Iterable[Stop]) -> Verdict:
    """Pass without a stop, else Wait until the last one of them ends by itself."""
    found = tuple(stops)
    if not found:
        return Pass()
    ends = [stop.until for stop in found if stop.until is not None]
    reason = "; ".join(told(what, stop) for stop in found)
    return Wait(reason, max(ends) if len(ends) == len(found) else None)


def told(what: str, stop: Stop) -> str:
    """One stop: by whom, why, and where that is written."""
    if stop.problem is not None:
        return f"{what} by a file that cannot be read: {stop.problem}"
    where = stop.path if stop.merge_request is None else f"{stop.path} in !{stop.merge_request}"
    ends = "" if stop.until is not None else ", until somebody ends it"
    return f"{what} by {stop.owner}{ends}: {stop.reason} ({where})"
