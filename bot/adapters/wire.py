"""HTTP to registries, charts and forges: bounded, unproxied, to permitted addresses only.

One `Wire` lives as long as one bulk call. Every request has a time limit and a size limit, follows
no redirect, and is repeated at most once, one that writes never. An origin that does not answer,
or asks to be left alone, is not asked again in the same call.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import aiohttp
from multidict import CIMultiDictProxy
from yarl import URL

from bot.adapters.addresses import PermittedAddresses, endpoint
from bot.adapters.registry_credentials import RegistryOrigin, listed_realms, origin_of
from bot.adapters.wire_body import expect_an_end, pieces
from gitops.errors import Denied, InvalidInput, Unavailable

REDIRECTS = frozenset({301, 302, 303, 307, 308})
MOST_REDIRECTS = 3
_REPEATED = frozenset({500, 502, 503, 504})


class Garbled(ValueError):
    """An answer that is not what was asked for; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of what is asked of a registry and taken from it. Times are seconds."""

    connections: int = 128
    """At once, for one origin: at 50 ms an answer, 2,500 a second and not 300; no more are opened
    than there are requests."""
    connect_time: float = 5.0
    request_time: float = 30.0
    """One request, with its whole body."""
    call_time: float = 300.0
    """One bulk call; what has not been answered by then is a gap."""
    pause: float = 0.25
    """Before the one repetition of a request that failed."""
    failures: int = 3
    """In a row, after which an origin is given up for this call."""
    pages: int = 2_000
    """Of one tag list."""
    tags: int = 1_000_000
    """Of one repository."""
    list_bytes: int = 64 << 20
    """All pages of one tag list."""
    document_bytes: int = 4 << 20
    """A manifest, an image configuration or a token."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole HTTP answer; its body is empty for HEAD, and where it was read piece by piece."""

    url: URL
    status: int
    headers: CIMultiDictProxy[str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked. `largest` bounds the body of its answer, in bytes.

    It carries a `form`, or the `body` whose type its headers say, or neither. `repeatable` says
    whether it may be sent twice when its answer is lost.
    """

    method: str
    url: URL
    headers: Mapping[str, str] = field(repr=False)
    largest: int
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    repeatable: bool = True


Reader = Callable[[AsyncIterator[bytes]], Awaitable[None]]
"""Reads a body as it comes, to its end; it is started afresh when a request is repeated."""


class _Origin:
    """What one bulk call knows of one origin."""

    def __init__(self, connections: int) -> None:
        self.slots = asyncio.Semaphore(connections)
        self.failures = 0
        self.given_up: Unavailable | None = None


class Wire:
    """The connections of one bulk call."""

    def __init__(self, origins: Iterable[RegistryOrigin], limits: Limits) -> None:
        """Permit plain HTTP and private addresses to exactly the origins that say so.

        It is made and used inside one running event loop.

        Raises:
            InvalidInput: a `ca_file` holds no certificates.
        """
        self.limits = limits
        self._plain: set[str] = set()
        self._authorities: dict[str, ssl.SSLContext] = {}
        private: set[tuple[str, int]] = set()
        for origin in origins:
            if origin.url.startswith("http://"):
                self._plain |= listed_realms(origin)
            if origin.ca_file is not None:
                trusted = trusting(origin.ca_file)
                self._authorities |= dict.fromkeys(listed_realms(origin), trusted)
            if origin.private:
                private |= {endpoint(URL(listed)) for listed in listed_realms(origin)}
        self._resolver = PermittedAddresses(frozenset(private))
        self._origins: dict[str, _Origin] = {}
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=self._resolver, limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=False,
            headers={"User-Agent": "fairlead", "Accept-Encoding": "identity"},
            timeout=aiohttp.ClientTimeout(
                total=limits.request_time, sock_connect=limits.connect_time
            ),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._session.close()

    async def fetch(self, request: Request, reader: Reader | None = None) -> Answer:
        """The answer, whatever its status but 429 and 5xx.

        The body of a 200 goes to `reader`, where there is one; other bodies are then not read. It
        may be compressed with gzip where the request's headers say so.

        Raises:
            Denied: this origin or address may not be asked.
            Unavailable: no whole answer, too large a one, 429 or 5xx.
            Exception: whatever `reader` raises.
        """
        name = self._permitted(request.url)
        origin = self._origins.setdefault(name, _Origin(self.limits.connections))
        async with origin.slots:
            for last in (False, True) if request.repeatable else (True,):
                if origin.given_up:
                    raise Unavailable(str(origin.given_up), service=name)
                try:
                    answer = await self._once(request, reader)
                except TimeoutError:
                    self._failed(origin, name, "did not answer in time")
                    raise Unavailable("did not answer in time", service=name) from None
                except (aiohttp.ClientError, OSError) as error:
                    text = _told(error)
                    self._failed(origin, name, text)
                    if last:
                        raise Unavailable(text, service=name) from None
                else:
                    origin.failures = 0
                    if last or answer.status not in _REPEATED:
                        return self._judged(answer, origin, name)
                await asyncio.sleep(self.limits.pause)
        raise AssertionError("unreachable")

    def _permitted(self, url: URL) -> str:
        name = origin_of(url)
        if name is None or (url.scheme == "http" and name not in self._plain):
            raise Denied(
                f"{name or 'an address that is no HTTP URL'} is not asked",
                "list it in the settings as http:// if plain text is meant",
            )
        self._resolver.check_literal(url)
        return name

    async def _once(self, request: Request, reader: Reader | None) -> Answer:
        async with self._session.request(
            request.method,
            request.url,
            headers=request.headers,
            data=request.body if request.form is None else request.form,
            allow_redirects=False,
            ssl=self._authorities.get(origin_of(request.url) or "", True),
        ) as response:
            body = bytearray()
            if _is_refusal(response.status):
                pass  # nobody reads what it says
            elif reader is None:
                async for piece in _whole(response, request):
                    body += piece
            elif response.status == 200:
                expect_an_end(response)
                await reader(_whole(response, request))
            return Answer(request.url, response.status, response.headers, bytes(body))

    def _failed(self, origin: _Origin, name: str, text: str) -> None:
        origin.failures += 1
        if origin.failures >= self.limits.failures:
            origin.given_up = Unavailable(f"{text}, {origin.failures} times", service=name)

    def _judged(self, answer: Answer, origin: _Origin, name: str) -> Answer:
        if not _is_refusal(answer.status):
            return answer
        after = retry_after(answer.headers)
        asks = f" and asks to be left alone for {after}" if after else ""
        refused = Unavailable(f"answered {answer.status}{asks}", service=name, retry_after=after)
        if answer.status == 429:
            origin.given_up = refused
        raise refused


def trusting(authorities: Path) -> ssl.SSLContext:
    """TLS that trusts the authorities of a PEM file and no others.

    Raises:
        InvalidInput: it holds none.
    """
    try:
        return ssl.create_default_context(cafile=authorities)
    except OSError:
        raise InvalidInput(
            f"{authorities} holds no certificates", "give a PEM file as `ca_file`"
        ) from None


def _is_refusal(status: int) -> bool:
    return status == 429 or status >= 500


def redirected(answer: Answer) -> URL:
    """Where a redirect leads.

    Raises:
        Garbled: to no URL.
    """
    try:
        return URL(urljoin(str(answer.url), answer.headers.get("Location", "")), encoded=True)
    except ValueError:
        raise Garbled("it redirects to no URL") from None


def _whole(response: aiohttp.ClientResponse, request: Request) -> AsyncIterator[bytes]:
    return pieces(response, request.largest, request.headers.get("Accept-Encoding", "identity"))


def _told(error: Exception) -> str:
    """What a person needs of a connection's failure; never the request, which holds a login."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
        return "cannot be asked: its TLS certificate or protocol is refused"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "cannot be asked: its name does not resolve"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"cannot be connected to: {error.os_error.strerror or 'no reason given'}"
    if isinstance(error, aiohttp.ClientPayloadError):
        return "ended its answer before it was whole"
    return f"broke off the connection or does not speak HTTP ({type(error).__name__})"


def retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long a service asks to be left alone.

    Source: RFC 9110, 10.2.3: seconds, or a date, which is read by the service's own clock.
    """
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return timedelta(seconds=int(text))
    try:
        wait = parsedate_to_datetime(text) - parsedate_to_datetime(headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return max(wait, timedelta())
