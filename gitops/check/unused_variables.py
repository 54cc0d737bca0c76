"""Variables that are offered to every manifest, and that none asks for.

A name that is asked for anywhere in the fleet is in use: a variable for dev alone is often there
in every environment, so that the files stay alike.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#post-build-variable-substitution
"""

import re
from collections.abc import Iterator

from gitops.check.declared import Cluster, Declared
from gitops.check.finding import Finding, Severity
from gitops.check.source_files import readable
from gitops.check.things import Thing
from gitops.document import Document
from gitops.inclusion.flux_objects import mapping, sequence, text
from gitops.sites import is_yaml

OFFERED = frozenset({"environment", "cluster", "domain"})
"""What every cluster of a new fleet says of itself, asked for or not."""

_ASKED = re.compile(rb"(?<!\$)\$\{([A-Za-z_][A-Za-z0-9_]*)")


def unused(declared: Declared) -> Iterator[Finding]:
    """FL323: a variable of a `substituteFrom` that no file asks for."""
    if any(cluster.open for cluster in declared.clusters):
        return
    asked = _asked(declared)
    seen: set[tuple[str, str]] = set()
    for cluster in declared.clusters:
        for thing in _offering(declared, cluster):
            for key in map(str, thing.manifest.keys("data")):
                if key in asked or key in OFFERED or (thing.path, key) in seen:
                    continue
                seen.add((thing.path, key))
                told = f"{thing.title} offers {key}, and no manifest of the fleet asks for it"
                hint = f"remove it, or write ${{{key}}} where it belongs"
                place = thing.manifest.place("data", key)
                yield Finding("FL323", Severity.INFO, place, told, hint)


def _asked(declared: Declared) -> frozenset[str]:
    """The variables that any reached file names; `$${NAME}` is none."""
    tree = declared.fleet.tree
    return frozenset(
        name.decode()
        for path in declared.fleet.reach.paths
        if tree[path].regular
        for name in _ASKED.findall(tree[path].data)
    )


def _offering(declared: Declared, cluster: Cluster) -> Iterator[Thing]:
    """The ConfigMaps that builds take variables from, and that nothing else reads."""
    names = {
        text(item.get("name"))
        for each in cluster.applied
        for spec in each.specs
        for item in map(mapping, sequence(mapping(spec.get("postBuild")).get("substituteFrom")))
        if item.get("kind") == "ConfigMap"
    }
    for thing in cluster.of("ConfigMap"):
        if thing.name in names and not _is_read(declared, thing.name):
            yield thing


def _is_read(declared: Declared, name: str) -> bool:
    """Whether anything but a `substituteFrom` names a ConfigMap."""
    tree, wanted = declared.fleet.tree, name.encode()
    return any(
        _names(document, name)
        for path in declared.fleet.reach.paths
        if is_yaml(path) and tree[path].regular
        if wanted in tree[path].data and b"onfigMap" in tree[path].data
        for document in readable(path, tree[path].data)
    )


def _names(document: Document, name: str) -> bool:
    return any(
        scalar.value == name
        and "substituteFrom" not in address
        and address[-2:] != ("metadata", "name")
        for address, scalar in document.scalars.items()
    )
