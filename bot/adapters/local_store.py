"""What the embedded forge keeps: one JSON file for each merge request, on a ref of the fleet.

    refs/fairlead/forge            a chain of commits, moved by compare-and-swap
        merge-requests/<n>.json

The ref lies outside `refs/heads/`, so that no clone of the fleet takes it along and Flux never
sees it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from bot.canonical import Fields, Json, encode, instant
from bot.model import (
    IDENTITY,
    Approval,
    Check,
    CheckState,
    MergeRequest,
    MergeRequestState,
    Person,
)
from bot.ports import Clock, Draft, RefUpdate, Repository
from gitops.errors import Conflict, InvalidInput, Place
from gitops.tree import Tree

ATTEMPTS = 10
"""How often a change is made anew because somebody else's came first, before it is a Conflict."""

REF = "refs/fairlead/forge"
BRANCHES = "refs/heads/"

_DIRECTORY = "merge-requests"
_Word = TypeVar("_Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Comment:
    """What somebody wrote below a merge request."""

    person: str
    text: str
    at: datetime

    def __str__(self) -> str:
        return f"{self.person} at {instant(self.at)}: {self.text}"


@dataclass(frozen=True, slots=True)
class Entry:
    """A merge request with its comments, oldest first."""

    request: MergeRequest
    comments: tuple[Comment, ...] = ()

    @property
    def number(self) -> int:
        """Counts from 1 in the order of opening."""
        return self.request.number

    @property
    def open(self) -> bool:
        """Whether it can still be merged."""
        return self.request.state is MergeRequestState.OPEN

    def with_comment(self, person: str, text: str, at: datetime) -> "Entry":
        """The same with one comment more."""
        return replace(self, comments=(*self.comments, Comment(person, text, at)))

    def with_head(self, head: str, contributor: str) -> "Entry":
        """The same at another head, which `contributor` pushed."""
        known = self.request.contributors
        people = known if contributor in known else (*known, contributor)
        return replace(self, request=replace(self.request, head=head, contributors=people))


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
        stored = {} if sha is None else _entries(repository.tree(sha))
        heads = {
            ref.removeprefix(BRANCHES): head for ref, head in repository.refs(BRANCHES).items()
        }
        entries = {number: self._followed(entry, heads) for number, entry in stored.items()}
        return Snapshot(sha, stored, entries, heads)

    def write(
        self, snapshot: Snapshot, entry: Entry, subject: str, beside: Sequence[RefUpdate] = ()
    ) -> None:
        """Store an entry, and every head learnt of, on top of `snapshot`; move `beside` with it.

        Raises:
            Conflict: one of the refs moved; nothing happened.
        """
        entries = {**snapshot.entries, entry.number: entry}
        changed = {
            f"{_DIRECTORY}/{number}.json": encode(_json(each))
            for number, each in entries.items()
            if snapshot.stored.get(number) != each
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


def _entries(tree: Tree) -> dict[int, Entry]:
    """Every entry by number, in order.

    Raises:
        InvalidInput: a file that the embedded forge did not write.
    """
    entries: dict[int, Entry] = {}
    for path, file in tree.items():
        try:
            entry = _entry(Fields.parse(file.data))
        except InvalidInput as error:
            place = Place(f"{REF}:{path}")
            raise InvalidInput(error.message, "only Fairlead writes this ref", place) from error
        entries[entry.number] = entry
    return dict(sorted(entries.items()))


def _json(entry: Entry) -> Json:
    request = entry.request
    return {
        "number": request.number,
        "source_branch": request.source_branch,
        "target_branch": request.target_branch,
        "head": request.head,
        "state": request.state.value,
        "author": request.author,
        "title": request.title,
        "body": request.body,
        "contributors": list(request.contributors),
        "approvals": [
            {"person": a.person, "sha": a.sha, "at": instant(a.at), "bot": a.bot}
            for a in request.approvals
        ],
        "checks": [
            {"name": c.name, "source": c.source, "sha": c.sha, "state": c.state.value}
            for c in request.checks
        ],
        "closed_by": request.closed_by,
        "merge_sha": request.merge_sha,
        "comments": [
            {"person": c.person, "text": c.text, "at": instant(c.at)} for c in entry.comments
        ],
    }


def _entry(fields: Fields) -> Entry:
    request = MergeRequest(
        number=fields.number("number"),
        source_branch=fields.text("source_branch"),
        target_branch=fields.text("target_branch"),
        head=fields.text("head"),
        state=_word(fields, "state", MergeRequestState),
        author=fields.text("author"),
        title=fields.text("title"),
        body=fields.text("body"),
        contributors=fields.texts("contributors"),
        approvals=tuple(
            Approval(a.text("person"), a.text("sha"), a.moment("at"), a.flag("bot"))
            for a in fields.each("approvals")
        ),
        checks=tuple(
            Check(c.text("name"), c.text("source"), c.text("sha"), _word(c, "state", CheckState))
            for c in fields.each("checks")
        ),
        closed_by=fields.optional("closed_by"),
        merge_sha=fields.optional("merge_sha"),
    )
    comments = (
        Comment(c.text("person"), c.text("text"), c.moment("at")) for c in fields.each("comments")
    )
    return Entry(request, tuple(comments))


def _word(fields: Fields, key: str, words: Callable[[str], _Word]) -> _Word:
    try:
        return words(fields.text(key))
    except ValueError as error:
        raise InvalidInput(f"{key!r} is no word that Fairlead knows") from error
