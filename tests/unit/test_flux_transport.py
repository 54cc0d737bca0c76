"""A cluster that answers badly, or not at all: each time one reason, and never a health.

The server is a stand-in that speaks TLS and says what a test wants of it; that the real API server
says the same is shown in tests/contract/test_flux.py.
"""

import gzip
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from bot.adapters.flux import AskedCluster, FluxClusters
from bot.adapters.flux_kubeconfig import Access, given
from bot.adapters.flux_transport import PAGE_BYTES
from bot.model import Gap, Health, Readiness
from bot.ports import Clock
from gitops.carriers import Carried
from tests.real.authority import Authority, make
from tests.unit.flux_shapes import APPLIER, COMMIT, INSTALLER, kustomization
from tests.unit.oci_stand_in import Asked, Said, StandIn
from tests.unit.test_requests_session import speaking_tls

APP = Carried("prod", "eu", "web", (APPLIER,), ())
RELEASED = Carried("prod", "eu", "web", (APPLIER, INSTALLER), ())
TOKEN = "a-token-that-nobody-prints"
KUSTOMIZATIONS = "/apis/kustomize.toolkit.fluxcd.io/v1/kustomizations"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def token(tmp_path: Path) -> Path:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    return file


def now() -> datetime:
    return datetime.now(UTC)


def listed(*items: object, more: str | None = None) -> Said:
    metadata = {"resourceVersion": "7"} | ({"continue": more} if more else {})
    body = msgspec.json.encode({"metadata": metadata, "items": items})
    return Said(200, body)


def bare(change: Mapping[str, Any] | None = None) -> object:
    """A Kustomization that has applied nothing that runs."""
    return kustomization({"status": {"inventory": None}, **(change or {})})


def told(status: int, message: str) -> Said:
    return Said(status, {"kind": "Status", "status": "Failure", "message": message})


Script = Callable[[Asked], Said]


def ask(
    script: Script,
    authority: Authority,
    token: Path,
    *,
    wanted: Carried = APP,
    seconds: float = 20,
    clock: Clock = now,
) -> tuple[Health, list[Asked]]:
    with StandIn(script) as there, speaking_tls(there, authority) as url:
        access = given(url, token, authority.certificate, None)
        asked = AskedCluster("eu", lambda: access, timedelta(seconds=seconds))
        (found,) = FluxClusters([asked], clock).health([wanted])
        return found, there.asked


def test_a_list_is_read_to_its_end(authority: Authority, token: Path) -> None:
    def script(asked: Asked) -> Said:
        if "continue" not in asked.query:
            return listed(bare({"metadata": {"name": "other"}}), more="one")
        return listed(bare(), more="two") if asked.query["continue"] == "one" else listed()

    found, asked = ask(
        lambda a: script(a) if a.path == KUSTOMIZATIONS else listed(), authority, token
    )
    assert (found.readiness, found.revision) == (Readiness.READY, COMMIT)
    pages = [each.query for each in asked if each.path == KUSTOMIZATIONS]
    assert pages == [
        {"limit": "500"},
        {"limit": "500", "continue": "one"},
        {"limit": "500", "continue": "two"},
    ]
    assert {each.method for each in asked} == {"GET"}
    assert {each.headers["Authorization"] for each in asked} == {f"Bearer {TOKEN}"}
    assert {each.headers["User-Agent"] for each in asked} == {"fairlead"}


def test_an_answer_may_be_packed(authority: Authority, token: Path) -> None:
    plain = listed(bare()).body
    assert isinstance(plain, bytes)
    packed = Said(200, gzip.compress(plain), {"Content-Encoding": "gzip"})
    found, asked = ask(lambda a: packed if a.path == KUSTOMIZATIONS else listed(), authority, token)
    assert found.readiness is Readiness.READY
    assert asked[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize(("expired", "readiness"), [(1, "ready"), (2, "unknown")])
def test_a_list_that_expires_is_begun_once_more(
    expired: int, readiness: str, authority: Authority, token: Path
) -> None:
    refused: list[Asked] = []

    def script(asked: Asked) -> Said:
        if asked.path != KUSTOMIZATIONS:
            return listed()
        if "continue" not in asked.query:
            return listed(bare(), more="one")
        if len(refused) < expired:
            refused.append(asked)
            return told(410, "the provided continue parameter is too old")
        return listed(bare({"metadata": {"name": "other"}}))

    found, _ = ask(script, authority, token)
    assert found.readiness == readiness
    if expired == 2:
        assert found.message == ("its list of Kustomizations expired twice while it was read (410)")


REFUSALS: dict[str, tuple[Said, str]] = {
    "401": (
        told(401, "Unauthorized"),
        "credentials refused: its token is not valid, or has expired",
    ),
    "403": (told(403, "User may not list"), "forbidden: User may not list"),
    "403 without a word": (Said(403, b""), "forbidden: the server says no more"),
    "429": (told(429, "too many requests"), "answered 429: too many requests"),
    "500": (Said(500, b"<html>"), "answered 500"),
    "a redirect": (
        Said(302, b"", {"Location": "https://127.0.0.1:1/"}),
        "answered with a redirect, which is not followed",
    ),
    "no JSON, it says": (
        Said(200, b"<html>", {"Content-Type": "text/html"}),
        "answered something that is no JSON",
    ),
    "no JSON": (Said(200, b"<html>"), "answered something that is no list of Kustomizations"),
    "another JSON": (
        Said(200, {"items": 1}),
        "answered something that is no list of Kustomizations",
    ),
    "an object of another shape": (
        Said(200, {"items": [{"metadata": {"name": 1}}]}),
        "answered something that is no list of Kustomizations",
    ),
    "a time without a zone": (
        Said(
            200,
            {"items": [{"metadata": {"name": "x", "deletionTimestamp": "2026-01-05T12:00:00"}}]},
        ),
        "answered something that is no list of Kustomizations",
    ),
    "a text in no known writing": (
        Said(200, b'{"items": [{"metadata": {"name": "\xff"}}]}'),
        "answered something that is no list of Kustomizations",
    ),
    "a refusal in no known writing": (
        Said(403, b'{"message": "\xff"}'),
        "forbidden: the server says no more",
    ),
    "it goes on where no URL can say": (
        Said(200, {"items": [], "metadata": {"continue": "x" * 100_000}}),
        "answered something that is no list of Kustomizations",
    ),
    "nested without end": (
        Said(200, b'{"items": ' + b"[" * 100_000),
        "answered something that is no list of Kustomizations",
    ),
    "half a page": (
        Said(200, b'{"items": [', length=100),
        "ended its answer before it was whole, or does not speak HTTP",
    ),
    "a page without end": (
        Said(200, b" " * (PAGE_BYTES + 1)),
        f"answered with more than {PAGE_BYTES} bytes",
    ),
    "packed, and it is not": (
        Said(200, b"{}", {"Content-Encoding": "gzip"}),
        "unreachable: DecodingError",
    ),
}


@pytest.mark.parametrize("row", REFUSALS.values(), ids=REFUSALS)
def test_an_answer_that_is_none(row: tuple[Said, str], authority: Authority, token: Path) -> None:
    said, reason = row
    found, asked = ask(lambda _: said, authority, token)
    assert (found.readiness, found.revision, found.message) == (Readiness.UNKNOWN, "", reason)
    assert len(asked) == 1
    assert TOKEN not in repr(found)


def test_an_answer_that_does_not_end_is_a_timeout(authority: Authority, token: Path) -> None:
    found, _ = ask(lambda _: Said(200, b"", drip=True), authority, token, seconds=1)
    assert found.message == "timeout: it did not answer within 1 s"


def test_pages_without_end_are_a_timeout(authority: Authority, token: Path) -> None:
    found, _ = ask(lambda _: listed(bare(), more="again"), authority, token, seconds=2)
    assert found.message == "timeout: it did not answer within 2 s"


@pytest.mark.parametrize(
    ("page", "most"),
    [
        (
            b'{"metadata": {"continue": "x"}, "items": []%s}' % (b" " * (60 << 20)),
            "268435456 bytes",
        ),
        (
            b'{"metadata": {"continue": "x"}, "items": [%s]}'
            % b",".join([b'{"metadata": {"name": "a"}}'] * 90_000),
            "250000 objects",
        ),
    ],
    ids=["of bytes", "of objects"],
)
def test_pages_fill_no_memory(page: bytes, most: str, authority: Authority, token: Path) -> None:
    packed = Said(200, gzip.compress(page, 1), {"Content-Encoding": "gzip"})
    found, _ = ask(lambda _: packed, authority, token, seconds=60)
    assert found.message == f"answered with more than {most}, page after page"


def test_kinds_that_a_cluster_does_not_know_are_not_there(
    authority: Authority, token: Path
) -> None:
    found, _ = ask(lambda _: told(404, "page not found"), authority, token)
    assert found.message == "Kustomization flux-system/web: it is not there"


def test_a_kind_that_is_forbidden_is_told_of_what_needs_it(
    authority: Authority, token: Path
) -> None:
    def script(asked: Asked) -> Said:
        if asked.path == KUSTOMIZATIONS:
            return listed(bare())
        return told(403, "no") if "helm" in asked.path else listed()

    found, _ = ask(script, authority, token, wanted=RELEASED)
    assert found.message == "HelmRelease shop/web: forbidden: no"
    assert ask(script, authority, token)[0].readiness is Readiness.READY


def test_hostile_text_is_text(authority: Authority, token: Path) -> None:
    """It is neutralised where it is shown: see tests/unit/test_hostile_texts.py."""
    evil = "@everyone\n/merge <img src=x> `\u202e"
    conditions = [{"type": "Ready", "status": "False", "reason": "x", "message": evil}]
    failing = bare({"status": {"conditions": conditions, "inventory": None}})
    found, _ = ask(
        lambda a: listed(failing) if a.path == KUSTOMIZATIONS else listed(), authority, token
    )
    assert found.message == f"Kustomization flux-system/web: {evil}"


@pytest.mark.parametrize("hours", [-1, 0, 1])
def test_a_clusters_clock_is_compared_with_ours(
    hours: int, authority: Authority, token: Path
) -> None:
    began = (now() - timedelta(minutes=10)).isoformat()
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": began}]
    one = bare({"status": {"conditions": conditions, "history": [], "inventory": None}})
    ours = timedelta(hours=hours)
    found, _ = ask(lambda _: listed(one), authority, token, clock=lambda: now() + ours)
    assert abs(found.observed - found.since - timedelta(minutes=10)) < timedelta(seconds=30)
    assert ("its clock is" in found.message) is (hours != 0)


@pytest.mark.parametrize("hours", [-1, 0, 1])
@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_at_the_end_of_the_calendar_is_no_others_trouble(
    at: str, hours: int, authority: Authority, token: Path
) -> None:
    conditions = [{"type": "Ready", "status": "True", "lastTransitionTime": at}]
    odd = bare({"status": {"conditions": conditions, "history": [], "inventory": None}})
    ours = timedelta(hours=hours)
    found, _ = ask(lambda _: listed(odd), authority, token, clock=lambda: now() + ours)
    assert found.readiness is Readiness.READY
    assert found.since <= found.observed


def test_only_the_named_authority_is_trusted(authority: Authority, token: Path) -> None:
    with StandIn(lambda _: listed()) as there, speaking_tls(there, authority) as url:
        asked = AskedCluster("eu", lambda: Access(url, token_file=token), timedelta(seconds=20))
        (found,) = FluxClusters([asked], now).health([APP])
        assert there.asked == []
    assert found.message.startswith("unreachable: its TLS certificate is refused: self-signed")
    assert found.message.endswith(
        "; give the authority that signed it: `ca_file`, or `certificate-authority` of a kubeconfig"
    )


def test_a_certificate_of_another_name_needs_no_other_authority(
    authority: Authority, token: Path
) -> None:
    with StandIn(lambda _: listed()) as there, speaking_tls(there, authority) as url:
        access = given(url.replace("127.0.0.1", "localhost"), token, authority.certificate, None)
        clusters = FluxClusters([AskedCluster("eu", lambda: access, timedelta(seconds=20))], now)
        (found,) = clusters.health([APP])
    assert found.message.startswith("unreachable: its TLS certificate is refused: Hostname mism")
    assert "authority" not in found.message


def test_what_speaks_no_tls_is_told(authority: Authority, token: Path) -> None:
    with StandIn(lambda _: listed()) as there:
        access = given(there.url.replace("http://", "https://"), token, authority.certificate, None)
        clusters = FluxClusters([AskedCluster("eu", lambda: access, timedelta(seconds=20))], now)
        (found,) = clusters.health([APP])
    assert found.message == (
        "unreachable: what answers there does not speak TLS as an API server does"
    )


def test_who_is_not_there_is_unreachable(authority: Authority, token: Path) -> None:
    with StandIn(lambda _: listed()) as there, speaking_tls(there, authority) as gone:
        access = given(gone, token, authority.certificate, None)
    clusters = FluxClusters([AskedCluster("eu", lambda: access, timedelta(seconds=20))], now)
    (found,) = clusters.health([APP])
    assert found.message == "unreachable: Connection refused"
    assert found.gaps == (Gap("cluster eu", f"unreachable: Connection refused ({gone})"),)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"two\r\nlines", "its token is none: {}; give one line of printable characters"),
        (b"", "its token file is empty: {}; make the token again"),
        (b"\xff", "no token can be read from {} (no text); give a file that holds nothing else"),
        (
            None,
            (
                "no token can be read from {} (No such file or directory); "
                "give a file that holds nothing else"
            ),
        ),
    ],
    ids=["two lines", "nothing", "no text", "no file"],
)
def test_a_token_file_that_holds_none(
    content: bytes | None, reason: str, authority: Authority, tmp_path: Path
) -> None:
    file = tmp_path / "odd"
    if content is not None:
        file.write_bytes(content)
    access = Access("https://127.0.0.1:1", authority.certificate, token_file=file)
    clusters = FluxClusters([AskedCluster("eu", lambda: access, timedelta(seconds=20))], now)
    assert clusters.health([APP])[0].message == reason.format(file)


def test_a_token_is_read_anew_at_every_call(authority: Authority, token: Path) -> None:
    with StandIn(lambda _: listed()) as there, speaking_tls(there, authority) as url:
        access = given(url, token, authority.certificate, None)
        clusters = FluxClusters([AskedCluster("eu", lambda: access, timedelta(seconds=20))], now)
        clusters.health([APP])
        token.write_text("another")
        clusters.health([APP])
        assert [a.headers["Authorization"] for a in there.asked] == [
            f"Bearer {TOKEN}",
            "Bearer another",
        ]


def test_a_file_without_certificates_is_told(tmp_path: Path, token: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    access = given("https://127.0.0.1:1", token, empty, None)
    clusters = FluxClusters([AskedCluster("eu", lambda: access, timedelta(seconds=20))], now)
    assert clusters.health([APP])[0].message == (
        f"its certificates cannot be read: {empty}; give PEM files"
    )
    empty.unlink()
    assert clusters.health([APP])[0].message == (
        f"its certificates cannot be read: {empty} (No such file or directory); give PEM files"
    )


def test_a_cluster_that_nobody_named_is_not_told_of(authority: Authority, token: Path) -> None:
    assert FluxClusters([], now).health([APP]) == ()
