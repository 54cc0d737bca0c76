"""Who may connect to whom in one cluster."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from gitops.errors import InvalidInput
from gitops.network.addresses import Answer, Block, Outside
from gitops.network.fields import PROTOCOLS, Manifest, identity, labels, mapping, port_number, shown
from gitops.network.policy import Direction, Peer, Policy, Rule
from gitops.network.policy_reading import API_VERSION, KIND, read_policy
from gitops.network.verdict import Side, Verdict
from gitops.network.workloads import Pod, Service, read_pod, read_service

NAME_LABEL = "kubernetes.io/metadata.name"
"""On every namespace; its value is the namespace's name, whatever the manifest says."""

Endpoint = Pod | Outside

CLUSTER_DNS = Pod("kube-system", "Deployment/coredns", {"k8s-app": "kube-dns"})
"""The cluster's DNS server, as kubeadm and the clouds label it."""


@dataclass(frozen=True, slots=True)
class Unread:
    """An object that is left out, and why.

    `index` is its place among what was read; `name` has its kind and namespace as far as known.
    """

    index: int
    name: str
    reason: str


@dataclass(frozen=True)
class Network:
    """The network of one cluster, read from its manifests once.

    `namespaces` are the labels of the declared ones, by name.
    """

    namespaces: Mapping[str, Mapping[str, str]]
    pods: tuple[Pod, ...]
    services: tuple[Service, ...]
    policies: tuple[Policy, ...]
    unread: tuple[Unread, ...]

    @classmethod
    def read(cls, objects: Iterable[object]) -> "Network":
        """The network of these objects.

        Objects that say nothing of it are passed over; what the API server would refuse is left
        out, and told in `unread`.
        """
        namespaces: dict[str, Mapping[str, str]] = {}
        kept: list[Pod | Service | Policy] = []
        unread: list[Unread] = []
        for index, data in enumerate(objects):
            try:
                manifest = mapping(data, "an object")
                if _is(manifest, "v1", "Namespace"):
                    name = identity(manifest)[1]
                    namespaces[name] = {NAME_LABEL: name}
                    namespaces[name] = _labels(name, manifest)
                elif found := _read(manifest):
                    kept.append(replace(found, index=index))
            except InvalidInput as error:
                unread.append(Unread(index, _name(data), error.message))
        return cls(
            namespaces,
            tuple(each for each in kept if isinstance(each, Pod)),
            tuple(each for each in kept if isinstance(each, Service)),
            tuple(each for each in kept if isinstance(each, Policy)),
            tuple(unread),
        )

    def labels(self, namespace: str) -> Mapping[str, str]:
        """A namespace's labels; of one that is not declared only the one that all have."""
        return self.namespaces.get(namespace, {NAME_LABEL: namespace})

    def allows(
        self, source: Endpoint, target: Endpoint, port: int, protocol: str = "TCP"
    ) -> Verdict:
        """Whether a source may open a connection to a port of a target.

        Args:
            source: who connects. A pod may always reach itself; here source and target are two
                pods, even if equal.
            target: who is connected to; of a Service, one of its `endpoints`.
            port: the target's port, 1 to 65535.
            protocol: TCP, UDP or SCTP.

        Raises:
            InvalidInput: the port or the protocol is none.
        """
        port_number(port, "the port")
        if protocol not in PROTOCOLS:
            hint = f"protocols are {', '.join(sorted(PROTOCOLS))}"
            raise InvalidInput(f"{shown(protocol)} is no protocol", hint)

        def numbers(name: str, kind: str) -> set[int]:
            return target.numbers(name, kind) if isinstance(target, Pod) else set()

        def open_to(rule: Rule) -> bool:
            ports = rule.ports
            return not ports or any(each.holds(port, protocol, numbers) for each in ports)

        return Verdict(
            self._side(source, target, Direction.EGRESS, open_to),
            self._side(target, source, Direction.INGRESS, open_to),
        )

    def resolves(self, source: Endpoint) -> Verdict:
        """Whether somebody may ask the cluster's DNS: a pod with `k8s-app: kube-dns`, by UDP."""
        servers = (
            each
            for each in self.pods
            if each.namespace == CLUSTER_DNS.namespace
            and each.labels.items() >= CLUSTER_DNS.labels.items()
        )
        return self.allows(source, next(servers, CLUSTER_DNS), 53, "UDP")

    def applying(self, pod: Pod, direction: Direction) -> tuple[Policy, ...]:
        """The policies that isolate a pod in a direction."""
        there = self._policies.get(pod.namespace, ())
        return tuple(p for p in there if direction in p.directions and p.pods.selects(pod.labels))

    def matches(self, policy: Policy, peer: Peer, other: Endpoint) -> Answer:
        """Whether a peer of a policy's rule is somebody.

        An ipBlock is meant for addresses outside of the cluster: whether one covers a pod differs
        from plugin to plugin. A pod on its host's network has its node's address, and only some
        plugins can tell it from the node.
        """
        if isinstance(peer, Block):
            if isinstance(other, Outside):
                return peer.covers(other.addresses)
            unsure = other.host_network or peer.covers(other.addresses)
            return Answer.DEPENDS if unsure else Answer.NO
        if isinstance(other, Outside):
            return Answer.NO
        if peer.namespaces is None:
            chosen = other.namespace == policy.namespace
        else:
            chosen = peer.namespaces.selects(self.labels(other.namespace))
        if not chosen or (peer.pods is not None and not peer.pods.selects(other.labels)):
            return Answer.NO
        return Answer.DEPENDS if other.host_network else Answer.YES

    def endpoints(
        self, service: Service, port: int | str, protocol: str = "TCP"
    ) -> tuple[tuple[Pod, int], ...]:
        """The pods behind a port of a Service, each with the port that is connected to.

        A headless Service has no address of its own: its name leads to the pods, at the very port
        that was asked for.

        Args:
            service: one of `services`.
            port: the number or the name of a port of the Service.
            protocol: of that port; names need none.

        Raises:
            InvalidInput: the Service has no such port.
        """
        for each in service.ports:
            if port == each.name or (port == each.number and protocol == each.protocol):
                break
        else:
            known = ", ".join(str(each.number) for each in service.ports) or "none"
            raise InvalidInput(f"Service {service} has no port {shown(port)}", f"it has {known}")
        behind = [pod for pod in self.pods if service.selects(pod)]
        if service.headless:
            return tuple((pod, each.number) for pod in behind)
        if isinstance(each.target, int):
            return tuple((pod, each.target) for pod in behind)
        named = ((pod, pod.numbers(each.target, each.protocol)) for pod in behind)
        return tuple((pod, min(numbers)) for pod, numbers in named if numbers)

    @cached_property
    def _policies(self) -> Mapping[str, list[Policy]]:
        found: dict[str, list[Policy]] = {}
        for policy in self.policies:
            found.setdefault(policy.namespace, []).append(policy)
        return found

    def _side(
        self,
        here: Endpoint,
        there: Endpoint,
        direction: Direction,
        open_to: Callable[[Rule], bool],
    ) -> Side:
        applying = self.applying(here, direction) if isinstance(here, Pod) else ()
        if not applying:
            return Side(direction, Answer.YES)
        answers = {
            index: max(
                (self._lets(policy, r, there) for r in policy.rules(direction) if open_to(r)),
                default=Answer.NO,
            )
            for index, policy in enumerate(applying)
        }
        best = max(answers.values())
        # A node may always reach its own pods, and policies of a node's own pods mostly sleep.
        hosts = [each for each in (here, there) if isinstance(each, Pod) and each.host_network]
        answer = max(best, Answer.DEPENDS) if hosts else best
        allowing = tuple(applying[i] for i, found in answers.items() if found and found is best)
        return Side(direction, answer, applying, allowing)

    def _lets(self, policy: Policy, rule: Rule, other: Endpoint) -> Answer:
        if not rule.peers:
            return Answer.YES
        return max(self.matches(policy, peer, other) for peer in rule.peers)


def _is(manifest: Manifest, version: str, kind: str) -> bool:
    return manifest.get("apiVersion") == version and manifest.get("kind") == kind


def _labels(name: str, manifest: Manifest) -> dict[str, str]:
    metadata = mapping(manifest.get("metadata"), "metadata")
    return {**labels(metadata.get("labels"), "metadata.labels"), NAME_LABEL: name}


def _read(manifest: Manifest) -> Pod | Service | Policy | None:
    if _is(manifest, API_VERSION, KIND):
        return read_policy(manifest)
    if _is(manifest, "v1", "Service"):
        return read_service(manifest)
    return read_pod(manifest)


def _name(data: Any) -> str:
    """An object's kind, namespace and name, as far as it has them."""
    if not isinstance(data, Mapping):
        return "an object"
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, Mapping) else {}
    said = (data.get("kind"), metadata.get("namespace"), metadata.get("name"))
    return "/".join(each for each in said if isinstance(each, str)) or "an object"
