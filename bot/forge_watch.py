"""Whether the forge's settings let an approval mean anything, asked as rarely as is safe.

Nothing is asked while no merge request is open: then there is nothing to merge.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bot.diagnosis import diagnose
from bot.forge_settings import ForgeFacts, ForgeSettings
from bot.model import Gap, MergeRequest, MergeRequestState
from gitops.config import FleetConfig
from gitops.errors import Conflict, Denied, InvalidInput, Unavailable

RARELY = timedelta(hours=1)
WHILE_REFUSED = timedelta(minutes=5)
"""Somebody may be mending it."""


class ForgeWatch:
    """Remembers what the forge told for as long as the process runs."""

    def __init__(self, forge: ForgeSettings | None) -> None:
        """`forge` None: there are no settings to look at, and nothing is refused."""
        self._forge = forge
        self._facts: ForgeFacts | None = None
        self._next: datetime | None = None

    def refusals(
        self, fleet: FleetConfig, requests: Iterable[MergeRequest], now: datetime
    ) -> tuple[str, ...] | Gap:
        """Why the bot must not merge where approvals are wanted; a Gap while nobody knows.

        When the forge does not answer, what it told before stands, and it is asked at once again.
        """
        if self._forge is None or all(r.state is not MergeRequestState.OPEN for r in requests):
            return ()
        if self._next is None or now >= self._next:
            try:
                self._facts = self._forge.read()
            except (Unavailable, Denied, InvalidInput, Conflict) as error:
                if self._facts is None:
                    reason = f"the forge's settings could not be read: {error}"
                    return Gap("forge", reason, denied=isinstance(error, Denied))
            else:
                again = WHILE_REFUSED if diagnose(fleet, self._facts).refusals else RARELY
                self._next = now + again
        assert self._facts is not None  # noqa: S101 - read, or remembered
        return tuple(finding.what for finding in diagnose(fleet, self._facts).refusals)
