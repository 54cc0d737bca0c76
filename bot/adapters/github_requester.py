"""PyGithub's requester over a session of ours, so that every request is bound as ours are.

PyGithub by itself would take proxies and authorities from the environment, follow redirects, wait
for a rate limit inside a call and repeat writes. Whatever it asks goes through `requestJson`, which
this class answers instead: reads are repeated once when their answer is lost, writes never.

Source: PyGithub 2.10, github/Requester.py; GitHub REST, "Best practices" and "Rate limits".
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests
from github.Requester import Requester

from bot.adapters.requests_session import OriginSession, Rest, told
from bot.adapters.wire import REDIRECTS
from bot.secret import Secret
from gitops.errors import Denied, InvalidInput, Unavailable

PAGE = 100
"""What is asked for at once; GitHub gives no more."""

_VERSION = "2022-11-28"
_REPEATED = frozenset({500, 502, 503, 504})
_LEAST_WAIT = timedelta(minutes=1)
"""After a refusal for asking too much that names no time."""


@dataclass(frozen=True, slots=True)
class _Kept:
    etag: str
    headers: Mapping[str, str]
    body: str


class Memory:
    """Answers that GitHub may say are still right, which then costs nothing of the rate limit.

    It keeps those that were asked for since the last `turn` but one.
    """

    def __init__(self) -> None:
        self._now: dict[str, _Kept] = {}
        self._before: dict[str, _Kept] = {}

    def turn(self) -> None:
        """Forget what was not asked for since the last turn."""
        self._before, self._now = self._now, {}

    def get(self, url: str) -> _Kept | None:
        """What was answered last."""
        return self._now.get(url) or self._before.get(url)

    def keep(self, url: str, kept: _Kept) -> None:
        """Remember an answer."""
        self._now[url] = kept


@dataclass(frozen=True, slots=True)
class Access:
    """Where GitHub's API is (`https://api.github.com`), and the Bearer token that is sent there."""

    api: str
    token: Callable[[], Secret] = field(repr=False)
    longest_wait: timedelta = timedelta(hours=1)
    """What is believed when GitHub asks to be left alone."""
    rest: Rest = field(default_factory=Rest, repr=False, compare=False)


class SessionRequester(Requester):
    """Lives as long as one use of the port."""

    def __init__(
        self, session: OriginSession, access: Access, memory: Memory | None = None
    ) -> None:
        """Lazy: an object is made without asking for it. With a `memory` reads are conditional."""
        super().__init__(
            auth=None,
            base_url=access.api,
            timeout=60,
            user_agent="fairlead",
            per_page=PAGE,
            verify=True,
            retry=None,
            pool_size=None,
            lazy=True,
            api_version=_VERSION,
        )
        self._session = session
        self._access = access
        self._memory = memory

    def requestJson(  # noqa: N802, PLR0913, PLR0917 - as PyGithub has it
        self,
        verb: str,
        url: str,
        parameters: dict[str, Any] | None = None,
        headers: dict[str, Any] | None = None,
        input: Any | None = None,  # noqa: A002
        cnx: object = None,  # noqa: ARG002
        follow_302_redirect: bool = False,  # noqa: ARG002, FBT001, FBT002
    ) -> tuple[int, dict[str, Any], str]:
        """Status, headers in lower case and text of an answer that is no 429, 5xx or redirect.

        Raises:
            InvalidInput: the token is none.
            Denied: the address may not be asked, or answers with a redirect.
            Unavailable: no whole answer, a rate limit, or 5xx.
        """
        self._access.rest.expect_over(self._access.api)
        whole = self._whole(url, parameters or {})
        kept = self._memory.get(whole) if self._memory and verb == "GET" else None
        sent = {
            "Accept": "application/vnd.github+json",
            **(headers or {}),
            "Authorization": f"Bearer {self._token()}",
            "X-GitHub-Api-Version": _VERSION,
        }
        if kept is not None:
            sent["If-None-Match"] = kept.etag
        body = None
        if input is not None:
            sent["Content-Type"], body = "application/json", json.dumps(input)
        answer = self._ask(verb, whole, sent, body)
        told_headers = {name.lower(): text for name, text in answer.headers.items()}
        if answer.status_code == 304 and kept is not None and self._memory:
            self._memory.keep(whole, kept)
            return 200, dict(kept.headers), kept.body
        text = answer.content.decode("utf-8", errors="replace")
        if verb != "GET":
            text = self._done(verb, answer.status_code, text, "/labels" in whole)
        etag = told_headers.get("etag")
        if self._memory and verb == "GET" and answer.status_code == 200 and etag:
            self._memory.keep(whole, _Kept(etag, told_headers, text))
        return answer.status_code, told_headers, text

    def _token(self) -> str:
        text = self._access.token().reveal()
        if not (text and text.isascii() and text.isprintable()):
            # The library's own complaint shows it.
            raise InvalidInput(
                f"the token for {self._access.api} is none: it is empty, or has "
                "characters that no token has"
            )
        return text

    def _done(self, verb: str, status: int, text: str, is_list: bool) -> str:  # noqa: FBT001
        """What a writing was answered with, in a form that PyGithub can take.

        An answer that is no object, or no list where labels are written, says nothing of whether
        it is done; none at all is one where something is deleted.
        """
        try:
            content: object = json.loads(text)
        except (ValueError, RecursionError):
            content = None
        if status >= 400:
            told = isinstance(content, dict) and isinstance(content.get("message", ""), str)
            return text if told else ""
        if isinstance(content, list if is_list else dict) or (status, verb) == (204, "DELETE"):
            return text
        raise Unavailable("did not say whether it is done", service=self._access.api)

    def _whole(self, url: str, parameters: Mapping[str, Any]) -> str:
        """GitHub's links are absolute; one that leads elsewhere is refused by the session."""
        try:
            absolute = f"{self._access.api}{url}" if url.startswith("/") else url
            return self.add_parameters_to_url(absolute, dict(parameters))
        except ValueError:
            raise Unavailable("links to no URL", service=self._access.api) from None

    def _ask(
        self, verb: str, url: str, headers: Mapping[str, str], body: str | None
    ) -> requests.Response:
        for last in (False, True) if verb == "GET" else (True,):
            try:
                answer = self._session.request(verb, url, headers=headers, data=body)
            except requests.RequestException as error:
                if last:
                    raise Unavailable(told(error), service=self._access.api) from None
                continue
            if last or answer.status_code not in _REPEATED:
                return self._judged(answer)
        raise AssertionError("unreachable")

    def _judged(self, answer: requests.Response) -> requests.Response:
        status = answer.status_code
        if status in REDIRECTS:
            raise Denied(
                f"{self._access.api} answers with a redirect",
                "redirects are not followed: write the present URL and `project`",
            )
        wait = too_much(answer)
        if wait is not None:
            after = min(wait, self._access.longest_wait)
            text = f"answered {status} and asks to be left alone for {after}"
            refused = Unavailable(text, service=self._access.api, retry_after=after)
            self._access.rest.begin(refused)
            raise refused
        if status >= 500:
            raise Unavailable(f"answered {status}", service=self._access.api)
        return answer


def too_much(answer: requests.Response) -> timedelta | None:
    """How long GitHub wants to be left alone, None where it does not say that it was too much.

    Times are read by GitHub's own clock.

    Source: GitHub REST, "Rate limits for the REST API": 403 or 429; `retry-after`, else the reset
    where nothing remains, else a minute.
    """
    if answer.status_code not in {403, 429}:
        return None
    headers = answer.headers
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit() and len(text) <= 9:
        return timedelta(seconds=int(text))
    if headers.get("x-ratelimit-remaining") == "0":
        return _until(headers.get("x-ratelimit-reset", ""), headers.get("date", ""))
    if answer.status_code == 429 or Requester.isRateLimitError(_message(answer)):
        return _LEAST_WAIT
    return None


def _until(reset: str, date: str) -> timedelta:
    try:
        wait = datetime.fromtimestamp(int(reset), UTC) - parsedate_to_datetime(date)
    except (ValueError, TypeError, OverflowError, OSError):
        return _LEAST_WAIT
    return max(wait, timedelta())


def _message(answer: requests.Response) -> str:
    try:
        content = json.loads(answer.content)
    except (ValueError, RecursionError):
        return ""
    message = content.get("message") if isinstance(content, dict) else None
    return message if isinstance(message, str) else ""
