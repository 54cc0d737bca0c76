"""What a fleet needs of its forge, and which branches and tags that is about."""

from collections.abc import Iterator
from dataclasses import dataclass

from bot.forge_settings import DeploymentTier, ForgeFacts, Protection
from gitops.config import FleetConfig

STATE_BRANCHES = "fairlead/**"
PROMOTIONS = ("promote/**",)
"""The branches that the bot alone writes to, besides the state branch."""

BY_PEOPLE = ("rollback/**",)
"""Those that people push and the bot rebuilds and deletes: a rule in their way is in the way of a
rollback."""
TAGS = "v*"


@dataclass(frozen=True, slots=True)
class Needs:
    """What a fleet needs of its forge.

    `approvals` is the smallest number that any environment asks for which delivers by merge
    request; `pinned` are the checks that every guarded environment wants from one poster;
    `webhook` is the URL that the forge shall tell of changes, None for none; `environments` are all
    of the fleet's in its order, with what each is for, None where the chain does not say.
    """

    branch: str
    guarded: bool
    direct: bool
    approvals: int
    pinned: frozenset[str]
    webhook: str | None = None
    environments: tuple[tuple[str, DeploymentTier | None], ...] = ()

    @classmethod
    def of(cls, fleet: FleetConfig) -> "Needs":
        """Of fleet.yaml; an app may only want more."""
        requests = [e for e in fleet.environments if e.deliver == "merge-request"]
        guarded = [e for e in requests if e.approvals.required]
        names = [frozenset(check.name for check in e.checks) for e in guarded]
        return cls(
            branch=fleet.branch,
            guarded=bool(guarded),
            direct=len(requests) < len(fleet.environments),
            approvals=min((e.approvals.required for e in requests), default=0),
            pinned=frozenset.intersection(*names) if names else frozenset(),
            webhook=fleet.forge.webhook,
            environments=tuple(_tiers(fleet)),
        )

    @property
    def delivery(self) -> str:
        """`strict` or `direct`, as DESIGN and docs/security.md have it."""
        return "direct" if self.direct else "strict"


def _tiers(fleet: FleetConfig) -> Iterator[tuple[str, DeploymentTier | None]]:
    """A chain begins in development and ends in production; one that is alone says nothing."""
    followed = {environment.after for environment in fleet.environments}
    for one in fleet.environments:
        match one.after is None, one.name in followed:
            case True, True:
                yield one.name, DeploymentTier.DEVELOPMENT
            case False, True:
                yield one.name, DeploymentTier.STAGING
            case False, False:
                yield one.name, DeploymentTier.PRODUCTION
            case _:
                yield one.name, None


def is_the_bots(told: Protection, facts: ForgeFacts) -> bool:
    """Whether nobody but the bot writes to such branches, as far as it can be told."""
    rule = told.rule
    return bool(told.protected) and (rule is None or facts.others(rule.push).nobody)
