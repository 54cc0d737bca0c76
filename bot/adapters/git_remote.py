"""Where a repository is, and what may be sent there."""

import base64
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from bot.adapters.git_failure import scrub
from gitops.errors import InvalidInput

_SCHEMES = frozenset({"https", "http", "file"})
_URL = re.compile(r"[a-z]+://[A-Za-z0-9._~%:/\[\]@+,=()-]+", re.ASCII)


class Secret(Protocol):
    """Text that prints as `***`."""

    def reveal(self) -> str:
        """The text itself."""
        ...


class Credential(Protocol):
    """A user name and its password or token."""

    @property
    def username(self) -> str:
        """What the server calls the user; any non-empty text for a token."""
        ...

    @property
    def password(self) -> Secret:
        """The password or token."""
        ...


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository elsewhere, and the credential for its origin (None: none is sent).

    `ca_file` is a PEM file of the authorities to trust instead of the system's.
    """

    url: str
    credential: Credential | None = field(default=None, repr=False)
    ca_file: Path | None = None
    plain: bool = field(default=False, kw_only=True)
    """Whether http and file are accepted for this URL beside https."""

    def __post_init__(self) -> None:
        check_url(self.url, plain=self.plain)
        if self.credential is not None and "\n" in self.authorization:
            raise InvalidInput(f"the user name for {self.origin} has a line break")

    @property
    def scheme(self) -> str:
        """https, http or file."""
        return urlsplit(self.url).scheme

    @property
    def origin(self) -> str:
        """See `origin_of`."""
        return origin_of(self.url)

    @property
    def authorization(self) -> str:
        """The value of the Authorization header; "" without a credential."""
        if self.credential is None:
            return ""
        pair = f"{self.credential.username}:{self.credential.password.reveal()}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every text that must not leave, longest first; () without a credential."""
        if self.credential is None:
            return ()
        plain = self.credential.password.reveal()
        return (self.authorization.removeprefix("Basic "), quote(plain, safe=""), plain)


def origin_of(url: str) -> str:
    """Scheme, host in lower case, and port unless it is the scheme's own; `file://` for files."""
    parts = urlsplit(url)
    host, _, port = parts.netloc.lower().rpartition(":")
    if host and (parts.scheme, port) in {("https", "443"), ("http", "80")}:
        return f"{parts.scheme}://{host}"
    return f"{parts.scheme}://{parts.netloc.lower()}"


def check_url(url: str, *, plain: bool) -> None:
    """Refuse a URL that is more than a scheme, a host and a path.

    Raises:
        InvalidInput: another scheme than https (and, where `plain`, http and file), credentials
            inside, a query, or a character that git or a server could read as something else.
    """
    try:
        parts = urlsplit(url) if _URL.fullmatch(url) else None
        well_formed = parts is not None and (parts.port or 1) > 0
    except ValueError:
        parts, well_formed = None, False
    scheme = parts.scheme if parts else ""
    if parts is None or not well_formed or scheme not in _SCHEMES:
        raise InvalidInput(
            f"not a repository URL: {scrub(repr(url), ())}", "write https://HOST/PATH"
        )
    if scheme != "https" and not plain:
        raise InvalidInput(
            f"{scheme} is not allowed for {scrub(url, ())}",
            "use https, or list it as an origin in the operator's settings, with `private = true`",
        )
    if "@" in parts.netloc:
        raise InvalidInput(
            f"a credential inside a URL: {scrub(url, ())}",
            "credentials belong to origins in the operator's settings",
        )
    host = parts.hostname or ""
    if (scheme == "file") != (host == "") or host.startswith("-") or not parts.path.strip("/"):
        raise InvalidInput(f"not a repository URL: {url}", "write https://HOST/PATH")
