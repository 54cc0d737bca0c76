"""What the gates say, as a table for people and as one status for the forge. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC

from bot.forge import CommitStatus
from bot.model import CheckState
from bot.neutral import code, one_line
from bot.plan import GateVerdict, Pass, Refuse, Wait

MAX_DESCRIPTION = 140
"""Characters. Source: GitHub REST, "Create a commit status"; GitLab takes 255."""

# Room for two digests beside a repository and a tag of the greatest lengths that there are.
_MAX_NOTE = 800
_MAX_REASON = 1_700

_GROWING = re.compile(r"(?:-?\d+ days?, )?\d+:\d\d:\d\d(?:\.\d+)?(?= of | ago)")
"""A time that is longer at each look: it would have the table rewritten every minute."""


def table(verdicts: Sequence[GateVerdict]) -> str:
    """Markdown: gate, state, reason, next check. The same verdicts give the same text."""
    rows = ["### Gates\n", "| gate | state | reason | next check |", "|---|---|---|---|"]
    rows += [f"| {v.gate} | {_state(v)} | {_reason(v)} | {_next(v)} |" for v in verdicts]
    return "\n".join(rows)


def status(verdicts: Sequence[GateVerdict]) -> CommitStatus:
    """The sum: success when all gates are open, failure when one refuses, else pending."""
    refusing = [v for v in verdicts if isinstance(v.verdict, Refuse)]
    closed = [v for v in verdicts if not v.open]
    if not closed:
        return CommitStatus(CheckState.SUCCESS, f"all {len(verdicts)} gates are open")
    state = CheckState.FAILURE if refusing else CheckState.PENDING
    first = (refusing or closed)[0]
    others = f" (and {len(closed) - 1} more)" if len(closed) > 1 else ""
    return CommitStatus(state, one_line(f"{first.gate}{others}: {_said(first)}", MAX_DESCRIPTION))


def _state(verdict: GateVerdict) -> str:
    match verdict.verdict:
        case Pass():
            return "open"
        case Wait():
            return "waits"
        case Refuse():
            return "**refuses**"


def _said(verdict: GateVerdict) -> str:
    match verdict.verdict:
        case Pass(note):
            return note
        case Wait(reason) | Refuse(reason):
            return _GROWING.sub("a while", reason)


def _reason(verdict: GateVerdict) -> str:
    """Each part of a reason that names several things in a span of its own, few of them cut."""
    said, room = _said(verdict), _MAX_REASON
    shown = []
    for part in said.split("; ") if said else ():
        span = code(part, _MAX_NOTE)
        room -= len(span) + 2
        if room < 0:
            shown.append("…")
            break
        shown.append(span)
    return "; ".join(shown)


def _next(verdict: GateVerdict) -> str:
    match verdict.verdict:
        case Wait(until=until):
            at = None if until is None else until.astimezone(UTC)
            return f"{at:%Y-%m-%d %H:%M} UTC" if at is not None else "when it changes"
        case Refuse():
            return "when a person changes it"
        case Pass():
            return ""
