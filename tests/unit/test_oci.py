"""What registries do to a client, over HTTP on loopback."""

import json
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from yarl import URL

from bot.adapters.oci import OciRegistry
from bot.adapters.oci_documents import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST
from bot.adapters.registry_credentials import RegistryOrigin
from bot.adapters.wire import Limits, Request
from bot.demo.images import build_image
from bot.demo.registry import DemoRegistry
from bot.model import Gap, Manifest, Reference
from tests.unit.oci_stand_in import CANARY, IMPATIENT, QUICK, Asked, Said, Script, StandIn

TAGS = {"name": "shop/app", "tags": ["v1.0"]}
IMAGE = build_image("content", revision="abc")
INDEX = build_image("content", ("linux/amd64", "linux/arm64"), "abc")
HTML = {"Content-Type": "text/html"}


def always(said: Said) -> Script:
    return lambda _: said


def tags_gap(stand_in: StandIn, limits: Limits = QUICK) -> Gap:
    repository = f"{stand_in.host}/shop/app"
    gap = OciRegistry([stand_in.origin()], limits=limits).tags([repository])[repository]
    assert isinstance(gap, Gap)
    return gap


def resolve_one(stand_in: StandIn, tag: str = "v1.0") -> Manifest | Gap | None:
    reference = Reference(f"{stand_in.host}/shop/app", tag=tag)
    return OciRegistry([stand_in.origin()], limits=QUICK).resolve([reference])[reference]


def serve(image_digest: str, data: bytes, kind: str, *, header: bool = True) -> Said:
    headers = {"Content-Type": kind}
    if header:
        headers["Docker-Content-Digest"] = image_digest
    return Said(200, data, headers)


@pytest.mark.parametrize(
    "said",
    [
        Said(200, b'{"tags": ["v1.0", "v1'),
        Said(200, json.dumps(TAGS).encode(), length=1000),
        Said(200, b"<html>Please sign in</html>", HTML),
        Said(200, {"name": "shop/app"}),
        Said(200, TAGS, {"Content-Encoding": "gzip"}),
        Said(200, b"", {"Link": "nonsense"}),
        Said(204),
        Said(302, b"", {"Location": "/v2/shop/app/tags/list?elsewhere"}),
        Said(404, b"<html>no such page</html>", HTML),
        Said(400),
        Said(418),
        Said(200, TAGS, drip=True),
    ],
)
def test_what_is_no_whole_list_is_a_gap(said: Said) -> None:
    with StandIn(always(said)) as stand_in:
        assert not tags_gap(stand_in, IMPATIENT if said.drip else QUICK).denied


def test_a_slow_drip_is_given_up_in_time() -> None:
    began = time.monotonic()
    with StandIn(always(Said(200, b"{", drip=True))) as stand_in:
        assert "in time" in tags_gap(stand_in, IMPATIENT).reason
    assert time.monotonic() - began < 60


def test_a_call_has_an_end_of_its_own() -> None:
    limits = replace(QUICK, request_time=30.0, call_time=0.3)
    with StandIn(always(Said(200, b"{", drip=True))) as stand_in:
        assert "of one call" in tags_gap(stand_in, limits).reason


def test_looping_pages_are_a_gap() -> None:
    with StandIn(
        always(Said(200, TAGS, {"Link": '</v2/shop/app/tags/list?n=1000>; rel="next"'}))
    ) as s:
        assert "circle" in tags_gap(s).reason
        assert len(s.asked) == 1


def test_endless_pages_are_a_gap() -> None:
    def script(asked: Asked) -> Said:
        number = int(asked.query.get("last", "0")) + 1
        link = f'</v2/shop/app/tags/list?last={number}>; rel="next"'
        return Said(200, {"tags": [str(number)]}, {"Link": link})

    with StandIn(script) as stand_in:
        assert "pages" in tags_gap(stand_in, replace(QUICK, pages=20)).reason
        assert len(stand_in.asked) == 20
        assert "tags" in tags_gap(stand_in, replace(QUICK, tags=5)).reason
        assert "bytes" in tags_gap(stand_in, replace(QUICK, list_bytes=100)).reason


def test_a_list_that_goes_on_elsewhere_is_not_followed() -> None:
    with StandIn(always(Said(200, TAGS))) as other:
        link = {"Link": f'<{other.url}/v2/shop/app/tags/list?last=v1.0>; rel="next"'}
        with StandIn(always(Said(200, TAGS, link))) as stand_in:
            assert "another origin" in tags_gap(stand_in).reason
        assert other.asked == []


def test_a_registry_that_refuses_the_page_size() -> None:
    def script(asked: Asked) -> Said:
        if "n" in asked.query:
            return Said(413 if asked.path.startswith("/v2/quay") else 400)
        return Said(200, TAGS)

    with StandIn(script) as stand_in:
        repositories = [f"{stand_in.host}/quay/app", f"{stand_in.host}/shop/app"]
        answers = OciRegistry([stand_in.origin()], limits=QUICK).tags(repositories)
    assert answers == dict.fromkeys(repositories, ("v1.0",))


def test_names_that_are_no_tags_are_left_out() -> None:
    names = ["v1.0", "a" * 128, "b" * 129, "v1/0", "", "-v1", "v1.0\n", "v\u0661", "@team"]
    with StandIn(always(Said(200, {"tags": names}))) as stand_in:
        repository = f"{stand_in.host}/shop/app"
        answers = OciRegistry([stand_in.origin()], limits=QUICK).tags([repository])
    assert answers == {repository: ("a" * 128, "v1.0")}


def test_too_many_requests_is_a_gap_and_ends_the_asking() -> None:
    with StandIn(always(Said(429, b"", {"Retry-After": "90"}))) as stand_in:
        repositories = [f"{stand_in.host}/shop/app-{number}" for number in range(50)]
        registry = OciRegistry([stand_in.origin()], limits=replace(QUICK, connections=2))
        for gap in registry.tags(repositories).values():
            assert isinstance(gap, Gap)
            assert "0:01:30" in gap.reason
        assert len(stand_in.asked) <= 2


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        ({"Retry-After": "Thu, 21 Nov 2126 12:02:00 GMT"}, "alone"),
        ({"Retry-After": "soon"}, "answered 429"),
        ({"Retry-After": "9" * 400}, "answered 429"),
        ({}, "answered 429"),
    ],
)
def test_retry_after_in_every_form(headers: dict[str, str], told: str) -> None:
    with StandIn(always(Said(429, b"", headers))) as stand_in:
        assert told in tags_gap(stand_in).reason


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_error_is_asked_again_once(status: int) -> None:
    answers = [Said(status), Said(200, TAGS), Said(200, TAGS)]
    with StandIn(lambda _: answers.pop(0)) as stand_in:
        repository = f"{stand_in.host}/shop/app"
        registry = OciRegistry([stand_in.origin()], limits=QUICK)
        assert registry.tags([repository]) == {repository: ("v1.0",)}
    with StandIn(always(Said(status))) as stand_in:
        assert str(status) in tags_gap(stand_in).reason
        assert len(stand_in.asked) == 2


def test_a_registry_that_hangs_is_not_asked_for_every_repository() -> None:
    with StandIn(always(Said(200, b"{", drip=True))) as stand_in:
        repositories = [f"{stand_in.host}/shop/app-{number}" for number in range(200)]
        limits = replace(IMPATIENT, connections=4)
        answers = OciRegistry([stand_in.origin()], limits=limits).tags(repositories)
        assert all(isinstance(answer, Gap) for answer in answers.values())
        assert len(stand_in.asked) <= 8


def test_the_four_kinds_are_accepted() -> None:
    said = serve(IMAGE.digest, IMAGE.manifests[-1].data, OCI_MANIFEST)
    with StandIn(always(said)) as stand_in:
        resolve_one(stand_in)
        assert stand_in.asked[0].method == "HEAD"
        accepted = stand_in.asked[0].headers["Accept"]
    assert OCI_INDEX in accepted
    assert DOCKER_MANIFEST in accepted
    assert accepted.count("json") == 4


@pytest.mark.parametrize("head", [Said(200), Said(405)])
def test_without_a_digest_in_the_answer_the_bytes_are_hashed(head: Said) -> None:
    documents = {one.digest: one for one in INDEX.manifests}

    def script(asked: Asked) -> Said:
        name = asked.path.rpartition("/")[2]
        if asked.method == "HEAD":
            return head
        if "/blobs/" in asked.path:
            return Said(200, INDEX.blobs[1])
        document = documents.get(name, INDEX.manifests[-1])
        return serve("", document.data, document.media_type, header=False)

    with StandIn(script) as stand_in:
        expected = Manifest(INDEX.digest, ("linux/amd64", "linux/arm64"), "abc")
        assert resolve_one(stand_in) == expected


def lie(what: str) -> Script:
    """A registry whose answers are right but for one thing."""

    def script(asked: Asked) -> Said:
        if "/blobs/" in asked.path:
            return Said(200, b"{}" if what == "blob" else IMAGE.blobs[1])
        data = IMAGE.manifests[-1].data
        if what == "manifest" and asked.method == "GET":
            data += b" "
        if what == "page":
            return serve("", b"<html>", "text/html")
        digest = "sha256:short" if what == "digest" else IMAGE.digest
        return serve(digest, data, OCI_MANIFEST)

    return script


@pytest.mark.parametrize("what", ["blob", "manifest", "digest", "page"])
def test_other_bytes_than_the_digest_says_are_a_gap(what: str) -> None:
    with StandIn(lie("nothing")) as stand_in:
        assert resolve_one(stand_in) == Manifest(IMAGE.digest, ("linux/amd64",), "abc")
    with StandIn(lie(what)) as stand_in:
        assert isinstance(resolve_one(stand_in), Gap)


def test_a_digest_that_is_answered_with_another_is_a_gap() -> None:
    with StandIn(lie("nothing")) as stand_in:
        reference = Reference(f"{stand_in.host}/shop/app", digest="sha256:" + "0" * 64)
        answer = OciRegistry([stand_in.origin()], limits=QUICK).resolve([reference])[reference]
    assert isinstance(answer, Gap)


def test_a_page_that_says_404_is_not_the_registry_saying_so() -> None:
    with StandIn(always(Said(404))) as stand_in:
        assert resolve_one(stand_in) is None
    with StandIn(always(Said(404, b"", HTML))) as stand_in:
        assert isinstance(resolve_one(stand_in), Gap)


@pytest.mark.parametrize("status", [401, 403])
def test_what_is_not_allowed_is_denied(status: int) -> None:
    with StandIn(always(Said(status))) as stand_in:
        assert tags_gap(stand_in).denied
        answer = resolve_one(stand_in)
        assert isinstance(answer, Gap)
        assert answer.denied


@pytest.mark.parametrize(
    "reference",
    [
        Reference("127.0.0.1:1/shop/app"),
        Reference("127.0.0.1:1/shop/app", tag="v1/../../x"),
        Reference("127.0.0.1:1/shop/app", digest="v1.0"),
        Reference("127.0.0.1:1/Shop", tag="v1.0"),
        Reference("127.0.0.1:99999/shop/app", tag="v1.0"),
    ],
)
def test_what_is_no_reference_is_a_gap_of_its_own(reference: Reference) -> None:
    assert isinstance(OciRegistry(limits=QUICK).resolve([reference])[reference], Gap)


def blob_elsewhere(target: Callable[[], str]) -> Script:
    def script(asked: Asked) -> Said:
        if "Authorization" not in asked.headers:
            return Said(401, b"", {"WWW-Authenticate": "Basic realm=x"})
        if "/blobs/" in asked.path:
            return Said(307, b"", {"Location": target()})
        return serve(IMAGE.digest, IMAGE.manifests[-1].data, OCI_MANIFEST)

    return script


def test_a_blob_elsewhere_is_fetched_without_credentials() -> None:
    with StandIn(always(Said(200, IMAGE.blobs[1]))) as storage:
        with StandIn(blob_elsewhere(lambda: f"{storage.url}/blob?signature=a%2Fb")) as stand_in:
            origins = [stand_in.origin(), RegistryOrigin(storage.url, private=True)]
            reference = Reference(f"{stand_in.host}/shop/app", tag="v1.0")
            answers = OciRegistry(origins, limits=QUICK).resolve([reference])
        assert answers[reference] == Manifest(IMAGE.digest, ("linux/amd64",), "abc")
        assert [asked.query for asked in storage.asked] == [{"signature": "a/b"}]
        assert "Authorization" not in storage.asked[0].headers
        assert not storage.heard(CANARY)


def test_a_blob_at_an_address_that_is_not_listed_is_not_fetched() -> None:
    with StandIn(always(Said(200, IMAGE.blobs[1]))) as storage:
        with StandIn(blob_elsewhere(lambda: f"{storage.url}/blob")) as stand_in:
            assert isinstance(resolve_one(stand_in), Gap)
        assert storage.asked == []


def test_a_blob_behind_too_many_redirects_is_a_gap() -> None:
    steps = iter(range(100))
    with StandIn(blob_elsewhere(lambda: f"/v2/shop/app/blobs/{next(steps)}")) as stand_in:
        assert isinstance(resolve_one(stand_in), Gap)
        assert sum("/blobs/" in asked.path for asked in stand_in.asked) == 4


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.1", "169.254.169.254", "[::1]", "[fe80::1]",
     "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "0.0.0.0", "100.64.0.1", "224.0.0.1"],
)  # fmt: skip
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_private_addresses_are_not_asked_unless_listed(host: str, scheme: str) -> None:
    repository = f"{host}:5000/shop/app"
    listed = [RegistryOrigin(f"{scheme}://{host}:5000")]
    gap = OciRegistry(listed, limits=QUICK).tags([repository])[repository]
    assert isinstance(gap, Gap)
    assert "private" in gap.reason


def test_plain_http_is_for_listed_origins_only() -> None:
    with StandIn(always(Said(200, TAGS))) as stand_in:
        repository = f"{stand_in.host}/shop/app"
        assert isinstance(OciRegistry(limits=QUICK).tags([repository])[repository], Gap)
        listed = [RegistryOrigin(f"https://{stand_in.host}", private=True)]
        assert isinstance(OciRegistry(listed, limits=QUICK).tags([repository])[repository], Gap)
        assert stand_in.asked == []


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with StandIn(always(Said(200, {"tags": ["proxied"]}))) as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with StandIn(always(Said(200, TAGS))) as stand_in:
            repository = f"{stand_in.host}/shop/app"
            answers = OciRegistry([stand_in.origin()], limits=QUICK).tags([repository])
        assert answers == {repository: ("v1.0",)}
        assert proxy.asked == []


def test_what_a_digest_says_is_read_once() -> None:
    with StandIn(lie("nothing")) as stand_in:
        reference = Reference(f"{stand_in.host}/shop/app", tag="v1.0")
        registry = OciRegistry([stand_in.origin()], limits=QUICK)
        first = registry.resolve([reference])
        seen = len(stand_in.asked)
        assert registry.resolve([reference]) == first
        assert [asked.method for asked in stand_in.asked[seen:]] == ["HEAD"]


def test_a_request_does_not_show_what_it_carries() -> None:
    request = Request("GET", URL("http://127.0.0.1/"), {"Authorization": "Basic canary"}, 0)
    assert "canary" not in repr(request)


@pytest.mark.slow
def test_two_thousand_lookups_are_quick() -> None:
    with DemoRegistry() as demo:
        names = [f"team/app-{number}" for number in range(1000)]
        digests = {name: demo.push_image(name, "v1.0") for name in names}
        registry = OciRegistry([RegistryOrigin(demo.url, private=True)])
        references = {Reference(f"{demo.host}/{name}", tag="v1.0"): name for name in names}
        registry.resolve(references)
        began = time.monotonic()
        resolved = registry.resolve(references)
        tags = registry.tags([f"{demo.host}/{name}" for name in names])
        elapsed = time.monotonic() - began
    for reference, name in references.items():
        manifest = resolved[reference]
        assert isinstance(manifest, Manifest)
        assert manifest.digest == digests[name]
    assert set(tags.values()) == {("v1.0",)}
    # About 3 s for the 3,000 requests on two busy cores, most of it the demo's own.
    assert elapsed < 30
