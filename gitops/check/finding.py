"""What `check` finds."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from gitops.errors import Place

_POSITION = re.compile(r"(\.ya?ml|/Kustomization):[0-9]+(?::[0-9]+)?")
"""Line and column behind a path in a message."""


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


def fingerprint(finding: Finding) -> str:
    """What names a finding from one run to the next: 32 hexadecimal digits.

    Of its code, path and message; neither its own line nor those in its message count, so that it
    stays the same when lines move. Two findings may share one.
    """
    message = _POSITION.sub(r"\1", finding.message)
    told = "\0".join((finding.code, finding.place.path, message))
    return sha256(told.encode(errors="surrogatepass")).hexdigest()[:32]


def fingerprints(findings: Iterable[Finding]) -> list[str]:
    """A name for each finding that no other of them has; those that share one are counted."""
    seen: dict[str, int] = {}
    names: list[str] = []
    for finding in findings:
        name = fingerprint(finding)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}-{seen[name]}")
    return names
