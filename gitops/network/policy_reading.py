"""NetworkPolicies read from manifests, with the API server's own defaults and refusals.

Source: the API reference of networking.k8s.io/v1, and `ValidateNetworkPolicySpec` and
`SetDefaults_NetworkPolicy` of kubernetes/kubernetes.
"""

import re

from gitops.errors import InvalidInput
from gitops.network.addresses import read_block
from gitops.network.fields import (
    Manifest,
    fields,
    identity,
    items,
    port_number,
    protocol,
    shown,
)
from gitops.network.policy import Direction, Peer, Policy, PortRange, Rule, Selected
from gitops.network.selector import Selector, read_selector

API_VERSION = "networking.k8s.io/v1"
KIND = "NetworkPolicy"

_SPEC = frozenset({"podSelector", "policyTypes", "ingress", "egress"})
_PEER = frozenset({"podSelector", "namespaceSelector", "ipBlock"})
_NAME = re.compile(r"(?=.*[a-z])(?!.*--)[a-z0-9](?:[a-z0-9-]{0,13}[a-z0-9])?")
"""A port's name. Source: RFC 6335, section 5.1, in lower case."""


def read_policy(data: Manifest) -> Policy:
    """A NetworkPolicy.

    Without `policyTypes` it isolates ingress, and egress too where it has a rule for it.

    Raises:
        InvalidInput: the API server refuses it, and says why.
    """
    namespace, name = identity(data)
    spec = fields(data.get("spec"), "spec", _SPEC)
    ingress = tuple(
        _rule(each, "spec.ingress", "from") for each in items(spec.get("ingress"), "spec.ingress")
    )
    egress = tuple(
        _rule(each, "spec.egress", "to") for each in items(spec.get("egress"), "spec.egress")
    )
    directions = _directions(spec.get("policyTypes"))
    if not directions:
        implied = {Direction.INGRESS, Direction.EGRESS} if egress else {Direction.INGRESS}
        directions = frozenset(implied)
    pods = read_selector(spec.get("podSelector"), "spec.podSelector")
    return Policy(namespace, name, pods, directions, ingress, egress)


def _directions(value: object) -> frozenset[Direction]:
    said = items(value, "spec.policyTypes")
    for each in said:
        if each not in tuple(Direction):
            raise InvalidInput(f"spec.policyTypes has what is none: {shown(each)}")
    if len(said) > len(Direction):
        raise InvalidInput("spec.policyTypes has more than two entries")
    return frozenset(map(Direction, said))


def _rule(value: object, where: str, peers: str) -> Rule:
    if value is None:
        raise InvalidInput(f"{where} has an empty entry")
    found = fields(value, where, {peers, "ports"})
    return Rule(
        tuple(_peer(each, f"{where}.{peers}") for each in items(found.get(peers), where)),
        tuple(_ports(each, f"{where}.ports") for each in items(found.get("ports"), where)),
    )


def _peer(value: object, where: str) -> Peer:
    found = fields(value, where, _PEER)
    said = {name for name in found if found[name] is not None}
    if not said:
        raise InvalidInput(f"{where} has an entry that names no peer")
    if "ipBlock" in said:
        if len(said) > 1:
            raise InvalidInput(f"{where}: beside an ipBlock stands no selector")
        return read_block(found["ipBlock"], f"{where}.ipBlock")

    def selector(name: str) -> Selector | None:
        return read_selector(found[name], f"{where}.{name}") if name in said else None

    return Selected(selector("namespaceSelector"), selector("podSelector"))


def _ports(value: object, where: str) -> PortRange:
    if value is None:
        raise InvalidInput(f"{where} has an empty entry")
    found = fields(value, where, {"protocol", "port", "endPort"})
    kind = protocol(found.get("protocol"), f"{where}.protocol")
    first, last = found.get("port"), found.get("endPort")
    if isinstance(first, str):
        if _NAME.fullmatch(first) is None:
            raise InvalidInput(f"{where}.port is no name of a port: {shown(first)}")
    elif first is not None:
        first = port_number(first, f"{where}.port")
    if last is not None:
        last = port_number(last, f"{where}.endPort")
        if not isinstance(first, int) or last < first:
            raise InvalidInput(f"{where}.endPort {last} needs a port as number, and not above it")
    return PortRange(kind, first, last)
