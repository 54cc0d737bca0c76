"""A clock in a file, so that a test and the commands it starts see one time."""

from datetime import datetime, timedelta
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
