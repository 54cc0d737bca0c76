"""The demo's image registry: in memory, on loopback, speaking the registries' own HTTP API.

Anybody on this machine may push and pull. It forgets everything when it is closed.

Source: OCI distribution specification 1.1.
"""

import json
import re
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from bot.demo.image_store import ImageStore
from bot.demo.images import Document, build_image, digest_of

_LARGEST_BODY = 4 << 20
_MOST_TAGS_PER_PAGE = 1000
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_PATH = re.compile(
    r"/v2/(?P<name>[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)/"
    r"(?P<kind>tags|manifests|blobs/uploads|blobs)/(?P<reference>[^/]*)"
)


class DemoRegistry:
    """A registry on a free port of 127.0.0.1, from the moment it is made until it is closed."""

    def __init__(self) -> None:
        self.images = ImageStore()
        self._server = _Server(("127.0.0.1", 0), _Conversation)
        self._server.images = self.images
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            # How often it looks whether it shall stop, in seconds.
            kwargs={"poll_interval": 0.02},
            name="demo-registry",
            daemon=True,
        )
        self._thread.start()

    @property
    def host(self) -> str:
        """Host and port, as an image reference starts with."""
        return f"127.0.0.1:{self._server.server_port}"

    @property
    def url(self) -> str:
        """Its origin."""
        return f"http://{self.host}"

    def push_image(
        self,
        name: str,
        tag: str,
        *,
        platforms: tuple[str, ...] = ("linux/amd64",),
        revision: str | None = None,
    ) -> str:
        """Put an image there without the detour over HTTP; returns its digest.

        `name` is without the host. Another name, tag or revision gives another digest.
        """
        image = build_image(f"{name}:{tag}@{revision}", platforms, revision)
        self.images.put_image(name, tag, image)
        return image.digest

    def close(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    images: ImageStore


class _Conversation(BaseHTTPRequestHandler):
    """One client's requests."""

    protocol_version = "HTTP/1.1"
    # Header and body are two writes: unbuffered, Nagle's algorithm holds the second back for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's name
        """Keep the demo's screen for the demo."""

    def do_GET(self) -> None:
        """Tags, a manifest, a blob, or that this is a registry."""
        path, match = self._match()
        if path == "/v2/":
            self._answer(HTTPStatus.OK, b"{}")
        elif not match:
            self._refuse(HTTPStatus.NOT_FOUND, "UNSUPPORTED")
        elif match["kind"] == "tags" and match["reference"] == "list":
            self._list_tags(match["name"])
        elif match["kind"] == "manifests":
            self._give_manifest(match["name"], match["reference"])
        else:
            self._give_blob(match["name"], match["reference"])

    def do_HEAD(self) -> None:
        """The same without the body."""
        self.do_GET()

    def do_POST(self) -> None:
        """Open an upload; the bytes come with the PUT."""
        body, (path, match) = self._body(), self._match()
        if body is None or not match or match["kind"] != "blobs/uploads":
            self._refuse(HTTPStatus.NOT_FOUND, "UNSUPPORTED")
        else:
            self._answer(HTTPStatus.ACCEPTED, headers={"Location": f"{path.rstrip('/')}/1"})

    def do_PUT(self) -> None:
        """Take a manifest, or the bytes of an upload."""
        body, (_, match) = self._body(), self._match()
        if body is None:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "SIZE_INVALID")
        elif match and match["kind"] == "manifests":
            self._take_manifest(match["name"], match["reference"], body)
        elif match and match["kind"] == "blobs/uploads":
            self._take_blob(match["name"], body)
        else:
            self._refuse(HTTPStatus.NOT_FOUND, "UNSUPPORTED")

    def _list_tags(self, name: str) -> None:
        tags = self.server.images.tags(name)
        if tags is None:
            self._refuse(HTTPStatus.NOT_FOUND, "NAME_UNKNOWN")
            return
        query = self._query()
        size = query.get("n", str(_MOST_TAGS_PER_PAGE))
        if not (size.isascii() and size.isdigit() and len(size) < 10):
            self._refuse(HTTPStatus.BAD_REQUEST, "PAGINATION_NUMBER_INVALID")
            return
        rest = [tag for tag in tags if tag > query.get("last", "")]
        page = rest[: min(int(size), _MOST_TAGS_PER_PAGE)]
        headers = {}
        if page and len(page) < len(rest):
            following = urlencode({"n": len(page), "last": page[-1]})
            headers["Link"] = f'</v2/{name}/tags/list?{following}>; rel="next"'
        self._answer(HTTPStatus.OK, json.dumps({"name": name, "tags": page}).encode(), headers)

    def _give_manifest(self, name: str, reference: str) -> None:
        document = self.server.images.manifest(name, reference)
        if document is None:
            self._refuse(HTTPStatus.NOT_FOUND, "MANIFEST_UNKNOWN")
            return
        headers = {"Content-Type": document.media_type, "Docker-Content-Digest": document.digest}
        self._answer(HTTPStatus.OK, document.data, headers)

    def _give_blob(self, name: str, digest: str) -> None:
        data = self.server.images.blob(name, digest)
        if data is None:
            self._refuse(HTTPStatus.NOT_FOUND, "BLOB_UNKNOWN")
            return
        headers = {"Content-Type": "application/octet-stream", "Docker-Content-Digest": digest}
        self._answer(HTTPStatus.OK, data, headers)

    def _take_manifest(self, name: str, reference: str, body: bytes) -> None:
        document = Document(self.headers.get("Content-Type", ""), body)
        if ":" in reference and reference != document.digest:
            self._refuse(HTTPStatus.BAD_REQUEST, "DIGEST_INVALID")
        elif ":" not in reference and not _TAG.fullmatch(reference):
            self._refuse(HTTPStatus.BAD_REQUEST, "TAG_INVALID")
        elif self.server.images.put_manifest(name, reference, document):
            location = f"/v2/{name}/manifests/{document.digest}"
            self._created(location, document.digest)
        else:
            self._refuse(HTTPStatus.BAD_REQUEST, "MANIFEST_INVALID")

    def _take_blob(self, name: str, body: bytes) -> None:
        digest = digest_of(body)
        if self._query().get("digest") != digest:
            self._refuse(HTTPStatus.BAD_REQUEST, "DIGEST_INVALID")
            return
        self.server.images.put_blob(name, body)
        self._created(f"/v2/{name}/blobs/{digest}", digest)

    def _match(self) -> tuple[str, re.Match[str] | None]:
        path = urlsplit(self.path).path
        return path, _PATH.fullmatch(path)

    def _query(self) -> dict[str, str]:
        return {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}

    def _body(self) -> bytes | None:
        """The request's body; None, and the end of the conversation, when it is too large."""
        length = self.headers.get("Content-Length", "0")
        if not length.isdigit() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def _created(self, location: str, digest: str) -> None:
        self._answer(
            HTTPStatus.CREATED, headers={"Location": location, "Docker-Content-Digest": digest}
        )

    def _refuse(self, status: HTTPStatus, code: str) -> None:
        error = {"errors": [{"code": code, "message": status.phrase}]}
        self._answer(status, json.dumps(error).encode())

    def _answer(
        self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)
