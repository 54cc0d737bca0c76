"""What a forge is set to hold for a fleet, and the port that reads and changes it.

The values are the forge's own settings in our words, so that one pure judgement
(`bot.diagnosis`) and one pure wish (`bot.treatment`) serve every forge. What a token may
not see is None, never "nothing there".
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Who:
    """Those who may do something: logins, groups of the forge (a role, a team), or everybody.

    `writers` says that whoever may write to the repository may. Names are sorted.
    """

    people: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    writers: bool = False

    @property
    def nobody(self) -> bool:
        """Nobody may."""
        return not (self.people or self.groups or self.writers)

    def without(self, login: str) -> "Who":
        """The others."""
        mine = login.casefold()
        return replace(self, people=tuple(p for p in self.people if p.casefold() != mine))

    def and_also(self, login: str) -> "Who":
        """The same, and this one."""
        return replace(self, people=tuple(sorted({*self.without(login).people, login})))

    def __str__(self) -> str:
        named = [*self.people, *(f"the group {group}" for group in self.groups)]
        if self.writers:
            named.append("whoever may write to the repository")
        return ", ".join(named) or "nobody"


NOBODY = Who()


@dataclass(frozen=True, slots=True)
class RequiredStatus:
    """A check that the forge wants before it merges; `source` None: whoever posted it."""

    name: str
    source: str | None = None


@dataclass(frozen=True, slots=True)
class BranchRule:
    """What the forge holds for a branch.

    `name` is the rule's own, which may be a pattern. `bypass` may merge or push although the rule
    is not met. `approvals` is how many the forge wants before it merges, `approvers` whose count.
    `stale_dismissed`: a push voids the approvals before it.
    """

    name: str
    push: Who = NOBODY
    force_push: Who = NOBODY
    merge: Who = NOBODY
    bypass: Who = NOBODY
    approvals: int = 0
    approvers: Who = Who(writers=True)
    stale_dismissed: bool = True
    rejections_block: bool = True
    statuses: tuple[RequiredStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class Protection:
    """Whether a branch, or every branch of a pattern, is protected.

    `protected` None: it cannot be told. `rule` is None where there is none, and where it cannot be
    seen.
    """

    branches: str
    protected: bool | None
    rule: BranchRule | None = None


@dataclass(frozen=True, slots=True)
class Webhook:
    """One with the URL that is wanted; what cannot be told is taken to be right.

    `complete`: it tells of pushes, tags and merge requests. `verified`: the forge looks at the
    receiver's certificate. `signed`: there is a secret, of which no forge tells more.
    """

    active: bool
    complete: bool
    verified: bool = True
    signed: bool = True

    @property
    def sound(self) -> bool:
        """Nothing is to be changed."""
        return self.active and self.complete and self.verified and self.signed


class Ability(StrEnum):
    """What a forge's edition can be set to hold, where not all can."""

    BRANCHES = "that a branch is protected at all"
    PERSONS = "who may push and merge, person by person"
    APPROVALS = "how many must approve"
    STALE = "that a push voids approvals"
    CONTRIBUTORS = "that approvals of those who pushed do not count"
    OWN_BRANCHES = "that nobody but the bot writes to promotion branches"
    PINNED_STATUSES = "who must have posted a check"
    TAGS = "who may make tags"
    ENVIRONMENTS = "that it has environments"
    DEPLOYERS = "which branch may deploy to an environment"


class DeploymentTier(StrEnum):
    """What an environment of the forge is for, as GitLab calls it."""

    DEVELOPMENT = "development"
    STAGING = "staging"
    PRODUCTION = "production"


@dataclass(frozen=True, slots=True)
class BotRights:
    """What the bot's account may do. None: it cannot be told.

    `administers` covers every right that lets it change or ignore the rules.
    """

    login: str
    administers: bool | None = None
    pushes: bool | None = None
    """To the target branch."""
    merges: bool | None = None
    """Into the target branch."""


@dataclass(frozen=True, slots=True)
class ForgeFacts:
    """What a forge is set to, as far as one token sees it.

    `reader` is whose token saw it; `administered` says that the settings are its to see and change.
    `tier` names the edition where it decides what can be set, None
    where there is one only. `own` are the bot's branches (`fairlead/**`, `promote/**`) and those of
    rollbacks (`rollback/**`), by pattern. `cannot` says what this forge cannot be set to, and why.
    `unknown_owners` are those of the owners asked about whom the forge does not know or who may not
    write; None where nobody was asked about, or it cannot be told.
    """

    forge: str
    project: str
    reader: str
    administered: bool
    bot: BotRights
    target: Protection
    own: tuple[Protection, ...] = ()
    cannot: tuple[tuple[Ability, str], ...] = ()
    tier: str | None = None
    tags: tuple[str, ...] | None = None
    """Patterns of protected tags; None: it cannot be told."""
    author_approves: bool | None = None
    """The forge counts the author's own approval."""
    contributors_approve: bool | None = None
    """The forge counts approvals of those who pushed to the merge request."""
    overridable: bool | None = None
    """The approval rules can be changed in a merge request itself."""
    pipeline_required: bool | None = None
    """Merging waits for a pipeline; None also where a forge has required checks instead."""
    unknown_owners: tuple[str, ...] | None = None
    webhooks: tuple[Webhook, ...] | None = None
    """Those with the URL that fleet.yaml asks for; None: nobody asked, or it cannot be told."""
    absent_environments: tuple[str, ...] | None = ()
    """Those of the environments asked about that the forge does not have, or where it has begun one
    that no branch may deploy to; None: it cannot be told."""
    stands_for_bot: Who = NOBODY
    """Where persons cannot be named: the group whom one names so that the bot may."""

    def can(self, ability: Ability) -> bool:
        """Whether this forge can be set to hold it."""
        return ability not in dict(self.cannot)

    @property
    def mine(self) -> Who:
        """Whom a rule names so that the bot may, and as few others as this forge can say."""
        named = Who(people=(self.bot.login,))
        return named if self.can(Ability.PERSONS) else self.stands_for_bot

    def others(self, who: Who) -> Who:
        """Those of them who are not the bot, nor stand for it."""
        others = who.without(self.bot.login)
        groups = tuple(g for g in others.groups if g not in self.mine.groups)
        return replace(others, groups=groups)

    def own_branches(self, pattern: str) -> Protection | None:
        """The protection of one pattern of ours; None where it is not known."""
        return next((p for p in self.own if p.branches == pattern), None)


# --- changes -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SetBranchRule:
    """Make the rule for a branch or pattern be this; `before` None: there is none of its own."""

    branches: str
    rule: BranchRule
    before: BranchRule | None


@dataclass(frozen=True, slots=True)
class ProtectTags:
    """Let nobody make tags of this pattern but those whom the forge's rule then names."""

    pattern: str


@dataclass(frozen=True, slots=True)
class SetApprovals:
    """Set how the forge counts approvals in every merge request; None leaves as it is."""

    author_approves: bool | None = None
    contributors_approve: bool | None = None
    overridable: bool | None = None


@dataclass(frozen=True, slots=True)
class SetWebhook:
    """Make the webhook that fleet.yaml asks for; `before`: one is there, which is not as wanted."""

    url: str
    before: bool


@dataclass(frozen=True, slots=True)
class MakeEnvironment:
    """Make an environment on the forge; one that is there stays as it is.

    `branch` alone may deploy to it, None: the forge cannot say so. `tier` None: the forge guesses
    by the name, where it has such a thing.
    """

    name: str
    tier: DeploymentTier | None
    branch: str | None


Change = SetBranchRule | ProtectTags | SetApprovals | SetWebhook | MakeEnvironment


class ForgeSettings(Protocol):
    """The settings of the fleet's repository on its forge."""

    def read(self, owners: Collection[str] = (), environments: Collection[str] = ()) -> ForgeFacts:
        """What it is set to, as far as the token sees it.

        Args:
            owners: of `CODEOWNERS`, with `@`: which of them can the forge not ask?
            environments: of the fleet: which of them does the forge not have?

        Raises:
            Denied: the token may not even see the repository.
            Unavailable: no answer, or not the whole.
        """
        ...

    def apply(self, change: Change) -> None:
        """Make one change; a change that is made already does nothing.

        Raises:
            Denied: the token may not.
            Unavailable, InvalidInput, Conflict: the forge did not take it.
        """
        ...
