"""What a forge knows: people, tokens, groups, projects and merge requests, whatever it calls them.

Repositories are real bare ones; what git can tell (heads, ancestry, conflicts) is kept nowhere
else.
Times are aware, in UTC; no two recorded events have the same.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any

from tests.stand_ins.bare import BareRepository
from tests.stand_ins.people import Access, Group, Label, Person, Tier, Token

__all__ = [
    "ZERO",
    "Access",
    "Environment",
    "Event",
    "Group",
    "Hook",
    "Label",
    "MergeRequest",
    "Note",
    "Person",
    "Project",
    "Protection",
    "Push",
    "Review",
    "Rule",
    "State",
    "Status",
    "Tier",
    "Token",
    "Verdict",
    "Version",
]

ZERO = "0" * 40
"""The sha of a ref that is not there."""


@dataclass(frozen=True)
class Push:
    """One ref that somebody moved; `ZERO` for a ref that was not there, or is no longer."""

    ref: str
    before: str
    after: str
    by: Person
    at: datetime


@dataclass(frozen=True)
class Version:
    """A state of a merge request's branch: one push. `base` is where it left the target."""

    id: int
    head: str
    base: str
    start: str
    by: Person
    at: datetime


class Verdict(Enum):
    """What a review says."""

    APPROVED = "approved"
    CHANGES_REQUESTED = "changes_requested"
    COMMENTED = "commented"
    DISMISSED = "dismissed"


@dataclass(eq=False)
class Review:
    """What somebody said of a merge request when its head was `head`."""

    id: int
    by: Person
    verdict: Verdict
    head: str
    at: datetime
    body: str = ""


@dataclass(eq=False)
class Note:
    """A comment; `system`: the forge's own record of what somebody did."""

    id: int
    by: Person
    body: str
    at: datetime
    updated: datetime
    system: bool = False
    discussion: str = ""
    individual: bool = True
    resolvable: bool = False
    resolved_by: Person | None = None


@dataclass(frozen=True)
class Event:
    """Something that happened to a merge request: `what` is a word, `about` its object."""

    id: int
    what: str
    by: Person
    at: datetime
    about: Any = None


class State(Enum):
    """Of a merge request."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(eq=False)
class MergeRequest:
    """`unsettled` is how many more looks find its mergeability still being computed."""

    id: int
    number: int
    project: "Project"
    source: "Project"
    source_branch: str
    target_branch: str
    title: str
    body: str
    author: Person
    created: datetime
    updated: datetime
    state: State = State.OPEN
    draft: bool = False
    labels: list[str] = field(default_factory=list)
    assignees: list[Person] = field(default_factory=list)
    reviewers: list[Person] = field(default_factory=list)
    versions: list[Version] = field(default_factory=list)
    reviews: list[Review] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    merged_by: Person | None = None
    merged_at: datetime | None = None
    merge_commit: str | None = None
    squash_commit: str | None = None
    closed_by: Person | None = None
    closed_at: datetime | None = None
    automatic: dict[str, Any] | None = None
    remove_source: bool = False
    unsettled: int = 0
    prepared_at: datetime | None = None
    merge_error: str | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def head(self) -> str:
        """The newest version's."""
        return self.versions[-1].head

    @property
    def source_ref(self) -> str:
        """The full name of its branch."""
        return f"refs/heads/{self.source_branch}"

    def approvals(self) -> list[Review]:
        """Each person's standing approval, oldest first."""
        latest: dict[int, Review] = {}
        for review in self.reviews:
            if review.verdict is not Verdict.COMMENTED:
                latest[review.by.id] = review
        return [r for r in latest.values() if r.verdict is Verdict.APPROVED]


@dataclass(eq=False)
class Status:
    """A commit status; `state` is in the face's words."""

    id: int
    sha: str
    ref: str | None
    name: str
    state: str
    description: str | None
    target_url: str | None
    by: Person
    created: datetime
    updated: datetime
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Protection:
    """A protected branch or tag: `pattern` has `*` for anything.

    Each of `push`, `merge` and `unprotect` is a list of who may: Access levels, or people and
    groups. An empty list: nobody.
    """

    id: int
    pattern: str
    push: list["Access | Person | Group"]
    merge: list["Access | Person | Group"]
    force: bool = False
    owners: bool = False
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Rule:
    """An approval rule of a project or, with `request`, of one merge request."""

    id: int
    name: str
    required: int
    kind: str = "regular"
    people: list[Person] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    branches: list[Protection] = field(default_factory=list)
    every_protected: bool = False
    source: "Rule | None" = None
    section: str | None = None


@dataclass(eq=False)
class Hook:
    """A webhook; `events` in the face's words."""

    id: int
    url: str
    created: datetime
    secret: str | None = None
    events: dict[str, bool] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Environment:
    """What is deployed to; `branches` are the patterns of those that may, by number, None: all."""

    id: int
    name: str
    created: datetime
    updated: datetime
    branches: dict[int, str] | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Project:
    """A repository and what is kept beside it; `owner` is a person or a group."""

    id: int
    path: str
    name: str
    owner: Person | Group
    creator: Person
    created: datetime
    git: BareRepository
    default_branch: str = "main"
    updated: datetime | None = None
    members: dict[int, Access] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
    requests: dict[int, MergeRequest] = field(default_factory=dict)
    rules: dict[int, list[Rule]] = field(default_factory=dict)
    pushes: list[Push] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    protected_branches: list[Protection] = field(default_factory=list)
    protected_tags: list[Protection] = field(default_factory=list)
    approval_rules: list[Rule] = field(default_factory=list)
    hooks: list[Hook] = field(default_factory=list)
    environments: list[Environment] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    forked_from: "Project | None" = None
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def full_path(self) -> str:
        """`OWNER/PATH`."""
        owner = self.owner
        return f"{owner.full_path if isinstance(owner, Group) else owner.login}/{self.path}"
