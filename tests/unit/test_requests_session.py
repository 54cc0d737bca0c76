"""The session that the forges' client libraries are given: where it goes, and what it takes."""

import gzip
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from bot.adapters.registry_credentials import RegistryOrigin
from bot.adapters.requests_session import OriginSession, SessionLimits, told
from gitops.errors import Denied, FairleadError, InvalidInput, Unavailable
from tests.real.authority import Authority, make
from tests.unit.oci_stand_in import Said, StandIn

LIMITS = SessionLimits(connect_time=10.0, silence=10.0)


@contextmanager
def speaking_tls(stand_in: StandIn, authority: Authority) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.certificate, authority.key)
    server = stand_in._server
    server.socket = context.wrap_socket(server.socket, server_side=True)
    yield stand_in.url.replace("http://", "https://")


def session(
    url: str, *, limits: SessionLimits = LIMITS, ca_file: Path | None = None
) -> OriginSession:
    return OriginSession(RegistryOrigin(url, private=True, ca_file=ca_file), limits)


def test_what_is_asked_is_answered() -> None:
    with StandIn(lambda _: Said(201, {"a": 1})) as there, session(there.url) as asked:
        answer = asked.post(f"{there.url}/x?y=1", json={"b": 2}, headers={"X-Mine": "1"})
        assert (answer.status_code, answer.json()) == (201, {"a": 1})
        (heard,) = there.asked
        assert (heard.method, heard.path, heard.query) == ("POST", "/x", {"y": "1"})
        assert (heard.body, heard.headers["X-Mine"]) == ('{"b": 2}', "1")


def test_another_origin_is_not_asked() -> None:
    with StandIn(lambda _: Said(200)) as other, StandIn(lambda _: Said(200)) as there:
        with session(there.url) as asked, pytest.raises(Denied, match=other.host):
            asked.get(other.url)
        assert other.asked == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer(status: int) -> None:
    with StandIn(lambda _: Said(200)) as thief:
        moved = Said(status, b"", {"Location": f"{thief.url}/x"})
        with StandIn(lambda _: moved) as there, session(there.url) as asked:
            assert asked.get(there.url).status_code == status
            assert len(there.asked) == 1
        assert thief.asked == []


def test_a_private_address_is_asked_only_where_it_is_listed() -> None:
    with StandIn(lambda _: Said(200)) as there:
        with OriginSession(RegistryOrigin(there.url), LIMITS) as asked:
            with pytest.raises(Denied, match="private"):
                asked.get(there.url)
            assert there.asked == []
        by_name = there.url.replace("127.0.0.1", "localhost")
        with OriginSession(RegistryOrigin(by_name), LIMITS) as asked, pytest.raises(Denied):
            asked.get(by_name)
        with session(by_name) as asked:
            assert asked.get(by_name).status_code == 200


def test_the_environment_and_the_server_put_nothing_into_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StandIn(lambda _: Said(200, b"", {"Set-Cookie": "a=b; Path=/"})) as there:
        netrc = tmp_path / "netrc"
        netrc.write_text("machine 127.0.0.1 login me password mine\n")
        monkeypatch.setenv("NETRC", str(netrc))
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        with session(there.url) as asked:
            for _ in range(2):
                asked.get(there.url)
        assert len(there.asked) == 2
        assert not any({"Cookie", "Authorization"} & heard.headers.keys() for heard in there.asked)


@pytest.mark.parametrize(
    ("said", "limits", "reason"),
    [
        (Said(200, b"x" * 5000), replace(LIMITS, answer_bytes=4999), "4999 bytes"),
        (Said(200, b"{}", {"Content-Encoding": "br"}), LIMITS, "encoding"),
        (
            Said(200, gzip.compress(b"x" * 5_000_000), {"Content-Encoding": "gzip"}),
            replace(LIMITS, answer_bytes=4_999_999),
            "4999999 bytes",
        ),
        (Said(200, b"", drip=True), replace(LIMITS, request_time=0.3), "in time"),
    ],
    ids=["too large", "oddly packed", "too large when unpacked", "too slow"],
)
def test_an_answer_beyond_the_limits_is_none(
    said: Said, limits: SessionLimits, reason: str
) -> None:
    refused = pytest.raises(Unavailable, match=reason)
    with StandIn(lambda _: said) as there, session(there.url, limits=limits) as asked, refused:
        asked.get(there.url)


def test_an_answer_that_ends_early_is_told() -> None:
    short = Said(200, b"short", length=100)
    refused = pytest.raises(requests.RequestException)
    with StandIn(lambda _: short) as there, session(there.url) as asked, refused as cut:
        asked.get(there.url)
    assert told(cut.value).startswith("broke off")


def test_a_packed_answer_is_unpacked() -> None:
    packed = Said(200, gzip.compress(b'{"a": 1}'), {"Content-Encoding": "gzip"})
    with StandIn(lambda _: packed) as there, session(there.url) as asked:
        assert asked.get(there.url).json() == {"a": 1}
        assert there.asked[0].headers["Accept-Encoding"] == "gzip"


def test_what_is_not_packed_as_it_says_is_told() -> None:
    said = Said(200, b"{}", {"Content-Encoding": "gzip"})
    refused = pytest.raises(requests.RequestException)
    with StandIn(lambda _: said) as there, session(there.url) as asked, refused as broken:
        asked.get(there.url)
    assert told(broken.value).startswith("broke off")


def test_who_is_not_there_is_told() -> None:
    with StandIn(lambda _: Said(200)) as gone:
        url = gone.url
    with session(url) as asked, pytest.raises(requests.RequestException) as refused:
        asked.get(url, headers={"Authorization": "Bearer canary"})
    assert told(refused.value) == "cannot be connected to: Connection refused"


def test_only_the_named_authority_is_trusted(tmp_path: Path) -> None:
    authority = make(tmp_path)
    with StandIn(lambda _: Said(200, {})) as there, speaking_tls(there, authority) as url:
        with session(url, ca_file=authority.certificate) as asked:
            assert asked.get(url).status_code == 200
        with session(url) as asked, pytest.raises(requests.RequestException) as refused:
            # A library may not switch it off.
            asked.get(url, verify=False)
        assert told(refused.value).endswith("certificate or protocol is refused")


def test_a_file_without_authorities_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    with pytest.raises(InvalidInput) as refused:
        session("https://127.0.0.1:1", ca_file=empty)
    assert isinstance(refused.value, FairleadError)
