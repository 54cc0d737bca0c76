"""The exceptions of both packages.

    FairleadError(message, hint)
    |- InvalidInput    exit 2   a person must change a file or a flag; carries a Place
    |  |- EditRefused           a scalar that cannot be changed without touching anything else
    |  `- NoFleet               no `fleet.yaml` where one was looked for
    |- Unavailable     exit 4   a service did not answer; a later tick asks again
    |- Denied          exit 5   credentials or permission; reported once, not hammered
    `- Conflict        never shown: the world moved between reading and writing; observe again

Anything else that is raised is a bug: exit 3 with a traceback.
"""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where in a file a person has to look.

    `line` and `column` count from 1; None means the file as a whole.
    """

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        text = self.path if self.line is None else f"{self.path}:{self.line}"
        return text if self.column is None else f"{text}:{self.column}"


class FairleadError(Exception):
    """Says what went wrong, and in `hint` what to do about it (None: the message says all)."""

    exit_code = 3

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}; {self.hint}" if self.hint else self.message


class InvalidInput(FairleadError):
    """A person must change a file or a flag. `place` is None when it is a flag."""

    exit_code = 2

    def __init__(self, message: str, hint: str | None = None, place: Place | None = None) -> None:
        super().__init__(message, hint)
        self.place = place

    def __str__(self) -> str:
        text = super().__str__()
        return f"{self.place}: {text}" if self.place else text


class NoFleet(InvalidInput):
    """There is no fleet where one was looked for."""


class EditRefused(InvalidInput):
    """A scalar cannot be changed without changing something else."""


class Unavailable(FairleadError):
    """A service did not answer, or answered with less than the whole.

    `service` names it as a person would; `retry_after` is how long it asked to be left alone,
    None when it did not say.
    """

    exit_code = 4

    def __init__(self, message: str, *, service: str, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.service = service
        self.retry_after = retry_after


class Denied(FairleadError):
    """Credentials are missing or wrong, or do not allow the call."""

    exit_code = 5


class Conflict(FairleadError):
    """What was read is no longer so. The next tick observes again."""
