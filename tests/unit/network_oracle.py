"""What NetworkPolicies let through, read a second time and slowly, straight from the manifests.

It writes down every connection of a small world that some rule lets through, and asks afterwards
whether each end needs one. It knows single addresses only, pods that are on no host's network, and
blocks that cover no pod: there the answer is yes or no.
"""

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Data = Mapping[str, Any]
Connection = tuple[str, str, int, str]
"""Source, target, port and protocol."""


@dataclass(frozen=True)
class World:
    """Pods as manifests by name, addresses outside, and what can be asked for."""

    namespaces: dict[str, dict[str, str]]
    pods: dict[str, Data]
    addresses: tuple[str, ...]
    ports: tuple[int, ...]
    policies: tuple[Data, ...]

    def everybody(self) -> tuple[str, ...]:
        return (*self.pods, *self.addresses)

    def connections(self) -> Iterator[Connection]:
        for source in self.everybody():
            for target in self.everybody():
                for port in self.ports:
                    for protocol in ("TCP", "UDP", "SCTP"):
                        yield source, target, port, protocol


def open_connections(world: World) -> set[Connection]:
    """Every connection that both of its ends let through."""
    leaving = set(world.connections()) - _closed(world, "Egress")
    entering = set(world.connections()) - _closed(world, "Ingress")
    return leaving & entering


def _closed(world: World, way: str) -> set[Connection]:
    """What isolation closes in one direction, and no rule opens again."""
    end = 0 if way == "Egress" else 1
    closed: set[Connection] = set()
    opened: set[Connection] = set()
    for policy in world.policies:
        spec = policy["spec"]
        types = spec.get("policyTypes") or ["Ingress"] + ["Egress"] * bool(spec.get("egress"))
        if way not in types:
            continue
        mine = {
            name
            for name, pod in world.pods.items()
            if pod["metadata"]["namespace"] == policy["metadata"]["namespace"]
            and _fits(spec.get("podSelector") or {}, pod["metadata"]["labels"])
        }
        concerned = {each for each in world.connections() if each[end] in mine}
        closed |= concerned
        for rule in spec.get(way.lower()) or []:
            peers = rule.get("to" if way == "Egress" else "from") or None
            for each in concerned:
                other = each[0] if end else each[1]
                there = peers is None or any(_is(world, policy, p, other) for p in peers)
                if there and _port(world, rule.get("ports") or None, each):
                    opened.add(each)
    return closed - opened


def _is(world: World, policy: Data, peer: Data, other: str) -> bool:
    if "ipBlock" in peer:
        block = peer["ipBlock"]
        if other in world.pods:
            return False
        address = ipaddress.ip_address(other)
        inside = address in ipaddress.ip_network(block["cidr"], strict=False)
        return inside and not any(
            address in ipaddress.ip_network(part, strict=False)
            for part in block.get("except") or []
        )
    if other not in world.pods:
        return False
    metadata = world.pods[other]["metadata"]
    if "namespaceSelector" in peer:
        name = metadata["namespace"]
        labels = {**world.namespaces.get(name, {}), "kubernetes.io/metadata.name": name}
        if not _fits(peer["namespaceSelector"], labels):
            return False
    elif metadata["namespace"] != policy["metadata"]["namespace"]:
        return False
    return _fits(peer.get("podSelector", {}), metadata["labels"])


def _port(world: World, entries: list[Data] | None, connection: Connection) -> bool:
    if entries is None:
        return True
    _, target, port, protocol = connection
    for entry in entries:
        if entry.get("protocol", "TCP") != protocol:
            continue
        asked = entry.get("port")
        if asked is None or (asked == port and "endPort" not in entry):
            return True
        if "endPort" in entry and port in range(asked, entry["endPort"] + 1):
            return True
        if isinstance(asked, str) and target in world.pods:
            for container in world.pods[target]["spec"]["containers"]:
                for has in container["ports"]:
                    said = (has["name"], has["containerPort"], has["protocol"])
                    if said == (asked, port, protocol):
                        return True
    return False


def _fits(selector: Data, labels: Mapping[str, str]) -> bool:
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for each in selector.get("matchExpressions", []):
        there = each["key"] in labels
        listed = there and labels[each["key"]] in each.get("values", [])
        truth = {"In": listed, "NotIn": not listed, "Exists": there, "DoesNotExist": not there}
        if not truth[each["operator"]]:
            return False
    return True
