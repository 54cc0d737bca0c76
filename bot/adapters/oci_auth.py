"""Proving to a registry who we are: Basic, and tokens from the registry's own token service.

A login is sent to its own origin and to the token services listed for it, whatever the registry
says. Tokens are asked for one repository and for pulling only.

Source: distribution specification, "Token Authentication" and "OAuth2 Token Authentication";
RFC 9110, 11 (challenges); RFC 7617 (Basic).
"""

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from yarl import URL

from bot.adapters.registry_credentials import (
    DockerConfig,
    Login,
    RegistryOrigin,
    basic,
    listed_realms,
    origin_of,
)
from bot.adapters.wire import Request, Wire
from bot.secret import Secret
from gitops.errors import Denied, FairleadError, Unavailable

_WORD = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
_SCHEME = re.compile(rf"[\s,]*({_WORD})(?:\s+|$|(?=,))(?!\s*=)")
_PARAMETER = re.compile(rf'[\s,]*({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_SENDABLE = re.compile(r"[\x21-\x7e]{1,65536}")
_CLIENT = "fairlead"
_DEFAULT_LIFE = 60.0
_LONGEST_LIFE = 3600.0
_USED_SHARE = 0.9
"""Of its life a token is used; the rest is for clocks and for the way to the registry."""
_MOST_TOKENS = 10_000


@dataclass(frozen=True, slots=True)
class Challenge:
    """How a server wants to be convinced: a scheme in lower case, with its parameters."""

    scheme: str
    parameters: Mapping[str, str]


def challenges(values: Sequence[str]) -> tuple[Challenge, ...]:
    """The challenges of `WWW-Authenticate` headers, as far as they can be read."""
    found = []
    for value in values:
        position = 0
        while match := _SCHEME.match(value, position):
            scheme, position = match[1].lower(), match.end()
            parameters: dict[str, str] = {}
            while match := _PARAMETER.match(value, position):
                quoted, plain = match[2], match[3]
                text = plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
                parameters.setdefault(match[1].lower(), text)
                position = match.end()
            found.append(Challenge(scheme, parameters))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Token:
    header: Secret
    until: float


class Tokens:
    """What is remembered between bulk calls: tokens, and how each origin wants to be convinced.

    A token is filed under origin, scope and login, so none is used for another.
    """

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str, Login | None], _Token] = {}
        self.challenges: dict[str, Challenge] = {}

    def get(self, key: tuple[str, str, Login | None], now: float) -> Secret | None:
        """The header to send; None when there is none, or its time has passed."""
        token = self._tokens.get(key)
        return token.header if token and now < token.until else None

    def put(self, key: tuple[str, str, Login | None], header: Secret, until: float) -> None:
        """Remember it; the oldest give way."""
        while len(self._tokens) >= _MOST_TOKENS:
            self._tokens.pop(next(iter(self._tokens)), None)
        self._tokens[key] = _Token(header, until)


class Authenticator:
    """The `Authorization` header for each request of one bulk call."""

    def __init__(
        self,
        wire: Wire,
        tokens: Tokens,
        origins: Mapping[str, RegistryOrigin],
        docker_config: DockerConfig | None,
    ) -> None:
        self._wire = wire
        self._tokens = tokens
        self._origins = origins
        self._docker_config = docker_config
        self._logins: dict[str, Login | FairleadError | None] = {}
        self._refused: dict[str, Denied] = {}
        self._accepted: set[str] = set()
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def header(self, origin: str, scope: str) -> Secret | None:
        """What to send at once, None while the origin has not asked for anything.

        Raises:
            Denied, Unavailable: see `answer`.
        """
        challenge = self._tokens.challenges.get(origin)
        return await self._convince(origin, scope, challenge, None) if challenge else None

    async def answer(
        self, origin: str, scope: str, asked: Sequence[str], refused: Secret | None
    ) -> Secret:
        """What to send after a 401 with these challenges to a request with the header `refused`.

        Raises:
            Denied: there is no login for it, it is refused, or its token service is a stranger.
            Unavailable: the token service did not answer.
        """
        offered = {challenge.scheme: challenge for challenge in reversed(challenges(asked))}
        challenge = offered.get("bearer") or offered.get("basic")
        if challenge is None:
            raise Denied(f"{origin} asks for credentials in no way that is known (Bearer, Basic)")
        self._tokens.challenges[origin] = challenge
        header = await self._convince(origin, scope, challenge, refused)
        if header is None:
            raise Denied(f"{origin} wants a login", "add one for this registry in the settings")
        if header == refused:
            raise self.refusal(origin)
        return header

    def refusal(self, origin: str) -> Denied:
        """What to raise when a fresh header was refused."""
        return _refusal(f"{origin} refuses its login")

    async def _convince(
        self, origin: str, scope: str, challenge: Challenge, refused: Secret | None
    ) -> Secret | None:
        login = await self._login(origin)
        # One at a time until the login is known to be good: repeated refusals lock accounts.
        lock = f"{origin} {scope}" if origin in self._accepted else f"{origin} first"
        async with self._locks[lock]:
            self._raise_refusal(origin)
            if challenge.scheme == "basic":
                return await self._basic_header(origin, login)
            key = (origin, scope, login)
            now = asyncio.get_running_loop().time()
            held = self._tokens.get(key, now)
            if held and held != refused:
                return held
            header, life = await self._fetch_token(origin, scope, challenge, login)
            self._accepted.add(origin)
            self._tokens.put(key, header, now + life * _USED_SHARE)
            return header

    async def _basic_header(self, origin: str, login: Login | None) -> Secret | None:
        if login is None or login.identity_token:
            return None
        header = basic(login)
        if origin not in self._accepted:
            # A repository may be refused though the login is good; the root tells the two apart.
            headers = {"Authorization": header.reveal()}
            largest = self._wire.limits.document_bytes
            root = URL(f"{origin}/v2/", encoded=True)
            answer = await self._wire.fetch(Request("GET", root, headers, largest))
            if answer.status == 401:
                self._refused[origin] = self.refusal(origin)
                self._raise_refusal(origin)
            self._accepted.add(origin)
        return header

    def _raise_refusal(self, origin: str) -> None:
        if origin in self._refused:
            raise Denied(self._refused[origin].message, self._refused[origin].hint)

    async def _login(self, origin: str) -> Login | None:
        async with self._locks[origin]:
            if origin not in self._logins:
                self._logins[origin] = await self._look_up(origin)
        login = self._logins[origin]
        if isinstance(login, FairleadError):
            raise Denied(str(login))
        return login

    async def _look_up(self, origin: str) -> Login | FairleadError | None:
        listed = self._origins.get(origin)
        if (listed and listed.login) or not self._docker_config:
            return listed.login if listed else None
        try:
            return await asyncio.to_thread(self._docker_config.login, URL(origin).authority)
        except FairleadError as error:
            # Kept, so that a helper that hangs is asked once and not for every repository.
            return error

    async def _fetch_token(
        self, origin: str, scope: str, challenge: Challenge, login: Login | None
    ) -> tuple[Secret, float]:
        realm = self._pinned(origin, challenge.parameters.get("realm", ""))
        fields = {"scope": scope, "client_id": _CLIENT}
        if "service" in challenge.parameters:
            fields["service"] = challenge.parameters["service"]
        largest = self._wire.limits.document_bytes
        if login and login.identity_token:
            form = fields | {"grant_type": "refresh_token", "refresh_token": login.secret.reveal()}
            request = Request("POST", realm, {}, largest, form)
        else:
            headers = {"Authorization": basic(login).reveal()} if login else {}
            request = Request("GET", realm.extend_query(fields), headers, largest)
        answer = await self._wire.fetch(request)
        if answer.status != 200:
            denied = _refusal(f"the token service of {origin} answered {answer.status} for {scope}")
            if answer.status == 401 and origin not in self._accepted:
                self._refused[origin] = denied
            raise denied
        return _read_token(answer.body, origin)

    def _pinned(self, origin: str, text: str) -> URL:
        listed = self._origins.get(origin) or RegistryOrigin(origin)
        try:
            realm = URL(text).with_fragment(None)
        except ValueError:
            raise Denied(f"{origin} names a token service that is no URL") from None
        name = origin_of(realm)
        if name is None or name not in listed_realms(listed):
            raise Denied(
                f"{origin} names the token service {name or 'without an HTTP origin'}, "
                "which is not listed for it",
                "list it as a realm of this registry if it may see its login",
            )
        if realm.scheme != "https" and not origin.startswith("http://"):
            raise Denied(f"the token service of {origin} is not asked in plain text")
        return realm


def _refusal(message: str) -> Denied:
    return Denied(message, "check the login of this registry in the settings")


def _read_token(body: bytes, origin: str) -> tuple[Secret, float]:
    """The header for a token, and its life in seconds."""
    try:
        content = json.loads(body)
        text = content.get("token") or content.get("access_token")
        life = content.get("expires_in") or _DEFAULT_LIFE
    except (ValueError, AttributeError, RecursionError):
        text, life = None, _DEFAULT_LIFE
    if not isinstance(text, str) or not _SENDABLE.fullmatch(text):
        raise Unavailable("sent no token from its token service", service=origin)
    if not isinstance(life, int | float) or life <= 0:
        life = _DEFAULT_LIFE
    return Secret(f"Bearer {text}"), min(float(life), _LONGEST_LIFE)
