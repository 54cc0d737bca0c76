"""One thing that a forge's settings leave open, and how much it weighs.

A finding is *refused* where the bot will not merge into a guarded environment while it stands: an
approval would mean nothing there, since somebody could do without. It is *weak* where somebody can
get round a rule that Fairlead itself keeps, and a *note* where this forge has no cure or fleet.yaml
wants it so.
"""

from dataclasses import dataclass
from enum import StrEnum

APPLY = "`fairlead forge apply`, run by somebody who administers the repository"
WRITERS = "whoever may write to the repository"


class Severity(StrEnum):
    """How much a finding weighs."""

    REFUSED = "refused"
    WEAK = "weak"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the settings leave open: who could use it, and how it is mended."""

    code: str
    severity: Severity
    what: str
    who: str
    cure: str
