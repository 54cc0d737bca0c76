"""Whether anything enforces the NetworkPolicies of a cluster, which no manifest shows by itself.

The API server takes a NetworkPolicy on every cluster; without a network plugin that enforces it
nothing happens.

Source: https://kubernetes.io/docs/concepts/services-networking/network-policies/#prerequisites
"""

from collections.abc import Iterator

from gitops.capability import CAPABILITIES, ENFORCING
from gitops.check.declared import Cluster, Declared
from gitops.check.finding import Finding, Severity
from gitops.check.source_files import readable
from gitops.errors import Place
from gitops.sites import is_yaml

_PLUGINS = frozenset({"antrea", "calico", "cilium", "kube-router", "tigera-operator"})
"""Charts of network plugins that enforce NetworkPolicies."""


def enforcement(declared: Declared) -> Iterator[Finding]:
    """FL610: a cluster with NetworkPolicies that does not say that they are enforced."""
    for cluster in declared.whole_clusters:
        policies = sorted(
            cluster.of("NetworkPolicy", group="networking.k8s.io"), key=lambda thing: thing.path
        )
        if not policies or cluster.open or _installs(cluster) or _declares(declared, cluster):
            continue
        name = cluster.directory.rpartition("/")[2]
        whose = " and ".join(declared.fleet.reach.sharing(cluster.directory))
        told = f"{name} of {whose} has NetworkPolicies, and nothing says that its "
        told += "network plugin enforces them"
        hint = f"where it does, add {ENFORCING} to the annotation {CAPABILITIES} of a ConfigMap "
        hint += "there, such as cluster-vars; else they protect nothing"
        yield Finding("FL610", Severity.INFO, _place(cluster, policies[0].place), told, hint)


def _place(cluster: Cluster, otherwise: Place) -> Place:
    """Where it would be declared: the cluster's own variables, or else the first policy."""
    own = (t for t in cluster.of("ConfigMap") if t.path.rpartition("/")[0] == cluster.directory)
    return min((thing.place for thing in own), key=lambda place: place.path, default=otherwise)


def _installs(cluster: Cluster) -> bool:
    """Whether the fleet itself installs a plugin that enforces."""
    for thing in cluster.of("HelmRelease", "OCIRepository"):
        chart = thing.text("spec", "chart", "spec", "chart")
        url = thing.text("spec", "url") or ""
        if {chart, url.rpartition("/")[2], thing.name} & _PLUGINS:
            return True
    return False


def _declares(declared: Declared, cluster: Cluster) -> bool:
    """Whether a ConfigMap that it applies, or of a directory above its own, says so.

    Where environments share a cluster, each has its directory below the cluster's.
    """
    files = set(cluster.paths)
    above = cluster.directory.rpartition("/")[0]
    while above:
        for path in declared.fleet.tree.below(above):
            if path.rpartition("/")[0] == above:
                files.add(path)
        above = above.rpartition("/")[0]
    return any(_lists(declared, path) for path in files)


def _lists(declared: Declared, path: str) -> bool:
    file = declared.fleet.tree[path]
    if not is_yaml(path) or not file.regular or CAPABILITIES.encode() not in file.data:
        return False
    texts = (
        document.text("metadata", "annotations", CAPABILITIES) or ""
        for document in readable(path, file.data)
        if document.kind == "ConfigMap"
    )
    return any(ENFORCING in text.replace(",", " ").split() for text in texts)
