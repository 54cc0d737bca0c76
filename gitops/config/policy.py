"""What one app obeys in one environment: the fleet's word, tightened by the app's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from gitops.config.app_schema import AppConfig, AppEnvironmentConfig
from gitops.config.calendar import Window
from gitops.config.people import FORGE_GROUP, People
from gitops.config.schema import (
    Artifacts,
    Delivery,
    EnvironmentConfig,
    Follow,
    OnFailure,
    Proof,
    RequiredCheck,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """What one app obeys in one environment.

    `clusters` are names. `after` is the environment that must prove first, None for none; `follow`
    the stream, None where releases come from `after` alone. `approvers` are names: a person's of
    `people:`, else the forge's login; `logins` maps each login (lower case) to the name it counts
    as. Machines are in neither. `forge_groups` are paths on the forge, without `group:`, whose
    members may approve too. `windows` are alternatives, () is always.
    """

    app: str
    environment: str
    clusters: tuple[str, ...]
    after: str | None
    follow: Follow | None
    artifacts: Artifacts
    proof: Proof
    deliver: Delivery
    required: int
    approvers: frozenset[str]
    logins: Mapping[str, str] = field(hash=False)
    forge_groups: frozenset[str]
    checks: tuple[RequiredCheck, ...]
    windows: tuple[Window, ...]
    settle: timedelta
    soak: timedelta
    on_failure: OnFailure
    max_age: timedelta
    build_timeout: timedelta

    @property
    def guarded(self) -> bool:
        """Delivered by merge request with at least one approval."""
        return self.deliver == "merge-request" and self.required >= 1

    def approver(self, login: str) -> str | None:
        """Whom a forge login counts as, None when no group of the fleet lets it approve.

        A login that merely equals the name of a person who has other logins is nobody. Members of
        `forge_groups` are known to the forge alone.
        """
        return self.logins.get(login.casefold())


def fleet_policy(people: People, environment: EnvironmentConfig, app: AppConfig | None) -> Policy:
    """What the fleet alone says; `app` None stands for one with a source."""
    sourced = app is None or app.source is not None
    artifacts, proof = _taken(environment, sourced=sourced)
    logins, forge_groups = _approvers(people, environment.approvals.from_)
    return Policy(
        app="" if app is None else app.name,
        environment=environment.name,
        clusters=tuple(cluster.name for cluster in environment.clusters),
        after=environment.after,
        follow=environment.follow if sourced else None,
        artifacts=artifacts,
        proof=proof,
        deliver=environment.deliver,
        required=environment.approvals.required,
        approvers=frozenset(logins.values()),
        logins=logins,
        forge_groups=forge_groups,
        checks=environment.checks,
        windows=environment.windows,
        settle=environment.settle,
        soak=environment.soak,
        on_failure=environment.on_failure,
        max_age=environment.max_age,
        build_timeout=environment.build_timeout,
    )


def tightened(people: People, base: Policy, own: AppEnvironmentConfig) -> Policy:
    """The fleet's word with the app's put in its place; whether that loosens is asked elsewhere."""
    logins, forge_groups = base.logins, base.forge_groups
    if own.approvals.from_ is not None:
        logins, forge_groups = _approvers(people, own.approvals.from_)
    required = own.approvals.required
    return replace(
        base,
        follow=own.follow or base.follow,
        proof=own.proof or base.proof,
        deliver=own.deliver or base.deliver,
        required=base.required if required is None else required,
        approvers=frozenset(logins.values()),
        logins=logins,
        forge_groups=forge_groups,
        checks=tuple(dict.fromkeys((*base.checks, *own.checks))),
        windows=base.windows if own.windows is None else _windows(base, own.windows),
        settle=base.settle if own.settle is None else own.settle,
        soak=base.soak if own.soak is None else own.soak,
        on_failure=own.on_failure or base.on_failure,
    )


def _taken(environment: EnvironmentConfig, *, sourced: bool) -> tuple[Artifacts, Proof]:
    """What is written and what must be proven; where nothing comes before, nothing can be."""
    if environment.after is None:
        return "tagged", "none"
    if not sourced:
        return "proven", "digest"
    return environment.artifacts or "proven", environment.proof or "digest"


def _windows(base: Policy, own: Iterable[Window]) -> tuple[Window, ...]:
    return tuple(window.narrowed_to(base.windows) if base.windows else window for window in own)


def _approvers(people: People, groups: tuple[str, ...]) -> tuple[Mapping[str, str], frozenset[str]]:
    forge = frozenset(g.removeprefix(FORGE_GROUP) for g in groups if g.startswith(FORGE_GROUP))
    return people.approvers(groups), forge
