"""What the gates say, as a table for people and as one status for the forge. Pure."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from bot.forge import CommitStatus
from bot.model import CheckState
from bot.neutral import code, one_line
from bot.on_cluster import OnCluster
from bot.plan import GateVerdict, Pass, Refuse, Wait

MAX_DESCRIPTION = 140
"""Characters. Source: GitHub REST, "Create a commit status"; GitLab takes 255."""

# Room for two digests beside a repository and a tag of the greatest lengths that there are.
_MAX_NOTE = 800
_MAX_REASON = 1_700

_MAX_CLUSTERS = 5_000
"""Characters of all rows that tell of clusters."""

_MAX_VERSION = 140

_GROWING = re.compile(r"(?:-?\d+ days?, )?\d+:\d\d:\d\d(?:\.\d+)?(?= of | ago| ahead of | behind )")
"""A time that is another at each look: it would have the table rewritten every minute."""

_LOOKED = re.compile(r": it looked at \d\d:\d\d:\d\dZ|(?<=\d)\.\d+(?=s\b)")
"""The like, of which nothing needs to stay: also what a timeout of Flux's took beyond seconds."""

_MOMENT = re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC")
_ABOUT = timedelta(minutes=1)
"""A cluster's clock is compared with ours by an HTTP date: what it says moves by seconds."""


def table(verdicts: Sequence[GateVerdict], clusters: Sequence[OnCluster] = ()) -> str:
    """Markdown: gate, state, reason, next check; then how what runs there does on its clusters.

    Nothing in it grows older by itself: the same verdicts and clusters give the same text.
    """
    rows = ["### Gates\n", "| gate | state | reason | next check |", "|---|---|---|---|"]
    rows += [f"| {v.gate} | {_state(v)} | {_reason(v)} | {_next(v)} |" for v in verdicts]
    return "\n".join([*rows, *_clusters(clusters)])


def says_the_same(one: str, other: str) -> bool:
    """Whether two tables differ in nothing but moments that are about the same."""
    if _MOMENT.split(one) != _MOMENT.split(other):
        return False
    pairs = zip(_MOMENT.findall(one), _MOMENT.findall(other), strict=True)
    return all(a == b or _near(a, b) for a, b in pairs)


def _near(one: str, other: str) -> bool:
    try:
        moments = [datetime.fromisoformat(m.replace(" UTC", "+00:00")) for m in (one, other)]
    except ValueError:
        return False
    return abs(moments[0] - moments[1]) < _ABOUT


def _clusters(clusters: Sequence[OnCluster]) -> list[str]:
    """One row for each, with those first that are not in order; none without clusters."""
    if not clusters:
        return []
    head = "| cluster | wanted | running | health | since | reason |"
    rows, room = ["\n### Clusters now\n", head, "|---|---|---|---|---|---|"], _MAX_CLUSTERS
    for shown, each in enumerate(sorted(clusters, key=lambda c: c.well)):
        row = _cluster(each)
        room -= len(row)
        if room < 0:
            rows.append(f"| … and {len(clusters) - shown} more | | | | | |")
            break
        rows.append(row)
    return rows


def _cluster(each: OnCluster) -> str:
    wanted, running, health, since, reason = each.cells()
    said = _settled(reason)
    cells = [
        code(each.cluster),
        code(wanted, _MAX_VERSION),
        code(running, _MAX_VERSION),
        health,
        code(since) if since else "",
        code(said, _MAX_NOTE) if said else "",
    ]
    return f"| {' | '.join(cells)} |"


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
            return _settled(reason)


def _settled(reason: str) -> str:
    """A reason without what is another at each look."""
    return _LOOKED.sub("", _GROWING.sub("a while", reason))


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
