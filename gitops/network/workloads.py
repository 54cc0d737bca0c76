"""Pods and Services, as far as the network knows them.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/ and
https://kubernetes.io/docs/reference/kubernetes-api/service-resources/service-v1/.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from gitops.errors import InvalidInput
from gitops.network.addresses import POD_RANGES, Addresses, ranges_of
from gitops.network.fields import (
    Manifest,
    identity,
    items,
    labels,
    mapping,
    port_number,
    protocol,
    shown,
    text,
)

_TEMPLATES = (("spec", "template"), ("spec", "jobTemplate", "spec", "template"))
_POD_ADDRESSES = ranges_of(POD_RANGES)


@dataclass(frozen=True, slots=True)
class Port:
    """A port that a container declares; `name` is None where it has none."""

    name: str | None
    number: int
    protocol: str


@dataclass(frozen=True, slots=True)
class Pod:
    """Any of the pods of one workload; two of them are different pods with one description.

    `name` is the workload's, with its kind. `addresses` are those that it may have. `index` is its
    workload's place among the objects that were read, None where it was not read.
    """

    namespace: str
    name: str
    labels: Mapping[str, str]
    ports: tuple[Port, ...] = ()
    host_network: bool = False
    dns_policy: str = "ClusterFirst"
    addresses: tuple[Addresses, ...] = _POD_ADDRESSES
    index: int | None = field(default=None, compare=False)

    def numbers(self, name: str, protocol: str) -> set[int]:
        """The numbers of the ports with a name and a protocol; mostly one."""
        return {p.number for p in self.ports if p.name == name and p.protocol == protocol}

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class ServicePort:
    """A port of a Service and what it leads to: a number, or the name of a pod's port."""

    name: str | None
    number: int
    protocol: str
    target: int | str


@dataclass(frozen=True, slots=True)
class Service:
    """A Service. `selector` is None where somebody else names its endpoints; `index` as a Pod's."""

    namespace: str
    name: str
    type: str
    headless: bool
    selector: Mapping[str, str] | None
    ports: tuple[ServicePort, ...]
    index: int | None = field(default=None, compare=False)

    def selects(self, pod: Pod) -> bool:
        """Whether a pod is among its endpoints."""
        if self.selector is None or pod.namespace != self.namespace:
            return False
        return all(pod.labels.get(key) == said for key, said in self.selector.items())

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


def read_pod(data: Manifest) -> Pod | None:
    """The pod of a workload; None of what is none.

    A workload is a Pod, or anything with a pod template where a Deployment or a CronJob has it.

    Raises:
        InvalidInput: its template is none that the API server would take.
    """
    template = _template(data)
    if template is None:
        return None
    namespace, name = identity(data)
    kind = text(data.get("kind"), "kind")
    metadata = mapping(template.get("metadata"), "the pod's metadata")
    marks = labels(metadata.get("labels"), "the pod's labels")
    if kind == "Job":
        # Its controller puts them on, whatever the template says.
        marks |= {"job-name": name, "batch.kubernetes.io/job-name": name}
    spec = mapping(template.get("spec"), "the pod's spec")
    dns = spec.get("dnsPolicy")
    return Pod(
        namespace,
        f"{kind}/{name}",
        marks,
        tuple(_ports(spec)),
        host_network=spec.get("hostNetwork") is True,
        dns_policy="ClusterFirst" if dns is None else text(dns, "dnsPolicy"),
    )


def _template(data: Manifest) -> Manifest | None:
    if data.get("kind") == "Pod" and data.get("apiVersion") == "v1":
        return data
    for address in _TEMPLATES:
        found: object = data
        for step in address:
            found = found.get(step) if isinstance(found, Mapping) else None
        if isinstance(found, Mapping):
            spec = found.get("spec")
            if isinstance(spec, Mapping) and spec.get("containers"):
                return mapping(found, "the pod's template")
    return None


def _ports(spec: Manifest) -> Iterator[Port]:
    # An init container that restarts always is a sidecar, and serves like the others.
    sidecars = (
        each
        for each in items(spec.get("initContainers"), "initContainers")
        if mapping(each, "an init container").get("restartPolicy") == "Always"
    )
    for container in (*items(spec.get("containers"), "containers"), *sidecars):
        for each in items(mapping(container, "a container").get("ports"), "ports"):
            found = mapping(each, "a container's port")
            name = found.get("name")
            yield Port(
                None if name is None else text(name, "a port's name"),
                port_number(found.get("containerPort"), "containerPort"),
                protocol(found.get("protocol"), "a port's protocol"),
            )


def read_service(data: Manifest) -> Service:
    """A Service.

    Raises:
        InvalidInput: it is none that the API server would take.
    """
    namespace, name = identity(data)
    spec = mapping(data.get("spec"), "spec")
    kind = spec.get("type")
    kind = "ClusterIP" if kind is None else text(kind, "spec.type")
    chosen = labels(spec.get("selector"), "spec.selector")
    ports = tuple(map(_service_port, items(spec.get("ports"), "spec.ports")))
    selector = chosen if chosen and kind != "ExternalName" else None
    return Service(namespace, name, kind, spec.get("clusterIP") == "None", selector, ports)


def _service_port(value: object) -> ServicePort:
    found = mapping(value, "spec.ports")
    number = port_number(found.get("port"), "spec.ports.port")
    name, target = found.get("name"), found.get("targetPort")
    if target is None:
        target = number
    elif not isinstance(target, str):
        target = port_number(target, "spec.ports.targetPort")
    elif not target:
        raise InvalidInput(f"spec.ports.targetPort is empty: {shown(target)}")
    kind = protocol(found.get("protocol"), "spec.ports.protocol")
    return ServicePort(
        None if name is None else text(name, "spec.ports.name"), number, kind, target
    )
