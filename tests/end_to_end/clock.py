"""A clock in a file, so that a test and the commands it starts see one time."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

_MACHINE = "the machine's"


class ClockFile:
    """`bot.ports.Clock`: what the file says now, an aware time in ISO 8601; or the machine's."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self) -> datetime:
        told = self.path.read_text(encoding="ascii")
        return datetime.now(UTC) if told == _MACHINE else datetime.fromisoformat(told)

    def follow_machine(self) -> None:
        """From now on it is the machine's, where servers that have no other take part."""
        self.path.write_text(_MACHINE, encoding="ascii")

    def set(self, now: datetime) -> None:
        self.path.write_text(now.isoformat(), encoding="ascii")

    def advance(self, by: timedelta) -> None:
        self.set(self() + by)


def coming_tuesday() -> datetime:
    """Half past nine on a Tuesday that is yet to come: a forge's own clock dates what it merges."""
    day = datetime.now(UTC) + timedelta(days=1)
    day += timedelta(days=(1 - day.weekday()) % 7)
    return day.replace(hour=9, minute=30, second=0, microsecond=0)
