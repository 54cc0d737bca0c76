"""newer: the candidate stands above what the pin says. No environment goes down by itself (S4)."""

from datetime import datetime

from bot.candidates import Candidate
from bot.observation import Observation
from bot.plan import Pass, Refuse, Verdict
from bot.rank import rank_of, ranks_of
from bot.state import Origin


def judge(candidate: Candidate, observation: Observation, now: datetime) -> Verdict:  # noqa: ARG001
    """Pass for anything above the pin; an unreleased pin is below everything."""
    if candidate.refusal:
        return Refuse(candidate.refusal)
    pin = observation.pin(candidate.target)
    if pin is None:
        return Refuse(f"{candidate.target} has no pin")
    if pin.problem:
        return Refuse(pin.problem)
    if pin.unreleased:
        return Pass("the first release here")
    outside = _outside(candidate, observation)
    present = rank_of(candidate.target, pin.content, observation)
    shown = ", ".join(sorted({p.tag or p.digest or "nothing" for p in pin.content}))
    if present is None:
        # Images of different versions have no place together, but none of them may go down.
        each = ranks_of(candidate.target, pin.content, observation)
        placed = [r for r in each if r is not None and r.kind == candidate.rank.kind]
        if any(r.above(candidate.rank) for r in placed):
            return Refuse(f"older than some of what is there ({shown})")
    if present is None or present.kind != candidate.rank.kind:
        notes = (f"the present version ({shown}) cannot be ordered against it", outside)
        return Pass("; ".join(n for n in notes if n))
    if candidate.rank.above(present):
        return Pass(outside)
    return Refuse(f"not newer than what is there ({shown})")


def _outside(candidate: Candidate, observation: Observation) -> str:
    """Says that no promotion brought what is there now; "" when one did."""
    running = observation.runs(candidate.target)
    if running is None or running.origin is not Origin.OUTSIDE:
        return ""
    return f"a person wrote {running.release.version} there, in {running.commit[:12]}"
