"""Whether the forge's settings let an approval mean anything, asked as rarely as is safe.

Nothing is asked while no merge request is open: then there is nothing to merge.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.diagnosis import diagnose
from bot.forge_settings import ForgeFacts, ForgeSettings
from bot.model import Gap, MergeRequest, MergeRequestState
from gitops.config import FleetConfig
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable

RARELY = timedelta(hours=1)
WHILE_REFUSED = timedelta(minutes=5)
"""Somebody may be mending it."""
LIFE = timedelta(hours=4)
"""For so long what was read stands while it cannot be read again: longer than most forges are away,
shorter than a night in which somebody lifts a rule and keeps the bot from seeing it."""


@dataclass(frozen=True, slots=True)
class _Told:
    """What the forge told, when, and when it is asked again."""

    facts: ForgeFacts
    at: datetime
    until: datetime


class ForgeWatch:
    """Remembers what the forge told, for as long as the process runs and no longer than `LIFE`."""

    def __init__(self, forge: ForgeSettings | None) -> None:
        """`forge` None: there are no settings to look at, and nothing is refused."""
        self._forge = forge
        self._told: _Told | None = None

    def refusals(
        self, fleet: FleetConfig, requests: Iterable[MergeRequest], now: datetime
    ) -> tuple[str, ...] | Gap:
        """Why the bot must not merge where approvals are wanted; a Gap while nobody knows.

        When the forge does not answer, what it told before stands until its `LIFE` is over, and it
        is asked at once again.
        """
        if self._forge is None or all(r.state is not MergeRequestState.OPEN for r in requests):
            return ()
        told = self._told
        if told is None or not told.at <= now < told.until:
            try:
                facts = self._forge.read()
            except (Unavailable, Denied, InvalidInput, Conflict) as error:
                if told is None or not told.at <= now < told.at + LIFE:
                    return _gap(error, told)
            else:
                again = WHILE_REFUSED if diagnose(fleet, facts).refusals else RARELY
                told = self._told = _Told(facts, now, now + again)
        return tuple(finding.what for finding in diagnose(fleet, told.facts).refusals)


def _gap(error: FairleadError, told: _Told | None) -> Gap:
    since = f" since {told.at:%Y-%m-%d %H:%M} UTC" if told else ""
    reason = f"the forge's settings could not be read{since}, so nobody knows what holds: {error}"
    return Gap("forge", reason, denied=isinstance(error, Denied))
