"""`doors`: where an app can be asked, from outside of the cluster or from one's own machine."""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gitops.rendering.model import Object, at

_LOAD_BALANCER = (
    "jsonpath={.status.loadBalancer.ingress[0].hostname}{.status.loadBalancer.ingress[0].ip}"
)
_GATEWAY = "jsonpath={.status.addresses[*].value}"
_HOSTNAME = "external-dns.alpha.kubernetes.io/hostname"
_MUTUAL = "mtls"
"""The port at which the component mtls-nginx listens."""

_HERE = 8080
"""The port of a person's machine that stands for a Service which nothing exposes."""


@dataclass(frozen=True, slots=True)
class Door:
    """One way to an app.

    `command` shows the address, or opens the door, as `about` says. `url` is the beginning of a URL
    as a word of a shell; `services` are who answers there, by their names.
    """

    about: str
    command: str
    url: str
    services: tuple[str, ...]


def doors(objects: Sequence[Object]) -> tuple[Door, ...]:
    """Each host, each load balancer, and each Service that speaks HTTP and nothing exposes."""
    kinds = {"Ingress": _ingress, "HTTPRoute": _route, "Canary": _canary, "Service": _balancer}
    found = [door for each in objects for door in kinds.get(each.kind, _none)(each)]
    exposed = {name for door in found for name in door.services}
    inside = (o for o in objects if o.kind == "Service" and o.name not in exposed)
    known = (each for each in inside if _asked(objects, each.name) or _probed(objects, each.name))
    return (*found, *(door for each in known for door in _forwarded(each)))


def paths(objects: Sequence[Object], service: str) -> tuple[str, ...]:
    """What a Service is asked for: what a Job asks it, else "/" and what the kubelet asks."""
    found = _asked(objects, service) or ("/", *_probed(objects, service))
    return tuple(dict.fromkeys(found))


def _asked(objects: Sequence[Object], service: str) -> tuple[str, ...]:
    """The paths for which a Job asks a Service."""
    url = re.compile(rf"https?://{re.escape(service)}(?::\d+)?(/\S*)")
    said = (text for each in objects if each.kind == "Job" for text in _texts(each.data))
    return tuple(match[1] for text in said if (match := url.fullmatch(text)))


def _probed(objects: Sequence[Object], service: str) -> tuple[str, ...]:
    """The paths by which the kubelet sees that the pods behind a Service live."""
    chosen = [
        selector.items()
        for each in objects
        if (each.kind, each.name) == ("Service", service)
        and (selector := each.mapping_at("spec", "selector"))
    ]
    # Flagger makes a Service that is named after its Deployment.
    containers = (
        container
        for each in objects
        if any(its <= each.mapping_at(*_LABELS).items() for its in chosen)
        or (not chosen and each.name == service)
        for container in _list(each.at("spec", "template", "spec", "containers"))
    )
    found = (at(each, "livenessProbe", "httpGet", "path") for each in containers)
    return tuple(each for each in found if isinstance(each, str))


_LABELS = ("spec", "template", "metadata", "labels")


def _none(_: Object) -> Iterator[Door]:
    yield from ()


def _ingress(found: Object) -> Iterator[Door]:
    scheme = "https" if found.at("spec", "tls") else "http"
    show = _show("ingresses", found.name, found.namespace, _LOAD_BALANCER)
    for rule in _list(found.at("spec", "rules")):
        behind = [at(p, "backend", "service", "name") for p in _list(at(rule, "http", "paths"))]
        host = at(rule, "host") or f"$({show})"
        yield from _named("the load balancer's address", show, scheme, [host], behind)


def _route(found: Object) -> Iterator[Door]:
    rules = _list(found.at("spec", "rules"))
    behind = [at(ref, "name") for rule in rules for ref in _list(at(rule, "backendRefs"))]
    hosts, gateways = (_list(found.at("spec", each)) for each in ("hostnames", "parentRefs"))
    yield from _behind_gateways(found, gateways, hosts, behind)


def _canary(found: Object) -> Iterator[Door]:
    service = ("spec", "service")
    behind = [found.at(*service, "name") or found.at("spec", "targetRef", "name")]
    hosts, gateways = (_list(found.at(*service, each)) for each in ("hosts", "gatewayRefs"))
    yield from _behind_gateways(found, gateways, hosts, behind)


def _behind_gateways(
    found: Object, gateways: Sequence[object], hosts: Sequence[object], behind: Sequence[object]
) -> Iterator[Door]:
    for each in gateways[:1]:
        namespace = str(at(each, "namespace") or found.namespace)
        kind = "gateways.gateway.networking.k8s.io"
        show = _show(kind, str(at(each, "name")), namespace, _GATEWAY)
        yield from _named("the Gateway's address", show, "https", hosts, behind)


def _named(
    about: str, show: str, scheme: str, hosts: Sequence[object], behind: Sequence[object]
) -> Iterator[Door]:
    for host in map(str, hosts):
        if not host.startswith("*"):  # any name will do there, and nobody knows one
            word = (
                f'"{scheme}://{host}"'
                if host.startswith("$(")
                else shlex.quote(f"{scheme}://{host}")
            )
            yield Door(about, show, word, tuple(map(str, behind)))


def _balancer(found: Object) -> Iterator[Door]:
    if found.at("spec", "type") == "LoadBalancer" and (port := _http(found)):
        show = _show("services", found.name, found.namespace, _LOAD_BALANCER)
        host = found.at("metadata", "annotations", _HOSTNAME) or f"$({show})"
        scheme = "https" if port == 443 else "http"
        end = "" if port in {80, 443} else f":{port}"
        yield from _named(
            "the load balancer's address", show, scheme, [f"{host}{end}"], [found.name]
        )


def _forwarded(found: Object) -> Iterator[Door]:
    port = _http(found)
    if port and found.at("spec", "clusterIP") != "None":
        words = ["--namespace", found.namespace, f"service/{found.name}", f"{_HERE}:{port}"]
        about = "in another shell, for as long as the next commands take"
        command = f"kubectl port-forward {shlex.join(words)}"
        yield Door(about, command, f"http://localhost:{_HERE}", (found.name,))


def _http(service: Object) -> int | None:
    """The first port of a Service on which HTTP is spoken; None where there is none.

    Where callers need a certificate, as those of the component mtls-nginx, a person has none.
    """
    for each in _list(service.at("spec", "ports")):
        if at(each, "targetPort") == _MUTUAL:
            continue
        name, port = str(at(each, "name")), at(each, "port")
        if isinstance(port, int) and (name.startswith("http") or port in {80, 443}):
            return port
    return None


def _show(kind: str, name: str, namespace: str, output: str) -> str:
    words = [kind, name, "--namespace", namespace, "--output", output]
    return f"kubectl get {shlex.join(words)}"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
