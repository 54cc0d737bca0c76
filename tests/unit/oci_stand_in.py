"""An HTTP server on loopback that answers as a test tells it, and remembers what it was asked."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from bot.adapters.registry_credentials import Login, RegistryOrigin
from bot.adapters.wire import Limits
from bot.secret import Secret

CANARY = "canary-5e1f"
QUICK = Limits(connect_time=10.0, request_time=10.0, pause=0.0)
"""No pauses; but a busy machine may take its time to answer."""
IMPATIENT = replace(QUICK, request_time=0.5)
"""For those that never answer."""


@dataclass(frozen=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: str


@dataclass(frozen=True)
class Said:
    """`length` lies about the body's length, or below 0 hides it; `drip` never ends it."""

    status: int = 200
    body: bytes | object = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    drip: bool = False


Script = Callable[[Asked], Said]


class StandIn:
    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.closing = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.stand_in = self
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        return f"http://{self.host}"

    def origin(self, *realms: str) -> RegistryOrigin:
        """With a login that no other origin may see."""
        return RegistryOrigin(self.url, Login("robot", Secret(CANARY)), private=True, realms=realms)

    def heard(self, text: str) -> bool:
        """Whether this text was sent here, in whatever place."""
        return any(text in repr(asked) for asked in self.asked)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    stand_in: StandIn


class _Conversation(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        pass

    def do_GET(self) -> None:
        stand_in = self.server.stand_in
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", "0"))).decode()
        asked = Asked(self.command, url.path, query, dict(self.headers), body)
        stand_in.asked.append(asked)
        self._say(stand_in.script(asked))

    do_HEAD = do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815

    def _say(self, said: Said) -> None:
        body = said.body if isinstance(said.body, bytes) else json.dumps(said.body).encode()
        self.send_response(said.status)
        for name, value in {"Content-Type": "application/json", **said.headers}.items():
            self.send_header(name, value)
        length = len(body) if said.length is None else said.length
        if length >= 0:
            self.send_header("Content-Length", str(10_000 if said.drip else length))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
        self.wfile.flush()
        if said.drip:
            try:
                while not self.server.stand_in.closing.wait(0.02):
                    self.wfile.write(b" ")
                    self.wfile.flush()
            except OSError:
                pass
        self.close_connection = self.close_connection or said.drip or said.length is not None
