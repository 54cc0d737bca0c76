"""The operator's `[[clusters]]`: how each cluster is asked, and for how long.

Which clusters there are is the fleet's to say; how they are reached, and with what, never is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from gitops.errors import InvalidInput, Place

_TIMEOUT = re.compile(r"(\d{1,3})(s|m)", re.ASCII)
_SHORTEST, _LONGEST = timedelta(seconds=1), timedelta(minutes=5)

_WAYS: Final = ("kubeconfig", "server", "in_cluster", "statuses")
_WITH: Final[Mapping[str, str]] = {
    "context": "kubeconfig",
    "token_file": "server",
    "ca_file": "server",
    "posted_by": "statuses",
}
_KNOWN: Final = ("name", *_WAYS, *_WITH, "pods", "timeout")

_IN_CLUSTER = "https://kubernetes.default.svc"
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class ClusterEntry:
    """A cluster by its name in fleet.yaml, and one way to know of it.

    Either `kubeconfig`, with a `context` (None: its current one); or `server` with `token_file` and
    mostly `ca_file` (None: the system's authorities are trusted); or `statuses`: what
    notification-controller writes on the fleet's commits, as the login `posted_by`. `pods` says
    that Pods may be listed, so that the bytes that run are known besides. `timeout` is for
    everything that is asked of it in one tick, between 1 s and 5 min.
    """

    name: str
    kubeconfig: Path | None = None
    context: str | None = None
    server: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    statuses: bool = False
    posted_by: str = ""
    pods: bool = False
    timeout: timedelta = timedelta(seconds=10)


def clusters(entries: object, place: Place | None) -> tuple[ClusterEntry, ...]:
    """The entries of `[[clusters]]`, in their order.

    Raises:
        InvalidInput: one is unknown or malformed, or a name stands twice.
    """
    if not isinstance(entries, list):
        raise InvalidInput("`clusters` must be a list of tables ([[clusters]])", place=place)
    found: dict[str, ClusterEntry] = {}
    for each in entries:
        entry = _entry(each, place)
        if entry.name in found:
            raise InvalidInput(
                f"the cluster {entry.name} stands twice", "keep one of the two entries", place
            )
        found[entry.name] = entry
    return tuple(found.values())


def _entry(entry: object, place: Place | None) -> ClusterEntry:
    if not isinstance(entry, dict):
        raise InvalidInput("an entry of `clusters` must be a table", place=place)
    unknown = sorted(set(entry) - set(_KNOWN))
    if unknown:
        raise InvalidInput(
            f"a cluster has no `{unknown[0]}`", f"known are {', '.join(sorted(_KNOWN))}", place
        )
    name = entry.get("name")
    if not isinstance(name, str) or not name:
        raise InvalidInput(
            "a cluster needs a `name`", "call it as fleet.yaml does: name = ...", place
        )
    way = _way(entry, name, place)
    found = replace(_by(way, entry, name, place), timeout=_timeout(entry, name, place))
    pods = entry.get("pods", False)
    if not isinstance(pods, bool) or (pods and way == "statuses"):
        raise InvalidInput(
            f"`pods` of the cluster {name} must be true or false, and goes with a way to ask it",
            "leave it away",
            place,
        )
    return replace(found, pods=pods)


def _by(way: str, entry: Mapping[str, object], name: str, place: Place | None) -> ClusterEntry:
    """The entry by its one way, without what goes with any."""
    if way == "in_cluster":
        token, authorities = _ACCOUNT / "token", _ACCOUNT / "ca.crt"
        return ClusterEntry(name, server=_IN_CLUSTER, token_file=token, ca_file=authorities)
    if way == "statuses":
        poster = _text(entry, "posted_by", name, place)
        if poster is None:
            raise InvalidInput(
                f"the cluster {name} has `statuses` and nobody who posts them",
                "give `posted_by`, the login that Flux's token is of",
                place,
            )
        return ClusterEntry(name, statuses=True, posted_by=poster)
    kubeconfig, given_token, given_authorities = (
        _text(entry, key, name, place) for key in ("kubeconfig", "token_file", "ca_file")
    )
    return ClusterEntry(
        name,
        kubeconfig=_path(kubeconfig),
        context=_text(entry, "context", name, place),
        server=_text(entry, "server", name, place),
        token_file=_path(given_token),
        ca_file=_path(given_authorities),
    )


def _way(entry: Mapping[str, object], name: str, place: Place | None) -> str:
    """The one way that an entry names, with what belongs to it."""
    for flag in ("in_cluster", "statuses"):
        if flag in entry and entry[flag] is not True:
            raise InvalidInput(
                f"`{flag}` of the cluster {name} must be true", "or leave it away", place
            )
    ways = [way for way in _WAYS if way in entry]
    if len(ways) != 1:
        told = (
            f"has {' and '.join(f'`{way}`' for way in ways)}" if ways else "says no way to ask it"
        )
        raise InvalidInput(
            f"the cluster {name} {told}", f"give exactly one of {', '.join(_WAYS)}", place
        )
    for key, belongs in _WITH.items():
        if key in entry and belongs != ways[0]:
            raise InvalidInput(
                f"`{key}` of the cluster {name} goes with `{belongs}`, not with `{ways[0]}`",
                "leave it away",
                place,
            )
    if ways[0] == "server" and "token_file" not in entry:
        raise InvalidInput(
            f"the cluster {name} has a `server` and no token",
            "give `token_file`, a file that holds nothing else",
            place,
        )
    return ways[0]


def _text(entry: Mapping[str, object], key: str, name: str, place: Place | None) -> str | None:
    if key not in entry:
        return None
    found = entry[key]
    if not isinstance(found, str) or not found:
        raise InvalidInput(f"`{key}` of the cluster {name} must be a text", place=place)
    return found


def _path(text: str | None) -> Path | None:
    return None if text is None else Path(text)


def _timeout(entry: Mapping[str, object], name: str, place: Place | None) -> timedelta:
    text = entry.get("timeout", "10s")
    match = _TIMEOUT.fullmatch(text) if isinstance(text, str) else None
    if match is not None:
        count = int(match.group(1))
        found = timedelta(seconds=count) if match.group(2) == "s" else timedelta(minutes=count)
        if _SHORTEST <= found <= _LONGEST:
            return found
    raise InvalidInput(
        f"`timeout` of the cluster {name} is {text!r}", "write 10s, or from 1s up to 5m", place
    )
