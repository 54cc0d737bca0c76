"""What NetworkPolicies leave open, and what they say that is not there.

The rules look at all objects of one cluster together: a policy, the pods that it selects and those
that it lets in mostly come from different directories.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from gitops.check.codes import CODES
from gitops.check.finding import Finding
from gitops.check.homes import cure
from gitops.check.network_cluster import Cluster, Placed, name_of, put_on
from gitops.errors import Place
from gitops.network import Answer, Direction, Outside, Pod, Policy
from gitops.network.addresses import Block, ranges_of
from gitops.network.policy import PortRange, Rule, Selected
from gitops.network.policy_reading import API_VERSION, KIND
from gitops.network.simulator import CLUSTER_DNS

ClusterRule = Callable[[Cluster], Iterator[Finding]]

_ANYBODY = Outside("anybody outside", ranges_of(("0.0.0.0/0", "::/0")))
_DNS_PORTS = (53, 5353)
"""Where DNS servers listen; the second is OpenShift's."""

_BY_CLUSTER_DNS = frozenset({"ClusterFirst", "ClusterFirstWithHostNet"})
_SYSTEM = "kube-system"


def network(objects: Iterable[Placed], *, complete: bool = True) -> Iterator[Finding]:
    """What the rules of this module find in all objects of one cluster.

    Args:
        objects: what is applied to the cluster, by all builds of it.
        complete: whether that is all; where a build failed, nothing is said to be missing.
    """
    cluster = Cluster(objects, complete=complete)
    for rule in CLUSTER_RULES:
        yield from rule(cluster)


def refused(cluster: Cluster) -> Iterator[Finding]:
    """FL960: a NetworkPolicy that the API server does not take."""
    for each in cluster.network.unread:
        found = cluster.objects[each.index]
        what = (found.data.get("apiVersion"), found.data.get("kind"))
        # A variable that only the cluster knows may be anything.
        if what == (API_VERSION, KIND) and "${" not in each.reason:
            told = f"{each.name}: {each.reason}"
            yield _finding("FL960", found.place, told, "correct it: until then nothing is denied")


def isolation(cluster: Cluster) -> Iterator[Finding]:
    """FL961, FL962: a namespace with pods that no policy isolates in a direction."""
    for namespace, pods in cluster.pods.items():
        if namespace == _SYSTEM or cluster.foreign(namespace):
            continue
        for direction, code, may in (
            (Direction.INGRESS, "FL961", "everybody may call"),
            (Direction.EGRESS, "FL962", "everybody may be called by"),
        ):
            bare = [
                pod
                for pod in pods
                if not pod.host_network and not cluster.network.applying(pod, direction)
            ]
            if bare:
                place = cluster.declared.get(namespace) or cluster.place(bare[0])
                told = f"namespace {namespace}: {may} {_some(bare)}"
                hint = (
                    f"deny by default: a NetworkPolicy with `podSelector: {{}}` and `{direction}`"
                )
                yield _finding(code, place, told, hint)


def idle(cluster: Cluster) -> Iterator[Finding]:
    """FL963: a policy for certain pods, of which there is none.

    One for all pods of its namespace waits for those to come.
    """
    for policy in cluster.network.policies:
        chosen = policy.pods
        if not chosen.requirements or put_on(chosen) or not cluster.known(policy.namespace):
            continue
        if not _selected(cluster, policy):
            told = f"{policy}: no pod of its namespace has {chosen}, so it does nothing"
            hint = "correct its podSelector"
            yield _finding("FL963", cluster.place(policy), told, hint)


def named_ports(cluster: Cluster) -> Iterator[Finding]:
    """FL964: a rule for a port by a name that none of its target pods has."""
    for policy in cluster.network.policies:
        for direction in Direction:
            for rule in policy.rules(direction):
                named = [each for each in rule.ports if isinstance(each.first, str)]
                targets = _targets(cluster, policy, rule, direction) if named else None
                if targets is None:
                    continue
                for each in named:
                    if not any(pod.numbers(str(each.first), each.protocol) for pod in targets):
                        yield _unnamed(cluster.place(policy), policy, each, targets)


def dangling(cluster: Cluster) -> Iterator[Finding]:
    """FL965: a peer that no namespace or no pod of the cluster is."""
    for policy in cluster.network.policies:
        for direction in Direction:
            for rule in policy.rules(direction):
                for peer in (each for each in rule.peers if isinstance(each, Selected)):
                    told = _nobody(cluster, policy, peer)
                    if told is not None:
                        way = "from" if direction is Direction.INGRESS else "to"
                        place = cluster.place(policy)
                        said = f"{policy}, {way}: {told}"
                        yield _finding("FL965", place, said, _cure(cluster, policy, peer))


def names(cluster: Cluster) -> Iterator[Finding]:
    """FL966: pods that may call others by a policy, and may not ask for their address."""
    deaf: dict[str, tuple[Policy, list[Pod]]] = {}
    for pod in cluster.network.pods:
        if pod.host_network or pod.dns_policy not in _BY_CLUSTER_DNS:
            continue
        applying = cluster.network.applying(pod, Direction.EGRESS)
        calling = [each for each in applying if any(map(_calls_pods, each.egress))]
        asks = any(_lets_ask(cluster, each, rule) for each in applying for rule in each.egress)
        if calling and not asks and not cluster.foreign(pod.namespace):
            deaf.setdefault(str(calling[0]), (calling[0], []))[1].append(pod)
    for policy, pods in deaf.values():
        told = f"{policy}: {_some(pods)} may call out by it, and no policy lets them ask DNS"
        hint = "allow egress to kube-system, UDP and TCP 53"
        yield _finding("FL966", cluster.place(policy), told, hint)


def exposure(cluster: Cluster) -> Iterator[Finding]:
    """FL967: a NodePort. FL968: a load balancer whose pods let nobody from outside in."""
    for service in cluster.network.services:
        place = cluster.place(service)
        if service.type == "NodePort":
            told = f"Service {service} opens a port on every node, past every load balancer"
            hint = "make it ClusterIP, and lead to it by an Ingress or an HTTPRoute"
            yield _finding("FL967", place, told, hint)
        if service.type != "LoadBalancer" or cluster.foreign(service.namespace):
            continue
        for port in service.ports:
            behind = cluster.network.endpoints(service, port.number, port.protocol)
            verdicts = [
                cluster.network.allows(_ANYBODY, pod, number, port.protocol).ingress
                for pod, number in behind
            ]
            if verdicts and all(each.answer is Answer.NO for each in verdicts):
                by = ", ".join(str(each) for each in verdicts[0].isolating)
                told = f"Service {service} is a load balancer, and no rule of {by} lets callers in"
                hint = f"allow ingress to its port {behind[0][1]} by an ipBlock, or from everybody"
                yield _finding("FL968", place, told, hint)


CLUSTER_RULES: tuple[ClusterRule, ...] = (
    refused,
    isolation,
    idle,
    named_ports,
    dangling,
    names,
    exposure,
)


def _selected(cluster: Cluster, policy: Policy) -> list[Pod]:
    there = cluster.pods.get(policy.namespace, ())
    return [pod for pod in there if policy.pods.selects(pod.labels)]


def _targets(
    cluster: Cluster, policy: Policy, rule: Rule, direction: Direction
) -> list[Pod] | None:
    """The pods whose ports a rule speaks of; None where they are not all known, or none is."""
    if direction is Direction.INGRESS:
        found = _selected(cluster, policy)
        return found if found and cluster.known(policy.namespace) else None
    peers = [each for each in rule.peers if isinstance(each, Selected)]
    if not peers:
        # An address outside has no names for its ports.
        return [] if rule.peers else None
    found = []
    for peer in peers:
        meant = cluster.meant(policy, peer)
        if not all(map(cluster.known, meant)):
            return None
        found += [
            pod
            for name in meant
            for pod in cluster.pods.get(name, ())
            if peer.pods is None or peer.pods.selects(pod.labels)
        ]
    return found or None


def _unnamed(place: Place, policy: Policy, port: PortRange, targets: Sequence[Pod]) -> Finding:
    if not targets:
        told = f"{policy}: port {port.first} is a name, and addresses outside have only numbers"
        return _finding("FL964", place, told, "write the number")
    has = sorted({p.name for pod in targets for p in pod.ports if p.name}) or ["none with a name"]
    told = f"{policy}: no port of {_some(targets)} is named {port.first} for {port.protocol}"
    return _finding("FL964", place, told, f"there are: {', '.join(has)}")


def _nobody(cluster: Cluster, policy: Policy, peer: Selected) -> str | None:
    """What is not there for a peer; None where something is, or may be."""
    if peer.namespaces is not None and any(
        "${" in text for each in peer.namespaces.requirements for text in each.values
    ):
        return None
    meant = cluster.meant(policy, peer)
    if not meant:
        return f"no namespace of this cluster has {peer.namespaces}" if cluster.complete else None
    if peer.pods is None or not peer.pods.requirements or put_on(peer.pods):
        return None
    if not all(map(cluster.known, meant)):
        return None
    there = (pod for name in meant for pod in cluster.pods.get(name, ()))
    if any(peer.pods.selects(pod.labels) for pod in there):
        return None
    where = f"namespace {next(iter(meant))}" if len(meant) == 1 else "its namespaces"
    return f"no pod of {where} has {peer.pods}"


def _cure(cluster: Cluster, policy: Policy, peer: Selected) -> str:
    selector = peer.namespaces
    if selector is None or cluster.meant(policy, peer):
        return cure(None)
    return cure(name_of(selector))


def _calls_pods(rule: Rule) -> bool:
    """Whether a rule is for pods, which are called by their Service's name."""
    return any(isinstance(peer, Selected) for peer in rule.peers)


def _lets_ask(cluster: Cluster, policy: Policy, rule: Rule) -> bool:
    """Whether a rule may let DNS through; where it names the port, whatever its peers are."""
    if not rule.ports:
        return not rule.peers or any(
            isinstance(peer, Block) or cluster.network.matches(policy, peer, CLUSTER_DNS)
            for peer in rule.peers
        )
    return any(
        each.protocol == "UDP"
        and (isinstance(each.first, str) or any(each.holds(p, "UDP", _none) for p in _DNS_PORTS))
        for each in rule.ports
    )


def _none(_name: str, _protocol: str) -> set[int]:
    return set()


def _some(pods: Sequence[Pod]) -> str:
    rest = f" and {len(pods) - 1} more" if len(pods) > 1 else ""
    return f"{pods[0].name}{rest}"


def _finding(code: str, place: Place, message: str, hint: str) -> Finding:
    return Finding(code, CODES[code].severity, place, message, hint)
