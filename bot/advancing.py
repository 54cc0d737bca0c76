"""What becomes of an open merge request: superseded, made anew, merged, or waiting. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.candidates import Candidate
from bot.describe import branch_name
from bot.gates.intact import branch_of
from bot.gates.lists import merging, times
from bot.model import MergeRequest, Release, Target
from bot.neutral import code
from bot.observation import Branch, Observation
from bot.plan import (
    Action,
    Close,
    Decision,
    GateVerdict,
    Merge,
    Promotion,
    PromotionState,
    Rebuild,
    Refuse,
)
from bot.proposing import changes_nothing, promotion_of
from bot.rank import Rank, rank_of
from bot.releases import Built, assembled
from gitops.fleet import Pinned


def advance(
    idle: Decision,
    merge_request: MergeRequest,
    chosen: Candidate | None,
    found: tuple[Candidate, ...],
    observation: Observation,
    now: datetime,
) -> Decision:
    """The decision for a target whose merge request is open.

    `chosen` is the newest candidate whose opening gates pass, `found` all there are.
    """
    branch = branch_of(merge_request, observation)
    shown = replace(idle, state=PromotionState.OPEN, merge_request=merge_request.number)
    mine = _its_candidate(merge_request, branch, found, observation, now)
    newer, _ = promotion_of(chosen, observation, now) if chosen else (None, ())
    foreign = branch is not None and not branch.authentic
    above = chosen is not None and chosen.rank.above(_rank(mine, branch, observation))
    if newer is not None and above and not foreign:
        version, place = code(newer.release.version), code(newer.branch)
        comment = f"Superseded by {version}, whose merge request comes from {place} and names this."
        step = close(idle.target, merge_request, branch, comment, newer.release.version)
        return replace(
            shown,
            state=PromotionState.SUPERSEDED,
            release=merge_request.source_branch.rsplit("/", 1)[-1],
            step=step,
        )
    if mine is None:
        return gone(shown, merge_request, branch)
    promotion, verdicts = promotion_of(mine, observation, now)
    overtaken = None if foreign else _overtaken(mine, promotion, verdicts, observation)
    if overtaken is not None:
        step = close(idle.target, merge_request, branch, overtaken, None)
        return replace(shown, state=PromotionState.SUPERSEDED, release=mine.name, step=step)
    if promotion is None:
        refused = any(isinstance(v.verdict, Refuse) for v in verdicts)
        state = PromotionState.BLOCKED if refused else PromotionState.OPEN
        return replace(shown, state=state, release=mine.name, verdicts=verdicts)
    return judge(shown, promotion, verdicts, merge_request, observation, now)


def close_spare(
    idle: Decision, merge_requests: Sequence[MergeRequest], observation: Observation
) -> Decision | None:
    """Closes the newest of several; None where there is one, or it is not Fairlead's to close.

    Gitea may open two from one branch when two instances ask at once. The branch is the older one's
    too, which would be closed with it and lose its approvals: it stays.
    """
    spare = merge_requests[-1]
    branch = branch_of(spare, observation)
    if len(merge_requests) < 2 or branch is None or not branch.authentic:
        return None
    comment = f"!{merge_requests[0].number} is open for the same place."
    shared = any(m.source_branch == spare.source_branch for m in merge_requests[:-1])
    step = close(idle.target, spare, None if shared else branch, comment, None)
    return replace(idle, state=PromotionState.SUPERSEDED, merge_request=spare.number, step=step)


def _overtaken(
    mine: Candidate,
    promotion: Promotion | None,
    verdicts: tuple[GateVerdict, ...],
    observation: Observation,
) -> str | None:
    """Why there is nothing left to promote: somebody else moved the pin there, or beyond.

    `promotion` is None where it could not be put together: what no longer stands above the pin is
    not looked up any more. Then the branch says what it is.
    """
    if promotion is None and mine.kept is not None:
        name = branch_name(mine.target, mine.kept.version)
        promotion = Promotion(mine.target, mine.kept, name)
    if promotion is not None and changes_nothing(promotion, observation):
        return "The target branch says this already."
    newer = verdicts[0].verdict
    if mine.refusal is None and isinstance(newer, Refuse):
        return f"No longer needed: {code(newer.reason)}."
    return None


def _its_candidate(
    merge_request: MergeRequest,
    branch: Branch | None,
    found: tuple[Candidate, ...],
    observation: Observation,
    now: datetime,
) -> Candidate | None:
    """The candidate that the merge request is for, with what it already holds for it."""
    kept = branch.release if branch is not None and branch.authentic else None
    for candidate in found:
        if kept is None:
            result = assembled(candidate, observation, now)
            name = result.release.version if isinstance(result, Built) else candidate.name
            if branch_name(candidate.target, name) == merge_request.source_branch:
                return candidate
        elif _holds(kept, candidate):
            return replace(candidate, kept=kept)
    return None


def _rank(mine: Candidate | None, branch: Branch | None, observation: Observation) -> Rank | None:
    """Where the merge request's release stands, also when its tag is gone; None: nowhere."""
    if mine is not None:
        return mine.rank
    if branch is None or branch.target is None or branch.release is None:
        return None
    content = [Pinned(a.repository, a.tag, a.digest) for a in branch.release.artifacts]
    return rank_of(branch.target, content, observation)


def _holds(kept: Release, candidate: Candidate) -> bool:
    """Whether a release is the candidate's: of a build by its tags, its name says the bytes."""
    if candidate.rank.kind != "build" or candidate.release is not None:
        return kept.version == candidate.name
    tags = {(a.repository, a.tag) for a in kept.artifacts}
    return kept.commit == candidate.commit and tags == set(candidate.tags)


def close(
    target: Target,
    merge_request: MergeRequest,
    branch: Branch | None,
    comment: str,
    successor: str | None,
) -> Close:
    """What the forge calls the head may have come since: only what the mirror has is deleted."""
    return Close(
        target,
        merge_request.number,
        merge_request.source_branch,
        branch.head if branch is not None else None,
        comment,
        successor,
    )


def gone(shown: Decision, merge_request: MergeRequest, branch: Branch | None) -> Decision:
    """Its tag or build is no longer there, or a foreign commit hides which one it was."""
    reason = f"what {merge_request.source_branch} promotes is no longer a candidate"
    if branch is None:
        reason = f"the branch {merge_request.source_branch} is gone"
    elif not branch.authentic:
        reason = (
            f"a foreign commit {branch.head[:12]} is on {branch.name}: Fairlead stops there until "
            "it or the branch is gone"
        )
    verdict = GateVerdict("intact", Refuse(reason))
    return replace(shown, state=PromotionState.BLOCKED, verdicts=(verdict,))


def judge(
    shown: Decision,
    promotion: Promotion,
    verdicts: tuple[GateVerdict, ...],
    merge_request: MergeRequest,
    observation: Observation,
    now: datetime,
) -> Decision:
    """Rebuild it, merge it, or say what is missing."""
    gates = (
        *verdicts,
        *merging(promotion, merge_request, observation, now),
        *times(promotion.target, observation, now, rollback=promotion.rollback is not None),
    )
    step: Action | None = _rebuild(promotion, merge_request, observation)
    state = PromotionState.OPEN
    if step is None and all(v.open for v in gates):
        state = PromotionState.MERGING
        step = Merge(
            promotion,
            merge_request.number,
            merge_request.head,
            observation.head,
            observation.state.sha,
        )
    elif step is None and any(isinstance(v.verdict, Refuse) for v in gates):
        state = PromotionState.BLOCKED
    elif any(v.gate == "approved" and v.open for v in gates):
        state = PromotionState.APPROVED
    return replace(
        shown,
        state=state,
        release=promotion.release.version,
        verdicts=gates,
        step=step,
        notes=promotion.notes,
        promotion=promotion,
    )


def _rebuild(
    promotion: Promotion, merge_request: MergeRequest, observation: Observation
) -> Rebuild | None:
    """When the target branch changed a file of the plan, or what it was cut from is gone."""
    branch = branch_of(merge_request, observation)
    if branch is not None and (branch.head != merge_request.head or not branch.authentic):
        return None
    release = branch.release if branch is not None else promotion.release
    if release is None or release.identity != promotion.release.identity:
        return None
    if branch is None:
        reason = "its branch was deleted"
    elif not branch.state_known:
        reason = "the state branch that it names was given up"
    elif not branch.on_target:
        reason = "the target branch was rewritten"
    elif branch.touched:
        reason = f"the target branch changed {', '.join(branch.touched)}"
    elif not branch.same_sites:
        reason = "the target branch changed where the version is written"
    elif branch.release != promotion.release:
        reason = "its tags are written differently now"
    else:
        return None
    return Rebuild(
        promotion,
        merge_request.number,
        observation.head,
        observation.state.sha,
        branch.head if branch is not None else None,
        reason,
    )
