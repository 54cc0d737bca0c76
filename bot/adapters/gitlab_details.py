"""What GitLab tells of an open merge request besides its own page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from bot.adapters import gitlab_reading as reading
from bot.adapters.gitlab_api import Api
from bot.adapters.gitlab_people import People
from bot.adapters.gitlab_pushes import Push, pushes_to
from bot.adapters.gitlab_reading import Agreement, Version
from bot.canonical import Fields
from bot.model import Approval, Check, MergeRequest


@dataclass(frozen=True, slots=True)
class Details:
    """`page` is the merge request's own; `agreed` are the approvals, of whatever version."""

    page: Fields
    request: MergeRequest
    versions: tuple[Version, ...]
    agreed: tuple[Agreement, ...]
    committers: tuple[str, ...]


class Versions:
    """Who made the commits of each version of a merge request, which never changes."""

    def __init__(self) -> None:
        self._committers: dict[int, dict[int, tuple[str, ...]]] = {}

    def keep(self, numbers: Iterable[int]) -> None:
        """Forget the others."""
        still = set(numbers)
        self._committers = {n: known for n, known in self._committers.items() if n in still}

    def committers(
        self, api: Api, people: People, number: int, versions: Iterable[Version]
    ) -> tuple[str, ...]:
        """E-mails and logins of the authors and committers of all versions.

        Raises:
            Denied, Unavailable: they could not be read.
        """
        known = self._committers.setdefault(number, {})
        manager = api.project.mergerequests.get(number, lazy=True).diffs
        doing = f"read who made merge request {number}"
        for version in versions:
            if version.number not in known:
                told = api.one(doing, partial(manager.get, version.number))
                with api.reading():
                    known[version.number] = reading.committers(told.each("commits"))
        named = reading.several(*(known[version.number] for version in versions))
        logins = (people.addressed(api, name) for name in named if "@" in name)
        return reading.several(named, *logins)


def details(api: Api, people: People, versions: Versions, page: Fields) -> Details:
    """Everything about an open one that is its own.

    Approvals are read before the versions: what is pushed in between makes them older, never newer.

    Raises:
        Denied, Unavailable: it could not be read whole.
    """
    with api.reading():
        request = reading.merge_request(page)
    number = request.number
    lazy = api.project.mergerequests.get(number, lazy=True)
    told = api.one(f"read the approvals of {number}", lazy.approvals.get)
    with api.reading():
        agreed = reading.agreements(told)
    if any(one.at is None for one in agreed):
        agreed = _dated(api, number, agreed)
    listed = api.every(f"list the versions of {number}", lazy.diffs)
    with api.reading():
        made = reading.versions(listed)
    committers = versions.committers(api, people, number, made)
    told_of = replace(request, checks=_checks(api, page, request))
    return Details(page, told_of, made, agreed, committers)


def _checks(api: Api, page: Fields, request: MergeRequest) -> tuple[Check, ...]:
    """The statuses of the head, and its pipeline; none where GitLab knows no head."""
    if not request.head:
        return ()
    # All of them: the last of a name hides what somebody else posted under it.
    posted = api.project.commits.get(request.head, lazy=True).statuses
    statuses = api.every(f"list the checks of {request.number}", posted, all="true")
    with api.reading():
        checks = reading.checks(statuses, request.head)
        run = reading.pipeline(page, request.head)
    return checks if run is None else (*checks, run)


def _dated(api: Api, number: int, agreed: tuple[Agreement, ...]) -> tuple[Agreement, ...]:
    """With the times of GitLab's own notes where the approval has none."""
    lazy = api.project.mergerequests.get(number, lazy=True)
    notes = api.every(f"list the notes of {number}", lazy.notes, sort="asc", order_by="created_at")
    with api.reading():
        at = reading.agreed_at(notes)
    return tuple(replace(one, at=one.at or at.get(one.login)) for one in agreed)


def completed(
    found: Details, pushes: Iterable[Push], bots: Mapping[int, bool], members: frozenset[int]
) -> MergeRequest:
    """The merge request with approvals of its head, and everybody who made a version of it.

    An approval counts where it is strictly later than the push that made the head, and as long as
    the person may approve.
    """
    request = found.request
    made = pushes_to(request.source_branch, pushes, found.page.moment("created_at"))
    since = _made(found, made)
    approvals = tuple(
        Approval(one.login, request.head, one.at, bots[one.user])
        for one in found.agreed
        if since is not None and one.at is not None and one.at > since and one.user in members
    )
    contributors = reading.several(
        request.contributors, tuple(push.person for push in made), found.committers
    )
    return replace(request, approvals=approvals, contributors=contributors)


def _made(found: Details, pushes: Iterable[Push]) -> datetime | None:
    """When the head became what it is; None while GitLab has not looked at the push."""
    if not found.versions or found.versions[-1].head != found.request.head:
        return None
    pushed = (push.at for push in pushes if push.sha == found.request.head)
    return max((found.versions[-1].at, *pushed))
