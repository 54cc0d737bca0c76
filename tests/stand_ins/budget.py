"""A limit of calls a minute for each person, counted as it is told."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.stand_ins.model import Person
from tests.stand_ins.web import Refused


@dataclass
class Budget:
    """`limit` calls in each `window`; `silent` says nothing of when to come again.

    Source: GitLab, "User and IP rate limits: Response headers".
    """

    limit: int
    now: Callable[[], datetime]
    window: timedelta = timedelta(minutes=1)
    silent: bool = False
    _spent: dict[int, tuple[datetime, int]] = field(default_factory=dict)

    def spend(self, person: Person) -> None:
        """Count one call.

        Raises:
            Refused: 429, for nothing is left.
        """
        began, spent = self._now(person)
        self._spent[person.id] = (began, spent + 1)
        if spent >= self.limit:
            headers = (
                {} if self.silent else {**self.headers(person), "Retry-After": self._wait(began)}
            )
            raise Refused(429, b"Retry later\n", {"Content-Type": "text/plain", **headers})

    def headers(self, person: Person) -> dict[str, str]:
        """What each answer tells of it."""
        began, spent = self._now(person)
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Name": "throttle_authenticated_api",
            "RateLimit-Observed": str(spent),
            "RateLimit-Remaining": str(max(self.limit - spent, 0)),
            "RateLimit-Reset": str(int((began + self.window).timestamp())),
        }

    def _now(self, person: Person) -> tuple[datetime, int]:
        now = self.now()
        began, spent = self._spent.get(person.id, (now, 0))
        return (began, spent) if now < began + self.window else (now, 0)

    def _wait(self, began: datetime) -> str:
        return str(max(int((began + self.window - self.now()).total_seconds()), 1))
