"""freeze: nothing is delivered in a freeze, by merge or by commit (S15); edges count as frozen.

Freezes of fleet.yaml, and those that people begin by a file below `.fairlead/freezes/`.
"""

from datetime import datetime

from bot.gates.hold import standing, waiting
from bot.model import Target
from bot.observation import Observation
from bot.plan import Pass, Verdict, Wait


def judge(target: Target, observation: Observation, now: datetime) -> Verdict:
    """Wait until the last freeze that holds now has ended."""
    active = [f for f in observation.config.freezes_for(target.environment) if f.contains(now)]
    by_people = begun(target, observation, now)
    if not active:
        return by_people
    planned = Wait(f"frozen: {'; '.join(f.reason for f in active)}", max(f.ends for f in active))
    if not isinstance(by_people, Wait):
        return planned
    ends = [w.until for w in (planned, by_people) if w.until is not None]
    until = max(ends) if len(ends) == 2 else None
    return Wait(f"{planned.reason}; {by_people.reason}", until)


def begun(target: Target, observation: Observation, now: datetime) -> Verdict:
    """The freezes that people began; they keep merge requests from being opened too."""
    stops = standing(target, observation, now)
    verdict = waiting("frozen", (s for s in stops if s.app is None))
    return verdict if isinstance(verdict, Wait) else Pass()
