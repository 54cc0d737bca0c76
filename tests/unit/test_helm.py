"""What Helm repositories do to a client, over HTTP on loopback."""

import gzip
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bot.adapters.helm import HelmLimits, HelmRepositories
from bot.adapters.helm_index import IndexLimits
from bot.adapters.registry_credentials import Login, RegistryOrigin
from bot.charts import Chart, ChartVersion
from bot.model import Gap
from bot.secret import Secret
from tests.unit.helm_stand_in import IMPATIENT_HELM, LOGIN, PATH, QUICK_HELM, ChartRepository, chart
from tests.unit.oci_stand_in import CANARY, QUICK, Asked, Said, Script, StandIn

INDEX = b"apiVersion: v1\nentries:\n  app:\n  - name: app\n    version: 1.0.0\n"
GZIP = {"Content-Encoding": "gzip"}


def always(said: Said) -> Script:
    return lambda _: said


def read(stand_in: StandIn, limits: HelmLimits = QUICK_HELM) -> tuple[ChartVersion, ...] | Gap:
    wanted = chart(stand_in)
    return HelmRepositories([stand_in.origin()], limits=limits).versions([wanted])[wanted]


def gap(stand_in: StandIn, limits: HelmLimits = QUICK_HELM) -> Gap:
    found = read(stand_in, limits)
    assert isinstance(found, Gap)
    return found


def test_an_index_is_read_compressed_or_not() -> None:
    for said in (Said(200, INDEX), Said(200, gzip.compress(INDEX), GZIP)):
        with StandIn(always(said)) as stand_in:
            assert read(stand_in) == (ChartVersion("1.0.0"),)
            assert [asked.path for asked in stand_in.asked] == [f"{PATH}/index.yaml"]


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (Said(200, INDEX, length=len(INDEX) + 1), "before it was whole"),
        (Said(200, gzip.compress(INDEX)[:-9], GZIP), "before it was whole"),
        (Said(200, gzip.compress(INDEX) + b"more", GZIP), "behind the end"),
        (Said(200, INDEX, GZIP), "no gzip"),
        (Said(200, INDEX, {"Content-Encoding": "br"}), "encoding"),
        (Said(200, b""), "empty"),
        (Said(200, b"<html><p>Please sign in</p></html>"), "no mapping"),
        (Said(200, INDEX + b"x: [\n"), "not YAML"),
        (Said(204), "204"),
        (Said(304), "304"),
        (Said(404), "no index.yaml"),
        (Said(418), "418"),
        (Said(503), "503"),
        (Said(200, INDEX, drip=True), "in time"),
    ],
)
def test_what_is_no_whole_index_is_a_gap(said: Said, reason: str) -> None:
    with StandIn(always(said)) as stand_in:
        found = gap(stand_in, IMPATIENT_HELM if said.drip else QUICK_HELM)
    assert reason in found.reason
    assert not found.denied


def test_a_body_that_ends_with_the_connection_is_no_whole_index() -> None:
    with StandIn(always(Said(200, INDEX, length=-1))) as stand_in:
        assert "where its answer ends" in gap(stand_in).reason


def test_a_body_of_chunks_is_whole() -> None:
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(INDEX), INDEX)
    said = Said(200, chunked, {"Transfer-Encoding": "chunked"}, length=-1)
    with StandIn(always(said)) as stand_in:
        assert read(stand_in) == (ChartVersion("1.0.0"),)


def test_an_index_without_end_is_given_up_and_its_thread_goes_home() -> None:
    web = replace(QUICK, request_time=30.0, call_time=0.3)
    began = time.monotonic()
    with StandIn(always(Said(200, INDEX, drip=True))) as stand_in:
        assert "of one call" in gap(stand_in, replace(QUICK_HELM, web=web)).reason
    assert time.monotonic() - began < 10


def test_what_is_too_large_is_not_read_to_its_end() -> None:
    # Long texts cost the parser little: the size is told before a busy machine runs out of time.
    limits = replace(QUICK_HELM, index=IndexLimits(size=1 << 20, scalar=1 << 20))
    lines = b"- " + b"b" * 1022 + b"\n"
    with StandIn(always(Said(200, INDEX + b"x:\n" + lines * (4 << 10)))) as stand_in:
        assert "more than 1048576 bytes" in gap(stand_in, limits).reason
    bomb = gzip.compress(INDEX + b"x:\n" + b"- b\n" * (10 << 20), 9)
    with StandIn(always(Said(200, bomb, GZIP))) as stand_in:
        assert "more than 1048576 bytes" in gap(stand_in, limits).reason


def test_an_answer_that_failed_once_is_read_from_its_beginning() -> None:
    answers = iter([Said(503), Said(200, INDEX, length=len(INDEX) + 1), Said(200, INDEX)])
    with StandIn(lambda _: next(answers)) as stand_in:
        assert "before it was whole" in gap(stand_in).reason
    answers = iter([Said(200, INDEX, length=len(INDEX) + 1), Said(200, INDEX)])
    with StandIn(lambda _: next(answers)) as stand_in:
        assert read(stand_in) == (ChartVersion("1.0.0"),)


def test_one_repository_is_asked_once_and_another_fails_alone() -> None:
    held = ChartRepository()
    held.publish("app", "1.0.0")
    held.publish("other", "2.0.0")
    with StandIn(held) as good, StandIn(always(Said(500))) as bad:
        charts = [chart(good), chart(good, "other"), chart(good, "absent"), chart(bad)]
        found = HelmRepositories([good.origin(), bad.origin()], limits=QUICK_HELM).versions(charts)
        assert len(good.asked) == 1
    versions = [answer for answer in found.values() if not isinstance(answer, Gap)]
    assert [[version.version for version in some] for some in versions] == [
        ["1.0.0"],
        ["2.0.0"],
        [],
    ]
    assert isinstance(found[charts[3]], Gap)


def test_many_repositories_are_read_in_one_call() -> None:
    held = ChartRepository()
    held.publish("app", "1.0.0")
    with ExitStack() as stack:
        servers = [stack.enter_context(StandIn(held)) for _ in range(24)]
        charts = [chart(server) for server in servers]
        origins = [server.origin() for server in servers]
        found = HelmRepositories(origins).versions(charts)
        assert [len(server.asked) for server in servers] == [1] * 24
    assert not any(isinstance(answer, Gap) for answer in found.values())


def test_an_index_that_has_not_changed_is_not_sent_again() -> None:
    held = ChartRepository()
    held.publish("app", "1.0.0")
    held.publish("other", "2.0.0")
    with StandIn(held) as stand_in:
        repositories = HelmRepositories([stand_in.origin()], limits=QUICK_HELM)

        def versions(name: str) -> list[str]:
            wanted = chart(stand_in, name)
            found = repositories.versions([wanted])[wanted]
            assert not isinstance(found, Gap)
            return [v.version for v in found]

        assert [versions("app"), versions("app")] == [["1.0.0"], ["1.0.0"]]
        assert "If-None-Match" in stand_in.asked[1].headers
        assert versions("other") == ["2.0.0"]  # of which nothing was kept
        assert "If-None-Match" not in stand_in.asked[2].headers
        held.publish("other", "2.1.0")
        assert versions("other") == ["2.1.0", "2.0.0"]


# --- who is asked, and who sees a login -----------------------------------------------------------


def test_the_login_goes_to_its_origin() -> None:
    held = ChartRepository(guarded=True)
    held.publish("app", "1.0.0")
    with StandIn(held) as stand_in:
        assert not isinstance(read(stand_in), Gap)
        assert stand_in.asked[0].headers["Authorization"] == LOGIN
        wanted = chart(stand_in)
        anonymous = RegistryOrigin(stand_in.url, private=True)
        wrong = replace(anonymous, login=Login("robot", Secret("wrong")))
        for origin in (anonymous, wrong):
            found = HelmRepositories([origin], limits=QUICK_HELM).versions([wanted])[wanted]
            assert isinstance(found, Gap)
            assert found.denied
            assert "401" in found.reason


def redirecting(target: Callable[[], str]) -> Script:
    def script(asked: Asked) -> Said:
        if asked.path == "/moved/index.yaml":
            return Said(200, INDEX)
        return Said(302, b"", {"Location": target()})

    return script


def test_a_redirect_is_followed_without_the_login_to_another_origin() -> None:
    with StandIn(always(Said(200, INDEX))) as other:
        with StandIn(redirecting(lambda: f"{other.url}/index.yaml")) as stand_in:
            origins = [stand_in.origin(), RegistryOrigin(other.url, private=True)]
            wanted = chart(stand_in)
            found = HelmRepositories(origins, limits=QUICK_HELM).versions([wanted])
        assert found[wanted] == (ChartVersion("1.0.0"),)
        assert stand_in.heard(LOGIN)
        assert not other.heard(CANARY)
        assert not other.heard(LOGIN)
    with StandIn(redirecting(lambda: "/moved/index.yaml")) as stand_in:
        assert read(stand_in) == (ChartVersion("1.0.0"),)
        assert stand_in.asked[1].headers["Authorization"] == LOGIN


def test_a_login_that_was_left_behind_is_not_fetched_back() -> None:
    with (
        StandIn(redirecting(lambda: f"{stand_in.url}/moved/index.yaml")) as other,
        StandIn(redirecting(lambda: f"{other.url}/index.yaml")) as stand_in,
    ):
        origins = [stand_in.origin(), RegistryOrigin(other.url, private=True)]
        wanted = chart(stand_in)
        found = HelmRepositories(origins, limits=QUICK_HELM).versions([wanted])
        assert found[wanted] == (ChartVersion("1.0.0"),)
        assert "Authorization" not in stand_in.asked[1].headers


def test_redirects_to_strangers_and_in_circles_are_not_followed() -> None:
    with StandIn(always(Said(200, INDEX))) as other:
        with StandIn(redirecting(lambda: f"{other.url}/index.yaml")) as stand_in:
            found = gap(stand_in)
            assert found.denied
            assert other.url in found.reason
        assert other.asked == []
    with StandIn(redirecting(lambda: "/again/index.yaml")) as stand_in:
        assert "redirected more than 3 times" in gap(stand_in).reason
        assert len(stand_in.asked) == 4
    with StandIn(redirecting(lambda: "https://[broken")) as stand_in:
        assert "no URL" in gap(stand_in).reason
    with StandIn(redirecting(lambda: "https://169.254.169.254/index.yaml")) as stand_in:
        assert "private address" in gap(stand_in).reason


@pytest.mark.parametrize(
    ("repository", "reason"),
    [
        ("http://charts.example.com", "http://charts.example.com is not asked"),
        ("https://127.0.0.1/charts", "private address"),
        ("https://[::ffff:10.0.0.1]/charts", "private address"),
        ("oci://ghcr.io/shop/charts", "no http or https URL"),
        (f"https://robot:{CANARY}@charts.example.com", "no http or https URL"),
        ("charts.example.com", "no http or https URL"),
        ("https://[broken", "no http or https URL"),
        ("", "no http or https URL"),
    ],
)
def test_who_is_not_asked(repository: str, reason: str) -> None:
    wanted = Chart(repository, "app")
    found = HelmRepositories(limits=QUICK_HELM).versions([wanted])[wanted]
    assert isinstance(found, Gap)
    assert reason in found.reason
    assert CANARY not in repr(found)


@pytest.mark.parametrize(
    ("below", "asked"),
    [
        ("", "/index.yaml"),
        ("/", "/index.yaml"),
        ("/a/", "/a/index.yaml"),
        ("/a%20b/c", "/a%20b/c/index.yaml"),
        ("/a?token=x%26y#f", "/a/index.yaml"),
    ],
)
def test_where_the_index_lies(below: str, asked: str) -> None:
    with StandIn(always(Said(200, INDEX))) as stand_in:
        wanted = Chart(stand_in.url + below, "app")
        found = HelmRepositories([stand_in.origin()], limits=QUICK_HELM).versions([wanted])
        assert found[wanted] == (ChartVersion("1.0.0"),)
        assert stand_in.asked[0].path == asked
        assert stand_in.asked[0].query == ({"token": "x&y"} if "?" in below else {})


def test_what_an_index_says_of_a_version() -> None:
    held = ChartRepository()
    digest = held.publish("app", "1.0.0", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    with StandIn(held) as stand_in:
        assert read(stand_in) == (
            ChartVersion("1.0.0", digest, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        )
