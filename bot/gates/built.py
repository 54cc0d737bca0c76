"""built: every artifact of the candidate is there, and its commit passed the checks asked for."""

from datetime import datetime

from bot.candidates import Candidate
from bot.observation import Observation
from bot.plan import Pass, Verdict
from bot.releases import Built, built


def judge(candidate: Candidate, observation: Observation, now: datetime) -> Verdict:
    """Pass when the release could be put together; else what is missing, and since when."""
    result = built(candidate, observation, now)
    return Pass("; ".join(result.notes)) if isinstance(result, Built) else result
