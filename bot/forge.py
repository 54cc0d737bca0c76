"""The Forge port: merge requests on the fleet repository, whoever keeps them.

Every call may raise `Unavailable` (no answer, or less than the whole) and `Denied` (credentials);
those that write may raise `Conflict` (what was read is no longer so). Each adapter translates its
forge's words into these.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.model import CheckState, Gap, MergeRequest

STATUS = "fairlead"
"""The name of the one status that the bot posts on a head. It is no check that a gate may count."""

STOP_PREFIX = "stop/"
"""How the branches begin by which people hold and freeze, and end it."""

PROMOTION_BRANCHES = ("promote/", "rollback/", STOP_PREFIX)
"""How the branches begin whose merge requests the bot is told of: those that deliver a release, and
operators'."""


@dataclass(frozen=True, slots=True)
class MergeRequestText:
    """What a reviewer reads."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class CommitStatus:
    """What the bot's status says of a head: `description` is one line of at most 140 characters.

    Source: GitHub REST, "Create a commit status" (140); GitLab's limit is 255.
    """

    state: CheckState
    description: str


class Forge(Protocol):
    """Merge requests on the fleet repository. There is no call that approves."""

    @property
    def pushed_at_once(self) -> int:
        """How many branches one push may move so that the forge still tells everybody of each."""
        ...

    @property
    def opened_at_once(self) -> int:
        """How many calls of `open` may be made at the same time, each from a thread of its own."""
        ...

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        """Those from `PROMOTION_BRANCHES` in this repository, no fork's, in every state.

        Approvals, checks and contributors are told of open ones; of the others as far as the forge
        does without asking.
        """
        ...

    def login(self) -> str:
        """The login that this bot acts as."""
        ...

    def members(self, groups: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """The logins of the people in each of the forge's groups, sorted, inherited ones too.

        `groups` are written as after `group:` in fleet.yaml. A Gap where it cannot be told, as for
        a group that nobody knows or that this token may not look into; () only for an empty one.
        """
        ...

    def open(
        self,
        source_branch: str,
        target_branch: str,
        text: MergeRequestText,
        labels: Collection[str] = (),
        reviewers: Collection[str] = (),
    ) -> MergeRequest:
        """Open one, or return the one already open for this pair of branches as it is.

        Labels that are not there yet are made; of the reviewers those are asked whom the forge
        lets be asked.

        Raises:
            Conflict: one of the branches is not there.
        """
        ...

    def describe(self, number: int, text: MergeRequestText) -> None:
        """Rewrite title and body."""
        ...

    def label(self, number: int, add: Collection[str], remove: Collection[str]) -> None:
        """Put labels on it and take others off; those named in neither stay as they are."""
        ...

    def request_reviews(self, number: int, people: Collection[str]) -> None:
        """Ask these logins; whom the forge refuses (no member, the author) is left out."""
        ...

    def post_status(self, head: str, branch: str, status: CommitStatus) -> None:
        """Say `STATUS` on a head, which is or was that of `branch`; the last one counts.

        Saying again what it says already does nothing.
        """
        ...

    def cancel_automatic_merge(self, number: int) -> None:
        """Take back what a person told the forge; nothing where nobody did.

        Raises:
            Denied: the bot may not.
        """
        ...

    def close(self, number: int, comment: str) -> None:
        """Close it with a comment. Closing one that is closed already does nothing."""
        ...

    def merge(self, number: int, head: str, message: str) -> str:
        """Merge it at exactly this head; the sha of the merge commit on the target branch.

        Raises:
            Conflict: the head moved, it is not open, or the target moved meanwhile.
        """
        ...
