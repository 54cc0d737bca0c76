"""What the rules about NetworkPolicies need to know of a cluster beside its network."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Protocol

from gitops.errors import Place
from gitops.inclusion.flux_objects import mapping, text
from gitops.network import Network, Pod, Policy, Selector, Service
from gitops.network.policy import Selected
from gitops.network.policy_reading import API_VERSION, KIND
from gitops.network.simulator import NAME_LABEL

BUILT_IN = frozenset({"default", "kube-node-lease", "kube-public", "kube-system"})
"""The namespaces that every cluster has; what runs in them is seldom in a fleet."""

_PODLESS = frozenset(
    {
        *("bitnami.com", "cert-manager.io", "cilium.io", "crd.projectcalico.org"),
        *("external-secrets.io", "image.toolkit.fluxcd.io", "kustomize.toolkit.fluxcd.io"),
        *("kyverno.io", "networking.istio.io", "notification.toolkit.fluxcd.io"),
        *("projectcalico.org", "secrets.hashicorp.com", "security.istio.io"),
        *("source.toolkit.fluxcd.io", "traefik.io"),
    }
)
"""API groups, not of Kubernetes, whose objects are not known to become pods in their namespace."""

_PODLESS_KINDS = frozenset(
    {"PodMonitor", "Probe", "PrometheusRule", "ScaledObject", "ServiceMonitor", "ScrapeConfig"}
)
_ANYWHERE = frozenset({"Application", "ApplicationSet", "ResourceSet"})
"""Kinds, not of Kubernetes, that bring anything into any namespace."""

_OWN_DOMAINS = frozenset({"app.kubernetes.io"})
"""Of the labels with a domain, those that people write; controllers put on the others."""


class Placed(Protocol):
    """An object of a cluster, as it is applied, and the place where a person finds it."""

    @property
    def data(self) -> Mapping[str, object]:
        """Its manifest."""

    @property
    def place(self) -> Place:
        """Its place."""


class Cluster:
    """The objects of one cluster; `complete` is false where some may be missing."""

    def __init__(self, objects: Iterable[Placed], *, complete: bool = True) -> None:
        self.objects: Sequence[Placed] = tuple(objects)
        self.complete = complete
        self.network = Network.read(each.data for each in self.objects)
        self._meant: dict[Selector, frozenset[str]] = {}

    def place(self, found: Policy | Pod | Service) -> Place:
        """Where a person finds what was read of this cluster.

        Raises:
            ValueError: it was not read.
        """
        if found.index is None:
            raise ValueError(f"{found} was not read")
        return self.objects[found.index].place

    @cached_property
    def declared(self) -> Mapping[str, Place]:
        """The Namespaces among the objects, by name."""
        return {
            name: each.place
            for each in self.objects
            if each.data.get("kind") == "Namespace" and each.data.get("apiVersion") == "v1"
            if (name := text(_metadata(each.data).get("name")))
        }

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """Every namespace that is declared, that holds something, or that every cluster has."""
        named = (text(_metadata(each.data).get("namespace")) for each in self.objects)
        targets = (_release_target(each.data) for each in self.objects)
        there = {name for name in (*named, *targets) if name is not None}
        return frozenset({*self.declared, *BUILT_IN, *there})

    @cached_property
    def _open(self) -> frozenset[str]:
        opened = set(_opened(each.data for each in self.objects))
        # What was left out may be a workload.
        for each in self.network.unread:
            data = self.objects[each.index].data
            if data.get("kind") != KIND:
                opened.add(text(_metadata(data).get("namespace")) or "")
        return frozenset(opened)

    def known(self, namespace: str) -> bool:
        """Whether every pod of a namespace is among the objects, as far as one can tell.

        It is not where a chart or an operator may make pods of what is there.
        """
        return self.complete and namespace not in BUILT_IN and not self._open & {"", namespace}

    @cached_property
    def _foreign(self) -> frozenset[str]:
        return frozenset(
            text(_metadata(each.data).get("namespace")) or ""
            for each in self.objects
            if (text(each.data.get("kind")) or "").endswith("NetworkPolicy")
            and each.data.get("apiVersion") != API_VERSION
        )

    def foreign(self, namespace: str) -> bool:
        """Whether policies of a network plugin, which are not read here, hold in a namespace."""
        return bool(self._foreign & {"", namespace})

    @cached_property
    def pods(self) -> Mapping[str, Sequence[Pod]]:
        """The pods by their namespace."""
        found: dict[str, list[Pod]] = {}
        for pod in self.network.pods:
            found.setdefault(pod.namespace, []).append(pod)
        return found

    def meant(self, policy: Policy, peer: Selected) -> frozenset[str]:
        """The namespaces that a peer may mean.

        One that is not declared may have any labels, but its name's; the built-in ones have none.
        """
        if peer.namespaces is None:
            return frozenset({policy.namespace})
        if peer.namespaces not in self._meant:
            self._meant[peer.namespaces] = self._selected(peer.namespaces)
        return self._meant[peer.namespaces]

    def _selected(self, selector: Selector) -> frozenset[str]:
        named = name_of(selector)
        among = self.namespaces if named is None else self.namespaces & {named}
        return frozenset(name for name in among if self._may_mean(selector, name))

    def _may_mean(self, selector: Selector, namespace: str) -> bool:
        if namespace in self.declared or namespace in BUILT_IN:
            return selector.selects(self.network.labels(namespace))
        by_name = tuple(each for each in selector.requirements if each.key == NAME_LABEL)
        return Selector(by_name).selects({NAME_LABEL: namespace})


def put_on(selector: Selector) -> bool:
    """Whether a selector asks for labels that a controller puts on pods, or for a variable's value.

    Those are in no manifest.
    """
    for each in selector.requirements:
        domain, slash, _ = each.key.partition("/")
        if slash and domain not in _OWN_DOMAINS:
            return True
        if any("${" in text for text in (each.key, *each.values)):
            return True
    return False


def name_of(selector: Selector) -> str | None:
    """The one namespace that a selector can mean; None where it may be several."""
    for each in selector.requirements:
        if each.key == NAME_LABEL and each.operator == "In" and len(each.values) == 1:
            return next(iter(each.values))
    return None


def _metadata(data: Mapping[str, object]) -> Mapping[str, object]:
    return mapping(data.get("metadata"))


def _release_target(data: Mapping[str, object]) -> str | None:
    """The namespace into which a HelmRelease installs; None of anything else."""
    if data.get("kind") != "HelmRelease":
        return None
    target = text(mapping(data.get("spec")).get("targetNamespace"))
    return target or text(_metadata(data).get("namespace"))


def _opened(objects: Iterable[Mapping[str, object]]) -> Iterator[str]:
    """The namespaces in which others may make pods; "" stands for all."""
    for data in objects:
        group, slash, _ = (text(data.get("apiVersion")) or "").partition("/")
        kind = text(data.get("kind")) or ""
        namespace = text(_metadata(data).get("namespace"))
        if target := _release_target(data):
            yield target
        elif not slash or "." not in group or (group.endswith(".k8s.io") and kind != "Gateway"):
            continue
        elif kind in _ANYWHERE:
            yield ""
        elif namespace and group not in _PODLESS and kind not in _PODLESS_KINDS:
            yield namespace
