"""What a list of merge requests does not tell of an open one, and who closed a closed one."""

from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from urllib.parse import quote

from bot.adapters import github_reading as reading
from bot.adapters.github_api import Api
from bot.adapters.github_listing import Listed
from bot.canonical import Fields
from bot.forge import PROMOTION_BRANCHES
from bot.model import Approval, MergeRequest, MergeRequestState


@dataclass(frozen=True, slots=True)
class Reader:
    """Who is asked, and in whose name; at most `at_once` calls at a time.

    `made_here` tells whether this very process made a commit, all that its branch has of its own.
    """

    api: Api
    login: str
    at_once: int
    made_here: Callable[[str], bool]


class Details:
    """Remembers what cannot change: who made a commit, and who closed what was closed then."""

    def __init__(self) -> None:
        self._committers: dict[tuple[int, str], tuple[str, ...]] = {}
        self._closers: dict[tuple[int, str], str | None] = {}

    def read(self, reader: Reader, listed: Sequence[Listed]) -> tuple[MergeRequest, ...]:
        """The same merge requests with everything that is known of them.

        Raises:
            Denied, Unavailable: one of them could not be read whole.
        """
        heads = _heads(reader.api, [one.request for one in listed if not one.closed_at])
        with ThreadPoolExecutor(reader.at_once) as pool:
            told = list(pool.map(lambda one: self._told(reader, one, heads), listed))
            people = {a.person for request in told for a in request.approvals if not a.bot}
            found = pool.map(lambda person: _may_write(reader.api, person), sorted(people))
            writers = {p for p, may in zip(sorted(people), found, strict=True) if may}
        still = {r.number for r in told if r.state is MergeRequestState.OPEN}
        self._committers = {k: v for k, v in self._committers.items() if k[0] in still}
        return tuple(replace(r, approvals=_of(r.approvals, writers)) for r in told)

    def _told(self, reader: Reader, one: Listed, heads: Mapping[str, str]) -> MergeRequest:
        request = one.request
        match request.state:
            case MergeRequestState.MERGED:
                return request
            case MergeRequestState.CLOSED:
                return replace(request, closed_by=self._closed_by(reader.api, one))
            case MergeRequestState.OPEN:
                head = heads.get(request.source_branch, request.head)
                return self._open_one(reader, replace(request, head=head))

    def _open_one(self, reader: Reader, request: MergeRequest) -> MergeRequest:
        api, number, head = reader.api, request.number, request.head
        doing = f"read merge request {number}"
        events = api.pages(f"issues/{number}/timeline", doing)
        reviews = api.pages(f"pulls/{number}/reviews", doing)
        statuses = api.pages(f"commits/{head}/statuses", doing)
        runs = api.pages(
            f"commits/{head}/check-runs", doing, {"filter": "latest"}, key="check_runs"
        )
        pushes = api.pages("activity", doing, {"ref": f"refs/heads/{request.source_branch}"})
        with api.reading():
            forcers = reading.forcers(events)
            approvals = reading.approvals(reviews, reader.login)
            checks = reading.statuses(statuses, head) + reading.check_runs(runs, head)
            activity = reading.activity(pushes)
        versions = reading.several((head,), activity.heads)
        made = [self._made_by(api, request, sha) for sha in versions if not reader.made_here(sha)]
        return replace(
            request,
            contributors=reading.several(request.contributors, forcers, activity.pushers, *made),
            approvals=approvals,
            checks=checks,
        )

    def _made_by(self, api: Api, request: MergeRequest, sha: str) -> tuple[str, ...]:
        """Who made the commits of a version; nobody where GitHub has thrown it away."""
        key = (request.number, sha)
        if key not in self._committers:
            between = f"{quote(request.target_branch, safe='')}...{sha}"
            place, doing = f"compare/{between}", f"read the commits of {request.number}"
            if sha != request.head and api.there(f"commits/{sha}", doing) is None:
                commits: Sequence[Fields] = ()
            else:
                commits = api.pages(place, doing, key="commits")
            with api.reading():
                self._committers[key] = reading.committers(commits)
        return self._committers[key]

    def _closed_by(self, api: Api, one: Listed) -> str | None:
        """Who closed it; remembered for as long as it was closed at that moment."""
        number = one.request.number
        key = (number, one.closed_at)
        if key not in self._closers:
            events = api.pages(f"issues/{number}/timeline", f"read merge request {number}")
            with api.reading():
                self._closers[key] = reading.closed_by(events)
        return self._closers[key]


def _heads(api: Api, open_ones: Collection[MergeRequest]) -> Mapping[str, str]:
    """Where their branches are now, by short name: a list tells it as GitHub last looked."""
    heads: dict[str, str] = {}
    for prefix in PROMOTION_BRANCHES:
        if any(request.source_branch.startswith(prefix) for request in open_ones):
            found = api.pages(f"git/matching-refs/heads/{prefix}", "read the branches")
            with api.reading():
                heads |= reading.heads(found)
    return heads


def _may_write(api: Api, person: str) -> bool:
    place = f"collaborators/{quote(person, safe='')}/permission"
    found = api.there(place, f"read what {person} may do")
    if found is None:
        return False
    with api.reading():
        return reading.may_write(found)


def _of(approvals: Collection[Approval], writers: Collection[str]) -> tuple[Approval, ...]:
    """Those that GitHub counts too, and the bots', which are marked as such."""
    return tuple(a for a in approvals if a.bot or a.person in writers)
