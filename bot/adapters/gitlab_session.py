"""How python-gitlab reaches a GitLab: one repetition of a lost read, and no sleep inside a call."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from bot.adapters.registry_credentials import RegistryOrigin
from bot.adapters.requests_session import OriginSession, Rest, SessionLimits, told
from bot.adapters.wire import retry_after
from gitops.errors import Unavailable


@dataclass(frozen=True, slots=True)
class GitLabLimits:
    """Bounds of what is asked of a GitLab and taken from it. Times are seconds."""

    web: SessionLimits = field(default_factory=SessionLimits)
    pause: float = 0.25
    """Before the one repetition of a read whose answer was lost."""
    items: int = 1_000_000
    """Of one list."""
    longest_wait: timedelta = timedelta(hours=1)
    """What is believed of a `Retry-After`."""
    mergeable_pauses: tuple[float, ...] = (0.5, 1.0, 2.0, 4.0, 5.0)
    """Between looking whether GitLab has finished computing that it can merge; approvals take it
    about ten seconds."""


class GitLabSession(OriginSession):
    """A session whose answers are never 429 or 5xx: these are raised before the library sleeps.

    After 429 it asks nothing more, and no other does until the time is over that GitLab named.
    """

    def __init__(self, origin: RegistryOrigin, limits: GitLabLimits, rest: Rest) -> None:
        """Nothing is asked yet; `rest` outlives this session.

        Raises:
            InvalidInput: its `ca_file` holds no certificates.
        """
        super().__init__(origin, limits.web)
        self._service = origin.url
        self._limits = limits
        self._rest = rest
        self._refused: Unavailable | None = None

    def request(self, method: str, url: Any, *given: Any, **named: Any) -> requests.Response:
        """One request; a read is repeated once when its answer is lost.

        Raises:
            Denied: another origin, or an address that may not be asked.
            Unavailable: no whole answer, too large a one, 429 or 5xx.
        """
        self._rest.expect_over(self._service)
        if self._refused is not None:
            raise Unavailable(str(self._refused), service=self._service)
        for last in (False, True) if method.upper() == "GET" else (True,):
            try:
                answer = super().request(method, url, *given, **named)
            except requests.RequestException as error:
                if last:
                    raise Unavailable(told(error), service=self._service) from None
            else:
                if last or answer.status_code < 500:
                    return self._judged(answer)
            threading.Event().wait(self._limits.pause)
        raise AssertionError("unreachable")

    def _judged(self, answer: requests.Response) -> requests.Response:
        status = answer.status_code
        if status != 429 and status < 500:
            return answer
        after = _retry_after(answer.headers)
        if after is not None:
            after = min(after, self._limits.longest_wait)
        asks = f" and asks to be left alone for {after}" if after else ""
        refused = Unavailable(f"answered {status}{asks}", service=self._service, retry_after=after)
        if status == 429:
            self._rest.begin(refused)
            self._refused = refused
        raise refused


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """How long a GitLab asks to be left alone; some of its limits say only when they end.

    Source: GitLab Docs, "Rate limits", "Response headers"; it sends no Retry-After with some.
    """
    after = retry_after(headers)
    ends = headers.get("RateLimit-Reset", "").strip()
    if after is not None or not (ends.isascii() and ends.isdigit() and len(ends) <= 11):
        return after
    try:
        now = parsedate_to_datetime(headers.get("Date", "")).timestamp()
    except (ValueError, TypeError):
        return None
    return timedelta(seconds=max(0.0, int(ends) - now))
