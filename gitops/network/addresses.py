"""IP addresses: blocks of them in policies, and who may have which."""

import ipaddress
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum

from gitops.errors import InvalidInput
from gitops.network.fields import fields, items, shown

Interval = tuple[int, int]
"""The first and the last address, both of them in it."""

_V4, _V6 = 4, 6
_CIDR = re.compile(r"[0-9A-Fa-f:.]{2,45}/[0-9]{1,3}")

POD_RANGES = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
"""Where a pod of unknown address is taken to be. Source: RFC 1918, RFC 6598, RFC 4193."""

_PUBLIC = ("0.0.0.0/0", "2000::/3")
_NOT_PUBLIC = (
    *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
    *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"),
    *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4", "2001:db8::/32"),
)
"""Source: IANA, special-purpose address registries for IPv4 and IPv6."""


class Answer(IntEnum):
    """Whether something holds; DEPENDS is on the network plugin, or on an address not known here.

    Of alternatives the largest counts, of conditions the smallest.
    """

    NO = 0
    DEPENDS = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Addresses:
    """Some addresses of one family, 4 or 6; the intervals are sorted and do not overlap."""

    family: int
    intervals: tuple[Interval, ...]

    def without(self, gone: Iterable[Interval]) -> "Addresses":
        """Those that are in none of these intervals."""
        return Addresses(self.family, tuple(_left(self.intervals, sorted(gone))))

    def within(self, interval: Interval) -> "Addresses":
        """Those that are in an interval."""
        low, high = interval
        both = ((max(low, first), min(high, last)) for first, last in self.intervals)
        return Addresses(self.family, tuple(pair for pair in both if pair[0] <= pair[1]))


@dataclass(frozen=True, slots=True)
class Block:
    """An `ipBlock`: an interval of one family, and what of it is excepted."""

    family: int
    interval: Interval
    excepted: tuple[Interval, ...]

    def covers(self, where: Sequence[Addresses]) -> Answer:
        """Whether it covers somebody who has an address of each of these families.

        YES when all addresses of one family are covered: it can be reached by that. DEPENDS when
        some are.
        """
        answers = [Answer.NO]
        for each in where:
            if each.family == self.family and each.intervals:
                there = each.within(self.interval).without(self.excepted)
                part = Answer.DEPENDS if there.intervals else Answer.NO
                answers.append(Answer.YES if there == each else part)
        return max(answers)


@dataclass(frozen=True, slots=True)
class Outside:
    """Somebody who is no pod of the cluster, at one or at any of some addresses."""

    name: str
    addresses: tuple[Addresses, ...]

    @classmethod
    def internet(cls) -> "Outside":
        """Anybody on the public internet, by IPv4 or IPv6."""
        gone = [_network(text, text) for text in _NOT_PUBLIC]
        ranges = (
            each.without(_interval(net) for net in gone if net.version == each.family)
            for each in ranges_of(_PUBLIC)
        )
        return cls("the internet", tuple(ranges))

    def __str__(self) -> str:
        return self.name


def outside(address: str) -> Outside:
    """Somebody outside of the cluster who has one address.

    Raises:
        InvalidInput: it is no IP address.
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError as error:
        hint = "write it as 192.0.2.1 or 2001:db8::1"
        raise InvalidInput(f"{shown(address)} is no IP address", hint) from error
    return Outside(address, (Addresses(found.version, ((int(found), int(found)),)),))


def ranges_of(texts: Iterable[str]) -> tuple[Addresses, ...]:
    """What some CIDRs cover, by family.

    Raises:
        InvalidInput: one is no CIDR.
    """
    nets = [_network(text, "a range") for text in texts]
    found = []
    for family in (_V4, _V6):
        mine = tuple(sorted(_interval(net) for net in nets if net.version == family))
        if mine:
            found.append(Addresses(family, mine))
    return tuple(found)


def read_block(value: object, where: str) -> Block:
    """An `ipBlock` as the API server takes it: each exception is a part of the CIDR.

    Raises:
        InvalidInput: the API server refuses it.
    """
    found = fields(value, where, {"cidr", "except"})
    net = _network(found.get("cidr"), f"{where}.cidr")
    excepted = []
    for each in items(found.get("except"), f"{where}.except"):
        part = _network(each, f"{where}.except")
        low, high = _interval(net)
        inside = part.version == net.version and low <= int(part.network_address) <= high
        if not inside or part.prefixlen <= net.prefixlen:
            raise InvalidInput(f"{where}.except: {part} is no part of {net}")
        excepted.append(_interval(part))
    return Block(net.version, _interval(net), tuple(excepted))


def _network(value: object, where: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    # Python's own reader also takes netmasks, numbers and bare addresses.
    if not isinstance(value, str) or _CIDR.fullmatch(value) is None:
        raise InvalidInput(f"{where} is no CIDR: {shown(value)}")
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError as error:
        raise InvalidInput(f"{where} is no CIDR: {shown(value)}") from error


def _interval(net: ipaddress.IPv4Network | ipaddress.IPv6Network) -> Interval:
    return int(net.network_address), int(net.broadcast_address)


def _left(intervals: Iterable[Interval], gone: Sequence[Interval]) -> Iterator[Interval]:
    """What is in none of `gone`, which is sorted and may overlap."""
    for first, last in intervals:
        start = first
        for low, high in gone:
            if low > last:
                break
            if start < low:
                yield start, low - 1
            start = max(start, high + 1)
        if start <= last:
            yield start, last
