"""Real git over smart HTTP on loopback: `git http-backend` behind Basic authentication.

`with GitHttp(directory) as server: url = server.create("fleet")`.
"""

import base64
import shutil
import subprocess
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self

from tests.real import require

GIT = shutil.which("git") or "git"
USER, PASSWORD = "fairlead-bot", "canary-7f3a"
EXPECTED = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()


def get() -> Path:
    """The program that serves git over HTTP; skips or fails the test where it is absent."""
    found = subprocess.run([GIT, "--exec-path"], capture_output=True, text=True, check=True)
    name = "git http-backend (apt-get install git)"
    return require(name, Path(found.stdout.strip()) / "git-http-backend")


@dataclass(frozen=True)
class Text:
    """A secret."""

    text: str = field(repr=False)

    def reveal(self) -> str:
        return self.text


@dataclass(frozen=True)
class Login:
    """The credential that the server expects, unless another password is given."""

    password: Text = Text(PASSWORD)
    username: str = USER


def create(directory: Path, name: str) -> Path:
    """A bare repository `name`.git that anybody may push to."""
    path = directory / f"{name}.git"
    options = ["--bare", "--quiet", "--initial-branch=main"]
    subprocess.run([GIT, "init", *options, str(path)], check=True)
    for setting in ("http.receivepack", "uploadpack.allowFilter"):
        subprocess.run([GIT, "--git-dir", str(path), "config", setting, "true"], check=True)
    return path


class GitHttp:
    """Serves the bare repositories of a directory. `status` answers everything when set."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.status: int | None = None
        self.headers_seen: list[Mapping[str, str]] = []
        outer = self

        class Handler(_Cgi):
            server_object = outer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def create(self, name: str) -> str:
        create(self.directory, name)
        return f"{self.origin}/{name}.git"

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Cgi(BaseHTTPRequestHandler):
    server_object: GitHttp
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        self._answer(self._body())

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding") != "chunked":
            return self.rfile.read(int(self.headers.get("Content-Length", "0")))
        chunks = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            chunks.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(chunks)

    def _answer(self, body: bytes) -> None:
        self.server_object.headers_seen.append(dict(self.headers.items()))
        if self.server_object.status is not None:
            self._send(self.server_object.status, {"Location": "http://127.0.0.1:1/x/"}, b"")
        elif self.headers.get("Authorization") != EXPECTED:
            self._send(401, {"WWW-Authenticate": 'Basic realm="git"'}, b"")
        else:
            self._send(*self._backend(body))

    def _backend(self, body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        path, _, query = self.path.partition("?")
        variables = {
            "GIT_PROJECT_ROOT": str(self.server_object.directory),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH": "/usr/bin:/bin",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            "REMOTE_USER": USER,
        }
        command = [GIT, "http-backend"]
        done = subprocess.run(command, input=body, env=variables, capture_output=True, check=False)
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = head.decode().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        status = int(headers.pop("Status", "200").split()[0])
        return status, headers, content

    def _send(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
