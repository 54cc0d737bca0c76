"""A clock in a file, so that a test and the commands it starts see one time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path


class ClockFile:
    """`bot.ports.Clock`: what the file says now, an aware time in ISO 8601."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> datetime:
        return datetime.fromisoformat(self.path.read_text(encoding="ascii"))

    def set(self, now: datetime) -> None:
        self.path.write_text(now.isoformat(), encoding="ascii")

    def advance(self, by: timedelta) -> None:
        self.set(self() + by)


def coming_tuesday() -> datetime:
    """Half past nine on a Tuesday that is yet to come: a forge's own clock dates what it merges."""
    day = datetime.now(UTC) + timedelta(days=1)
    day += timedelta(days=(1 - day.weekday()) % 7)
    return day.replace(hour=9, minute=30, second=0, microsecond=0)
