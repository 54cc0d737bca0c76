"""Helm repositories over HTTP: the versions of many charts in one call.

Each repository's index is asked for once in a call, and read while it arrives; of what it says
only the charts that were asked for are kept. Each repository fails alone, as a `Gap`.

Source: Helm, "The chart repository structure": `index.yaml` lies below the repository's URL, whose
query it keeps. RFC 9110, 13 (conditional requests).
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from yarl import URL

from bot.adapters.helm_index import IndexLimits, read_index
from bot.adapters.registry_credentials import RegistryOrigin, basic, origin_of
from bot.adapters.wire import (
    MOST_REDIRECTS,
    REDIRECTS,
    Answer,
    Garbled,
    Limits,
    Reader,
    Request,
    Wire,
    redirected,
)
from bot.charts import Chart, ChartVersion
from bot.model import Gap
from gitops.errors import Denied, FairleadError, Unavailable
from gitops.sites.url import without_user

Versions = Mapping[str, tuple[ChartVersion, ...]]
"""Chart name to its versions, in the order of the index."""

_VALIDATORS = {"ETag": "If-None-Match", "Last-Modified": "If-Modified-Since"}
_MOST_KEPT = 1_000
_WEB = Limits(request_time=120.0)


@dataclass(frozen=True, slots=True)
class HelmLimits:
    """Bounds of what is asked of Helm repositories and taken from them."""

    web: Limits = field(default=_WEB)
    index: IndexLimits = field(default_factory=IndexLimits)
    at_once: int = 4
    """Indexes that are read at the same time; each is parsed by a thread of its own."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """What a repository said, and the headers that ask whether it still says so."""

    conditions: Mapping[str, str]
    versions: Versions


class HelmRepositories:
    """Helm repositories, asked with the operator's credentials only.

    A repository whose origin is not listed in `origins` is asked by https, at public addresses,
    without a login. A redirect is followed, and never with a login to another origin.
    """

    def __init__(
        self, origins: Iterable[RegistryOrigin] = (), *, limits: HelmLimits | None = None
    ) -> None:
        self._origins = {origin.url: origin for origin in origins}
        self._limits = limits or HelmLimits()
        self._kept: dict[str, _Kept] = {}

    def versions(self, charts: Collection[Chart]) -> Mapping[Chart, tuple[ChartVersion, ...] | Gap]:
        """Every version of each chart, in the order of the index; a Gap unless all of it was read.

        A chart that the index does not name has no versions.
        """
        names: defaultdict[str, set[str]] = defaultdict(set)
        for chart in charts:
            names[chart.repository].add(chart.name)
        answers = asyncio.run(self._each(names))
        found: dict[Chart, tuple[ChartVersion, ...] | Gap] = {}
        for chart in charts:
            answer = answers[chart.repository]
            found[chart] = answer if isinstance(answer, Gap) else answer[chart.name]
        return found

    async def _each(self, names: Mapping[str, Collection[str]]) -> dict[str, Versions | Gap]:
        deadline = asyncio.get_running_loop().time() + self._limits.web.call_time
        slots = asyncio.Semaphore(self._limits.at_once)
        async with Wire(self._origins.values(), self._limits.web) as wire:

            async def answer(repository: str) -> Versions | Gap:
                try:
                    async with asyncio.timeout_at(deadline), slots:
                        return await self._read(wire, repository, names[repository])
                except (FairleadError, Garbled, TimeoutError) as error:
                    return self._gap(repository, error)

            async with asyncio.TaskGroup() as group:
                tasks = {repository: group.create_task(answer(repository)) for repository in names}
        return {repository: task.result() for repository, task in tasks.items()}

    async def _read(self, wire: Wire, repository: str, names: Collection[str]) -> Versions:
        kept = self._kept.get(repository)
        if kept is not None and not set(names) <= set(kept.versions):
            kept = None
        found: Versions = {}

        async def read(pieces: AsyncIterator[bytes]) -> None:
            nonlocal found
            with _Pump(pieces) as pump:
                found = await asyncio.to_thread(read_index, pump, names, self._limits.index)

        answer = await self._fetch(wire, _index_url(repository), kept, read)
        if answer.status == 304 and kept is not None:
            return kept.versions
        _expect_success(answer)
        self._keep(repository, answer, found)
        return found

    async def _fetch(self, wire: Wire, url: URL, kept: _Kept | None, reader: Reader) -> Answer:
        """The answer at the end of a few redirects; the login is not taken to another origin."""
        headers = {"Accept-Encoding": "gzip", **(kept.conditions if kept else {})}
        home = origin_of(url)
        listed = self._origins.get(home or "")
        if listed and listed.login:
            headers["Authorization"] = basic(listed.login).reveal()
        for _ in range(MOST_REDIRECTS + 1):
            request = Request("GET", url, dict(headers), self._limits.index.size)
            answer = await wire.fetch(request, reader)
            if answer.status not in REDIRECTS:
                return answer
            url = _followed(answer)
            if origin_of(url) != home:
                headers.pop("Authorization", None)
        raise Garbled(f"its index is redirected more than {MOST_REDIRECTS} times")

    def _keep(self, repository: str, answer: Answer, versions: Versions) -> None:
        self._kept.pop(repository, None)
        conditions = {
            ask: answer.headers[told] for told, ask in _VALIDATORS.items() if told in answer.headers
        }
        if conditions:
            while len(self._kept) >= _MOST_KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[repository] = _Kept(conditions, versions)

    def _gap(self, repository: str, error: FairleadError | Garbled | TimeoutError) -> Gap:
        shown = without_user(repository)
        service = f"Helm repository {shown}"
        match error:
            case Unavailable():
                return Gap(service, f"{error.service} {error}")
            case FairleadError():
                return Gap(service, str(error), denied=isinstance(error, Denied))
            case Garbled():
                return Gap(service, str(error))
            case TimeoutError():
                limit = self._limits.web.call_time
                return Gap(service, f"not reached within the {limit:g} s of one call")


class _Pump:
    """The pieces of a body, for a thread to iterate over while the event loop receives them.

    When its context ends the thread is sent home: it is told that there are no more.
    """

    def __init__(self, pieces: AsyncIterator[bytes]) -> None:
        self._pieces = pieces
        self._loop = asyncio.get_running_loop()
        self._receiving: asyncio.Task[bytes] | None = None
        self._ended = False

    def __enter__(self) -> "_Pump":
        return self

    def __exit__(self, *_: object) -> None:
        self._ended = True
        if self._receiving is not None:
            self._receiving.cancel()

    def __iter__(self) -> Iterator[bytes]:
        while piece := asyncio.run_coroutine_threadsafe(self._receive(), self._loop).result():
            yield piece

    async def _receive(self) -> bytes:
        if self._ended:
            return b""
        self._receiving = asyncio.current_task()
        return await anext(self._pieces, b"")


def _index_url(repository: str) -> URL:
    """Where the index lies.

    Raises:
        Garbled: it is no URL of a Helm repository.
    """
    try:
        base = URL(repository).with_fragment(None)
    except ValueError:
        base = URL()
    if origin_of(base) is None:
        raise Garbled("it is no http or https URL without a user name")
    query = f"?{base.raw_query_string}" if base.raw_query_string else ""
    path = f"{base.raw_path.rstrip('/')}/index.yaml"
    return URL(f"{origin_of(base)}{path}{query}", encoded=True)


def _followed(answer: Answer) -> URL:
    """Where a redirect leads.

    Raises:
        Garbled: from https to plain text, or to no URL.
    """
    url = redirected(answer)
    if answer.url.scheme == "https" and url.scheme != "https":
        raise Garbled("it redirects to plain text")
    return url


def _expect_success(answer: Answer) -> None:
    if answer.status in {401, 403}:
        raise Denied(
            f"{origin_of(answer.url)} answers {answer.status} when asked for index.yaml",
            "give the login of this origin in the settings",
        )
    if answer.status in {404, 410}:
        raise Garbled("it has no index.yaml")
    if answer.status != 200:
        raise Garbled(f"its index was answered with {answer.status}")
