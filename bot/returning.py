"""What becomes of an open rollback: merged, made anew, or waiting. Pure.

It passes the gates that every merge request passes. *newer* is waived by name, and *proven* asks
for a record of the very same release in this environment.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.advancing import close, close_spare, gone, judge
from bot.candidates import Candidate
from bot.gates.intact import branch_of
from bot.model import MergeRequest, Release, Target
from bot.neutral import code
from bot.observation import Observation
from bot.plan import (
    Decision,
    GateVerdict,
    Pass,
    Promotion,
    PromotionState,
    Refuse,
    Verdict,
    Wait,
)
from bot.proposing import changes_nothing
from bot.rank import Rank
from bot.releases import Built, from_proof
from bot.state import Proof


def go_back(
    idle: Decision,
    rollbacks: Sequence[MergeRequest],
    others: Sequence[MergeRequest],
    observation: Observation,
    now: datetime,
) -> Decision:
    """The decision for a target with an open rollback.

    `rollbacks` are its open ones, oldest first and at least one; `others` the open merge requests
    of newer releases, which make room for it.
    """
    merge_request = rollbacks[0]
    shown = replace(idle, state=PromotionState.OPEN, merge_request=merge_request.number)
    spare = close_spare(idle, rollbacks, observation)
    if spare is not None:
        return spare
    branch = branch_of(merge_request, observation)
    if branch is None or not branch.authentic or branch.rollback is None or branch.release is None:
        return gone(shown, merge_request, branch)
    room = _make_room(idle, merge_request, branch.release, others, observation)
    if room is not None:
        return room
    target, release, rollback = idle.target, branch.release, branch.rollback
    asked = f"waived: {rollback.owner} asks for this older release: {rollback.reason}"
    result = _there(target, release, observation)
    verdicts = (
        GateVerdict("newer", Pass(asked)),
        GateVerdict("built", _built(result, release)),
        GateVerdict("proven", proven_here(target, release, observation)),
    )
    promotion = Promotion(target, release, branch.name, (asked,), rollback)
    if changes_nothing(promotion, observation):
        comment = "The target branch says this already."
        step = close(target, merge_request, branch, comment, None)
        return replace(shown, state=PromotionState.SUPERSEDED, release=release.version, step=step)
    return judge(shown, promotion, verdicts, merge_request, observation, now)


def _make_room(
    idle: Decision,
    rollback: MergeRequest,
    release: Release,
    others: Sequence[MergeRequest],
    observation: Observation,
) -> Decision | None:
    """Closes an open promotion, so that it comes again when the hold has ended (S9)."""
    for other in others:
        branch = branch_of(other, observation)
        if branch is not None and branch.authentic:
            comment = f"A rollback to {code(release.version)} is open: !{rollback.number}."
            step = close(idle.target, other, branch, comment, release.version)
            return replace(
                idle, state=PromotionState.SUPERSEDED, merge_request=other.number, step=step
            )
    return None


def proofs_here(target: Target, observation: Observation) -> tuple[Proof, ...]:
    """The proof records of the environment itself, the last soaked first."""
    found = [p for p in observation.state.proofs if p.target == target]
    return tuple(sorted(found, key=lambda p: (p.soaked_at, p.release.identity), reverse=True))


def proven_here(target: Target, release: Release, observation: Observation) -> Verdict:
    """Pass where this very release passed the exit gates of this environment."""
    for proof in proofs_here(target, observation):
        if proof.release.identity == release.identity:
            return Pass(f"{release.version} was proven in {target.environment} itself")
    return Refuse(f"no proof of this release in {target.environment}")


def _there(target: Target, release: Release, observation: Observation) -> Built | Wait | Refuse:
    """Its bytes, if the registry still has them."""
    proof = next(
        (p for p in proofs_here(target, observation) if p.release.identity == release.identity),
        None,
    )
    if proof is None or any(a.digest is None for a in release.artifacts):
        return Refuse("nobody knows the bytes of this release")
    own = tuple((a.repository, a.tag) for a in release.artifacts)
    candidate = Candidate(
        target, release.version, Rank("rollback", ()), release.commit, None, own, release
    )
    return from_proof(candidate, proof, observation)


def _built(result: Built | Wait | Refuse, release: Release) -> Verdict:
    if not isinstance(result, Built):
        return result
    if result.release != release:
        return Refuse("its tags are written differently in the proof record")
    return Pass("; ".join(result.notes))
