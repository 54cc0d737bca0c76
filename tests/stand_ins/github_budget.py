"""GitHub's primary rate limit, counted as it is told, and how it speaks of the secondary one.

Source: GitHub, "Rate limits for the REST API".
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.stand_ins.github_state import GitHubForge
from tests.stand_ins.model import Person
from tests.stand_ins.web import Answer, Refused

WINDOW = timedelta(hours=1)

_DOCUMENTATION = "https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api"


@dataclass
class GitHubBudget:
    """`limit` calls an hour for each account; one nobody is named for has 60."""

    forge: GitHubForge
    limit: int = 5000
    _spent: dict[int, tuple[datetime, int]] = field(default_factory=dict)

    def spend(self, person: Person | None) -> None:
        """Count one call.

        Raises:
            Refused: 403, for nothing is left.
        """
        began, spent = self._now(person)
        if spent >= self._limit(person):
            whose = f"user ID {person.id}" if person else "127.0.0.1"
            said = f"API rate limit exceeded for {whose}."
            content = {"message": said, "documentation_url": _DOCUMENTATION, "status": "403"}
            raise Refused(403, content)
        self._spent[_key(person)] = (began, spent + 1)

    def give_back(self, person: Person | None) -> None:
        """The call was answered 304 and does not count, where somebody is named."""
        if person is not None:
            began, spent = self._now(person)
            self._spent[person.id] = (began, spent - 1)

    def told(self, person: Person | None) -> dict[str, int]:
        """As the call for it tells."""
        began, spent = self._now(person)
        limit, reset = self._limit(person), int((began + WINDOW).timestamp())
        return {"limit": limit, "used": spent, "remaining": limit - spent, "reset": reset}

    def headers(self, person: Person | None) -> dict[str, str]:
        """What each answer tells."""
        told = {f"X-RateLimit-{key.title()}": str(n) for key, n in self.told(person).items()}
        return {**told, "X-RateLimit-Resource": "core"}

    def _limit(self, person: Person | None) -> int:
        return self.limit if person else 60

    def _now(self, person: Person | None) -> tuple[datetime, int]:
        now = self.forge.tick()
        began, spent = self._spent.get(_key(person), (now, 0))
        return (began, spent) if now < began + WINDOW else (now, 0)


def secondary(status: int = 403, retry_after: int | None = None) -> Answer:
    """What is answered to whom calls too often in a short time; `retry_after` is in seconds."""
    content: dict[str, Any] = {
        "message": "You have exceeded a secondary rate limit. Please wait a few minutes.",
        "documentation_url": f"{_DOCUMENTATION}#about-secondary-rate-limits",
        "status": str(status),
    }
    headers = {"Content-Type": "application/json; charset=utf-8"}
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    return Answer(status, content, headers)


def _key(person: Person | None) -> int:
    return person.id if person else 0
