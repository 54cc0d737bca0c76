"""The order in which Flux applies: who depends on whom, and whether that means anything."""

from collections.abc import Iterator, Mapping, Sequence

from gitops.check.applied import Applied
from gitops.check.declared import Cluster, Declared
from gitops.check.finding import Finding, Severity
from gitops.errors import Place
from gitops.inclusion.flux_objects import mapping, sequence, text

Key = tuple[str, str]
_HELM = "helm.toolkit.fluxcd.io"


def circles(declared: Declared) -> Iterator[Finding]:
    """FL303: Kustomizations, or HelmReleases, that wait for each other for ever."""
    for cluster in declared.clusters:
        every = cluster.applied
        known = {each.key: each for each in every}
        edges = {each.key: _surely(each) for each in every}
        for circle in _circles(edges):
            first = known[circle[0]]
            yield _told("Kustomization", first.place, circle)
        yield from _releases(cluster, declared)


def patience(declared: Declared) -> Iterator[Finding]:
    """FL304: depends on one that is ready before what it applies is."""
    for cluster in declared.clusters:
        every = cluster.applied
        known = {each.key: each for each in every}
        for each in every:
            for key in _surely(each):
                other = known.get(key)
                if other is None or other is each or _waits(other):
                    continue
                slow = _slow(declared, other)
                if slow:
                    told = f"Kustomization {each.name} depends on {other.name}, which does not "
                    told += f"wait: it is ready before its {slow} is"
                    hint = f"write `wait: true` or `healthChecks` in {other.name}"
                    yield Finding("FL304", Severity.WARNING, each.place, told, hint)


def _surely(each: Applied) -> tuple[Key, ...]:
    """What it depends on, however it turns out."""
    every = [frozenset(_named(each, spec)) for spec in each.specs]
    return tuple(sorted(frozenset.intersection(*every)))


def _named(each: Applied, spec: Mapping[str, object]) -> Iterator[Key]:
    for item in map(mapping, sequence(spec.get("dependsOn"))):
        name = text(item.get("name"))
        if name is not None:
            yield text(item.get("namespace")) or each.namespace, name


def _waits(other: Applied) -> bool:
    fields = ("healthChecks", "healthCheckExprs")
    return any(
        spec.get("wait") is True or any(sequence(spec.get(field)) for field in fields)
        for spec in other.specs
    )


def _slow(declared: Declared, other: Applied) -> str | None:
    """Something that is applied long before it is ready; None where there is nothing."""
    for build in other.builds:
        for path in sorted(build.files):
            for thing in declared.manifests.get(path, ()):
                flux = thing.group in {_HELM, "kustomize.toolkit.fluxcd.io"}
                if flux and thing.kind in {"HelmRelease", "Kustomization"}:
                    return thing.title
    return None


def _releases(cluster: Cluster, declared: Declared) -> Iterator[Finding]:
    """Circles of HelmReleases whose names and namespaces their files say."""
    places: dict[Key, Place] = {}
    edges: dict[Key, tuple[Key, ...]] = {}
    for thing in cluster.of("HelmRelease", group=_HELM):
        if thing.namespace is None or not declared.untouched(thing, "dependsOn"):
            continue
        key = (thing.namespace, thing.name)
        places[key] = thing.place
        named = (
            (
                thing.text("spec", "dependsOn", index, "namespace") or thing.namespace,
                thing.text("spec", "dependsOn", index, "name") or "",
            )
            for index in thing.manifest.keys("spec", "dependsOn")
        )
        edges[key] = tuple(named)
    for circle in _circles(edges):
        yield _told("HelmRelease", places[circle[0]], circle)


def _told(kind: str, place: Place, circle: Sequence[Key]) -> Finding:
    names = " -> ".join(name for _, name in (*circle, circle[0]))
    told = f"{kind} {circle[0][1]} waits for itself: {names}"
    return Finding("FL303", Severity.ERROR, place, told, "remove one of these `dependsOn`")


def _circles(edges: Mapping[Key, Sequence[Key]]) -> Iterator[tuple[Key, ...]]:
    """Each circle once, from its first key on; of two that share a key, one."""
    done: set[Key] = set()
    for start in sorted(edges):
        way: list[Key] = []
        stack: list[tuple[Key, Iterator[Key]]] = []
        if start not in done:
            way.append(start)
            stack.append((start, iter(edges[start])))
        while stack:
            here, following = stack[-1]
            step = next((s for s in following if s in edges and s not in done), None)
            if step is None:
                done.add(here)
                way.pop()
                stack.pop()
            elif step in way:
                circle = way[way.index(step) :]
                turn = circle.index(min(circle))
                yield (*circle[turn:], *circle[:turn])
                done.add(step)
            else:
                way.append(step)
                stack.append((step, iter(edges[step])))
