"""The operator's settings: a TOML file, the environment, and flags, read once into one value.

Nothing of this lies in the fleet. Credentials are bound to origins; secrets come from files or the
environment, never from a flag or a URL.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from bot.cluster_settings import ClusterEntry, clusters
from bot.given_secrets import GitHubApp, github_app, secret, secret_file
from bot.secret import Secret, without_credentials
from bot.settings_file import read_table
from gitops.errors import InvalidInput, Place

_DURATION = re.compile(r"(\d{1,6})(s|m|h)", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
MIN_INTERVAL = timedelta(seconds=5)
FORGES = ("gitea", "github", "gitlab")
_NEVER_IN_THE_FILE = frozenset({"state_key", "administrator", "github_app", "webhook_secret"})


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host and port, what may be sent there, and whether its address may be private.

    `realms` are the origins of token services that may see a registry's login besides itself;
    `ca_file` a PEM file of the authorities to trust there and at those, None: the system's.
    `forge` is one of `FORGES` where the checks of apps' commits are read, None: they are not.
    """

    url: str
    username: str | None = None
    password: Secret | None = None
    private: bool = False
    realms: tuple[str, ...] = ()
    ca_file: Path | None = None
    forge: str | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything an operator says.

    `fleet` is the fleet repository's URL, `branch` its target branch. `interval` is the time
    between ticks, at least 5 s. `status_file` holds health (see the manual), None: no health.
    """

    fleet: str
    branch: str = "main"
    interval: timedelta = timedelta(seconds=60)
    work_directory: Path = Path(".fairlead-work")
    status_file: Path | None = None
    docker_config: Path | None = None
    credential_helpers: Mapping[str, Path] = field(default_factory=dict)
    origins: tuple[Origin, ...] = ()
    clusters: tuple[ClusterEntry, ...] = ()
    state_key: Secret | None = None
    administrator: Secret | None = None
    """The token of a person who administers the fleet's repository; the bot never uses it."""
    github_app: GitHubApp | None = None
    webhook_secret: Secret | None = None

    def origin(self, url: str) -> Origin | None:
        """The entry for a URL's origin; None when it is not listed."""
        wanted = origin_of(url)
        return next((o for o in self.origins if o.url == wanted), None)

    def administered(self) -> "Settings":
        """The same, with the administrator's token in the place of the bot's.

        Raises:
            InvalidInput: there is none, or the fleet is on no forge.
        """
        if self.administrator is None:
            raise InvalidInput(
                "a forge's settings are a person's to change, and there is no person's token",
                "set FAIRLEAD_FORGE_ADMIN_TOKEN or FAIRLEAD_FORGE_ADMIN_TOKEN_FILE to your own",
            )
        mine = _with_token(self, self.fleet, self.administrator)
        return replace(self, origins=mine, github_app=None)


def read(
    environment: Mapping[str, str],
    *,
    fleet: str | None = None,
    branch: str | None = None,
    settings: Path | None = None,
    work_directory: Path | None = None,
    status_file: Path | None = None,
    interval: str | None = None,
) -> Settings:
    """Flags over environment over file.

    Reads FAIRLEAD_SETTINGS (the file), FAIRLEAD_FLEET, FAIRLEAD_BRANCH, FAIRLEAD_STATUS_FILE,
    FAIRLEAD_WORK_DIRECTORY, FAIRLEAD_STATE_KEY or FAIRLEAD_STATE_KEY_FILE, and
    FAIRLEAD_FORGE_TOKEN or FAIRLEAD_FORGE_TOKEN_FILE, which is the password of the fleet's own
    origin, be that listed or not; and FAIRLEAD_FORGE_ADMIN_TOKEN or
    FAIRLEAD_FORGE_ADMIN_TOKEN_FILE; and FAIRLEAD_WEBHOOK_SECRET(_FILE). Instead of a token,
    FAIRLEAD_GITHUB_APP_ID with FAIRLEAD_GITHUB_APP_KEY_FILE or FAIRLEAD_GITHUB_APP_KEY.

    Raises:
        InvalidInput: no fleet, an unknown or malformed entry, an unreadable file, an app beside a
            token or without its key.
    """
    found = read_file(environment, settings)
    url = fleet or environment.get("FAIRLEAD_FLEET") or found.fleet
    if not url:
        raise InvalidInput(
            "which fleet?", "say --fleet URL, set FAIRLEAD_FLEET, or write `fleet` in the settings"
        )
    named_work = work_directory or _path(environment.get("FAIRLEAD_WORK_DIRECTORY"))
    named_status = status_file or _path(environment.get("FAIRLEAD_STATUS_FILE"))
    said = replace(
        found,
        fleet=_fleet_url(url),
        branch=branch or environment.get("FAIRLEAD_BRANCH") or found.branch,
        interval=_duration(interval, None) if interval else found.interval,
        work_directory=named_work or found.work_directory,
        status_file=named_status or found.status_file,
    )
    return _with_secrets(said, environment)


def _with_secrets(found: Settings, environment: Mapping[str, str]) -> Settings:
    return replace(
        found,
        origins=_with_token(found, found.fleet, secret(environment, "FAIRLEAD_FORGE_TOKEN")),
        state_key=secret(environment, "FAIRLEAD_STATE_KEY"),
        administrator=secret(environment, "FAIRLEAD_FORGE_ADMIN_TOKEN"),
        github_app=github_app(environment),
        webhook_secret=secret(environment, "FAIRLEAD_WEBHOOK_SECRET"),
    )


def read_file(environment: Mapping[str, str], settings: Path | None = None) -> Settings:
    """What the file alone says, where there is one: for verbs that need no fleet.

    The file is `settings`, else the one that FAIRLEAD_SETTINGS names. Without a fleet in it,
    `fleet` is empty.

    Raises:
        InvalidInput: an unknown or malformed entry, an unreadable file.
    """
    named = settings or _path(environment.get("FAIRLEAD_SETTINGS"))
    return _from_table(read_table(named) if named else {}, named)


def origin_of(url: str) -> str:
    """Scheme, host and port in lower case, without the port that the scheme implies."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        return "file://"
    default = {"https": 443, "http": 80}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    return f"{parts.scheme}://{(parts.hostname or '').lower()}{port}"


def _origin_or_none(url: str) -> str | None:
    """None where it is no URL: of an address or a port that is none."""
    try:
        return origin_of(url)
    except ValueError:
        return None


def _fleet_url(text: str) -> str:
    """A URL; a directory on this machine becomes one."""
    if "://" in text:
        # What Python says of a malformed URL repeats a part of it, which may be a password.
        if _origin_or_none(text) is None:
            raise InvalidInput("the fleet's URL is none", "give https://HOST[:PORT]/PATH")
        return text
    path = Path(text)
    if not path.is_dir():
        raise InvalidInput(
            f"{text.rpartition('@')[2]!r} is neither a URL nor a directory",
            "give https://HOST/PATH or a directory",
        )
    return path.resolve().as_uri()


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _with_token(found: Settings, fleet: str, token: Secret | None) -> tuple[Origin, ...]:
    """The origins, the fleet's own with this token."""
    if token is None:
        return found.origins
    url = origin_of(fleet)
    if not url.startswith(("https://", "http://")):
        raise InvalidInput(
            f"a forge's token is given, and {url} is no forge", "unset FAIRLEAD_FORGE_TOKEN"
        )
    listed = found.origin(fleet) or Origin(url)
    others = (o for o in found.origins if o.url != url)
    return (*others, replace(listed, password=token))


def _from_table(table: Mapping[str, object], path: Path | None) -> Settings:
    place = Place(str(path)) if path else None
    known = {f.name for f in fields(Settings)} - _NEVER_IN_THE_FILE
    _refuse_unknown(table, known, "the settings", place)
    given: dict[str, object] = {}
    for name in ("fleet", "branch"):
        if name in table:
            given[name] = _text(table, name, place)
    for name in ("work_directory", "status_file", "docker_config"):
        if name in table:
            given[name] = Path(_text(table, name, place))
    if "interval" in table:
        given["interval"] = _duration(_text(table, "interval", place), place)
    helpers = table.get("credential_helpers", {})
    if not isinstance(helpers, dict):
        raise InvalidInput("`credential_helpers` must be a table", place=place)
    given["credential_helpers"] = {str(k): Path(str(v)) for k, v in helpers.items()}
    entries = table.get("origins", [])
    if not isinstance(entries, list):
        raise InvalidInput("`origins` must be a list of tables ([[origins]])", place=place)
    given["origins"] = tuple(_origin(entry, place) for entry in entries)
    given["clusters"] = clusters(table.get("clusters", []), place)
    return replace(Settings(fleet=""), **given)  # type: ignore[arg-type]


def _origin(entry: object, place: Place | None) -> Origin:
    if not isinstance(entry, dict):
        raise InvalidInput("an entry of `origins` must be a table", place=place)
    known = {"url", "username", "password_file", "private", "realms", "ca_file", "forge"}
    _refuse_unknown(entry, known, "an origin", place)
    url = _text(entry, "url", place)
    if _origin_or_none(url) != url:
        raise InvalidInput(
            f"{without_credentials(url)!r} is no origin",
            "write scheme, host and port: https://HOST[:PORT]; or file://",
            place,
        )
    password = None
    if "password_file" in entry:
        password = secret_file(Path(_text(entry, "password_file", place)), place or Place(url))
    realms = entry.get("realms", [])
    if not isinstance(realms, list) or not all(isinstance(r, str) for r in realms):
        raise InvalidInput(f"`realms` of {url} must be a list of origins", place=place)
    private = entry.get("private", False)
    if not isinstance(private, bool):
        raise InvalidInput(f"`private` of {url} must be true or false", place=place)
    username = _text(entry, "username", place) if "username" in entry else None
    authorities = Path(_text(entry, "ca_file", place)) if "ca_file" in entry else None
    if authorities is not None and not authorities.is_file():
        raise InvalidInput(f"there is no file {authorities}", "give a PEM file", place)
    forge = _text(entry, "forge", place) if "forge" in entry else None
    if forge not in {*FORGES, None}:
        raise InvalidInput(
            f"{forge!r} is no forge that is known", f"write one of {', '.join(FORGES)}", place
        )
    return Origin(url, username, password, private, tuple(realms), authorities, forge)


def _refuse_unknown(
    table: Mapping[str, object], known: set[str], where: str, place: Place | None
) -> None:
    unknown = sorted(set(table) - known)
    if unknown:
        raise InvalidInput(
            f"{where} have no `{unknown[0]}`", f"known are {', '.join(sorted(known))}", place
        )


def _text(table: Mapping[str, object], name: str, place: Place | None) -> str:
    value = table.get(name)
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"`{name}` must be a text", place=place)
    return value


def _duration(text: str, place: Place | None) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match is None:
        raise InvalidInput(f"{text!r} is no duration", "write it like 30s, 5m or 1h", place)
    found = timedelta(**{_UNITS[match.group(2)]: int(match.group(1))})
    if found < MIN_INTERVAL:
        raise InvalidInput(
            f"an interval of {text} is too short", f"take at least {MIN_INTERVAL.seconds}s", place
        )
    return found
