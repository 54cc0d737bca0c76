"""What Flux's objects name: sources, ConfigMaps, and things of other namespaces.

Only what is surely not in the fleet's files is told. Secrets are left alone: most are made by
people, or in the cluster.
"""

from collections.abc import Iterator

from gitops.check.declared import Cluster, Declared
from gitops.check.finding import Finding, Severity
from gitops.check.things import Thing
from gitops.errors import Place
from gitops.inclusion.flux_objects import mapping, sequence, text

_SOURCES = frozenset({"GitRepository", "OCIRepository", "Bucket", "HelmRepository", "HelmChart"})
_REFERENCES = (("sourceRef",), ("chart", "spec", "sourceRef"), ("chartRef",))
_FLUX = ".toolkit.fluxcd.io"
_LOCKED = b"--no-cross-namespace-refs=true"
_WATCHED = "reconcile.fluxcd.io/watch"


def sources(declared: Declared) -> Iterator[Finding]:
    """FL301: a source that no file makes."""
    for cluster in declared.clusters:
        if cluster.open:
            continue
        for thing in cluster.of("Kustomization", "HelmRelease"):
            if thing.group.endswith(_FLUX) and declared.untouched(thing, "sourceRef", "chartRef"):
                yield from _source(cluster, thing)


def _source(cluster: Cluster, thing: Thing) -> Iterator[Finding]:
    for steps in _REFERENCES:
        kind, name = (thing.text("spec", *steps, key) for key in ("kind", "name"))
        if kind not in _SOURCES or not name or "${" in name:
            continue
        if (kind, name) != (cluster.own.kind, cluster.own.name) and not cluster.may_have(
            kind, name
        ):
            told = f"{thing.title} takes its files from the {kind} {name}, which nothing here makes"
            place = thing.manifest.place("spec", *steps, "name")
            hint = "correct the name, or write the source"
            yield Finding("FL301", Severity.WARNING, place, told, hint)


def config_maps(declared: Declared) -> Iterator[Finding]:
    """FL302: a ConfigMap that no file makes. FL320: one whose changes nobody notices."""
    noticed = declared.mentioned(_WATCHED.encode()) or declared.mentioned(b"watch-configs")
    for cluster in declared.clusters:
        late: set[str] = set()
        for place, title, name, ordered in _asked(declared, cluster):
            late |= set() if ordered else {name}
            made = cluster.may_have("ConfigMap", name) or name in declared.generated
            if not made and not cluster.open and "${" not in name:
                told = f"{title} needs the ConfigMap {name}, which nothing here makes"
                hint = "correct the name, write it, or say `optional: true`"
                yield Finding("FL302", Severity.WARNING, place, told, hint)
        for thing in () if noticed else cluster.of("ConfigMap"):
            if thing.name in late and declared.untouched(thing, _WATCHED):
                yield from _unnoticed(thing)


def _asked(declared: Declared, cluster: Cluster) -> Iterator[tuple[Place, str, str, bool]]:
    """Place, title and name of each ConfigMap that must be there.

    And whether whoever asks is surely applied again after a commit changed it.
    """
    for each in cluster.applied:
        post_build = mapping(each.specs[0].get("postBuild")) if each.sure else {}
        for item in map(mapping, sequence(post_build.get("substituteFrom"))):
            name = text(item.get("name"))
            if item.get("kind") == "ConfigMap" and name and item.get("optional") is not True:
                ordered = bool(sequence(each.specs[0].get("dependsOn")))
                yield each.place, f"Kustomization {each.name}", name, ordered
    for thing in cluster.of("HelmRelease", group="helm.toolkit.fluxcd.io"):
        for index in thing.manifest.keys("spec", "valuesFrom"):
            kind, name, optional = (
                thing.text("spec", "valuesFrom", index, key) for key in ("kind", "name", "optional")
            )
            kept = declared.untouched(thing, "valuesFrom")
            if kind == "ConfigMap" and name and optional != "true" and kept:
                place = thing.manifest.place("spec", "valuesFrom", index, "name")
                yield place, thing.title, name, False


def _unnoticed(thing: Thing) -> Iterator[Finding]:
    if thing.text("metadata", "labels", _WATCHED) != "Enabled":
        told = f"when {thing.title} changes, what asks for it may keep the old values until its "
        told += "interval is over"
        hint = f"give it the label `{_WATCHED}: Enabled`"
        yield Finding("FL320", Severity.INFO, thing.place, told, hint)


def borders(declared: Declared) -> Iterator[Finding]:
    """FL321: a source of another namespace, where Flux is told to take none."""
    for cluster in declared.clusters:
        if not _locked(declared, cluster):
            continue
        applied = {each.place: each.namespace for each in cluster.applied}
        given = {
            declared.inclusions[p].namespace for p in cluster.paths & declared.inclusions.keys()
        }
        for thing in cluster.of("Kustomization", group=f"kustomize{_FLUX}"):
            namespace = thing.text("spec", "sourceRef", "namespace")
            own = applied.get(thing.place, thing.namespace)
            if not namespace or not own or "${" in namespace + own:
                continue
            if namespace not in {own, *given} and declared.untouched(thing, "sourceRef"):
                told = f"{thing.title} takes its files from {namespace}, and this cluster's Flux "
                told += "takes nothing of other namespaces"
                place = thing.manifest.place("spec", "sourceRef", "namespace")
                hint = f"write a source in {own}"
                yield Finding("FL321", Severity.ERROR, place, told, hint)


def _locked(declared: Declared, cluster: Cluster) -> bool:
    """Whether Flux is told so: by a patch of its controllers, or by the FluxInstance."""
    if any(
        _LOCKED in declared.fleet.tree[p].data for p in cluster.paths & declared.inclusions.keys()
    ):
        return True
    return any(
        thing.text("spec", "cluster", "multitenant") == "true"
        for thing in cluster.of("FluxInstance")
    )
