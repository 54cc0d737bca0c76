"""Lists of a cluster's objects, read to their end through the client library.

Each list is a snapshot: its pages speak of one moment. Kustomizations come first, then what they
apply, then what that applies: so no object is read at an older moment than the one above it.

Source: Kubernetes API concepts, "Retrieving large results sets in chunks".
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import httpx2
import msgspec
from lightkube.core.client import Client
from lightkube.core.decoders import decode_list
from lightkube.core.resource import ApiInfo, NamespacedResourceG, ResourceDef

from bot.adapters import flux_workloads
from bot.adapters.flux_client import ClusterClient
from bot.adapters.flux_objects import (
    CHART,
    KUSTOMIZATION,
    RELEASE,
    Kustomization,
    Name,
    Release,
    Source,
)
from bot.adapters.flux_read import ClusterRead
from bot.adapters.flux_transport import Gone, NotServed
from bot.adapters.flux_workload_objects import Pod, Workload
from bot.ports import Clock
from gitops.carriers import Carried
from gitops.errors import Denied, Unavailable

PAGE: Final = 500
"""Objects in one answer."""

_AT_ONCE: Final = 4
"""Lists of one cluster."""

_POD: Final = "Pod"
_SOURCE: Final = ("source.toolkit.fluxcd.io", "v1")
_KINDS: Final[Mapping[str, tuple[tuple[str, str], type[msgspec.Struct]]]] = {
    KUSTOMIZATION: (("kustomize.toolkit.fluxcd.io", "v1"), Kustomization),
    RELEASE: (("helm.toolkit.fluxcd.io", "v2"), Release),
    "Bucket": (_SOURCE, Source),
    "ExternalArtifact": (_SOURCE, Source),
    "GitRepository": (_SOURCE, Source),
    CHART: (_SOURCE, Source),
    "OCIRepository": (_SOURCE, Source),
    "CronJob": (("batch", "v1"), Workload),
    "DaemonSet": (("apps", "v1"), Workload),
    "Deployment": (("apps", "v1"), Workload),
    "Job": (("batch", "v1"), Workload),
    _POD: (("", "v1"), Pod),
    "StatefulSet": (("apps", "v1"), Workload),
}


def _resource(kind: str) -> type[Any]:
    """A kind as the client library wants to be told of it: it can be listed, and nothing else."""
    (group, version), shape = _KINDS[kind]
    plural = kind.lower().removesuffix("y") + ("ies" if kind.endswith("y") else "s")
    told = ApiInfo(ResourceDef(group, version, kind), plural, ["global_list", "list"])
    resource = type(kind, (NamespacedResourceG, shape), {"_api_info": told})
    # msgspec gets a type ready at its first use; two threads that do so at once end the process.
    decode_list(b'{"items": []}', resource)
    return resource


_RESOURCES: Final = {kind: _resource(kind) for kind in _KINDS}


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is read: `page` objects an answer at most, and `pods` besides."""

    page: int = PAGE
    pods: bool = False


EVERYTHING: Final = Extent()
"""All that health needs, and no Pods."""


def read(
    cluster: ClusterClient, wanted: Iterable[Carried], now: Clock, extent: Extent
) -> ClusterRead:
    """All that these apps rest on.

    Raises:
        Denied, Unavailable: its Kustomizations could not be read.
    """
    return _Reading(cluster, wanted, extent).run(now)


class _Reading:
    def __init__(self, cluster: ClusterClient, wanted: Iterable[Carried], extent: Extent) -> None:
        self.cluster = cluster
        self.page, self.pods = extent.page, extent.pods
        carriers = [(each, carrier) for each in wanted for carrier in each.carriers]
        self.names = {(c.kind, c.namespace, c.name) for _, c in carriers}
        self.repositories = {name for each, _ in carriers for name in each.repositories}
        self.objects: dict[tuple[str, str, str], Any] = {}
        self.unread: dict[str, str] = {}
        self.denied: set[str] = set()

    def run(self, now: Clock) -> ClusterRead:
        self._take(KUSTOMIZATION, _listed(self.cluster.client, KUSTOMIZATION, self.page))
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            self._all(pool, self._above())
            self._all(pool, self._below())
            self._all(pool, {_POD} if self.pods else ())
        return ClusterRead(
            observed=now(),
            ahead=self.cluster.transport.differing.ahead,
            kustomizations=self._of(KUSTOMIZATION),
            releases=self._of(RELEASE),
            sources={k: v for k, v in self.objects.items() if isinstance(v, Source)},
            workloads={k: v for k, v in self.objects.items() if isinstance(v, Workload)},
            pods=tuple(v for v in self.objects.values() if isinstance(v, Pod)),
            unread=self.unread,
            denied=frozenset(self.denied),
        )

    def _above(self) -> set[str]:
        """The sources of the app's Kustomizations, and HelmReleases where there are some."""
        kinds = {found.spec.source_ref.kind for found in self._wanted(KUSTOMIZATION)}
        if any(kind == RELEASE for kind, _, _ in self.names):
            kinds.add(RELEASE)
        return kinds & _KINDS.keys()

    def _below(self) -> set[str]:
        """The workloads that are wanted, and what has the charts."""
        kinds = set[str]()
        for found in self._wanted(KUSTOMIZATION):
            kinds |= {kind for kind, _, _ in flux_workloads.listed(found.status.inventory)}
        for release in self._wanted(RELEASE):
            if release.status.inventory is None:
                kinds.update(flux_workloads.KINDS)
            kinds |= {kind for kind, _, _ in flux_workloads.listed(release.status.inventory)}
            if release.spec.chart_ref is not None:
                kinds.add(release.spec.chart_ref.kind)
            elif {each.chart_name for each in release.status.history} & self.repositories:
                kinds.add(CHART)
        return kinds & _KINDS.keys() - {kind for kind, _, _ in self.objects}

    def _wanted(self, kind: str) -> Iterable[Any]:
        named = (key for key in self.names if key[0] == kind)
        return [self.objects[key] for key in named if key in self.objects]

    def _all(self, pool: ThreadPoolExecutor, kinds: Iterable[str]) -> None:
        client = self.cluster.client
        asked = {kind: pool.submit(_listed, client, kind, self.page) for kind in sorted(kinds)}
        for kind, answer in asked.items():
            try:
                self._take(kind, answer.result())
            except (Denied, Unavailable) as error:
                self.unread[kind] = error.message
                if isinstance(error, Denied):
                    self.denied.add(kind)

    def _take(self, kind: str, found: Iterable[Any]) -> None:
        for each in found:
            self.objects[kind, each.metadata.namespace, each.metadata.name] = each

    def _of(self, kind: str) -> dict[Name, Any]:
        return {(of, name): v for (k, of, name), v in self.objects.items() if k == kind}


def _listed(client: Client, kind: str, page: int) -> list[Any]:
    """Every object of a kind; none where the cluster does not know the kind.

    A list that breaks off is read once more, from its beginning.
    """
    service = "the cluster"
    for last in (False, True):
        try:
            return list(client.list(_RESOURCES[kind], namespace="*", chunk_size=page))
        except NotServed:
            return []
        except Gone:
            if last:
                told = f"its list of {kind}s expired twice while it was read (410)"
                raise Unavailable(told, service=service) from None
        except (msgspec.DecodeError, UnicodeDecodeError, httpx2.InvalidURL):
            # Where a list goes on is part of the next URL, and is the server's to say.
            told = f"answered something that is no list of {kind}s"
            raise Unavailable(told, service=service) from None
    raise AssertionError("unreachable")
