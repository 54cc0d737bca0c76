"""What `check` finds."""

from dataclasses import dataclass
from enum import StrEnum

from gitops.errors import Place


class Severity(StrEnum):
    """How bad it is. An error keeps Flux or the bot from doing what the files say."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know. `code` never changes its meaning; `hint` is None when nothing is to do."""

    code: str
    severity: Severity
    place: Place
    message: str
    hint: str | None = None

    def __str__(self) -> str:
        told = f"{self.place}: {self.severity} {self.code} {self.message}"
        return f"{told}; {self.hint}" if self.hint else told


def facts(finding: Finding) -> dict[str, str | int | None]:
    """A finding for JSON; line and column count from 1 and are None for a whole file."""
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "path": finding.place.path,
        "line": finding.place.line,
        "column": finding.place.column,
        "message": finding.message,
        "hint": finding.hint,
    }
