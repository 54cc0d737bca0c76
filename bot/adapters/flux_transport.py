"""How a cluster's API server is asked: bounded in time and size, to that server alone.

The client library only ever sees whole answers of 200. Everything else is one of our errors, with
a reason that a person can read.
"""

import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx2
import msgspec

from bot.ports import Clock
from gitops.errors import Denied, Unavailable

PAGE_BYTES: Final = 64 << 20
"""The most that one page may be, unpacked: 128 KiB for each of 500 objects."""

ALL_BYTES: Final = 4 * PAGE_BYTES
ALL_OBJECTS: Final = 250_000
"""The most that is taken from a cluster at once: a server may go on with pages for ever."""

_TOLD_BYTES: Final = 64 << 10
"""The most that is read of an answer that is no list."""

_NOTICED: Final = timedelta(seconds=2)
"""`Date` counts whole seconds: clocks that differ by less are taken for one."""

_CONNECT_TIME: Final = 5.0
_UNKNOWN_SIGNER: Final = (
    "; give the authority that signed it: `ca_file`, or `certificate-authority` of a kubeconfig"
)
_UNKNOWN_SIGNERS: Final = frozenset({18, 19, 20, 21})
"""Source: openssl-verification-options(1); openssl/x509_vfy.h, X509_V_ERR_..., the chain's end."""

_HEADERS: Final = {"User-Agent": "fairlead", "Accept-Encoding": "gzip"}


class Gone(Exception):
    """A list cannot be continued: what it was read of is no longer kept."""


class NotServed(Exception):
    """The server knows no such kind."""


class _Told(msgspec.Struct):
    """What a Status says."""

    message: str = ""


class _Counted(msgspec.Struct, gc=False):
    """An object of which nothing is kept."""


class _Page(msgspec.Struct):
    """How many objects there are."""

    items: list[_Counted]


_TOLD: Final = msgspec.json.Decoder(_Told)
_PAGE: Final = msgspec.json.Decoder(_Page)


@dataclass
class Differing:
    """How far the cluster's clock is ahead of ours, by its last answer."""

    ahead: timedelta = timedelta()


class _HangUp:
    """Ends every conversation at a moment, however slowly the other side goes on talking.

    The library's own time counts from one piece to the next, and there may be any number of them.
    """

    def __init__(self, seconds: float) -> None:
        self._lock = threading.Lock()
        self._lines: list[socket.socket] | None = []
        self._timer = threading.Timer(seconds, self.now)
        self._timer.daemon = True
        self._timer.start()

    def heard(self, event: str, info: Mapping[str, Any]) -> None:
        """A step of the library's; it is told of each."""
        if event != "connection.connect_tcp.complete":
            return
        # TLS takes the socket itself over; a copy ends the same conversation.
        line: socket.socket = info["return_value"].get_extra_info("socket").dup()
        with self._lock:
            if self._lines is not None:
                self._lines.append(line)
                return
        _end(line)

    def now(self) -> None:
        """No line is left, and none is kept from here on."""
        self._timer.cancel()
        with self._lock:
            lines, self._lines = self._lines or [], None
        for line in lines:
            _end(line)


def _end(line: socket.socket) -> None:
    with line, suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


class ClusterTransport(httpx2.BaseTransport):
    """Asks one server until a deadline. It may be shared by threads, and has to be closed."""

    def __init__(self, server: str, context: ssl.SSLContext, seconds: float, now: Clock) -> None:
        """Nothing is asked yet.

        Args:
            server: its URL.
            context: whom to trust, and who we are.
            seconds: for everything together, from now on.
            now: our clock.
        """
        url = httpx2.URL(server)
        self._origin = (url.scheme, url.host, url.port)
        self._deadline = time.monotonic() + seconds
        self._seconds = seconds
        self._now = now
        self.differing = Differing()
        self._bytes = self._objects = 0
        self._inner = httpx2.HTTPTransport(verify=context, trust_env=False, retries=0)
        self._hang_up = _HangUp(seconds)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """A whole answer of 200.

        Raises:
            Denied: 401, 403, or another server.
            Gone: 410. NotServed: 404.
            Unavailable: no whole answer in time, or another status.
        """
        if (request.url.scheme, request.url.host, request.url.port) != self._origin:
            raise Denied(f"{request.url.host} is not the cluster's own server")
        try:
            return self._answered(request)
        except httpx2.TimeoutException as error:
            raise self._late(connecting=isinstance(error, httpx2.ConnectTimeout)) from None
        except httpx2.RequestError as error:
            self._left()
            raise Unavailable(_why(error), service=self._origin[1]) from None

    def close(self) -> None:
        """Let go of its connections."""
        self._hang_up.now()
        self._inner.close()

    def _answered(self, request: httpx2.Request) -> httpx2.Response:
        left = self._left()
        request.headers.update(_HEADERS)
        request.extensions["timeout"] = {
            "connect": min(_CONNECT_TIME, left),
            "read": left,
            "write": left,
            "pool": left,
        }
        request.extensions["trace"] = self._hang_up.heard
        answer = self._inner.handle_request(request)
        try:
            self._compare(answer.headers.get("Date", ""))
            whole = answer.status_code == 200
            body = self._body(answer, PAGE_BYTES if whole else _TOLD_BYTES, cut=not whole)
        finally:
            answer.close()
        if not whole:
            raise _refusal(answer.status_code, body, self._origin[1])
        if not answer.headers.get("Content-Type", "").startswith("application/json"):
            raise Unavailable("answered something that is no JSON", service=self._origin[1])
        self._count(body)
        headers = {"Content-Type": "application/json"}
        return httpx2.Response(200, headers=headers, content=body, request=request)

    def _body(self, answer: httpx2.Response, largest: int, *, cut: bool) -> bytes:
        body = bytearray()
        for piece in answer.iter_bytes():
            body += piece
            self._left()
            if len(body) > largest:
                if cut:
                    break
                raise Unavailable(
                    f"answered with more than {largest} bytes", service=self._origin[1]
                )
        return bytes(body)

    def _count(self, page: bytes) -> None:
        """Refuse what would fill our memory, before it is decoded."""
        self._bytes += len(page)
        self._objects += _objects(page)
        for found, most, what in (
            (self._bytes, ALL_BYTES, "bytes"),
            (self._objects, ALL_OBJECTS, "objects"),
        ):
            if found > most:
                told = f"answered with more than {most} {what}, page after page"
                raise Unavailable(told, service=self._origin[1])

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self._late()
        return left

    def _late(self, *, connecting: bool = False) -> Unavailable:
        told = f"timeout: it did not answer within {self._seconds:g} s"
        if connecting and self._seconds > _CONNECT_TIME:
            told = f"timeout: it took no connection within {_CONNECT_TIME:g} s"
        return Unavailable(told, service=self._origin[1])

    def _compare(self, date: str) -> None:
        try:
            ahead = parsedate_to_datetime(date) - self._now()
        except (ValueError, TypeError):
            return
        self.differing.ahead = ahead if abs(ahead) >= _NOTICED else timedelta()


def _objects(page: bytes) -> int:
    try:
        return len(_PAGE.decode(page).items)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return 0


def _refusal(status: int, body: bytes, service: str) -> Exception:
    try:
        told = _TOLD.decode(body).message
    except (msgspec.DecodeError, UnicodeDecodeError):
        told = ""
    if status == 401:
        return Denied("credentials refused: its token is not valid, or has expired")
    if status == 403:
        # Of a path that it does not have the server begins with that word itself.
        told = told.removeprefix("forbidden: ")
        return Denied(f"forbidden: {told or 'the server says no more'}")
    if status == 404:
        return NotServed(told)
    if status == 410:
        return Gone(told)
    if 300 <= status < 400:
        return Unavailable("answered with a redirect, which is not followed", service=service)
    return Unavailable(f"answered {status}{': ' if told else ''}{told}", service=service)


def _why(error: httpx2.RequestError) -> str:
    """What a person needs of a failure; never the request, which holds a token."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            cure = _UNKNOWN_SIGNER if cause.verify_code in _UNKNOWN_SIGNERS else ""
            return f"unreachable: its TLS certificate is refused: {cause.verify_message}{cure}"
        if isinstance(cause, ssl.SSLError):
            return "unreachable: what answers there does not speak TLS as an API server does"
        if isinstance(cause, OSError) and cause.strerror:
            return f"unreachable: {cause.strerror}"
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx2.RemoteProtocolError):
        return "ended its answer before it was whole, or does not speak HTTP"
    return f"unreachable: {type(error).__name__}"
