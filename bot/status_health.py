"""Health from the commit statuses that Flux writes on the fleet's commits.

A status says that one Kustomization applied one commit of the fleet, or could not. Nothing of it
says which bytes run, at which generation, nor that somebody still looks: see docs/health.md. Only a
context that names a known cluster counts, and only where the account that the operator names
posted it: whoever may post statuses could say anything of any cluster.

Source: notification-controller 1.9, commit status providers: Progressing is passed over, and a
status is not posted again while it says the same.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.build_checks import BuildChecks, CommitQuery
from bot.model import Check, CheckState, Gap, Health, Readiness
from bot.ports import Clock, Repository
from gitops.carriers import Carried, Carrier
from gitops.status_context import LIMIT, subjects

DEPTH: Final = 40
"""Commits of the target branch, from its head back, on which statuses are looked for."""

_AT_ONCE: Final = 5
"""Commits that are asked for in one call: mostly the head's statuses tell everything."""

_WRITES = "Kustomization"
"""What names a commit of the fleet in its events; a HelmRelease's names a chart."""


@dataclass(frozen=True, slots=True)
class Written:
    """Where the statuses are: the commits of a branch of the fleet, and who tells of them."""

    checks: BuildChecks
    repository: Repository
    fleet: str
    branch: str


@dataclass(frozen=True, slots=True)
class _Told:
    """The newest status of a Kustomization; `age` counts the commits after its own."""

    check: Check
    age: int


class StatusHealth:
    """Clusters that are known by commit statuses alone; `posters` are logins by cluster."""

    def __init__(self, written: Written, posters: Mapping[str, str], now: Clock) -> None:
        self._written = written
        self._posters = posters
        self._now = now

    def health(self, wanted: Collection[Carried]) -> tuple[Health, ...] | Gap:
        """What the newest statuses say; a Gap when they could not be read whole."""
        missing = {
            (each, carrier): _contexts(each, carrier)
            for each in wanted
            for carrier in each.carriers
            if carrier.kind == _WRITES
        }
        found = self._newest(missing)
        if isinstance(found, Gap):
            return found
        observed = self._now()
        return tuple(_health(each, found, observed) for each in wanted)

    def _newest(
        self, missing: Mapping[tuple[Carried, Carrier], frozenset[str]]
    ) -> dict[tuple[Carried, Carrier], _Told] | Gap:
        """The newest status of each Kustomization that has one on the newest commits."""
        found: dict[tuple[Carried, Carrier], _Told] = {}
        commits = self._commits() if missing else ()
        for start in range(0, len(commits), _AT_ONCE):
            left = {key: names for key, names in missing.items() if key not in found}
            if not left:
                break
            asked = tuple(sorted({name for names in left.values() for name in names}))
            part = commits[start : start + _AT_ONCE]
            queries = [CommitQuery(self._written.fleet, sha, asked) for sha in part]
            answers = self._written.checks.read(queries)
            for age, query in enumerate(queries, start):
                answer = answers[query]
                if isinstance(answer, Gap):
                    return answer
                for key, names in left.items():
                    check = self._latest(answer, names, key[0].cluster)
                    if check is not None:
                        found.setdefault(key, _Told(check, age))
        return found

    def _commits(self) -> Sequence[str]:
        repository = self._written.repository
        head = repository.head(self._written.branch)
        if head is None:
            return ()
        return [commit.sha for commit in repository.first_parents(head)[:DEPTH]]

    def _latest(
        self, checks: Iterable[Check], names: Collection[str], cluster: str
    ) -> Check | None:
        """The last of these names that the cluster's own account posted."""
        poster = self._posters[cluster].casefold()
        mine = [c for c in checks if c.name in names and c.source.casefold() == poster]
        return mine[-1] if mine else None


def _contexts(each: Carried, carrier: Carrier) -> frozenset[str]:
    found = subjects(each.environment, each.cluster, carrier.kind, carrier.namespace, carrier.name)
    return frozenset(subject.context for subject in found)


def _health(
    each: Carried, found: Mapping[tuple[Carried, Carrier], _Told], observed: datetime
) -> Health:
    """The worst of its Kustomizations speaks; ready is only what all say, of the oldest commit."""
    writing = [carrier for carrier in each.carriers if carrier.kind == _WRITES]
    told = {carrier: found[each, carrier] for carrier in writing if (each, carrier) in found}
    failed = [one for one in told.values() if one.check.state is not CheckState.SUCCESS]
    silent = [carrier for carrier in writing if carrier not in told]
    if failed:
        worst = min(failed, key=lambda one: one.age)
        readiness = (
            Readiness.NOT_READY
            if worst.check.state is CheckState.FAILURE
            else Readiness.RECONCILING
        )
        return _report(
            each,
            worst.check.sha,
            readiness,
            _since([worst], observed),
            observed,
            worst.check.description,
        )
    if not writing or silent:
        reason = each.problem or _silence(each, silent)
        return _report(each, "", Readiness.UNKNOWN, observed, observed, reason)
    oldest = max(told.values(), key=lambda one: one.age)
    since = _since(told.values(), observed)
    return _report(each, oldest.check.sha, Readiness.READY, since, observed, "")


def _silence(each: Carried, silent: Sequence[Carrier]) -> str:
    if not silent:
        return "no Kustomization carries it, and nothing else writes commit statuses"
    carrier = silent[0]
    name = f"Kustomization {carrier.namespace}/{carrier.name}"
    if all(len(context) > LIMIT for context in _contexts(each, carrier)):
        return f"{name}: a commit status for it would have more than {LIMIT} characters"
    return f"{name} has no commit status on the last {DEPTH} commits"


def _since(told: Iterable[_Told], observed: datetime) -> datetime:
    """When the newest of them was posted; an unknown time is now, which settles latest."""
    return max(one.check.at or observed for one in told)


def _report(
    each: Carried,
    revision: str,
    readiness: Readiness,
    since: datetime,
    observed: datetime,
    message: str,
) -> Health:
    return Health(
        each.environment,
        each.cluster,
        each.app,
        revision,
        readiness,
        since,
        observed,
        message=message,
        attempted=revision,
        blind=True,
    )
