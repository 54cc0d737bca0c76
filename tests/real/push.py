"""Pushing images to any registry over HTTP, as a build would."""

import http.client
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from bot.demo.images import Image, digest_of


def push(
    url: str,
    name: str,
    tags: tuple[str, ...],
    image: Image,
    authorization: str | None = None,
) -> None:
    """Put the image at the registry `url` under each of the tags.

    Raises:
        RuntimeError: the registry did not take it.
    """
    headers = {"Authorization": authorization} if authorization else {}
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)
    try:
        for blob in image.blobs:
            target = _ask(connection, "POST", f"/v2/{name}/blobs/uploads/", b"", headers, 202)
            target += ("&" if "?" in target else "?") + f"digest={quote(digest_of(blob))}"
            octets = {**headers, "Content-Type": "application/octet-stream"}
            _ask(connection, "PUT", target, blob, octets, 201)
        *inner, top = image.manifests
        named = [(document, document.digest) for document in inner] + [(top, tag) for tag in tags]
        for document, reference in named:
            typed = {**headers, "Content-Type": document.media_type}
            target = f"/v2/{name}/manifests/{reference}"
            _ask(connection, "PUT", target, document.data, typed, 201)
    finally:
        connection.close()


def _ask(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    body: bytes,
    headers: Mapping[str, str],
    expected: int,
) -> str:
    """The Location of the answer, as path and query."""
    connection.request(method, target, body, dict(headers))
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != expected:
        raise RuntimeError(f"{method} {target}: {answer.status} {said!r}")
    location = urlsplit(answer.headers.get("Location", ""))
    return location.path + (f"?{location.query}" if location.query else "")
