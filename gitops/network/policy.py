"""A NetworkPolicy as a value."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from gitops.network.addresses import Block
from gitops.network.selector import Selector


class Direction(StrEnum):
    """As the pod sees it to which a policy applies."""

    INGRESS = "Ingress"
    EGRESS = "Egress"


@dataclass(frozen=True, slots=True)
class PortRange:
    """Ports of one protocol.

    `first` is a number, the name of a port of the target pod, or None for all; `last` is the last
    number of a range, None where there is but one port.
    """

    protocol: str
    first: int | str | None = None
    last: int | None = None

    def holds(self, port: int, protocol: str, number_of: Callable[[str, str], set[int]]) -> bool:
        """Whether a port of a target is in it.

        Args:
            port: the target's port, as a number.
            protocol: TCP, UDP or SCTP.
            number_of: the numbers that the target has for a port's name and a protocol.
        """
        if protocol != self.protocol:
            return False
        if self.first is None:
            return True
        if isinstance(self.first, str):
            return port in number_of(self.first, protocol)
        return self.first <= port <= (self.last or self.first)


@dataclass(frozen=True, slots=True)
class Selected:
    """A peer by labels.

    `namespaces` is None for the policy's own; `pods` is None for all pods of those namespaces.
    """

    namespaces: Selector | None
    pods: Selector | None


Peer = Block | Selected


@dataclass(frozen=True, slots=True)
class Rule:
    """What a policy lets through: one of the peers at one of the ports; without any, everything."""

    peers: tuple[Peer, ...] = ()
    ports: tuple[PortRange, ...] = ()


@dataclass(frozen=True, slots=True)
class Policy:
    """A NetworkPolicy of the pods in its namespace that `pods` selects.

    It isolates them in its `directions`, and lets through what a rule of that direction says.
    `index` is its place among the objects that were read, None where it was not read.
    """

    namespace: str
    name: str
    pods: Selector
    directions: frozenset[Direction]
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    index: int | None = field(default=None, compare=False)

    def rules(self, direction: Direction) -> tuple[Rule, ...]:
        """Those of one direction; none where it does not isolate in it."""
        if direction not in self.directions:
            return ()
        return self.ingress if direction is Direction.INGRESS else self.egress

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"
