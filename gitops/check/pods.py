"""The pods of rendered objects, as rules ask about them.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from gitops.check.codes import CODES
from gitops.check.finding import Finding
from gitops.check.rendered import Rendered
from gitops.inclusion.flux_objects import mapping, sequence, text
from gitops.rendering.model import Object

_TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "Deployment": ("spec", "template"),
    "StatefulSet": ("spec", "template"),
    "DaemonSet": ("spec", "template"),
    "ReplicaSet": ("spec", "template"),
    "Job": ("spec", "template"),
    "CronJob": ("spec", "jobTemplate", "spec", "template"),
    "Pod": (),
}
_GROUPS = frozenset({"", "apps", "batch"})
LONG_RUNNING = frozenset({"Deployment", "StatefulSet", "DaemonSet"})
SCALED = frozenset({"Deployment", "StatefulSet"})


@dataclass(frozen=True)
class Container:
    """One container of a pod; `first` is true for one that must end before the others start."""

    name: str
    data: Mapping[str, object]
    first: bool = False

    def at(self, *steps: str) -> object:
        """What stands at an address; None where nothing does."""
        value: object = self.data
        for step in steps:
            value = mapping(value).get(step)
        return value

    @cached_property
    def ports(self) -> frozenset[str]:
        """The names of its ports."""
        named = (text(mapping(each).get("name")) for each in sequence(self.data.get("ports")))
        return frozenset(each for each in named if each)

    @property
    def image(self) -> str:
        """Its image; "" where it names none."""
        return text(self.data.get("image")) or ""


@dataclass(frozen=True)
class Workload:
    """An object that runs pods."""

    about: Object

    @property
    def kind(self) -> str:
        """Its kind."""
        return self.about.kind

    @cached_property
    def pod(self) -> Mapping[str, object]:
        """The pod's `spec`."""
        return self.about.mapping_at(*_TEMPLATES[self.kind], "spec")

    @cached_property
    def labels(self) -> Mapping[str, object]:
        """The pod's labels."""
        return self.about.mapping_at(*_TEMPLATES[self.kind], "metadata", "labels")

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """Its containers, those that run first at their head; a sidecar is none of these."""
        return tuple(self._containers())

    @property
    def replicas(self) -> int | None:
        """How many pods it says; None where that is left open or is a variable."""
        value = self.about.at("spec", "replicas")
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @property
    def long_running(self) -> bool:
        """Whether its pods are to run until somebody stops them."""
        return self.kind in LONG_RUNNING

    def _containers(self) -> Iterator[Container]:
        for field in ("initContainers", "containers"):
            for each in map(mapping, sequence(self.pod.get(field))):
                first = field == "initContainers" and each.get("restartPolicy") != "Always"
                yield Container(text(each.get("name")) or "?", each, first)


def workloads(rendered: Rendered) -> Iterator[Workload]:
    """The workloads that a build applies."""
    return _workloads(rendered.objects)


def workloads_around(rendered: Rendered, namespace: str) -> tuple[Workload, ...]:
    """Every workload of a namespace of the cluster."""
    return tuple(_workloads(rendered.around.of(*_TEMPLATES, namespace=namespace)))


def _workloads(objects: tuple[Object, ...]) -> Iterator[Workload]:
    for each in objects:
        if each.kind in _TEMPLATES and each.group in _GROUPS:
            yield Workload(each)


def told(code: str, about: Object, message: str, hint: str | None = None) -> Finding:
    """A finding about an object, with the severity of its code."""
    return Finding(code, CODES[code].severity, about.place, f"{about.title}: {message}", hint)
