"""green: every required check succeeded on exactly this head, posted by whom the rule names."""

from datetime import datetime

from bot.forge import STATUS
from bot.model import CheckState, MergeRequest
from bot.observation import Observation
from bot.plan import Pass, Promotion, Refuse, Verdict, Wait
from gitops.config import RequiredCheck


def judge(
    promotion: Promotion,
    merge_request: MergeRequest,
    observation: Observation,
    now: datetime,  # noqa: ARG001 - every gate is asked with the time
) -> Verdict:
    """Absent, skipped and pending are not success; a failure refuses until it is run again."""
    waiting = []
    for required in observation.policy(promotion.target).checks:
        if required.name == STATUS:
            return Refuse(f"{STATUS} is what Fairlead says itself: ask for another check")
        state = _state(required, merge_request)
        if state is CheckState.FAILURE:
            return Refuse(f"check {required.name} failed on {merge_request.head[:12]}")
        if state is not CheckState.SUCCESS:
            shown = state.value if state else "absent"
            source = f" from {required.source}" if required.source else ""
            waiting.append(f"check {required.name}{source} is {shown}")
    return Wait("; ".join(waiting)) if waiting else Pass()


def _state(required: RequiredCheck, merge_request: MergeRequest) -> CheckState | None:
    """The last one posted for this head by the right source; None when there is none."""
    found = [
        c.state
        for c in merge_request.checks
        if c.name == required.name
        and c.sha == merge_request.head
        and (not required.source or c.source == required.source)
    ]
    return found[-1] if found else None
