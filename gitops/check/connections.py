"""Whether the objects that name each other find each other."""

from collections.abc import Iterator, Mapping

from gitops.check.finding import Finding
from gitops.check.pods import LONG_RUNNING, told, workloads, workloads_around
from gitops.check.rendered import Rendered, RenderedRule, selects
from gitops.inclusion.flux_objects import mapping, sequence, text
from gitops.rendering.model import Object

_MONITORS = {"ServiceMonitor": "Service", "PodMonitor": "Pod"}


def selectors(rendered: Rendered) -> Iterator[Finding]:
    """FL808: a workload that does not select its own pods."""
    for workload in workloads(rendered):
        selector = workload.about.at("spec", "selector")
        if workload.kind in LONG_RUNNING and selects(selector, workload.labels) is not True:
            said = "its selector does not select its own pods"
            yield told("FL808", workload.about, said, "give the pods the labels it asks for")


def services(rendered: Rendered) -> Iterator[Finding]:
    """FL809: a Service without pods. FL810: one of a port that its pods have not."""
    for service in (o for o in rendered.objects if o.kind == "Service" and not o.group):
        selector = service.mapping_at("spec", "selector")
        if not selector:
            continue
        there = workloads_around(rendered, service.namespace)
        behind = [w for w in there if _all_in(selector, w.labels)]
        if not behind and rendered.around.closed(service.namespace) and not _makes_pods(rendered):
            yield told("FL809", service, "selects no pod", "correct its selector")
        for port in map(mapping, sequence(service.at("spec", "ports"))):
            name = text(port.get("targetPort"))
            known = {each for w in behind for c in w.containers for each in c.ports}
            if behind and name and not name.isdigit() and name not in known:
                said = f"leads to the port {name}, which its pods have not"
                hint = f"they have {', '.join(sorted(known)) or 'none with a name'}"
                yield told("FL810", service, said, hint)


def _makes_pods(rendered: Rendered) -> bool:
    """Whether something of the cluster may be an operator's order for pods."""
    return any(o.kind in {"Cluster", "Canary", "Rollout"} for o in rendered.around.objects)


def _all_in(selector: Mapping[str, object], labels: Mapping[str, object]) -> bool:
    return all(str(labels.get(key)) == str(value) for key, value in selector.items())


def routes(rendered: Rendered) -> Iterator[Finding]:
    """FL811: an Ingress or a route to a Service, or a port of it, that is not there."""
    for about in rendered.objects:
        for name, port, namespace in _backends(about):
            service = rendered.around.named("Service", namespace, name)
            if service is None:
                if rendered.around.closed(namespace) and not _makes_pods(rendered):
                    said = f"leads to the Service {name}, which is not there"
                    yield told("FL811", about, said, "correct the name of the backend")
            elif port is not None and port not in _ports_of(service):
                said = f"leads to the port {port} of the Service {name}, which it has not"
                known = ", ".join(str(each) for each in _ports_of(service))
                yield told("FL811", about, said, f"it has {known}")


def _backends(about: Object) -> Iterator[tuple[str, int | str | None, str]]:
    """Name, port (None where it is not said) and namespace of each Service that is led to."""
    if about.kind == "Ingress" and about.group == "networking.k8s.io":
        rules = map(mapping, sequence(about.at("spec", "rules")))
        paths = [p for r in rules for p in sequence(mapping(r.get("http")).get("paths"))]
        backends = [mapping(each).get("backend") for each in paths]
        for backend in (*backends, about.at("spec", "defaultBackend")):
            service = mapping(mapping(backend).get("service"))
            port = mapping(service.get("port"))
            if name := text(service.get("name")):
                yield name, _port(port.get("number") or port.get("name")), about.namespace
    if about.kind.endswith("Route") and about.group == "gateway.networking.k8s.io":
        for rule in map(mapping, sequence(about.at("spec", "rules"))):
            for ref in map(mapping, sequence(rule.get("backendRefs"))):
                name = text(ref.get("name"))
                if name and ref.get("kind", "Service") == "Service":
                    namespace = text(ref.get("namespace")) or about.namespace
                    yield name, _port(ref.get("port")), namespace


def _port(value: object) -> int | str | None:
    return value if isinstance(value, int | str) else None


def _ports_of(service: Object) -> tuple[object, ...]:
    ports = [mapping(each) for each in sequence(service.at("spec", "ports"))]
    numbers = [each["port"] for each in ports if "port" in each]
    return (*numbers, *(each["name"] for each in ports if "name" in each))


def monitors(rendered: Rendered) -> Iterator[Finding]:
    """FL823: a monitor that scrapes nothing."""
    for monitor in (o for o in rendered.objects if o.kind in _MONITORS):
        wanted = monitor.mapping_at("spec", "namespaceSelector")
        names = [n for n in sequence(wanted.get("matchNames")) if isinstance(n, str)]
        namespaces = names or [monitor.namespace]
        if wanted.get("any") or not all(rendered.around.closed(each) for each in namespaces):
            continue
        selector = monitor.at("spec", "selector")
        labels = [each for name in namespaces for each in _scraped(rendered, monitor.kind, name)]
        if not any(selects(selector, each) for each in labels):
            kind = _MONITORS[monitor.kind]
            yield told("FL823", monitor, f"selects no {kind}", "correct its selector")


def _scraped(rendered: Rendered, kind: str, namespace: str) -> list[Mapping[str, object]]:
    if kind == "PodMonitor":
        return [each.labels for each in workloads_around(rendered, namespace)]
    services = rendered.around.of("Service", namespace=namespace)
    return [each.mapping_at("metadata", "labels") for each in services]


RULES: tuple[RenderedRule, ...] = (selectors, services, routes, monitors)
