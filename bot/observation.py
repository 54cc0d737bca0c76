"""`Observation`: everything a decision may rest on, read at one moment, frozen.

It holds no mapping with a structured key, so it serialises to JSON and back (`to_json`,
`from_json`): an incident is a test fixture. What could not be read is a `Gap`, never an absence.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, lru_cache
from typing import Any

from bot.build_checks import CommitQuery
from bot.frame import Presented
from bot.model import (
    Check,
    Gap,
    Health,
    Manifest,
    MergeRequest,
    Reference,
    Release,
    Source,
    Target,
)
from bot.state import Origin, Soak, State
from bot.stop import Rollback, Stop
from gitops.config import AppConfig, Config, FleetConfig, Policy, assembled
from gitops.fleet import Pinned


@dataclass(frozen=True)
class PinFacts:
    """What a pin says on the target branch now.

    `digest_room` are the repositories whose every site has a place for a digest; `paths` the files
    of its sites; `problem` says why it cannot be moved, None when it can. `places` are where the
    versions of its charts and git sources are looked for, by artifact; `placeless` why one has no
    such place.
    """

    target: Target
    content: tuple[Pinned, ...]
    unreleased: bool = False
    digest_room: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    problem: str | None = None
    places: tuple[tuple[str, str], ...] = ()
    placeless: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Running:
    """The release that a pin says, and the target branch's commit that brought it."""

    target: Target
    release: Release
    commit: str
    date: datetime
    origin: Origin


@dataclass(frozen=True)
class Branch:
    """A promotion branch, judged against what Fairlead would write.

    `target`, `release` and `state` are what the head commit's trailers claim, None when they
    cannot be read. `base` is its parent. `authentic` says that the head is, to the byte, the
    commit that Fairlead writes for that claim on that base. `on_target` says that the base is part
    of the target branch; `touched` are the files of the plan that the target branch has changed
    since; `same_sites` that the plan, made anew on the target's head, changes the same sites.
    """

    name: str
    head: str
    target: Target | None = None
    release: Release | None = None
    state: str | None = None
    base: str | None = None
    authentic: bool = False
    on_target: bool = False
    touched: tuple[str, ...] = ()
    same_sites: bool = True
    state_known: bool = True
    """The state sha it names is the present state's, or an ancestor of it."""
    rollback: Rollback | None = None
    """What its head commit claims of a rollback; None for a promotion of a newer release."""


@dataclass(frozen=True)
class Report:
    """A health report, joined with the mirror.

    `contains` says that its revision lies on the target branch and contains the commit that
    brought what runs; `content` is what the pin says at that revision, None when it is unknown.
    `on_target` is False for a revision that the target branch does not have (any more). `tried`
    says that the attempted revision, applied or not, contains that commit and says the same pin.
    """

    health: Health
    contains: bool
    content: tuple[Pinned, ...] | None
    on_target: bool = True
    tried: bool = False


@dataclass(frozen=True)
class Resolved:
    """What a reference named when it was asked; None: the registry says that it is not there."""

    reference: Reference
    answer: Manifest | Gap | None


@dataclass(frozen=True)
class Checked:
    """What the forge of a source told of a commit."""

    query: CommitQuery
    answer: tuple[Check, ...] | Gap


@dataclass(frozen=True)
class Observation:
    """The fleet, its sources, registries, forge, clusters and state branch at one moment.

    `fleet`, `apps` and `broken` are the configuration read from the target branch's `head`.
    `lost_merges` are merged merge requests of ours that the target branch no longer contains;
    `wrong_merges` those whose result is not what git computes from its parents (S7).
    """

    head: str
    fleet: FleetConfig
    apps: Mapping[str, AppConfig]
    state: State
    login: str
    broken: Mapping[str, str] = field(default_factory=dict)
    started: bool = True
    """There is a state branch, or the target branch says that there was one."""
    state_lost: str | None = None
    """Why the state branch cannot be the one that former promotions named."""
    named_state: str | None = None
    """The state sha that the newest promotion on the target branch names."""
    pins: tuple[PinFacts, ...] = ()
    running: tuple[Running, ...] = ()
    sources: Mapping[str, Source | Gap] = field(default_factory=dict)
    tags: Mapping[str, tuple[str, ...] | Gap] = field(default_factory=dict)
    resolved: tuple[Resolved, ...] = ()
    checked: tuple[Checked, ...] = ()
    merge_requests: tuple[MergeRequest, ...] = ()
    presented: tuple[Presented, ...] = ()
    """What the bodies of open merge requests say that carry a valid MAC."""
    members: Mapping[str, tuple[str, ...] | Gap] = field(default_factory=dict)
    """Logins in each of the forge's groups that a rule names, by its name there."""
    branches: tuple[Branch, ...] = ()
    reports: tuple[Report, ...] = ()
    health_gap: Gap | None = None
    named_clusters: tuple[str, ...] = ()
    """Those that the operator's settings say how to ask."""
    forge_refusals: tuple[str, ...] | Gap = ()
    """Why an approval would mean nothing as the forge is set; a Gap while nobody knows."""
    lost_merges: tuple[int, ...] = ()
    wrong_merges: tuple[str, ...] = ()
    stops: tuple[Stop, ...] = ()
    """What the target branch holds and freezes, and what open merge requests would."""

    @cached_property
    def config(self) -> Config:
        """The configuration with its rules."""
        return assembled(self.fleet, self.apps)

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """Every app with a pin, in each environment that has one, in the fleet's order."""
        order = {e.name: i for i, e in enumerate(self.fleet.environments)}
        known = [p.target for p in self.pins if p.target.app in self.apps]
        return tuple(sorted(known, key=lambda t: (t.app, order[t.environment])))

    def policy(self, target: Target) -> Policy:
        """What the app obeys in the environment.

        Raises:
            KeyError: the app's configuration is broken, or there is no such app.
        """
        return self._policies[target]

    def pin(self, target: Target) -> PinFacts | None:
        """What the pin says; None where the app has none in that environment."""
        return self._pins.get(target)

    def reference(
        self, target: Target, artifact: str, *, tag: str | None = None, digest: str | None = None
    ) -> Reference:
        """An artifact of a target by its tag or digest, where its clusters take it from."""
        return Reference(self.place(target, artifact), tag, digest)

    def place(self, target: Target, artifact: str) -> str:
        """Where an artifact's versions are looked for: an image's is its own name."""
        pin = self.pin(target)
        return dict(pin.places).get(artifact, artifact) if pin is not None else artifact

    def runs(self, target: Target) -> Running | None:
        """The release that the pin says; None when it says none that is known."""
        return self._running.get(target)

    def manifest(self, reference: Reference) -> Manifest | Gap | None:
        """What a reference named; a Gap when it was not asked."""
        unasked = Gap("registry", f"{reference} was not asked for")
        return self._manifests.get(reference, unasked)

    def checks_of(self, query: CommitQuery) -> tuple[Check, ...] | Gap:
        """The checks of a commit of an app's source; a Gap when they were not asked for."""
        return self._checks.get(query, Gap(query.url, "they were not asked for"))

    def report(self, target: Target, cluster: str) -> Report | None:
        """What is reported of a target on one cluster; None when nothing is."""
        return self._reports.get((target, cluster))

    def soak(self, target: Target) -> Soak | None:
        """The soak on record, of whichever release."""
        return self._soaks.get(target)

    def proven(self, target: Target, identity: str) -> bool:
        """Whether a release (by its identity) has a proof record there."""
        return (target, identity) in self._proven

    @cached_property
    def _reports(self) -> dict[tuple[Target, str], Report]:
        # Of several for one place the first stands.
        return {
            (Target(h.environment, h.app), h.cluster): r
            for r in reversed(self.reports)
            for h in [r.health]
        }

    @cached_property
    def _soaks(self) -> dict[Target, Soak]:
        return {s.target: s for s in reversed(self.state.soaks)}

    @cached_property
    def _proven(self) -> frozenset[tuple[Target, str]]:
        return frozenset((p.target, p.release.identity) for p in self.state.proofs)

    @cached_property
    def _policies(self) -> dict[Target, Policy]:
        found = {t: self.config.policy(t.app, t.environment) for t in self.targets}
        return {t: policy for t, policy in found.items() if policy is not None}

    @cached_property
    def _pins(self) -> dict[Target, PinFacts]:
        return {p.target: p for p in self.pins}

    @cached_property
    def _running(self) -> dict[Target, Running]:
        return {r.target: r for r in self.running}

    @cached_property
    def _manifests(self) -> dict[Reference, Manifest | Gap | None]:
        return {r.reference: r.answer for r in self.resolved}

    @cached_property
    def _checks(self) -> dict[CommitQuery, tuple[Check, ...] | Gap]:
        return {c.query: c.answer for c in self.checked}


@lru_cache(maxsize=1)
def _adapter() -> Any:
    from pydantic import TypeAdapter  # noqa: PLC0415 - slow to import, needed by two verbs

    return TypeAdapter(Observation)


def to_json(observation: Observation) -> bytes:
    """UTF-8 JSON from which `from_json` makes an equal Observation."""
    text: bytes = _adapter().dump_json(observation, by_alias=True)
    return text


def from_json(text: bytes) -> Observation:
    """Read what `to_json` wrote."""
    observation: Observation = _adapter().validate_json(text)
    return observation
