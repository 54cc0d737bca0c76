"""green: every required check succeeded on exactly this head, posted by whom the rule names."""

from datetime import datetime

from bot.forge import STATUS
from bot.model import CheckState, MergeRequest
from bot.observation import Observation
from bot.plan import Pass, Promotion, Refuse, Verdict, Wait
from bot.required_checks import last_state, unmet


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
        state = last_state(required, merge_request.checks, merge_request.head)
        if state is CheckState.FAILURE:
            return Refuse(f"check {required.name} failed on {merge_request.head[:12]}")
        if state is not CheckState.SUCCESS:
            waiting.append(unmet(required, state))
    return Wait("; ".join(waiting)) if waiting else Pass()
