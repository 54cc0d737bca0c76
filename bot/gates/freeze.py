"""freeze: nothing is delivered in a freeze, by merge or by commit (S15); edges count as frozen."""

from datetime import datetime

from bot.model import Target
from bot.observation import Observation
from bot.plan import Pass, Verdict, Wait


def judge(target: Target, observation: Observation, now: datetime) -> Verdict:
    """Wait until the last freeze that holds now has ended."""
    active = [f for f in observation.config.freezes_for(target.environment) if f.contains(now)]
    if not active:
        return Pass()
    return Wait(f"frozen: {'; '.join(f.reason for f in active)}", max(f.ends for f in active))
