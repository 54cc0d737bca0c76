"""Operators' stops and rollbacks, as values."""

from dataclasses import dataclass
from datetime import datetime

from bot.model import Target


@dataclass(frozen=True, slots=True)
class Stop:
    """A hold of one app in one environment, or a freeze.

    `environment` None is all of them, `app` None every app. `until` None lasts until somebody ends
    it. `problem` says why the file cannot be read: it stops all the same, since somebody meant it
    to. `merge_request` is the open one that would add it, whose `author` is a login; None for what
    the target branch says.
    """

    path: str
    environment: str | None
    app: str | None
    owner: str = ""
    reason: str = ""
    until: datetime | None = None
    problem: str | None = None
    merge_request: int | None = None
    author: str | None = None

    def concerns(self, target: Target) -> bool:
        """Whether it is about this app in this environment."""
        return self.environment in {None, target.environment} and self.app in {None, target.app}

    def stands(self, now: datetime) -> bool:
        """Whether it has not ended by itself; its last moment is stopped too."""
        return self.until is None or now <= self.until


@dataclass(frozen=True, slots=True)
class Rollback:
    """What makes a promotion one of an older release: its number, and the hold it brings along.

    `number` counts the rollbacks to this version from 1. `until` None holds until somebody ends it;
    `made` and `until` are in whole seconds.
    """

    number: int
    owner: str
    reason: str
    made: datetime
    until: datetime | None = None
