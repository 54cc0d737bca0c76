"""A GitHub App as the bot: tokens that end by the hour, and the login that it acts as.

The app proves itself with its private key, and gets a token for the one installation that the
fleet's repository belongs to. The key itself is never sent.

Source: GitHub, "Authenticating as a GitHub App installation".
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from github.Auth import AppAuth

from bot.adapters.github_api import Api, GitHubLimits
from bot.adapters.github_project import Project
from bot.adapters.github_requester import Access, SessionRequester
from bot.adapters.registry_credentials import RegistryOrigin, parse_origin
from bot.adapters.requests_session import OriginSession
from bot.canonical import Fields
from bot.secret import Secret
from gitops.errors import InvalidInput

GIT_USER = "x-access-token"
"""Whom git says that it is when its password is an app's token."""

_EARLY = timedelta(minutes=5)
"""How long before its end a token is replaced: a call that uses it may take a while."""


@dataclass(frozen=True, slots=True)
class AppKey:
    """The app's id (or client id) and its private key, a PEM text."""

    app: str
    key: Secret = field(repr=False)

    def __post_init__(self) -> None:
        """Look whether it is a key.

        Raises:
            InvalidInput: it is none that can sign.
        """
        try:
            load_pem_private_key(self.key.reveal().encode(), password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):
            raise InvalidInput(
                "the private key of the GitHub App is no PEM file without a password",
                "give the file that GitHub offers under `Private keys` of the app",
            ) from None


@dataclass(frozen=True, slots=True)
class _Held:
    token: Secret
    ends: datetime


class GitHubApp:
    """Gives tokens for the installation that a repository belongs to."""

    def __init__(
        self,
        project: Project,
        key: AppKey,
        now: Callable[[], datetime],
        *,
        private: bool = False,
        ca_file: Path | None = None,
        limits: GitHubLimits | None = None,
    ) -> None:
        """Nothing is asked yet; `now` tells when a token ends, the rest is as for `GitHubForge`."""
        self._project = project
        self._limits = limits or GitHubLimits()
        self._now = now
        url = parse_origin(project.api) or project.api
        self._origin = RegistryOrigin(url, private=private, ca_file=ca_file)
        self._auth = AppAuth(key.app, key.key.reveal())
        self._held: _Held | None = None
        self._login: str | None = None
        # Several threads ask for the token; one of them gets it.
        self._lock = threading.Lock()

    def token(self) -> Secret:
        """One that is good for at least some minutes; GitHub is asked when the last one ends.

        Raises:
            Denied: the key is not the app's, or the app is not installed on the repository.
            Unavailable: GitHub does not answer.
        """
        with self._lock:
            if self._held is None or self._held.ends - self._now() < _EARLY:
                self._held = self._fetched()
            return self._held.token

    def login(self) -> str:
        """`NAME[bot]`; asked once.

        Raises:
            Denied: the key is not the app's.
            Unavailable: GitHub does not answer.
        """
        with self._lock:
            if self._login is None:
                with self._use() as api:
                    app = api.read("/app", "read which app this is")
                    with api.reading():
                        self._login = f"{app.text('slug')}[bot]"
            return self._login

    def _fetched(self) -> _Held:
        with self._use() as api:
            found = api.read("installation", "find the app's installation")
            with api.reading():
                place = f"/app/installations/{found.number('id')}/access_tokens"
            doing = "get the app a token"
            with api.doing(doing):
                headers, content = api.requester.requestJsonAndCheck("POST", place, input={})
            with api.reading():
                told, now = Fields(content), self._now()
                # How long it is good for is told by GitHub's own clock.
                good = told.moment("expires_at") - (_date(headers) or now)
                return _Held(Secret(told.text("token")), now + good)

    @contextmanager
    def _use(self) -> Iterator[Api]:
        """In the app's own name, which a text proves that it has signed."""
        signed = Secret(self._auth.create_jwt())
        access = Access(self._project.api, lambda: signed, self._limits.longest_wait)
        with OriginSession(self._origin, self._limits.session) as session:
            requester = SessionRequester(session, access)
            yield Api(requester, access, self._project, self._limits)


def _date(headers: Mapping[str, object]) -> datetime | None:
    """When an answer was given, None where it does not say."""
    try:
        return parsedate_to_datetime(str(headers.get("date")))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class AppCredential:
    """What git is given: a password that is another one by the hour."""

    app: GitHubApp = field(repr=False)
    username: str = GIT_USER

    @property
    def password(self) -> Secret:
        """The token as it is now; see `GitHubApp.token`."""
        return self.app.token()
