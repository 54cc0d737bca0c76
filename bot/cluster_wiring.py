"""How each cluster is asked, as the settings say."""

from functools import partial

from bot.adapters.flux_kubeconfig import Access, given, of_kubeconfig
from bot.adapters.status_file import StatusFile
from bot.cluster_settings import ClusterEntry
from bot.clusters import ClustersByName
from bot.ports import Clock, Clusters
from bot.settings import Settings
from gitops.errors import InvalidInput, Place


def clusters(settings: Settings, now: Clock) -> Clusters:
    """Each cluster as the settings name it; every other by the status file, where there is one.

    Raises:
        InvalidInput: a kubeconfig or a file that an entry names is not as it has to be.
    """
    rest = StatusFile(settings.status_file)
    asked = [entry for entry in settings.clusters if not entry.statuses]
    if not asked:
        return rest
    for entry in asked:
        _access(entry)
    flux = _flux(asked, now)
    return ClustersByName(dict.fromkeys((entry.name for entry in asked), flux), rest, now)


def _flux(asked: list[ClusterEntry], now: Clock) -> Clusters:
    # It brings a client library that nobody else needs.
    from bot.adapters.flux import AskedCluster, FluxClusters

    return FluxClusters(
        [AskedCluster(each.name, partial(_access, each), each.timeout) for each in asked], now
    )


def _access(entry: ClusterEntry) -> Access:
    if entry.kubeconfig is not None:
        return of_kubeconfig(entry.kubeconfig, entry.context)
    if entry.server is None or entry.token_file is None:
        raise InvalidInput(f"the cluster {entry.name} says no way to ask it")
    return given(entry.server, entry.token_file, entry.ca_file, Place(f"[[clusters]] {entry.name}"))
