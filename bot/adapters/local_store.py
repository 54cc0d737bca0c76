"""What the embedded forge keeps: one JSON file for each merge request, on a ref of the fleet.

    refs/fairlead/forge            a chain of commits, moved by compare-and-swap
        merge-requests/<n>.json

The ref lies outside `refs/heads/`, so that no clone of the fleet takes it along and Flux never
sees it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from bot.adapters.local_records import Entry, entries, file
from bot.forge import MergeRequestText
from bot.model import IDENTITY, MergeRequest, MergeRequestState, Person
from bot.ports import Clock, Draft, RefUpdate, Repository
from gitops.errors import Conflict, InvalidInput

ATTEMPTS = 10
"""How often a change is made anew because somebody else's came first, before it is a Conflict."""

REF = "refs/fairlead/forge"
BRANCHES = "refs/heads/"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The forge as the mirror shows it.

    `stored` is what the ref at `sha` says (None: there is no ref yet); in `entries` each open merge
    request stands at the present head of its branch; `heads` are all branches by short name.
    """

    sha: str | None
    stored: Mapping[int, Entry]
    entries: Mapping[int, Entry]
    heads: Mapping[str, str]

    def entry(self, number: int) -> Entry:
        """One merge request.

        Raises:
            InvalidInput: there is none of that number.
        """
        if number not in self.entries:
            raise InvalidInput(f"there is no merge request {number}")
        return self.entries[number]

    def open_for(self, source: str, target: str) -> Entry | None:
        """The open one for this pair of branches."""
        return next(
            (
                e
                for e in self.entries.values()
                if e.open and (e.request.source_branch, e.request.target_branch) == (source, target)
            ),
            None,
        )


class ForgeRef:
    """Reads and moves the forge's ref."""

    def __init__(self, repository: Repository, clock: Clock, login: str) -> None:
        self._repository = repository
        self._clock = clock
        self._login = login

    def read(self) -> Snapshot:
        """The forge as of the mirror's last fetch."""
        repository = self._repository
        sha = repository.refs(REF).get(REF)
        stored = {} if sha is None else entries(repository.tree(sha), REF)
        heads = {
            ref.removeprefix(BRANCHES): head for ref, head in repository.refs(BRANCHES).items()
        }
        now = {number: self._followed(entry, heads) for number, entry in stored.items()}
        return Snapshot(sha, stored, now, heads)

    def write(
        self, snapshot: Snapshot, entry: Entry, subject: str, beside: Sequence[RefUpdate] = ()
    ) -> None:
        """Store an entry, and every head learnt of, on top of `snapshot`; move `beside` with it.

        Raises:
            Conflict: one of the refs moved; nothing happened.
        """
        told = {**snapshot.entries, entry.number: entry}
        changed = {
            path: data
            for number, each in told.items()
            if snapshot.stored.get(number) != each
            for path, data in (file(each),)
        }
        parents = () if snapshot.sha is None else (snapshot.sha,)
        draft = Draft(parents, subject, IDENTITY, self._clock(), changed)
        (sha,) = self._repository.write([draft])
        self._repository.push([*beside, RefUpdate(REF, snapshot.sha, sha)])

    def change(self, verb: str, edit: Callable[[Snapshot], Entry]) -> Entry:
        """Make one entry what `edit` says; again from the start when another change came first.

        A hosted forge takes one change after the other; compare-and-swap alone would have an
        approval fail because somebody approved something else.

        Raises:
            Conflict: other changes came first too often; nothing happened.
        """
        for _ in range(ATTEMPTS):
            self._repository.fetch()
            snapshot = self.read()
            entry = edit(snapshot)
            if entry == snapshot.entries.get(entry.number) or self._written(snapshot, entry, verb):
                return entry
        raise Conflict(f"the embedded forge was changed {ATTEMPTS} times meanwhile")

    def _written(self, snapshot: Snapshot, entry: Entry, verb: str) -> bool:
        try:
            self.write(snapshot, entry, f"{verb} {entry.number}")
        except Conflict:
            return False
        return True

    def new(
        self, snapshot: Snapshot, source: str, target: str, author: str, text: MergeRequestText
    ) -> Entry:
        """One more between two branches.

        Raises:
            Conflict: one of them is not there.
        """
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
            contributors=(self.contributor(head),),
        )
        return Entry(request)

    def contributor(self, head: str) -> str:
        """Who is taken for the one who pushed `head`: its committer, by e-mail, else by name."""
        commit = self._repository.commit(head)
        if commit is None:
            raise Conflict(f"{head} is not in the mirror")
        committer: Person = commit.facts.committer
        return self._login if committer == IDENTITY else committer.email or committer.name

    def _followed(self, entry: Entry, heads: Mapping[str, str]) -> Entry:
        head = heads.get(entry.request.source_branch)
        if not entry.open or head is None or head == entry.request.head:
            return entry
        return entry.with_head(head, self.contributor(head))
