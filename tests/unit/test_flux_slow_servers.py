"""A cluster that goes on talking and never says anything: it takes its own time, and no other's.

The library counts its time from one piece to the next, so each piece comes soon.
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.flux import AskedCluster, FluxClusters
from bot.adapters.flux_kubeconfig import given
from gitops.carriers import Carried
from tests.real.authority import Authority, make
from tests.unit.flux_shapes import APPLIER

APP = Carried("prod", "eu", "web", (APPLIER,), ())
PIECES = 200
"""One in a tenth of a second: far more than the second that the cluster has."""

EMPTY = b'{"metadata": {}, "items": []}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
    len(EMPTY),
    EMPTY,
)

Conversation = Callable[[Iterator[int], Callable[[bytes], None], Callable[[], None]], None]
"""Given its pieces, how to say something, and how to get through the handshake."""


def headers(pieces: Iterator[int], say: Callable[[bytes], None], shake: Callable[[], None]) -> None:
    shake()
    say(b"HTTP/1.1 200 OK\r\n")
    for _ in pieces:
        say(b"X")


def hints(pieces: Iterator[int], say: Callable[[bytes], None], shake: Callable[[], None]) -> None:
    shake()
    for _ in pieces:
        say(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def handshake(
    pieces: Iterator[int], say: Callable[[bytes], None], _shake: Callable[[], None]
) -> None:
    say(b"\x16\x03\x03\x40\x00")
    for _ in pieces:
        say(b"\x00")


def at_once(_: Iterator[int], say: Callable[[bytes], None], shake: Callable[[], None]) -> None:
    shake()
    say(ANSWER)


class Slow:
    """Has one conversation; `heard_out` where somebody listened to its end."""

    def __init__(self, authority: Authority, conversation: Conversation) -> None:
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(authority.certificate, authority.key)
        self._conversation = conversation
        self._server = socket.create_server(("127.0.0.1", 0))
        self._closing = threading.Event()
        self.heard_out = False
        self.url = f"https://127.0.0.1:{self._server.getsockname()[1]}"
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def _talk(self) -> None:
        line, _ = self._server.accept()

        def shake() -> None:
            nonlocal line
            line = self._context.wrap_socket(line, server_side=True)
            line.recv(65536)

        def say(piece: bytes) -> None:
            line.sendall(piece)

        try:
            self._conversation(self._pieces(), say, shake)
        except OSError:
            pass
        finally:
            line.close()

    def _pieces(self) -> Iterator[int]:
        for number in range(PIECES):
            if self._closing.wait(0.1):
                return
            yield number
        self.heard_out = True

    def close(self) -> None:
        self._closing.set()
        self._thread.join()
        self._server.close()


@contextmanager
def slow(directory: Path, conversation: Conversation) -> Iterator[tuple[Slow, FluxClusters]]:
    authority = make(directory)
    token = directory / "token"
    token.write_text("a-token")
    there = Slow(authority, conversation)
    try:
        access = given(there.url, token, authority.certificate, None)
        asked = AskedCluster("eu", lambda: access, timedelta(seconds=1))
        yield there, FluxClusters([asked], lambda: datetime.now(UTC))
    finally:
        there.close()


@pytest.mark.parametrize("conversation", [headers, hints, handshake])
def test_who_talks_for_ever_is_not_heard_out(tmp_path: Path, conversation: Conversation) -> None:
    with slow(tmp_path, conversation) as (there, clusters):
        (found,) = clusters.health([APP])
    assert found.message == "timeout: it did not answer within 1 s"
    assert not there.heard_out


def test_who_answers_at_once_is_heard(tmp_path: Path) -> None:
    with slow(tmp_path, at_once) as (_, clusters):
        (found,) = clusters.health([APP])
    assert found.message == "Kustomization flux-system/web: it is not there"
