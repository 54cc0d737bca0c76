"""What holds for every test: it stays on this machine, and it knows nothing of this user.

Tests may talk to servers that they start themselves on loopback. A connection or a name look-up
that would leave the machine raises `LeftTheMachine`, whoever asked for it.
"""

import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn, Protocol
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, settings

from tests.canaries import keep_secrets

ROOT = Path(__file__).resolve().parent.parent

LIVE = "FAIRLEAD_LIVE_"
"""Variables that begin so name a forge of somebody's own, for the tests that are made for one."""

KEPT_VARIABLES = frozenset(
    {
        "FAIRLEAD_CACHE",
        "FAIRLEAD_REQUIRE_REAL",
        "FAIRLEAD_SHARED",
        *(name for name in os.environ if name.startswith(LIVE)),
    }
)
"""The variables of ours that speak to the tests, not to what is tested."""


def _live() -> frozenset[str]:
    """The hosts that the environment names, and their addresses."""
    urls = [url for name, url in os.environ.items() if name.startswith(LIVE) and "://" in url]
    hosts = {urlsplit(url).hostname or "" for url in urls}
    found = {str(one[4][0]) for host in hosts for one in socket.getaddrinfo(host, None)}
    return frozenset(hosts | found)


_LIVE = _live()

GIT_CONFIG = """\
[user]
    name = Test Person
    email = test.person@example.com
[init]
    defaultBranch = main
[gc]
    auto = 0
"""


# A busy machine is no finding. The rest is inherited, so that under CI examples stay the same.
settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")


class LeftTheMachine(Exception):
    """A test reached for something that is not on loopback.

    It is no OSError, so that code which turns those into `Unavailable` cannot hide it.
    """


def _is_loopback(host: object) -> bool:
    """None stands for no host at all: a Unix socket, or the wildcard that a server binds to."""
    if host is None:
        return True
    name = host.decode(errors="replace") if isinstance(host, bytes) else str(host)
    if name == "localhost" or name.endswith(".localhost") or name in _LIVE:
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def _stay_on_loopback(event: str, arguments: tuple[object, ...]) -> None:
    """Judge an audit event.

    Source: Python library reference, "Audit events table".
    """
    if not event.startswith("socket."):
        return
    host: object = None
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = arguments[1]
        # A Unix socket's address is a path; a connected datagram socket sends to None.
        host = address[0] if isinstance(address, tuple) else None
    elif event in {"socket.getaddrinfo", "socket.gethostbyname"}:
        host = arguments[0]
    if not _is_loopback(host):
        raise LeftTheMachine(f"{event} of {host!r}: a test may only use what it starts on loopback")


# An audit hook cannot be removed again, and needs not to be: it holds for the whole run.
sys.addaudithook(_stay_on_loopback)
sys.addaudithook(keep_secrets)


@pytest.fixture(scope="session", autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """An environment that says nothing of this user or machine; returns the empty HOME.

    It holds for child processes too. Git knows a test person and no other configuration, and does
    not believe that it was called from a hook.
    """
    home = tmp_path_factory.mktemp("home")
    config = tmp_path_factory.mktemp("git") / "config"
    config.write_text(GIT_CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            foreign = name.startswith(("GIT_", "SSH_", "XDG_", "PIP_", "FAIRLEAD_"))
            if name not in KEPT_VARIABLES and (foreign or name.lower().endswith("_proxy")):
                patch.delenv(name)
        patch.setenv("HOME", str(home))
        patch.setenv("GIT_CONFIG_GLOBAL", str(config))
        patch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
        patch.setenv("GIT_TERMINAL_PROMPT", "0")
        patch.setenv("LC_ALL", "C.UTF-8")
        patch.setenv("TZ", "UTC")
        patch.setenv("TERM", "dumb")
        patch.setenv("NO_COLOR", "1")
        patch.setenv("COLUMNS", "100")
        yield home


class Absent(Protocol):
    """Ends a test whose counterpart is absent: `what` is missing, `remedy` brings it."""

    def __call__(self, what: str, remedy: str) -> NoReturn: ...


@pytest.fixture(scope="session")
def absent() -> Absent:
    """How a fixture says that a real counterpart is absent.

    The test is skipped with the reason (which `make test` prints), or fails where the run was told
    that everything is there (FAIRLEAD_REQUIRE_REAL=1).
    """

    def end(what: str, remedy: str) -> NoReturn:
        message = f"{what} is absent: {remedy}"
        if os.environ.get("FAIRLEAD_REQUIRE_REAL") == "1":
            pytest.fail(message)
        pytest.skip(message)

    return end


@pytest.fixture(scope="session")
def shared(absent: Absent) -> Path:
    """The directory with real fleets and schemas (FAIRLEAD_SHARED, else `shared` beside us)."""
    path = Path(os.environ.get("FAIRLEAD_SHARED") or ROOT.parent / "shared")
    if not (path / "corpus").is_dir():
        absent(f"the reference material ({path})", "set FAIRLEAD_SHARED to where it lies")
    return path


@pytest.fixture(scope="session")
def kustomize(absent: Absent) -> str:
    """The path of a real kustomize."""
    from tests.real.kustomize import REMEDY, executable

    path = executable()
    if path is None:
        absent("kustomize", REMEDY)
    return path


@pytest.fixture(scope="session")
def shellcheck(absent: Absent) -> str:
    """The path of a real shellcheck."""
    path = shutil.which("shellcheck")
    if path is None:
        absent("shellcheck", "install the package `shellcheck`")
    return path
