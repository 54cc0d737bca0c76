"""Sessions of `requests` for the forges' client libraries, held as strictly as `wire`.

A session speaks to one origin: unproxied, without cookies, to permitted addresses only, with the
authorities that the operator named. It follows no redirect, repeats nothing, and bounds the time
and the size of each answer, whatever the library that uses it asks for.
"""

import io
import math
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
)
from yarl import URL

from bot.adapters.addresses import PermittedAddresses, endpoint
from bot.adapters.registry_credentials import RegistryOrigin, origin_of
from bot.adapters.wire import trusting
from gitops.errors import Denied, Unavailable

_PIECE = 1 << 16
_KNOWN = frozenset({"gzip", "identity"})
_OF_THE_WAY = ("Content-Encoding", "Content-Length", "Transfer-Encoding")
"""Headers that speak of an answer as it came, and not as it is once unpacked."""


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """Bounds of one request. Times are seconds."""

    connections: int = 8
    """At once."""
    connect_time: float = 5.0
    silence: float = 30.0
    """Between two pieces of an answer."""
    request_time: float = 60.0
    """For the whole body, once the answer has begun."""
    answer_bytes: int = 64 << 20
    """Unpacked."""


class OriginSession(requests.Session):
    """Asks one origin; any other is Denied, whoever names it. Close it, or use it in a `with`."""

    def __init__(self, origin: RegistryOrigin, limits: SessionLimits) -> None:
        """Nothing is asked yet. The login of the origin is not looked at.

        Raises:
            InvalidInput: `ca_file` holds no certificates.
        """
        super().__init__()
        self.trust_env = False
        self.headers.clear()
        self.headers.update({"User-Agent": "fairlead", "Accept-Encoding": "gzip"})
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # None would let a netrc file speak.
        self.auth = _as_it_is
        self.adapters.clear()
        self.mount(f"{URL(origin.url).scheme}://", _Adapter(origin, limits))

    def get_redirect_target(self, resp: requests.Response) -> None:  # noqa: ARG002
        """None is followed: a redirect is an answer like another."""
        return


@cache
def _system() -> ssl.SSLContext:
    """What the machine trusts. Read once: it takes some 25 ms, and there is a session a server."""
    return ssl.create_default_context()


class _Adapter(HTTPAdapter):
    def __init__(self, origin: RegistryOrigin, limits: SessionLimits) -> None:
        self._origin = origin.url
        self._limits = limits
        url = URL(origin.url)
        private = frozenset({endpoint(url)}) if origin.private else frozenset()
        self._permitted = PermittedAddresses(private)
        self._context = _system() if origin.ca_file is None else trusting(origin.ca_file)
        most = limits.connections
        super().__init__(pool_connections=1, pool_maxsize=most, max_retries=0, pool_block=True)

    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        self.poolmanager.pool_classes_by_scheme = _pools(self._permitted)

    def build_connection_pool_key_attributes(
        self,
        request: requests.PreparedRequest,
        verify: Any,
        cert: Any = None,
    ) -> tuple[Any, Any]:
        """The operator's authorities, and no others, whatever the library says of `verify`."""
        host, named = super().build_connection_pool_key_attributes(request, verify, cert)
        tls = URL(request.url or "").scheme == "https"
        return host, {"ssl_context": self._context} if tls else named

    def cert_verify(self, *_: Any) -> None:
        """The context says it all."""

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # noqa: FBT001, FBT002
        timeout: Any = None,  # noqa: ARG002
        verify: Any = True,  # noqa: ARG002, FBT002
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> requests.Response:
        """As `requests` does, to the one origin, within the limits.

        Raises:
            Denied: another origin, or an address that may not be asked.
            Unavailable: the answer is too large, or comes too slowly.
            requests.RequestException: as usual.
        """
        asked = origin_of(URL(request.url or ""))
        if asked != self._origin:
            raise Denied(f"{asked or 'an address that is no HTTP URL'} is not {self._origin}")
        times = (self._limits.connect_time, self._limits.silence)
        return super().send(request, stream, times, cert=cert)

    def build_response(
        self,
        req: requests.PreparedRequest,
        resp: BaseHTTPResponse,
    ) -> requests.Response:
        """Read whole, and within the limits."""
        try:
            body = self._body(resp)
        except ReadTimeoutError as error:
            raise requests.ReadTimeout(error, request=req) from error
        except HTTPError as error:
            raise requests.ConnectionError(error, request=req) from error
        finally:
            resp.release_conn()
        kept = resp.headers.copy()
        for name in _OF_THE_WAY:
            kept.discard(name)
        whole = HTTPResponse(
            io.BytesIO(body), kept, resp.status, reason=resp.reason, preload_content=False
        )
        return super().build_response(req, whole)

    def _body(self, answer: BaseHTTPResponse) -> bytes:
        if answer.headers.get("Content-Encoding", "gzip").lower() not in _KNOWN:
            raise self._cut(answer, "answered in an encoding that nobody asked for")
        ends = time.monotonic() + self._limits.request_time
        body = bytearray()
        while piece := answer.read1(_PIECE, decode_content=True):
            body += piece
            if len(body) > self._limits.answer_bytes:
                raise self._cut(answer, f"answered with over {self._limits.answer_bytes} bytes")
            if time.monotonic() > ends:
                raise self._cut(answer, "did not answer in time")
        return bytes(body)

    def _cut(self, answer: BaseHTTPResponse, text: str) -> Unavailable:
        answer.close()
        return Unavailable(text, service=self._origin)


class Rest:
    """Until when a forge is left alone; it may shut out who goes on asking.

    Source: GitHub REST, "Best practices"; GitLab Docs, "Rate limits".
    """

    def __init__(self) -> None:
        self._ends = 0.0
        self._reason = ""

    def begin(self, refused: Unavailable) -> None:
        """What was refused says for how long."""
        wait = refused.retry_after or timedelta()
        self._ends, self._reason = time.monotonic() + wait.total_seconds(), str(refused)

    def expect_over(self, service: str) -> None:
        """Go on when it is over.

        Raises:
            Unavailable: it is not.
        """
        left = self._ends - time.monotonic()
        if left > 0:
            after = timedelta(seconds=math.ceil(left))
            raise Unavailable(self._reason, service=service, retry_after=after)


def told(error: requests.RequestException) -> str:
    """What a person needs of a failure; never the request, which holds a token."""
    if isinstance(error, requests.exceptions.SSLError):
        return "cannot be asked: its TLS certificate or protocol is refused"
    if isinstance(error, requests.exceptions.Timeout):
        return "did not answer in time"
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NameResolutionError):
        return "cannot be asked: its name does not resolve"
    if isinstance(reason, NewConnectionError):
        cause = reason.__cause__
        text = cause.strerror if isinstance(cause, OSError) else None
        return f"cannot be connected to: {text or 'no reason given'}"
    return f"broke off the connection or does not speak HTTP ({type(error).__name__})"


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _pools(permitted: PermittedAddresses) -> dict[str, Any]:
    """Pools whose connections go to the very addresses that were judged."""

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, permitted)

    class Tls(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, permitted)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class TlsPool(HTTPSConnectionPool):
        ConnectionCls = Tls

    return {"http": PlainPool, "https": TlsPool}


def _connected(connection: HTTPConnection, permitted: PermittedAddresses) -> socket.socket:
    host, port = connection.host, connection.port or connection.default_port
    limit = connection.timeout if isinstance(connection.timeout, float) else None
    try:
        addresses = permitted.look_up(host.strip("[]"), port)
    except socket.gaierror as error:
        raise NameResolutionError(host, connection, error) from error
    failed: OSError | None = None
    for address in addresses:
        try:
            made = socket.create_connection((address, port), limit)
        except TimeoutError as error:
            raise ConnectTimeoutError(connection, "no connection in time") from error
        except OSError as error:
            failed = error
            continue
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made
    raise NewConnectionError(connection, "no connection") from failed
