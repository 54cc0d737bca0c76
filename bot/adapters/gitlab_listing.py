"""Which merge requests there are on GitLab, without reading again what is settled.

A list tells which there are and when each changed last, and no more: GitLab keeps its lines in a
cache. After one whole reading a short one does, of those that changed since.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters import gitlab_reading as reading
from bot.adapters.gitlab_api import Api
from bot.canonical import Fields
from bot.forge import PROMOTION_BRANCHES
from bot.model import MergeRequest, MergeRequestState

_SLACK = timedelta(minutes=5)
"""How much older than the newest change it is still listed: a transaction may end late."""

_DOING = "list merge requests"


@dataclass(frozen=True, slots=True)
class Listed:
    """`unsettled` have to be looked at, by number; `settled` need not.

    `changed_at` tells of all that was listed when each changed last.
    """

    unsettled: frozenset[int]
    settled: dict[int, MergeRequest]
    changed_at: dict[int, datetime]


class Listing:
    """Remembers what is settled for as long as the process runs."""

    def __init__(self) -> None:
        self._settled: dict[int, MergeRequest] = {}
        self._changed_at: dict[int, datetime] = {}
        self._open: frozenset[int] = frozenset()

    def read(self, api: Api) -> Listed:
        """Those from `PROMOTION_BRANCHES` of this project; nothing is learnt before `settle`.

        Raises:
            Denied, Unavailable: they could not be read whole.
        """
        newest = max(self._changed_at.values(), default=None)
        if newest is None:
            return self._whole(api)
        since = (newest - _SLACK).isoformat()
        order = {"order_by": "updated_at", "sort": "asc", "updated_after": since}
        listed = api.every(_DOING, api.project.mergerequests, state="all", **order)
        with api.reading():
            at = _changed_at(listed)
            ours = {one.number("iid") for one in listed if _ours(one)}
        unsettled = self._open | {n for n in ours if self._changed_at.get(n) != at[n]}
        settled = {n: r for n, r in self._settled.items() if n not in unsettled}
        return Listed(unsettled, settled, at)

    def settle(self, listed: Listed, found: Mapping[int, MergeRequest]) -> None:
        """Learn what the unsettled ones turned out to be; those that are gone are missing."""
        over = {n: r for n, r in found.items() if r.state is not MergeRequestState.OPEN}
        self._open = frozenset(found) - frozenset(over)
        self._settled = listed.settled | over
        self._changed_at |= listed.changed_at

    def _whole(self, api: Api) -> Listed:
        # New ones come last, so that none is missed while pages are turned.
        order = {"order_by": "created_at", "sort": "asc"}
        listed = api.every(_DOING, api.project.mergerequests, state="all", **order)
        # What a query selects is so, whatever the cached line says.
        still_open = api.every(_DOING, api.project.mergerequests, state="opened", **order)
        with api.reading():
            ours = {one.number("iid"): reading.merge_request(one) for one in listed if _ours(one)}
            unsettled = {one.number("iid") for one in still_open if _ours(one)}
            at = _changed_at((*still_open, *listed))
        unsettled |= {n for n, one in ours.items() if one.state is MergeRequestState.OPEN}
        settled = {n: one for n, one in ours.items() if n not in unsettled}
        return Listed(frozenset(unsettled), settled, at)


def _changed_at(listed: Iterable[Fields]) -> dict[int, datetime]:
    return {one.number("iid"): one.moment("updated_at") for one in listed}


def _ours(one: Fields) -> bool:
    return reading.from_here(one) and one.text("source_branch").startswith(PROMOTION_BRANCHES)
