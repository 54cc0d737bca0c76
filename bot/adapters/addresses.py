"""Which addresses may be asked: public ones, and those that an operator listed as private."""

import ipaddress
import socket

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gitops.errors import Denied

_ALLOWED_ADDRESS_HINT = "set it as private in the settings if it is meant"
# The well-known prefix under which a translating network reaches any IPv4 address (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


class PermittedAddresses(AbstractResolver):
    """Resolves names to public addresses, and to any address for the endpoints that are listed.

    The connection is made to the very address that was judged, so a name that changes its mind
    between the two gains nothing.
    """

    def __init__(self, private: frozenset[tuple[str, int]]) -> None:
        self._private = private

    def check_literal(self, url: URL) -> None:
        """Refuse a URL whose host is an address that may not be asked.

        Such a host is connected to without being resolved.

        Raises:
            Denied: it is private, and not listed.
        """
        host, port = endpoint(url)
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            return
        if (host, port) not in self._private and not _is_public(address):
            raise Denied(f"{host} is a private address", _ALLOWED_ADDRESS_HINT)

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """The addresses of a host that may be asked.

        Raises:
            Denied: it has none but private ones, and is not listed.
        """
        found = await aiohttp.ThreadedResolver().resolve(host, port, family)
        if (host.lower(), port) in self._private:
            return found
        public = [one for one in found if _is_public(ipaddress.ip_address(one["host"]))]
        if found and not public:
            raise Denied(f"{host} has a private address", _ALLOWED_ADDRESS_HINT)
        return public

    def look_up(self, host: str, port: int) -> tuple[str, ...]:
        """The addresses of a host, or of a literal address, that may be asked; it blocks.

        Raises:
            Denied: it has none but private ones, and is not listed.
            socket.gaierror: the name is not known.
        """
        found = [
            str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        ]
        if (host.lower(), port) in self._private:
            return tuple(found)
        # A link-local address names its interface, which is no part of it.
        public = [one for one in found if _is_public(ipaddress.ip_address(one.partition("%")[0]))]
        if not public:
            raise Denied(f"{host} has a private address", _ALLOWED_ADDRESS_HINT)
        return tuple(public)

    async def close(self) -> None:
        """Nothing is held."""


def endpoint(url: URL) -> tuple[str, int]:
    """Host and port that a URL leads to."""
    return (url.host or "").lower(), url.port or 0


def _is_public(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner:
            return _is_public(inner)
        if address.teredo or address.is_site_local:
            return False
    return address.is_global and not address.is_multicast
