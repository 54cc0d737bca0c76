"""The guards of `conftest.py`: without them a test could pass for reasons of its own machine."""

import os
import socket
import subprocess
from pathlib import Path

import pytest

ELSEWHERE = [
    pytest.param(socket.AF_INET, ("192.0.2.1", 9), id="IPv4"),
    pytest.param(socket.AF_INET, ("0.0.0.0", 9), id="any"),
    pytest.param(socket.AF_INET6, ("2001:db8::1", 9), id="IPv6"),
]


@pytest.mark.parametrize(("family", "address"), ELSEWHERE)
def test_a_connection_that_leaves_the_machine_raises(
    family: socket.AddressFamily, address: tuple[str, int]
) -> None:
    with (
        socket.socket(family, socket.SOCK_STREAM) as client,
        pytest.raises(Exception, match="only use what it starts on loopback") as raised,
    ):
        client.connect(address)
    assert not isinstance(raised.value, OSError)


def test_a_datagram_that_leaves_the_machine_raises() -> None:
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
        pytest.raises(Exception, match="loopback"),
    ):
        client.sendto(b"x", ("192.0.2.1", 9))


@pytest.mark.parametrize("name", ["registry.example.com", "localhost.example.com", b"example.com"])
def test_looking_up_a_foreign_name_raises(name: str | bytes) -> None:
    with pytest.raises(Exception, match="loopback"):
        socket.getaddrinfo(name, 443)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_is_reachable(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection((host, server.getsockname()[1])).close()


def test_unix_sockets_are_not_judged(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")
    with (
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
    ):
        server.bind(path)
        server.listen()
        client.connect(path)


def test_home_is_not_the_users(environment: Path) -> None:
    assert Path.home() == environment


def test_git_knows_only_the_test_person(tmp_path: Path) -> None:
    shown = subprocess.run(
        ["git", "config", "--list", "--name-only"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout.split() == ["user.name", "user.email", "init.defaultbranch", "gc.auto"]


def test_variables_of_the_user_are_gone() -> None:
    ours = {name for name in os.environ if name.startswith(("FAIRLEAD_", "SSH_", "XDG_"))}
    assert ours <= {"FAIRLEAD_CACHE", "FAIRLEAD_REQUIRE_REAL", "FAIRLEAD_SHARED"}
