"""The `Clusters` port over Kubernetes API servers: what Flux and the workloads say of themselves.

Clusters are asked at once, each within its own time; one that cannot be asked is no other's
trouble. Nothing is kept between two calls, and nothing is ever written.
"""

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta

from bot.adapters import flux_lists
from bot.adapters.flux_client import ClusterClient
from bot.adapters.flux_health import health, unknown
from bot.adapters.flux_kubeconfig import Access
from bot.adapters.flux_lists import EVERYTHING, Extent
from bot.model import Gap, Health
from bot.ports import Clock
from gitops.carriers import Carried
from gitops.errors import FairleadError, InvalidInput, Unavailable

_AT_ONCE = 16
"""Clusters."""


@dataclass(frozen=True, slots=True)
class AskedCluster:
    """A cluster by its name in the fleet; `access` reads its files anew.

    `extent` says how much is read.
    """

    name: str
    access: Callable[[], Access]
    timeout: timedelta
    extent: Extent = EVERYTHING


class FluxClusters:
    """Clusters that are asked themselves."""

    def __init__(self, clusters: Sequence[AskedCluster], now: Clock) -> None:
        self._clusters = {each.name: each for each in clusters}
        self._now = now

    def health(self, wanted: Collection[Carried]) -> tuple[Health, ...]:
        """One for each app on a cluster that is known here, in the order they were asked for."""
        parts: dict[str, list[Carried]] = {}
        for each in wanted:
            if each.cluster in self._clusters:
                parts.setdefault(each.cluster, []).append(each)
        if not parts:
            return ()
        with ThreadPoolExecutor(min(_AT_ONCE, len(parts))) as pool:
            answers = list(pool.map(self._asked, parts.values()))
        return tuple(found for part in answers for found in part)

    def _asked(self, wanted: Sequence[Carried]) -> tuple[Health, ...]:
        cluster = self._clusters[wanted[0].cluster]
        at = ""
        try:
            access = cluster.access()
            at = f" ({access.server})"
            with ClusterClient(access, cluster.timeout.total_seconds(), self._now) as client:
                read = flux_lists.read(client, wanted, self._now, cluster.extent)
        except FairleadError as error:
            # Only what a person has to change has a place and a cure.
            wrong = isinstance(error, InvalidInput)
            told = str(error) if wrong else error.message
            # Merge requests quote the reason; where the cluster is, operators alone are told.
            whole = told if wrong else told + at
            gap = Gap(f"cluster {cluster.name}", whole, denied=not isinstance(error, Unavailable))
            return tuple(unknown(each, self._now(), told, (gap,)) for each in wanted)
        return tuple(health(each, read) for each in wanted)
