"""What the demo does with its registry beside HTTP; the HTTP is in the registry contract."""

import http.client
import json

from bot.adapters.oci import OciRegistry
from bot.adapters.registry_credentials import RegistryOrigin
from bot.demo.images import OCI_MANIFEST
from bot.demo.registry import DemoRegistry
from bot.model import Manifest, Reference


def ask(demo: DemoRegistry, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(demo.host, timeout=5)
    try:
        connection.request(method, path, body, {"Content-Type": OCI_MANIFEST})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_images_come_and_tags_go() -> None:
    with DemoRegistry() as demo:
        digest = demo.push_image("shop/app", "v1.0", platforms=("linux/amd64",), revision="abc")
        assert demo.push_image("shop/app", "v1.0", revision="abc") == digest
        assert demo.push_image("shop/app", "v1.1", revision="abc") != digest
        registry = OciRegistry([RegistryOrigin(demo.url, private=True)])
        tag = Reference(f"{demo.host}/shop/app", tag="v1.0")
        assert registry.resolve([tag])[tag] == Manifest(digest, ("linux/amd64",), "abc")
        demo.images.remove_tag("shop/app", "v1.0")
        assert registry.resolve([tag])[tag] is None
        assert registry.tags([tag.repository])[tag.repository] == ("v1.1",)


def test_it_answers_as_a_registry() -> None:
    with DemoRegistry() as demo:
        demo.push_image("shop/app", "v1.0")
        assert ask(demo, "GET", "/v2/") == (200, b"{}")
        assert ask(demo, "HEAD", "/v2/shop/app/manifests/v1.0") == (200, b"")
        status, body = ask(demo, "GET", "/v2/shop/app/tags/list?n=0")
        assert (status, json.loads(body)["tags"]) == (200, [])


def test_it_refuses_what_a_registry_refuses() -> None:
    missing = {"digest": "sha256:" + "0" * 64}
    manifest = json.dumps({"schemaVersion": 2, "config": missing, "layers": []}).encode()
    with DemoRegistry() as demo:
        for path, body in [
            ("manifests/v1.0", manifest),
            ("manifests/v1.0", b"nonsense"),
            ("manifests/-v1", b"{}"),
            ("manifests/sha256:" + "0" * 64, b"{}"),
            ("blobs/uploads/1?digest=sha256:" + "0" * 64, b"x"),
        ]:
            assert ask(demo, "PUT", f"/v2/shop/app/{path}", body)[0] == 400
        for path in ("manifests/v1.0", "tags/list", "blobs/x", "elsewhere", "../etc/passwd"):
            assert ask(demo, "GET", f"/v2/shop/app/{path}")[0] == 404


def test_it_takes_no_manifest_without_bounds() -> None:
    with DemoRegistry() as demo:
        connection = http.client.HTTPConnection(demo.host, timeout=5)
        connection.putrequest("PUT", "/v2/shop/app/manifests/v1.0")
        connection.putheader("Content-Length", str(1 << 30))
        connection.endheaders()
        assert connection.getresponse().status == 413
        connection.close()
