"""The demo's clock: it moves only when the story says so."""

from datetime import UTC, datetime, timedelta

START = datetime(2026, 3, 3, 9, 30, tzinfo=UTC)
"""A Tuesday morning inside the scaffold's windows."""


class SimulatedClock:
    """An aware datetime that somebody advances."""

    def __init__(self, now: datetime = START) -> None:
        self._now = now

    def __call__(self) -> datetime:
        """The simulated time."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward; never backwards.

        Raises:
            ValueError: `by` is negative.
        """
        if by < timedelta(0):
            raise ValueError(f"time does not run backwards: {by}")
        self._now += by

    def move_to(self, then: datetime) -> None:
        """Move forward to a moment.

        Raises:
            ValueError: it is past.
        """
        self.advance(then - self._now)
