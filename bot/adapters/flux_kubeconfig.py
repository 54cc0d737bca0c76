"""How a cluster is reached, out of a kubeconfig or of plain files; no program is ever started.

The files that are named here are read anew at every call: tokens and certificates are replaced
while the bot runs.

Source: Kubernetes reference, "kubeconfig (v1)".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import yaml

from bot.secret import Secret
from gitops.errors import InvalidInput, Place

_LARGEST: Final = 1 << 20

_OUT: Final = (
    "let something else write a token to a file, and give `server`, `token_file` and `ca_file`"
)

_REFUSED_OF_USERS: Final[Mapping[str, str]] = {
    "exec": "starts a program for its credentials",
    "auth-provider": "has its credentials from a plugin",
    "username": "logs in with a password, which no API server takes any more",
    "as": "acts as somebody else",
    "as-uid": "acts as somebody else",
    "as-groups": "acts as somebody else",
    "as-user-extra": "acts as somebody else",
}
_REFUSED_OF_CLUSTERS: Final[Mapping[str, str]] = {
    "insecure-skip-tls-verify": "would show its token to whoever answers",
    "proxy-url": "is behind a proxy, which is not asked",
    "tls-server-name": "answers under another name",
}


@dataclass(frozen=True, slots=True)
class Access:
    """A server, whom to trust there and who we are; `..._data` are base64 of PEM.

    None for what is not given: without authorities the system's are trusted.
    """

    server: str
    ca_file: Path | None = None
    ca_data: str | None = None
    token: Secret | None = field(default=None, repr=False)
    token_file: Path | None = None
    certificate: Path | None = None
    certificate_data: str | None = field(default=None, repr=False)
    key: Path | None = None
    key_data: str | None = field(default=None, repr=False)


def given(server: str, token_file: Path, ca_file: Path | None, place: Place | None) -> Access:
    """A server with a token that lies in a file.

    Raises:
        InvalidInput: the server is no https URL.
    """
    return Access(
        _server(server, place),
        ca_file=ca_file,
        token_file=token_file,
    )


def of_kubeconfig(path: Path, context: str | None) -> Access:
    """What a context of a kubeconfig says; None is its current one.

    Raises:
        InvalidInput: it cannot be read, has no such context, or asks for what is not done here.
    """
    place = Place(str(path))
    content = _content(path, place)
    name = context or content.get("current-context")
    if not isinstance(name, str) or not name:
        raise InvalidInput("it names no current context", "say `context` in the settings", place)
    chosen = _named(content, "contexts", "context", name, place)
    cluster = _named(content, "clusters", "cluster", chosen.get("cluster"), place)
    user = _named(content, "users", "user", chosen.get("user"), place)
    _refuse(user, _REFUSED_OF_USERS, f"the user of the context {name}", _OUT, place)
    hint = "give `certificate-authority`, and a URL that can be asked directly"
    _refuse(cluster, _REFUSED_OF_CLUSTERS, f"the cluster of the context {name}", hint, place)
    return _access(cluster, user, path.parent, place)


def _access(
    cluster: Mapping[str, object], user: Mapping[str, object], home: Path, place: Place
) -> Access:
    def file(table: Mapping[str, object], key: str) -> Path | None:
        found = _text(table, key, place)
        # A path is relative to the kubeconfig, as kubectl has it.
        return None if found is None else home / found

    token = _text(user, "token", place)
    found = Access(
        _server(_text(cluster, "server", place) or "", place),
        ca_file=file(cluster, "certificate-authority"),
        ca_data=_text(cluster, "certificate-authority-data", place),
        token=None if token is None else Secret(token),
        token_file=file(user, "tokenFile"),
        certificate=file(user, "client-certificate"),
        certificate_data=_text(user, "client-certificate-data", place),
        key=file(user, "client-key"),
        key_data=_text(user, "client-key-data", place),
    )
    certified = bool(found.certificate or found.certificate_data)
    if certified != bool(found.key or found.key_data):
        raise InvalidInput("a client certificate needs its key", "give both or none", place)
    if not certified and token is None and found.token_file is None:
        raise InvalidInput("its user has no credentials", "give `tokenFile` or `token`", place)
    return found


def _content(path: Path, place: Place) -> Mapping[str, object]:
    hint = "give a kubeconfig, as `kubectl config view --raw --minify` prints one"
    try:
        if path.stat().st_size > _LARGEST:
            raise InvalidInput("it is too large for a kubeconfig", hint, place)
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InvalidInput(f"cannot be read ({error.strerror})", hint, place) from error
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise InvalidInput("is no YAML", hint, place) from error
    if not isinstance(content, dict):
        raise InvalidInput("is no kubeconfig", hint, place)
    return content


def _named(
    content: Mapping[str, object], key: str, inner: str, name: object, place: Place
) -> Mapping[str, object]:
    entries = content.get(key)
    for entry in entries if isinstance(entries, Sequence) else ():
        if isinstance(entry, dict) and entry.get("name") == name and name is not None:
            found = entry.get(inner)
            if isinstance(found, dict):
                return found
    known = sorted(
        str(e["name"])
        for e in (entries if isinstance(entries, Sequence) else ())
        if isinstance(e, dict) and "name" in e
    )
    told = f"known are {', '.join(known)}" if known else f"write it under `{key}`"
    raise InvalidInput(f"it has no {inner} {name!r}", told, place)


def _refuse(
    table: Mapping[str, object], refused: Mapping[str, str], who: str, hint: str, place: Place
) -> None:
    for key, why in refused.items():
        if table.get(key):
            raise InvalidInput(f"`{key}`: {who} {why}", hint, place)


def _text(table: Mapping[str, object], key: str, place: Place) -> str | None:
    found = table.get(key)
    if found is None or found == "":
        return None
    if not isinstance(found, str):
        raise InvalidInput(f"`{key}` must be a text", place=place)
    return found


def _server(url: str, place: Place | None) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme == "https" and bool(parts.hostname) and parts.username is None
        _ = parts.port
    except ValueError:
        good = False
    if not good:
        raise InvalidInput(f"`server` {url!r} is no https URL", "write https://HOST[:PORT]", place)
    return url.rstrip("/")
