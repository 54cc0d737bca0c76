"""Who pushed to which branch, as GitLab's events tell, without reading again what was read.

Source: GitLab Docs, "Events API"; app/models/push_event_payload.rb.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.adapters.gitlab_api import Api
from bot.canonical import Fields

_SLACK = timedelta(minutes=5)
"""How much older than the newest event it is still read: they are written in the background."""

_BEFORE = timedelta(days=7)
"""How long before its merge request a branch may have been pushed and be found."""


@dataclass(frozen=True, slots=True)
class Push:
    """`branch` is None for a push of so many that GitLab names none; `sha` None for a deletion."""

    person: str
    branch: str | None
    sha: str | None
    at: datetime
    created: bool
    """The branch was not there before."""


class Pushes:
    """Remembers what was read for as long as the process runs."""

    def __init__(self) -> None:
        self._known: dict[int, Push] = {}
        self._since: datetime | None = None

    def read(self, api: Api, opened: datetime) -> tuple[Push, ...]:
        """Those since shortly before `opened`, when the oldest merge request was, oldest first.

        Raises:
            Denied, Unavailable: they could not be read whole.
        """
        since = opened - _BEFORE
        newest = max((push.at for push in self._known.values()), default=None)
        if self._since is not None and since >= self._since and newest is not None:
            enough = newest - _SLACK
        else:
            self._since, enough = since, since
        # The day that `after` names is excluded, and is one of the server's time zone.
        day = (enough - timedelta(days=2)).date().isoformat()
        found: dict[int, Push] = {}
        listed = api.each(
            "list who pushed", api.project.events, action="pushed", after=day, sort="desc"
        )
        with api.reading():
            for event in listed:
                push = _push(event)
                if push.at < enough:
                    break
                found[event.number("id")] = push
        kept = self._known | found
        self._known = {number: push for number, push in sorted(kept.items()) if push.at >= since}
        return tuple(self._known.values())


def pushes_to(branch: str, pushes: Iterable[Push], opened: datetime) -> tuple[Push, ...]:
    """Those that made what the branch is, and those that name no branch.

    What was there before it was made anew, and before its merge request was opened, is forgotten.
    """
    found: list[Push] = []
    for push in pushes:
        if push.branch == branch and push.at < opened and (push.created or push.sha is None):
            found = []
        if push.branch is None or (push.branch == branch and push.sha is not None):
            found.append(push)
    return tuple(found)


def _push(event: Fields) -> Push:
    data = event.inner("push_data")
    return Push(
        person=event.text("author_username"),
        branch=data.optional("ref") if data.text("ref_type") == "branch" else "",
        sha=data.optional("commit_to"),
        at=event.moment("created_at"),
        created=data.text("action") == "created",
    )
