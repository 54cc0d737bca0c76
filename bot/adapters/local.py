"""The embedded forge: merge requests kept in the fleet repository itself.

It authenticates nobody. Whoever can push to the repository can approve under any name, and the one
who pushed a version is taken to be its head's committer, which anybody can write. It serves the
demo, trials and tests; it guards nothing.

Every change is a compare-and-swap of `refs/fairlead/forge`; a merge moves that ref and the target
branch in one atomic push. Reads speak of the mirror as it was last fetched, like all else that a
tick observes; verbs that write fetch first. A version that was pushed and overwritten between two
writing verbs leaves no trace here.
"""

import re
from dataclasses import replace

from bot.adapters.local_store import BRANCHES, Entry, ForgeRef, Snapshot
from bot.model import (
    IDENTITY,
    Approval,
    Check,
    CheckState,
    MergeRequest,
    MergeRequestState,
)
from bot.ports import PROMOTION_BRANCHES, Clock, Draft, MergeRequestText, RefUpdate, Repository
from gitops.errors import Conflict, InvalidInput

_SHA = re.compile(r"[0-9a-f]{40}")
_LOGIN = re.compile(r"[^\s\x00-\x1f\x7f]+")


class LocalForge:
    """The Forge port for the bot, and the verbs that people use through `fairlead forge`."""

    def __init__(self, repository: Repository, clock: Clock, login: str = "fairlead") -> None:
        self._repository = repository
        self._clock = clock
        self._login = login
        self._ref = ForgeRef(repository, clock, login)

    # --- the port -------------------------------------------------------------------------------

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        """Those from our branches, every state, by number, as of the last fetch.

        An open one stands at the present head of its branch, or at its last head when the branch is
        gone; a closed or merged one at the head that it had then.
        """
        return tuple(r for r in self.list() if r.source_branch.startswith(PROMOTION_BRANCHES))

    def login(self) -> str:
        """The login that this bot acts as."""
        return self._login

    def open(self, source_branch: str, target_branch: str, text: MergeRequestText) -> MergeRequest:
        """Open one, or return the one already open for this pair of branches.

        Raises:
            Conflict: one of the branches is not there.
        """

        def change(snapshot: Snapshot) -> Entry:
            known = snapshot.open_for(source_branch, target_branch)
            return known or self._new(snapshot, source_branch, target_branch, self._login, text)

        return self._ref.change("Open", change).request

    def describe(self, number: int, text: MergeRequestText) -> None:
        """Rewrite title and body."""

        def change(snapshot: Snapshot) -> Entry:
            entry = snapshot.entry(number)
            return replace(entry, request=replace(entry.request, title=text.title, body=text.body))

        self._ref.change("Describe", change)

    def close(self, number: int, comment: str) -> None:
        """Close it with a comment. Closing one that is closed already does nothing.

        Raises:
            Conflict: it is merged.
        """

        def change(snapshot: Snapshot) -> Entry:
            entry = snapshot.entry(number)
            if entry.request.state is MergeRequestState.MERGED:
                raise Conflict(f"merge request {number} is merged")
            if not entry.open:
                return entry
            return _closed(entry, self._login).with_comment(self._login, comment, self._clock())

        self._ref.change("Close", change)

    def merge(self, number: int, head: str, message: str) -> str:
        """Merge it at exactly this head; the sha of the merge commit on the target branch.

        Raises:
            Conflict: the head moved or its branch is gone, it is not open, it conflicts with the
                target branch, or something moved meanwhile.
        """
        self._repository.fetch()
        snapshot = self._ref.read()
        entry = snapshot.entry(number)
        request = entry.request
        if not entry.open:
            raise Conflict(f"merge request {number} is {request.state}")
        if snapshot.heads.get(request.source_branch) != head:
            raise Conflict(f"merge request {number} is no longer at {head}")
        target = snapshot.heads.get(request.target_branch)
        if target is None:
            raise Conflict(f"the branch {request.target_branch} is gone")
        tree = self._repository.merged_tree(target, head)
        if tree is None:
            raise Conflict(f"merge request {number} conflicts with {request.target_branch}")
        draft = Draft((target, head), message, IDENTITY, self._clock(), {}, tree=tree)
        (sha,) = self._repository.write([draft])
        merged = replace(request, state=MergeRequestState.MERGED, merge_sha=sha)
        self._ref.write(
            snapshot,
            replace(entry, request=merged),
            f"Merge {number}",
            [RefUpdate(BRANCHES + request.target_branch, target, sha)],
        )
        return sha

    # --- people ---------------------------------------------------------------------------------

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
            others = tuple(
                c for c in entry.request.checks if (c.name, c.source, c.sha) != (name, source, head)
            )
            checks = (*others, Check(name, source, head, state))
            return replace(entry, request=replace(entry.request, checks=checks))

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
            return _closed(entry, person) if entry.open else entry

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
            return self._new(snapshot, source, target, person, MergeRequestText(title, ""))

        return self._ref.change("Open", change).request

    # --- how -----------------------------------------------------------------------------------

    def _new(
        self, snapshot: Snapshot, source: str, target: str, author: str, text: MergeRequestText
    ) -> Entry:
        for branch in (source, target):
            if branch not in snapshot.heads:
                raise Conflict(f"there is no branch {branch}")
        head = snapshot.heads[source]
        request = MergeRequest(
            number=max(snapshot.entries, default=0) + 1,
            source_branch=source,
            target_branch=target,
            head=head,
            state=MergeRequestState.OPEN,
            author=author,
            title=text.title,
            body=text.body,
            contributors=(self._ref.contributor(head),),
        )
        return Entry(request)


def _closed(entry: Entry, person: str) -> Entry:
    request = replace(entry.request, state=MergeRequestState.CLOSED, closed_by=person)
    return replace(entry, request=request)


def _check_sha(head: str) -> None:
    if not _SHA.fullmatch(head):
        raise InvalidInput(f"{head!r} is no commit", "give the 40 hex digits that `show` prints")


def _check_login(person: str) -> None:
    if not _LOGIN.fullmatch(person):
        raise InvalidInput(f"{person!r} is no login", "give one word")
