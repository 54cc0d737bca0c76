"""What `bot` needs of the outside, each named after the need; of the forge in `bot.forge`.

Every method may raise `Unavailable` (no answer, or less than the whole) and `Denied`
(credentials); those that write may raise `Conflict` (what was read is no longer so). The bulk
reads return a `Gap` for each item that could not be read instead, so that one app's trouble stays
its own. The clock is a callable that returns an aware datetime.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from bot.build_checks import BuildChecks
from bot.forge import Forge
from bot.forge_settings import ForgeSettings
from bot.model import (
    CommitFacts,
    Gap,
    Health,
    Manifest,
    Person,
    Reference,
    Source,
    Target,
)
from bot.state import Baseline, Failure, Halt, Proof, Seen, Soak, State
from gitops.carriers import Carried
from gitops.tree import Tree

Clock = Callable[[], datetime]


class Registry(Protocol):
    """Where artifacts lie: image registries, Helm repositories, git repositories."""

    def tags(self, repositories: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """Every tag of each repository, sorted; a Gap unless the list is known to be whole.

        Of a chart these are its versions. A repository that nobody knows has none.
        """
        ...

    def resolve(
        self, references: Collection[Reference]
    ) -> Mapping[Reference, Manifest | Gap | None]:
        """What each reference names now; None when its place says that it is not there."""
        ...


@dataclass(frozen=True, slots=True)
class SourceQuery:
    """Which repository, and the branches whose first-parent history is wanted."""

    url: str
    branches: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A commit of an app's source; `subject` is the first line of its message (untrusted text)."""

    sha: str
    subject: str


@dataclass(frozen=True, slots=True)
class Changes:
    """What lies between two commits on a line of first parents, newest first.

    `more` counts those that are not listed. `taken_back`: the later commit is the older one.
    `related` is False where neither is on the other's line; then nothing is listed.
    """

    entries: tuple[Change, ...] = ()
    more: int = 0
    taken_back: bool = False
    related: bool = True


class Sources(Protocol):
    """The source repositories of apps."""

    def read(self, queries: Collection[SourceQuery]) -> Mapping[SourceQuery, Source | Gap]:
        """Tags (peeled), the branches asked for, and who made the commits they name."""
        ...

    def changes(self, url: str, old: str, new: str, most: int) -> Changes | Gap:
        """What lies between two commits of a repository as it was read last.

        At most the newest `most` commits are listed. A Gap where one of the two is not there.
        """
        ...


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of the fleet repository."""

    facts: CommitFacts
    parents: tuple[str, ...]
    tree: str
    """The id of its git tree object."""
    message: str

    @property
    def sha(self) -> str:
        """40 hex digits."""
        return self.facts.sha


@dataclass(frozen=True, slots=True)
class Draft:
    """A commit to write. The same draft always gives the same sha.

    `changed` maps paths to their new bytes, over the tree of the first parent (an existing file
    keeps its mode); `removed` paths must exist. Without parents it starts from nothing. `tree` is
    a git tree id to take instead (a computed merge); then `changed` and `removed` are empty.
    """

    parents: tuple[str, ...]
    message: str
    author: Person
    date: datetime
    changed: Mapping[str, bytes]
    removed: tuple[str, ...] = ()
    tree: str | None = None


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """Move `ref` (full name) from `expected` to `new`; None is "does not exist"."""

    ref: str
    expected: str | None
    new: str | None


class Repository(Protocol):
    """The fleet repository: a mirror without a working tree; the remote moves by compare-and-swap.

    Reads speak of the mirror as `fetch` left it.
    """

    def fetch(self) -> None:
        """Bring the mirror up to date, deleted refs included."""
        ...

    def refs(self, prefix: str) -> Mapping[str, str]:
        """Full ref name to sha, for refs whose name starts with `prefix`."""
        ...

    def head(self, branch: str) -> str | None:
        """The sha of a branch (short name), None when there is no such branch."""
        ...

    def tree(self, sha: str) -> Tree:
        """The files of a commit."""
        ...

    def commit(self, sha: str) -> Commit | None:
        """A commit, None when the mirror does not hold it."""
        ...

    def first_parents(self, sha: str, until: str | None = None) -> tuple[Commit, ...]:
        """First-parent history, newest first, down to but without `until` (None: to the root)."""
        ...

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `old` is `new` or an ancestor of it; False when either is unknown."""
        ...

    def last_change(self, sha: str, paths: Collection[str]) -> str | None:
        """The newest first-parent commit, from `sha` back, that changed one of these files."""
        ...

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor, None when there is none."""
        ...

    def merged_tree(self, ours: str, theirs: str) -> str | None:
        """The tree id of their merge as git computes it, None when it conflicts."""
        ...

    def write(self, drafts: Sequence[Draft]) -> tuple[str, ...]:
        """Store commits in the mirror, moving no ref; their shas, in order."""
        ...

    def push(self, updates: Sequence[RefUpdate]) -> None:
        """Move refs of the remote, all or none, each only from its expected value.

        Raises:
            Conflict: a ref was not where it was expected; nothing moved.
        """
        ...


class Clusters(Protocol):
    """Where apps run."""

    def health(self, wanted: Collection[Carried]) -> tuple[Health, ...] | Gap:
        """What is reported of these, at most once of each; a cluster that says nothing is absent.

        A Gap says that nothing at all could be read. Where one cluster alone could not be, its
        reports are UNKNOWN with that as their message.
        """
        ...


StateRecord = Seen | Baseline | Soak | Failure | Proof | Halt


@dataclass(frozen=True, slots=True)
class StateChange:
    """What one commit on the state branch changes.

    `seen` is by app. A record whose key is already there stands as it was first written, except a
    soak, a failure and a baseline, which replace the target's former one.
    """

    seen: Mapping[str, tuple[Seen, ...]]
    baselines: tuple[Baseline, ...] = ()
    soaks: tuple[Soak, ...] = ()
    ended_soaks: tuple[Target, ...] = ()
    failures: tuple[Failure, ...] = ()
    proofs: tuple[Proof, ...] = ()
    halt: Halt | None = None
    clear_halt: bool = False
    cleared: tuple[str, ...] = ()
    """Reasons of halts that a person has ended, in the place of those on record; () keeps them."""


class Ledger(Protocol):
    """The state branch."""

    def seal(self, subject: str, content: bytes) -> str:
        """64 hex digits: the MAC of something that is kept elsewhere, bound to its subject.

        Raises:
            InvalidInput: there is no usable key.
        """
        ...

    def read(self) -> State:
        """The records whose MAC is valid, as of the last fetch; the others are named."""
        ...

    def write(self, expected: str | None, change: StateChange, now: datetime) -> str:
        """One commit on top of `expected`; returns its sha, `expected` when nothing would change.

        Raises:
            Conflict: the state branch is not at `expected`.
        """
        ...

    def start(self, replaces: tuple[str, ...], change: StateChange, now: datetime) -> str:
        """Create the state branch where there is none, or replace one that was lost or rewound."""
        ...


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything outside, as one value."""

    repository: Repository
    forge: Forge
    ledger: Ledger
    registry: Registry
    sources: Sources
    clusters: Clusters
    clock: Clock
    forge_settings: ForgeSettings | None = None
    """None where the forge has no settings, as the embedded one."""
    build_checks: BuildChecks | None = None
    """None where no forge can be asked of a source's commits."""
