"""Simulated clusters: they apply the fleet's target branch at once and write a status file.

They say what a health source would: which revision is applied, which digests run, since when it is
ready. They are no Kubernetes; `verdicts` and `says` let a story make an app sick.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from bot.model import Manifest, Readiness, Reference, Target
from bot.ports import Clock, Registry, Repository
from gitops.artifact_sources import ArtifactSources
from gitops.fleet import Fleet, Pin


class SimulatedClusters:
    """Every cluster of a fleet, reconciled by `reconcile`."""

    def __init__(
        self, mirror: Repository, registry: Registry, status_file: Path, clock: Clock
    ) -> None:
        self._mirror = mirror
        self._registry = registry
        self._status_file = status_file
        self._clock = clock
        self._since: dict[tuple[str, str, str], tuple[str, datetime]] = {}
        self.verdicts: dict[Target, Readiness] = {}
        self.says: dict[Target, Mapping[str, object]] = {}
        """What is reported otherwise than it is, by the names of the status file."""

    def reconcile(
        self,
        branch: str = "main",
        *,
        revision: str | None = None,
        skip: Callable[[str], bool] = lambda _cluster: False,
    ) -> None:
        """Apply the branch (or `revision`) everywhere and say how it went.

        Clusters for which `skip` is true keep silent: they are left out of the status file.
        """
        self._mirror.fetch()
        sha = revision or self._mirror.head(branch)
        if sha is None:
            return
        fleet = Fleet.read(self._mirror.tree(sha))
        sources = ArtifactSources(fleet)
        entries = [
            self._entry(sources, pin, cluster, sha)
            for app in fleet.apps
            for environment in fleet.config.fleet.environments
            if (pin := fleet.pin(environment.name, app)) is not None
            and not pin.unreleased
            and not pin.problem
            for cluster in (c.name for c in environment.clusters)
            if not skip(cluster)
        ]
        temporary = self._status_file.with_suffix(".new")
        text = json.dumps({"version": 1, "health": entries}, indent=2)
        temporary.write_text(text + "\n", encoding="utf-8")
        temporary.replace(self._status_file)

    def _entry(
        self, sources: ArtifactSources, pin: Pin, cluster: str, revision: str
    ) -> Mapping[str, object]:
        target = Target(pin.environment, pin.app)
        digests = self._digests(sources, pin)
        readiness = self.verdicts.get(target, Readiness.READY)
        now = self._clock()
        key = (pin.environment, cluster, pin.app)
        state = json.dumps([readiness.value, digests], sort_keys=True)
        if self._since.get(key, ("", now))[0] != state:
            self._since[key] = (state, now)
        return {
            "environment": pin.environment,
            "cluster": cluster,
            "app": pin.app,
            "revision": revision,
            "readiness": readiness.value,
            "digests": digests,
            "since": self._since[key][1].isoformat(),
            "observed": now.isoformat(),
            "message": "" if readiness is Readiness.READY else f"simulated: {readiness.value}",
            **self.says.get(target, {}),
        }

    def _digests(self, sources: ArtifactSources, pin: Pin) -> dict[str, str]:
        """What runs: the digest that is written, else what the tag means now."""
        places = {s.artifact: s.place for s in sources.of(pin)}
        loose = {
            p.repository: Reference(places.get(p.repository, p.repository), p.tag)
            for p in pin.content
            if not p.digest and p.tag
        }
        answers = self._registry.resolve(set(loose.values())) if loose else {}
        found = {p.repository: p.digest for p in pin.content if p.digest}
        for artifact, reference in loose.items():
            answer = answers[reference]
            if isinstance(answer, Manifest):
                found[artifact] = answer.digest
        return found
