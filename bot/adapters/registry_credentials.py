"""Who we are at which registry: the operator's origins, and docker's own configuration file.

An *origin* is scheme, host and port, such as `https://registry.example.com` or
`http://127.0.0.1:5000`. A credential belongs to one origin and is sent to no other.
"""

import base64
import binascii
import json
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from yarl import URL

from bot.secret import Secret
from gitops.errors import Denied, InvalidInput, Place, Unavailable

DOCKER_HUB = "registry-1.docker.io"
_DOCKER_HUB_KEY = "https://index.docker.io/v1/"
_DOCKER_HUB_NAMES = frozenset({"docker.io", "index.docker.io", DOCKER_HUB})
# Registries whose token service is known to live on another host.
_REALMS = {
    f"https://{DOCKER_HUB}": ("https://auth.docker.io",),
    "https://registry.gitlab.com": ("https://gitlab.com",),
}
_IDENTITY_USER = "<token>"
_HELPER_NAME = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)
_LARGEST_FILE = 1 << 20
_LEGACY_PATHS = frozenset({"", "/", "/v1", "/v1/", "/v2", "/v2/"})


@dataclass(frozen=True, slots=True)
class Login:
    """A user name with a password, or an identity token to be traded for access tokens."""

    username: str
    secret: Secret
    identity_token: bool = False


def basic(login: Login) -> Secret:
    """The `Authorization` header of a user name with a password.

    Source: RFC 7617.
    """
    pair = f"{login.username}:{login.secret.reveal()}".encode()
    return Secret(f"Basic {base64.b64encode(pair).decode()}")


@dataclass(frozen=True, slots=True)
class RegistryOrigin:
    """What the operator says of one registry.

    `url` is its origin; `http://` says that plain text is meant. `private` allows it, and its
    token services, to have a loopback, private or link-local address. `realms` are the origins of
    token services that may see its login besides itself. `ca_file` is a PEM file of the
    authorities to trust there and at those, None: the system's.

    Raises:
        InvalidInput: `url` or a realm is no origin.
    """

    url: str
    login: Login | None = None
    private: bool = False
    realms: tuple[str, ...] = field(default=())
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        for text in (self.url, *self.realms):
            if parse_origin(text) != text:
                raise InvalidInput(
                    f"{text!r} is not the origin of a registry",
                    "write it as https://HOST or https://HOST:PORT, in lower case",
                )


def parse_origin(text: str) -> str | None:
    """The origin of a URL, None when it has none that can be asked."""
    try:
        url = URL(text)
    except ValueError:
        return None
    return origin_of(url)


def origin_of(url: URL) -> str | None:
    """Scheme, host and port, without the port that the scheme implies; None unless http(s)."""
    host = url.host_subcomponent
    if url.scheme not in {"http", "https"} or not host or url.user or url.password:
        return None
    port = "" if url.is_default_port() else f":{url.port}"
    return f"{url.scheme}://{host.lower()}{port}"


def canonical_host(host: str) -> str:
    """The host that is asked for images which are said to be on `host`."""
    host = host.lower()
    return DOCKER_HUB if host in _DOCKER_HUB_NAMES else host


def listed_realms(origin: RegistryOrigin) -> frozenset[str]:
    """The origins that may see the login of this one."""
    return frozenset({origin.url, *origin.realms, *_REALMS.get(origin.url, ())})


@dataclass(frozen=True, slots=True)
class DockerConfig:
    """Logins as docker and podman keep them, in `config.json` or `auth.json`.

    `helpers` maps the name of each credential helper that may be started (the NAME in
    `docker-credential-NAME`) to its program; `environment` is all that it sees. A login stored in
    a helper that may not be started is Denied, never silently anonymous.

    Source: docker CLI, "Credential stores"; containers-auth.json(5).
    """

    path: Path
    helpers: Mapping[str, Path] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: timedelta = timedelta(seconds=10)

    def login(self, host: str) -> Login | None:
        """The login for a registry host (with its port), None when the file has none.

        Raises:
            InvalidInput: the file cannot be read.
            Denied: the helper that keeps the login may not be started, or failed.
            Unavailable: the helper did not answer in time.
        """
        host = canonical_host(host)
        content = self._content()
        stored = self._section(content, "auths")
        entry = next((stored[key] for key in stored if _key_host(key) == host), None)
        chosen = self._section(content, "credHelpers")
        named = next((chosen[key] for key in chosen if _key_host(key) == host), None)
        store = content.get("credsStore")
        if named is not None or (store and store in self.helpers):
            login = self._ask_helper(str(named if named is not None else store), host)
            if login or named is not None:
                return login
        elif store and entry == {}:
            raise Denied(
                f"{self.path}: the login for {host} is kept by docker-credential-{store}",
                "list this credential helper in the settings, or write a login for the registry",
            )
        return self._entry_login(entry, host)

    def _content(self) -> dict[str, object]:
        place = Place(str(self.path))
        try:
            with self.path.open("rb") as file:
                data = file.read(_LARGEST_FILE + 1)
            content = json.loads(data) if len(data) <= _LARGEST_FILE else None
        except OSError as error:
            raise InvalidInput(
                f"cannot be read: {error.strerror}", "correct the path in the settings", place
            ) from None
        except (ValueError, RecursionError):
            # The decoder's own exception carries the text, secrets and all.
            raise InvalidInput("is not JSON", "run `docker login` again", place) from None
        if not isinstance(content, dict):
            raise InvalidInput("is no docker configuration", "run `docker login` again", place)
        return content

    def _section(self, content: Mapping[str, object], name: str) -> dict[str, object]:
        section = content.get(name) or {}
        if not isinstance(section, dict):
            raise InvalidInput(f"{name} is no mapping", "correct it", Place(str(self.path)))
        return section

    def _entry_login(self, entry: object, host: str) -> Login | None:
        if not entry:
            return None
        broken = InvalidInput(
            f"the login for {host} cannot be read",
            "run `docker login` again",
            Place(str(self.path)),
        )
        if not isinstance(entry, dict):
            raise broken
        username, password = entry.get("username", ""), entry.get("password", "")
        if entry.get("auth"):
            try:
                decoded = base64.b64decode(str(entry["auth"]), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                raise broken from None
            username, colon, password = decoded.partition(":")
            if not colon:
                raise broken
        if entry.get("identitytoken"):
            return Login(str(username), Secret(str(entry["identitytoken"])), identity_token=True)
        password = str(password).rstrip("\0")
        return Login(str(username), Secret(password)) if username and password else None

    def _ask_helper(self, name: str, host: str) -> Login | None:
        program = self.helpers.get(name)
        if program is None or not _HELPER_NAME.fullmatch(name):
            raise Denied(
                f"{self.path}: the login for {host} is kept by the credential helper {name!r}",
                "list this credential helper in the settings, or write a login for the registry",
            )
        asked = _DOCKER_HUB_KEY if host == DOCKER_HUB else host
        try:
            answer = subprocess.run(
                [str(program), "get"],
                input=asked.encode(),
                capture_output=True,
                timeout=self.timeout.total_seconds(),
                env=dict(self.environment),
                cwd="/",
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise Unavailable(
                f"{program} did not answer within {self.timeout.total_seconds():g} s", service=host
            ) from None
        except OSError as error:
            raise Denied(f"{program} cannot be started: {error.strerror}") from None
        if answer.returncode:
            # Helpers say so on standard output, in these words.
            if b"credentials not found" in answer.stdout:
                return None
            raise Denied(
                f"{program} ended with exit code {answer.returncode} when asked for {host}",
                "run it by hand to see why",
            )
        return _helper_login(answer.stdout, program)


def _helper_login(output: bytes, program: Path) -> Login | None:
    try:
        said = json.loads(output)
        username, secret = said["Username"], said["Secret"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Denied(f"{program} did not answer in the credential helper protocol") from None
    if not secret:
        return None
    identity = username == _IDENTITY_USER
    return Login("" if identity else str(username), Secret(str(secret)), identity)


def _key_host(key: str) -> str | None:
    """The host that a key of the file stands for, None for one that covers only a part of it."""
    _, scheme, rest = key.rpartition("://")
    host, slash, path = rest.partition("/")
    if slash + path not in _LEGACY_PATHS or (scheme and not host):
        return None
    return canonical_host(host)
