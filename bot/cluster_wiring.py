"""How each cluster is asked, as the settings say."""

from functools import partial

from bot.adapters.flux_kubeconfig import Access, given, of_kubeconfig
from bot.adapters.status_file import StatusFile
from bot.cluster_settings import ClusterEntry
from bot.clusters import ClustersByName, Unasked
from bot.ports import Clock, Clusters
from bot.settings import Settings
from bot.status_health import StatusHealth, Written
from gitops.errors import InvalidInput, Place


def clusters(settings: Settings, now: Clock, written: Written) -> Clusters:
    """Each cluster as the settings name it; every other by the status file, where there is one.

    `written` is where commit statuses are. No file of a cluster is looked at yet.
    """
    if settings.status_file is None and settings.clusters:
        rest: Clusters = Unasked(now)
    else:
        rest = StatusFile(settings.status_file)
    asked = [entry for entry in settings.clusters if not entry.statuses]
    posters = {entry.name: entry.posted_by for entry in settings.clusters if entry.statuses}
    if not settings.clusters:
        return rest
    named: dict[str, Clusters] = {}
    if asked:
        named |= dict.fromkeys((entry.name for entry in asked), _flux(asked, now))
    if posters:
        named |= dict.fromkeys(posters, StatusHealth(written, posters, now))
    return ClustersByName(named, rest, now)


def refuse_wrong(settings: Settings) -> None:
    """Refuse what a person has to change before any cluster is asked.

    A file that is not there is that cluster's own trouble, and a reason when it is asked.

    Raises:
        InvalidInput: a server is no https URL, or a kubeconfig asks for what is not done here.
    """
    for entry in settings.clusters:
        missing = entry.kubeconfig is not None and not entry.kubeconfig.exists()
        if not entry.statuses and not missing:
            _access(entry)


def _flux(asked: list[ClusterEntry], now: Clock) -> Clusters:
    # It brings a client library that nobody else needs.
    from bot.adapters.flux import AskedCluster, FluxClusters
    from bot.adapters.flux_lists import Extent

    found = [
        AskedCluster(each.name, partial(_access, each), each.timeout, Extent(pods=each.pods))
        for each in asked
    ]
    return FluxClusters(found, now)


def _access(entry: ClusterEntry) -> Access:
    if entry.kubeconfig is not None:
        return of_kubeconfig(entry.kubeconfig, entry.context)
    if entry.server is None or entry.token_file is None:
        raise InvalidInput(f"the cluster {entry.name} says no way to ask it")
    return given(entry.server, entry.token_file, entry.ca_file, Place(f"[[clusters]] {entry.name}"))
