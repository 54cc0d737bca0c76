"""The embedded forge: merge requests kept in the fleet repository itself.

It authenticates nobody. Whoever can push to the repository can approve under any name, and the one
who pushed a version is taken to be its head's committer, which anybody can write. It serves the
demo, trials and tests; it guards nothing.

Every change is a compare-and-swap of `refs/fairlead/forge`; a merge moves that ref and the target
branch in one atomic push. Reads speak of the mirror as it was last fetched, like all else that a
tick observes; verbs that write fetch first. A version that was pushed and overwritten between two
writing verbs leaves no trace here.
"""

from collections.abc import Collection, Mapping
from dataclasses import replace

from bot.adapters.local_people import LocalPeople
from bot.adapters.local_records import Entry, closed
from bot.adapters.local_store import BRANCHES, Snapshot
from bot.forge import PROMOTION_BRANCHES, STATUS, CommitStatus, MergeRequestText
from bot.model import IDENTITY, Check, Gap, MergeRequest, MergeRequestState
from bot.ports import Draft, RefUpdate
from gitops.errors import Conflict


class LocalForge(LocalPeople):
    """The Forge port for the bot, and the verbs that people use through `fairlead forge`."""

    pushed_at_once = 1000
    """The embedded forge tells nobody."""
    opened_at_once = 1
    """Its records are one file."""

    # --- the port -------------------------------------------------------------------------------

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        """Those from our branches, every state, by number, as of the last fetch.

        An open one stands at the present head of its branch, or at its last head when the branch is
        gone; a closed or merged one at the head that it had then.
        """
        return tuple(r for r in self.list() if r.source_branch.startswith(PROMOTION_BRANCHES))

    def login(self) -> str:
        """The login that this bot acts as, or the person who said so."""
        return self._person

    def members(self, groups: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """It keeps no groups."""
        return {group: Gap("the embedded forge", "it keeps no groups") for group in groups}

    def open(
        self,
        source_branch: str,
        target_branch: str,
        text: MergeRequestText,
        labels: Collection[str] = (),
        reviewers: Collection[str] = (),
    ) -> MergeRequest:
        """Open one, or return the one already open for this pair of branches.

        Raises:
            Conflict: one of the branches is not there.
        """

        def change(snapshot: Snapshot) -> Entry:
            known = snapshot.open_for(source_branch, target_branch)
            if known is not None:
                return known
            made = self._ref.new(snapshot, source_branch, target_branch, self._person, text)
            return _asked(_labelled(made, labels, ()), reviewers)

        return self._ref.change("Open", change).request

    def describe(self, number: int, text: MergeRequestText) -> None:
        """Rewrite title and body."""

        def change(snapshot: Snapshot) -> Entry:
            entry = snapshot.entry(number)
            return replace(entry, request=replace(entry.request, title=text.title, body=text.body))

        self._ref.change("Describe", change)

    def label(self, number: int, add: Collection[str], remove: Collection[str]) -> None:
        """Put labels on it and take others off; those named in neither stay as they are."""
        self._ref.change("Label", lambda snapshot: _labelled(snapshot.entry(number), add, remove))

    def request_reviews(self, number: int, people: Collection[str]) -> None:
        """Ask these logins; the author is left out."""
        self._ref.change("Ask", lambda snapshot: _asked(snapshot.entry(number), people))

    def post_status(self, head: str, branch: str, status: CommitStatus) -> None:
        """Say `STATUS` on a head of `branch`.

        Raises:
            Conflict: no merge request from it is open, and there is no other place to keep it.
        """

        def change(snapshot: Snapshot) -> Entry:
            found = (e for e in snapshot.entries.values() if e.request.source_branch == branch)
            entry = next((e for e in found if e.open), None)
            if entry is None:
                raise Conflict(f"no merge request from {branch} is open")
            return entry.with_check(
                Check(STATUS, self._login, head, status.state, status.description)
            )

        self._ref.change("Status", change)

    def cancel_automatic_merge(self, number: int) -> None:
        """It merges nothing by itself."""
        self._ref.read().entry(number)

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
            return closed(entry, self._login).with_comment(self._login, comment, self._clock())

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


def _labelled(entry: Entry, add: Collection[str], remove: Collection[str]) -> Entry:
    labels = tuple(sorted({*entry.request.labels, *add} - set(remove)))
    return replace(entry, request=replace(entry.request, labels=labels))


def _asked(entry: Entry, people: Collection[str]) -> Entry:
    reviewers = tuple(sorted({*entry.request.reviewers, *people} - {entry.request.author}))
    return replace(entry, request=replace(entry.request, reviewers=reviewers))
