"""What people do on the embedded forge, through `fairlead forge`. It authenticates nobody."""

import re
from dataclasses import replace

from bot.adapters.local_records import Entry, closed
from bot.adapters.local_store import ForgeRef, Snapshot
from bot.forge import MergeRequestText
from bot.model import Approval, Check, CheckState, MergeRequest, MergeRequestState
from bot.ports import Clock, Repository
from gitops.errors import InvalidInput

_SHA = re.compile(r"[0-9a-f]{40}")
_LOGIN = re.compile(r"[^\s\x00-\x1f\x7f]+")


class LocalPeople:
    """The verbs that people use; `bot.adapters.local` adds the port."""

    def __init__(
        self,
        repository: Repository,
        clock: Clock,
        login: str = "fairlead",
        person: str | None = None,
    ) -> None:
        if person is not None:
            _check_login(person)
        self._repository = repository
        self._clock = clock
        self._login = login
        self._person = person or login
        """In whose name merge requests are opened."""
        self._ref = ForgeRef(repository, clock, login)

    def list(self) -> tuple[MergeRequest, ...]:
        """Every merge request, from whatever branch, by number, as of the last fetch."""
        return tuple(entry.request for entry in self._ref.read().entries.values())

    def show(self, number: int) -> Entry:
        """One merge request with its comments, as of the last fetch.

        Raises:
            InvalidInput: there is none of that number.
        """
        return self._ref.read().entry(number)

    def approve(self, number: int, head: str, person: str) -> None:
        """Record that a person approves `head`, be it the present one or not.

        Raises:
            InvalidInput: it is not open, `head` is no full sha, or `person` no login.
        """
        _check_login(person)
        _check_sha(head)

        def change(snapshot: Snapshot) -> Entry:
            entry = snapshot.entry(number)
            if not entry.open:
                raise InvalidInput(f"merge request {number} is {entry.request.state}")
            known = entry.request.approvals
            if any((a.person, a.sha) == (person, head) for a in known):
                return entry
            approval = Approval(person, head, self._clock(), bot=person == self._login)
            return replace(entry, request=replace(entry.request, approvals=(*known, approval)))

        self._ref.change("Approve", change)

    def check(self, number: int, head: str, name: str, source: str, state: CheckState) -> None:
        """Record a check of `head`, in the place of the same source's former one of this name.

        Raises:
            InvalidInput: `head` is no full sha, or `source` no login.
        """
        _check_login(source)
        _check_sha(head)

        def change(snapshot: Snapshot) -> Entry:
            entry = snapshot.entry(number)
            return entry.with_check(Check(name, source, head, state))

        self._ref.change("Check", change)

    def close_by_person(self, number: int, person: str) -> None:
        """Close it. Closing one that is closed already does nothing.

        Raises:
            InvalidInput: it is merged, or `person` is no login.
        """
        _check_login(person)

        def change(snapshot: Snapshot) -> Entry:
            entry = snapshot.entry(number)
            if entry.request.state is MergeRequestState.MERGED:
                raise InvalidInput(f"merge request {number} is merged")
            return closed(entry, person) if entry.open else entry

        self._ref.change("Close", change)

    def reopen(self, number: int, person: str) -> None:
        """Open a closed one again, at the present head of its branch.

        Raises:
            InvalidInput: it is not closed, its branch is gone, another one is open for the same
                branches, or `person` is no login.
        """
        _check_login(person)

        def change(snapshot: Snapshot) -> Entry:
            entry = snapshot.entry(number)
            request = entry.request
            head = snapshot.heads.get(request.source_branch)
            other = snapshot.open_for(request.source_branch, request.target_branch)
            if request.state is not MergeRequestState.CLOSED:
                raise InvalidInput(f"merge request {number} is {request.state}")
            if head is None:
                raise InvalidInput(f"the branch {request.source_branch} is gone", "push it again")
            if other is not None:
                raise InvalidInput(f"merge request {other.number} is open for the same branches")
            opened = replace(request, state=MergeRequestState.OPEN, closed_by=None)
            again = replace(entry, request=opened).with_head(head, self._ref.contributor(head))
            return again.with_comment(person, "reopened", self._clock())

        self._ref.change("Reopen", change)

    def open_by_person(self, source: str, target: str, person: str, title: str) -> MergeRequest:
        """Open one from any branch in a person's name.

        Raises:
            InvalidInput: one is open for these branches already, or `person` is no login.
            Conflict: one of the branches is not there.
        """
        _check_login(person)

        def change(snapshot: Snapshot) -> Entry:
            known = snapshot.open_for(source, target)
            if known is not None:
                raise InvalidInput(f"merge request {known.number} is open for the same branches")
            return self._ref.new(snapshot, source, target, person, MergeRequestText(title, ""))

        return self._ref.change("Open", change).request


def _check_sha(head: str) -> None:
    if not _SHA.fullmatch(head):
        raise InvalidInput(f"{head!r} is no commit", "give the 40 hex digits that `show` prints")


def _check_login(person: str) -> None:
    if not _LOGIN.fullmatch(person):
        raise InvalidInput(f"{person!r} is no login", "give one word")
