"""What a tick decided: verdicts, one step at most for each promotion, and what to remember.

"Not yet" is a value with a reason and, where it is known, a time; it is never an exception.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.forge import CommitStatus
from bot.model import Release, Target
from bot.on_cluster import OnCluster
from bot.ports import StateChange
from bot.state import Halt
from bot.stop import Rollback


@dataclass(frozen=True, slots=True)
class Pass:
    """The gate is open. `note` is what a reviewer should know all the same, "" for nothing."""

    note: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Not yet. `until` is when it can change by time alone, None when something must happen."""

    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Not this release, unless a person changes something."""

    reason: str


Verdict = Pass | Wait | Refuse


@dataclass(frozen=True, slots=True)
class GateVerdict:
    """A gate's name and what it says."""

    gate: str
    verdict: Verdict

    @property
    def open(self) -> bool:
        """Whether the gate lets the promotion through."""
        return isinstance(self.verdict, Pass)


class PromotionState(StrEnum):
    """How far the newest promotion of a target has come; `docs/states.md` holds the transitions."""

    PLANNED = "planned"
    WAITING = "waiting"
    OPEN = "open"
    APPROVED = "approved"
    MERGING = "merging"
    MERGED = "merged"
    RECONCILING = "reconciling"
    VERIFYING = "verifying"
    SOAKING = "soaking"
    DONE = "done"
    FAILED = "failed"
    SUPERSEDED = "superseded"
    BLOCKED = "blocked"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True)
class Promotion:
    """One attempt to bring one release into one environment.

    `notes` say why it may, and what a reviewer should know (rebuilt bytes, a contained proof).
    """

    target: Target
    release: Release
    branch: str
    notes: tuple[str, ...] = ()
    rollback: Rollback | None = None
    """Set for one of an older release, which a person asked for by name."""


@dataclass(frozen=True, slots=True)
class Open:
    """Commit the promotion on `base`, push its branch from `expected`, open a merge request."""

    promotion: Promotion
    base: str
    state: str | None
    expected: str | None
    """The branch's present head; None when there is no branch."""
    ready: bool = False
    """The branch already holds exactly this commit: only the merge request is missing."""


@dataclass(frozen=True, slots=True)
class Rebuild:
    """Cut the branch of an open merge request anew on `base`; its approvals are void.

    `expected` is the branch's present head; None when somebody deleted the branch.
    """

    promotion: Promotion
    number: int
    base: str
    state: str | None
    expected: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Merge:
    """Merge at exactly this head."""

    promotion: Promotion
    number: int
    head: str
    target_head: str
    state: str | None


@dataclass(frozen=True, slots=True)
class Close:
    """Close a merge request that a newer release, or the world, overtook; delete its branch."""

    target: Target
    number: int
    branch: str
    head: str | None
    """The branch's head, a commit of ours; None when there is no branch to delete."""
    comment: str
    successor: str | None = None
    """The release that supersedes it, None when it is closed for another reason."""


@dataclass(frozen=True, slots=True)
class Deliver:
    """Commit promotions straight to the target branch: one commit, one push."""

    promotions: tuple[Promotion, ...]
    base: str
    state: str | None


@dataclass(frozen=True, slots=True)
class DeleteBranch:
    """Delete a promotion branch of ours whose merge request is merged or superseded."""

    branch: str
    expected: str


@dataclass(frozen=True, slots=True)
class Describe:
    """Write what a merge request says, at its `head`, and ask people for their reviews.

    With a `promotion` the body is made anew for it, else its text stays. `table` are the gates,
    `ask` whom to ask, `asked` all that were then. `base` is what the head was made on.
    """

    promotion: Promotion | None
    number: int
    head: str
    base: str | None
    title: str
    table: str
    asked: tuple[str, ...]
    ask: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """Put labels on a merge request, and take off those of ours that do not hold."""

    number: int
    add: tuple[str, ...]
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PostStatus:
    """Say the sum of the gates on a head."""

    number: int
    branch: str
    head: str
    status: CommitStatus


@dataclass(frozen=True, slots=True)
class CancelAutomaticMerge:
    """Take back that the forge merges it by itself: a person armed that, past the gates."""

    number: int


Presenting = Describe | Label | PostStatus | CancelAutomaticMerge
Action = Open | Rebuild | Merge | Close | Deliver | DeleteBranch | Presenting


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided for one app in one environment, and why.

    `release` is the name of that which `state` and `verdicts` speak of: the newest on its way in,
    else what runs. `exits` are the exit gates of what runs; `promotion` what the open merge request
    is for, None where nobody can tell; `clusters` how what runs does on each of them.
    """

    target: Target
    state: PromotionState
    release: str | None
    running: str | None
    verdicts: tuple[GateVerdict, ...] = ()
    exits: tuple[GateVerdict, ...] = ()
    step: Action | None = None
    merge_request: int | None = None
    notes: tuple[str, ...] = ()
    promotion: Promotion | None = None
    clusters: tuple[OnCluster, ...] = ()

    @property
    def reasons(self) -> tuple[str, ...]:
        """`gate: reason` for each gate that is not open."""
        return tuple(
            f"{v.gate}: {v.verdict.reason}"
            for v in self.verdicts
            if isinstance(v.verdict, Wait | Refuse)
        )


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything a tick decided on `head` and `state`.

    With `halt` nothing is written but the halt. `reports` are said to the operator.
    """

    head: str
    state: str | None
    decisions: tuple[Decision, ...] = ()
    batch: Deliver | None = None
    presenting: tuple[Presenting, ...] = ()
    housekeeping: tuple[DeleteBranch, ...] = ()
    record: StateChange | None = None
    halt: Halt | None = None
    reports: tuple[str, ...] = field(default=())

    @property
    def actions(self) -> tuple[Action, ...]:
        """In the order in which they are carried out: closing makes room for opening."""
        steps = [d.step for d in self.decisions if d.step is not None]
        # Before merging, for a forge may want the status on the head that it merges.
        order = {Close: 0, Merge: 2, Rebuild: 3, Open: 4}
        steps += self.presenting
        steps.sort(key=lambda step: order.get(type(step), 1))
        batch = [self.batch] if self.batch else []
        return (*batch, *steps, *self.housekeeping)

    @property
    def quiet(self) -> bool:
        """Whether carrying it out would write nothing."""
        return not self.actions and self.record is None and self.halt is None
