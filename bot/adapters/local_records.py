"""How the embedded forge writes a merge request down: one JSON file for each, with its comments."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from bot.canonical import Fields, Json, encode, instant
from bot.model import Approval, Check, CheckState, MergeRequest, MergeRequestState
from gitops.errors import InvalidInput, Place
from gitops.tree import Tree

_Word = TypeVar("_Word", bound=StrEnum)
_DIRECTORY = "merge-requests"


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

    def with_check(self, check: Check) -> "Entry":
        """The same with a check in the place of the same source's former one of this name."""
        if check in self.request.checks:
            return self
        key = (check.name, check.source, check.sha)
        others = (c for c in self.request.checks if (c.name, c.source, c.sha) != key)
        return replace(self, request=replace(self.request, checks=(*others, check)))

    def with_head(self, head: str, contributor: str) -> "Entry":
        """The same at another head, which `contributor` pushed."""
        known = self.request.contributors
        people = known if contributor in known else (*known, contributor)
        return replace(self, request=replace(self.request, head=head, contributors=people))


def closed(entry: Entry, person: str) -> Entry:
    """The same, closed by somebody."""
    request = replace(entry.request, state=MergeRequestState.CLOSED, closed_by=person)
    return replace(entry, request=request)


def file(entry: Entry) -> tuple[str, bytes]:
    """Where it is kept, and its bytes."""
    return f"{_DIRECTORY}/{entry.number}.json", encode(_json(entry))


def entries(tree: Tree, ref: str) -> dict[int, Entry]:
    """Every entry by number, in order.

    Raises:
        InvalidInput: a file that the embedded forge did not write.
    """
    found: dict[int, Entry] = {}
    for path, file in tree.items():
        try:
            entry = _entry(Fields.parse(file.data))
        except InvalidInput as error:
            place = Place(f"{ref}:{path}")
            raise InvalidInput(error.message, "only Fairlead writes this ref", place) from error
        found[entry.number] = entry
    return dict(sorted(found.items()))


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
            {
                "name": c.name,
                "source": c.source,
                "sha": c.sha,
                "state": c.state.value,
                "description": c.description,
            }
            for c in request.checks
        ],
        "labels": list(request.labels),
        "reviewers": list(request.reviewers),
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
        checks=tuple(_check(c) for c in fields.each("checks")),
        closed_by=fields.optional("closed_by"),
        merge_sha=fields.optional("merge_sha"),
        labels=_texts_if_any(fields, "labels"),
        reviewers=_texts_if_any(fields, "reviewers"),
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


def _check(fields: Fields) -> Check:
    return Check(
        fields.text("name"),
        fields.text("source"),
        fields.text("sha"),
        _word(fields, "state", CheckState),
        fields.text("description") if "description" in fields.content else "",
    )


def _texts_if_any(fields: Fields, key: str) -> tuple[str, ...]:
    """() where an older Fairlead wrote the file."""
    return fields.texts(key) if key in fields.content else ()
