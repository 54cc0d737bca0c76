"""window: now is inside one of the environment's windows; edges count as closed."""

from datetime import datetime

from bot.model import Target
from bot.observation import Observation
from bot.plan import Pass, Verdict, Wait


def judge(target: Target, observation: Observation, now: datetime) -> Verdict:
    """Pass where no window is set; else Wait until the next one opens."""
    windows = observation.policy(target).windows
    if not windows or any(w.contains(now) for w in windows):
        return Pass()
    opens = min(w.opens_after(now) for w in windows)
    return Wait(f"outside its windows ({'; '.join(w.text for w in windows)})", opens)
