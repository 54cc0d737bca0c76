"""What becomes of the newest candidate when no merge request is open for its target. Pure."""

from dataclasses import replace
from datetime import datetime

from bot.candidates import Candidate
from bot.describe import branch_name
from bot.gates.lists import opening, times
from bot.model import MergeRequest, MergeRequestState
from bot.observation import Branch, Observation
from bot.plan import (
    Decision,
    Deliver,
    GateVerdict,
    Open,
    Promotion,
    PromotionState,
    Refuse,
)
from bot.releases import Built, built


def state_of(verdicts: tuple[GateVerdict, ...]) -> PromotionState:
    """Blocked when a gate refuses, else waiting."""
    refused = any(isinstance(v.verdict, Refuse) for v in verdicts)
    return PromotionState.BLOCKED if refused else PromotionState.WAITING


def promotion_of(
    candidate: Candidate, observation: Observation, now: datetime
) -> tuple[Promotion | None, tuple[GateVerdict, ...]]:
    """The promotion of a candidate and its opening verdicts; None until it is built."""
    verdicts = opening(candidate, observation, now)
    result = built(candidate, observation, now)
    if not isinstance(result, Built):
        return None, verdicts
    notes = [v.verdict.note for v in verdicts if hasattr(v.verdict, "note") and v.verdict.note]
    branch = branch_name(candidate.target, result.release.version)
    return Promotion(candidate.target, result.release, branch, tuple(notes)), verdicts


def propose(
    idle: Decision, candidate: Candidate, observation: Observation, now: datetime
) -> Decision:
    """The decision for a candidate whose opening gates all pass."""
    promotion, verdicts = promotion_of(candidate, observation, now)
    if promotion is None:
        return replace(idle, state=state_of(verdicts), release=candidate.name, verdicts=verdicts)
    shown = replace(idle, release=promotion.release.version, notes=promotion.notes)
    if changes_nothing(promotion, observation):
        return idle
    if observation.policy(idle.target).deliver == "commit":
        frozen = tuple(v for v in times(idle.target, observation, now) if not v.open)
        if frozen:
            return replace(shown, state=PromotionState.WAITING, verdicts=verdicts + frozen)
        step = Deliver((promotion,), observation.head, observation.state.sha)
        return replace(shown, state=PromotionState.MERGING, verdicts=verdicts, step=step)
    return _open(shown, promotion, verdicts, observation)


def changes_nothing(promotion: Promotion, observation: Observation) -> bool:
    """The pin already says all of it: settled, without a merge request."""
    pin = observation.pin(promotion.target)
    if pin is None or pin.unreleased:
        return False
    wanted = {
        (a.repository, a.tag, a.digest if a.repository in pin.digest_room else None)
        for a in promotion.release.artifacts
    }
    return wanted == {(p.repository, p.tag, p.digest) for p in pin.content}


def _open(
    shown: Decision,
    promotion: Promotion,
    verdicts: tuple[GateVerdict, ...],
    observation: Observation,
) -> Decision:
    closed = _closed_by_person(promotion, observation)
    if closed is not None:
        who = closed.closed_by or "somebody"
        verdict = GateVerdict(
            "intact",
            Refuse(f"!{closed.number} for it was closed by {who}; reopen it"),
        )
        return replace(
            shown,
            state=PromotionState.ABORTED,
            verdicts=(*verdicts, verdict),
            merge_request=closed.number,
        )
    branch = next((b for b in observation.branches if b.name == promotion.branch), None)
    if branch is not None and not branch.authentic:
        reason = (
            f"a foreign commit {branch.head[:12]} is on {branch.name}: Fairlead stops there until "
            "it or the branch is gone"
        )
        verdict = GateVerdict("intact", Refuse(reason))
        return replace(shown, state=PromotionState.BLOCKED, verdicts=(*verdicts, verdict))
    way = _in_the_way(promotion, observation)
    if way is not None:
        verdict = GateVerdict("intact", Refuse(f"the branch {way} is in the way: delete it"))
        return replace(shown, state=PromotionState.BLOCKED, verdicts=(*verdicts, verdict))
    ready = (
        branch is not None
        and branch.release == promotion.release
        and not _stale(branch)
        and not _merged_before(branch, observation)
    )
    step = Open(
        promotion,
        observation.head,
        observation.state.sha,
        branch.head if branch else None,
        ready=ready,
    )
    return replace(shown, state=PromotionState.PLANNED, verdicts=verdicts, step=step)


def _in_the_way(promotion: Promotion, observation: Observation) -> str | None:
    """A branch above or below the promotion's own name: git cannot hold both."""
    own = promotion.branch
    names = (b.name for b in observation.branches)
    return next((n for n in names if own.startswith(f"{n}/") or n.startswith(f"{own}/")), None)


def _stale(branch: Branch) -> bool:
    return not branch.on_target or bool(branch.touched) or not branch.same_sites


def _merged_before(branch: Branch, observation: Observation) -> bool:
    """Git would merge such a head as "already up to date", and change nothing."""
    return any(
        m.state is MergeRequestState.MERGED and m.head == branch.head
        for m in observation.merge_requests
    )


def _closed_by_person(promotion: Promotion, observation: Observation) -> MergeRequest | None:
    """The last merge request of this very release, when a person closed it."""
    found = [
        m
        for m in observation.merge_requests
        if m.source_branch == promotion.branch
        and m.target_branch == observation.fleet.branch
        and m.state is not MergeRequestState.OPEN
    ]
    last = max(found, key=lambda m: m.number, default=None)
    if last is None or last.state is not MergeRequestState.CLOSED:
        return None
    return last if last.closed_by != observation.login else None
