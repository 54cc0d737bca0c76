"""Which merge requests there are on GitHub, without reading again what is settled.

What is closed or merged stays so until it is opened again, and then it is among the open ones. So
after one whole reading two short ones do: all that are open, and the closed ones that have changed
since, which GitHub lists by the time of their last change.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters import github_reading as reading
from bot.adapters.github_api import Api
from bot.canonical import Fields
from bot.forge import PROMOTION_BRANCHES
from bot.model import MergeRequest, MergeRequestState

OLDEST_FIRST = {"sort": "created", "direction": "asc"}
"""New ones come last, so that none is missed while pages are turned."""

_LATEST_FIRST = {"state": "closed", "sort": "updated", "direction": "desc", "per_page": "20"}
"""An item takes GitHub some 20 kB, and few have changed since the last look."""

_SLACK = timedelta(minutes=5)
"""How much older than the newest change a page is still read: GitHub writes seconds, and several
machines of it write."""

_LIST = "list the merge requests"


@dataclass(frozen=True, slots=True)
class Listed:
    """One of ours as a list tells it; `closed_at` is GitHub's own text, "" while it is open."""

    request: MergeRequest
    closed_at: str


class Listing:
    """Remembers what is settled for as long as the process runs."""

    def __init__(self) -> None:
        self._settled: dict[int, Listed] = {}
        self._open: frozenset[int] = frozenset()
        self._newest: datetime | None = None

    def read(self, api: Api) -> tuple[Listed, ...]:
        """Those from `PROMOTION_BRANCHES` of this repository, by number.

        Raises:
            Denied, Unavailable: they could not be read whole.
        """
        if self._newest is None:
            self._settled = {}
            found = self._learn(api, api.pages("pulls", _LIST, {"state": "all", **OLDEST_FIRST}))
        else:
            since = self._newest - _SLACK
            opened = api.pages("pulls", _LIST, {"state": "open", **OLDEST_FIRST})
            closed = api.pages(
                "pulls",
                _LIST,
                _LATEST_FIRST,
                enough=lambda page: any(pull.moment("updated_at") < since for pull in page),
            )
            # Read later, the closed ones are right about what is in both.
            found = self._learn(api, (*opened, *closed))
            if not self._open <= found.keys():
                self._newest = None
                return self.read(api)
        unsettled = {n: one for n, one in found.items() if not one.closed_at}
        settled = {n: one for n, one in found.items() if one.closed_at}
        kept = {n: one for n, one in self._settled.items() if n not in unsettled}
        self._settled, self._open = kept | settled, frozenset(unsettled)
        return tuple(one for _, one in sorted((self._settled | unsettled).items()))

    def _learn(self, api: Api, pulls: Sequence[Fields]) -> dict[int, Listed]:
        with api.reading():
            times = [pull.moment("updated_at") for pull in pulls]
            self._newest = max((*times, *([self._newest] if self._newest else [])), default=None)
            return {one.request.number: one for one in _ours(pulls)}


def _ours(pulls: Iterable[Fields]) -> Iterable[Listed]:
    for pull in pulls:
        if reading.from_here(pull):
            request = reading.merge_request(pull)
            if request.source_branch.startswith(PROMOTION_BRANCHES):
                still_open = request.state is MergeRequestState.OPEN
                yield Listed(request, "" if still_open else pull.text("closed_at"))
