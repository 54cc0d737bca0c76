"""A stand-in on a loopback port: git and an API on one origin."""

import json
import ssl
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol, Self

from tests.real.authority import Authority
from tests.stand_ins.chaos import Chaos
from tests.stand_ins.stale import StaleLists
from tests.stand_ins.web import Answer, Call


class Door(Protocol):
    """A part of a server."""

    def answer(self, call: Call) -> Answer | None:
        """None: this is another part's."""
        ...


class Server:
    """Runs from `start` to `stop`. Remembers each call; those that no part knew, as `unknown`.

    `prefix` is the path that all of it lies below.
    """

    def __init__(self, chaos: Chaos, authority: Authority | None = None, prefix: str = "") -> None:
        self.doors: list[Door] = []
        self.chaos = chaos
        self.prefix = prefix
        self.unknown: list[str] = []
        self.calls: list[str] = []
        self.heard: list[bytes] = []
        """Where each call went, its query included, and what it brought; not its headers."""
        self._stale = StaleLists()
        outer = self

        class Handler(_Handler):
            server_object = outer

        self._http = _Http(("127.0.0.1", 0), Handler)
        self._scheme = "http"
        if authority is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(authority.certificate, authority.key)
            self._http.socket = context.wrap_socket(self._http.socket, server_side=True)
            self._scheme = "https"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,))

    @property
    def url(self) -> str:
        """Its origin with the prefix, no slash at its end."""
        return f"{self._scheme}://127.0.0.1:{self._http.server_port}{self.prefix}"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def answer(self, call: Call) -> Answer:
        """What the part that knows the call says, or 501."""
        self.calls.append(f"{call.method} {call.path}")
        self.heard.append(f"{call.method} {call.path}?{call.query}\n".encode() + call.body)
        if not call.path.startswith(f"{self.prefix}/"):
            return Answer(404, b"nothing is here")
        call.path = call.path.removeprefix(self.prefix)
        call.origin = self.url
        if instead := self.chaos.meddle(call, afterwards=False):
            return instead
        answer = self._of_a_door(call)
        if answer is None:
            self.unknown.append(f"{call.method} {call.path}")
            words = f"the stand-in does not know {call.method} {call.path}"
            return Answer(501, {"message": words})
        answer = self._stale.answer(call, answer, stale=self.chaos.stale_lists)
        return self.chaos.meddle(call, afterwards=True) or answer

    def _of_a_door(self, call: Call) -> Answer | None:
        for door in self.doors:
            if (answer := door.answer(call)) is not None:
                return answer
        return None


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    """Every method comes to `_serve`."""

    server_object: Server
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def handle(self) -> None:
        try:
            super().handle()
        except (ConnectionError, ssl.SSLError, TimeoutError):
            self.close_connection = True

    def __getattr__(self, name: str) -> Callable[[], None]:
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        body = self._body()
        path, _, query = self.path.partition("?")
        call = Call(self.command, path, query, self.headers, body)
        self._send(self.server_object.answer(call))

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _send(self, answer: Answer) -> None:
        content = answer.content
        headers = dict(answer.headers)
        if content is None:
            data = b""
        elif isinstance(content, bytes):
            data = content
        else:
            data = json.dumps(content).encode()
            headers.setdefault("Content-Type", "application/json")
        self.send_response(answer.status)
        for key, value in headers.items():
            self.send_header(key, value)
        if answer.status not in {204, 304}:
            self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD" and answer.status not in {204, 304}:
            self.wfile.write(data)
        self.wfile.flush()
