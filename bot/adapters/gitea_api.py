"""Gitea's API for one repository: what is sent, and what each answer means.

A token travels in the header `Authorization` to the origin of the fleet's URL; no redirect is
followed. Reads are repeated once when their answer is lost, writes never.

Source: Gitea 1.26, routers/api/v1/repo.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from yarl import URL

from bot.adapters.registry_credentials import parse_origin
from bot.adapters.wire import REDIRECTS, Answer, Limits, Request, Wire
from bot.canonical import Fields
from bot.neutral import one_line
from bot.secret import Secret
from gitops.errors import Conflict, Denied, FairleadError, InvalidInput, Unavailable

_PAGE = 50
"""What is asked for at once; a server may be set to give less."""

_NEXT = re.compile(r'rel="?next"?')
_NULL = re.compile(rb"\A\s*null\s*\Z")
_SCOPES = "give it the scopes write:repository, write:issue and read:user, and write access there"
_RULES = "the branch protection decides: who may merge, which approvals and checks it wants"


@dataclass(frozen=True, slots=True)
class Project:
    """A repository on a Gitea: where the server is, path prefix included, and `owner/name`."""

    server: str
    path: str

    @classmethod
    def of(cls, fleet: str, path: str) -> "Project":
        """Of the URL that git takes, `SERVER/OWNER/NAME.git`, and the path in fleet.yaml.

        Raises:
            InvalidInput: it is no http(s) URL without a user name, or does not end with that path.
        """
        parts = urlsplit(fleet)
        trunk = parts.path.rstrip("/").removesuffix(".git")
        origin = parse_origin(fleet)
        if origin is None:
            raise InvalidInput(
                "a fleet on Gitea is read over http or https", "write https://HOST/OWNER/NAME.git"
            )
        if path.count("/") != 1 or not trunk.lower().endswith(f"/{path.lower()}"):
            raise InvalidInput(
                f"the fleet's URL does not end with {path}, which is what fleet.yaml says",
                "write the same OWNER/NAME in `forge: {project: ...}` and in the URL",
            )
        return cls(origin + trunk[: -len(path) - 1], path)

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        origin = parse_origin(self.server)
        assert origin is not None  # noqa: S101 - `of` has looked
        return origin

    def url(self, place: str) -> URL:
        """Of a call below `/api/v1`."""
        return URL(f"{self.server}/api/v1{place}", encoded=True)


@dataclass(frozen=True, slots=True)
class GiteaLimits:
    """Bounds of what is asked of a Gitea and taken from it. Times are seconds."""

    web: Limits = field(default=Limits(connections=8, request_time=60.0))
    pages: int = 10_000
    """Of one list."""
    answer_bytes: int = 64 << 20
    longest_wait: timedelta = timedelta(hours=1)
    """What is believed of a `Retry-After`."""
    mergeable_pauses: tuple[float, ...] = (0.25, 0.5, 1.0, 2.0)
    """Between looking whether Gitea has finished computing that it can merge."""


class Api:
    """The calls of one use of the port."""

    def __init__(self, wire: Wire, project: Project, token: Secret, limits: GiteaLimits) -> None:
        self._wire = wire
        self._project = project
        self._token = token
        self._limits = limits

    async def login(self) -> str:
        """Whose token this is.

        Raises:
            Denied, Unavailable: see `refusal`.
        """
        user = self.read(await self._ask("GET", "/user"), "read whose token this is")
        with self.reading():
            return user.text("login")

    async def get(self, place: str, doing: str) -> Fields:
        """One object of the repository; `doing` as for `refusal`.

        Raises:
            Denied, Unavailable: see `refusal`.
        """
        return self.read(await self.ask("GET", place), doing)

    async def pages(
        self,
        place: str,
        query: Mapping[str, str] | None = None,
        *,
        linked: bool = True,
        enough: Callable[[Sequence[Fields]], bool] | None = None,
        elsewhere: bool = False,
    ) -> tuple[Fields, ...]:
        """Every item of a list, in its order; or of the pages to the first that is `enough`.

        Its end is the page that names no next one, or where there are no links (`linked` False) the
        first that is empty: a server may give fewer than were asked for, and hide some of them. The
        place is one of the repository, or of the whole server (`elsewhere`).

        Raises:
            Unavailable: less than the whole.
            Denied: see `refusal`.
        """
        found: list[Fields] = []
        for page in range(1, self._limits.pages + 1):
            asked = {**(query or {}), "limit": str(_PAGE), "page": str(page)}
            ask = self._ask if elsewhere else self.ask
            answer = await ask("GET", f"{place}?{urlencode(asked, errors='replace')}")
            self.succeed(answer, f"list {place}")
            with self.reading():
                # An empty list is `null` where Gitea never filled one.
                items = Fields.parse_each(_NULL.sub(b"[]", answer.body))
                stop = enough is not None and enough(items)
            found += items
            if stop:
                return tuple(found)
            if not (_NEXT.search(answer.headers.get("Link", "")) if linked else items):
                if linked:
                    self._expect_all(answer, len(found))
                return tuple(found)
        raise self._unavailable(f"has more than {self._limits.pages} pages of {place}")

    async def ask(
        self, method: str, place: str, content: Mapping[str, object] | None = None
    ) -> Answer:
        """Any call on the repository, whatever its answer but 429 and 5xx.

        Raises:
            Denied, Unavailable: see `bot.adapters.wire.Wire.fetch`.
        """
        return await self._ask(method, f"/repos/{self._project.path}{place}", content)

    async def _ask(
        self, method: str, place: str, content: Mapping[str, object] | None = None
    ) -> Answer:
        headers = {
            "Authorization": f"token {self._token.reveal()}",
            "Accept": "application/json",
        }
        body = None
        if content is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(content).encode()
        url, largest = self._project.url(place), self._limits.answer_bytes
        asked = Request(method, url, headers, largest, body=body, repeatable=method == "GET")
        try:
            return await self._wire.fetch(asked)
        except Unavailable as error:
            after = error.retry_after
            if after is not None:
                error.retry_after = min(after, self._limits.longest_wait)
            raise

    def read(self, answer: Answer, doing: str) -> Fields:
        """The object of a successful answer.

        Raises:
            Denied, Conflict, InvalidInput, Unavailable: see `refusal`.
        """
        self.succeed(answer, doing)
        with self.reading():
            return Fields.parse(answer.body)

    def succeed(self, answer: Answer, doing: str) -> None:
        """Go on after a success only.

        Raises:
            Denied, Conflict, InvalidInput, Unavailable: see `refusal`.
        """
        if not 200 <= answer.status < 300:
            raise self.refusal(answer, doing)

    def refusal(self, answer: Answer, doing: str) -> FairleadError:
        """What an answer that is no success means; `doing` is what was tried, as in "open one"."""
        project, origin = self._project.path, self._project.origin
        said, tried = self.said(answer), f"{project}: cannot {doing}"
        if answer.status in REDIRECTS:
            hint = "redirects are not followed: write the present URL and `project`"
            return Denied(f"{tried}: {origin} answers with a redirect", hint)
        match answer.status:
            case 401:
                hint = "give the token of an account that is there, before it expires"
                return Denied(f"{tried}: {origin} does not accept the token ({said})", hint)
            case 403:
                return Denied(f"{tried}: the token does not allow it ({said})", _SCOPES)
            case 404:
                hint = "check `forge: {project: ...}` in fleet.yaml, and what the token may see"
                return Denied(f"{tried}: {origin} shows no such thing in {project}", hint)
            case 405 | 423:
                return Denied(f"{tried}: the forge does not let it happen ({said})", _RULES)
            case 409 | 412:
                return Conflict(f"{tried}: {said}")
            case 400 | 422:
                return InvalidInput(f"{tried}: the forge finds it wrong ({said})")
            case status:
                return self._unavailable(f"answered {status}")

    def said(self, answer: Answer) -> str:
        """The forge's own words, on one line, without the token."""
        try:
            content = json.loads(answer.body)
        except (ValueError, RecursionError):
            content = None
        text = content.get("message") if isinstance(content, dict) else None
        if not isinstance(text, str) or not text.strip():
            return f"answer {answer.status}"
        return one_line(text.replace(self._token.reveal(), "***"))

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Inside, InvalidInput means an answer of another shape than Gitea's.

        Raises:
            Unavailable: instead of it.
        """
        try:
            yield
        except InvalidInput as error:
            told = f"answered with something else than was asked for: {error}"
            raise self._unavailable(told) from None

    def _unavailable(self, text: str) -> Unavailable:
        return Unavailable(text, service=self._project.origin)

    def _expect_all(self, answer: Answer, found: int) -> None:
        told = answer.headers.get("X-Total-Count", "")
        if told.isascii() and told.isdigit() and len(told) < 20 and found < int(told):
            raise self._unavailable(f"listed {found} of {told}")
