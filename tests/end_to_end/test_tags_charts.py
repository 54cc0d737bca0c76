"""The verb `tags` of charts: in Helm repositories, and in registries."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.demo.registry import DemoRegistry
from tests.end_to_end.test_tags import listed, run
from tests.unit.helm_stand_in import PATH, ChartRepository
from tests.unit.oci_stand_in import CANARY, StandIn

Charts = tuple[ChartRepository, StandIn]


@pytest.fixture
def charts() -> Iterator[Charts]:
    repository = ChartRepository()
    for version in ("1.0.0", "1.1.0", "1.2.0-rc.1", "latest"):
        repository.publish("shop", version)
    with StandIn(repository) as server:
        yield repository, server


def test_a_chart_is_looked_up_in_its_repository(charts: Charts, tmp_path: Path) -> None:
    repository, server = charts
    settings = listed(tmp_path, server)
    asked = ("--chart", "shop", f"{server.url}{PATH}", "--semver", ">=1")
    out, err = run(*asked, settings=settings)
    assert err == ""
    assert out.splitlines() == [
        "picked 1.1.0",
        "passed over latest: not a version",
        "passed over 1.2.0-rc.1: a prerelease, and the range names none",
        "passed over 1.0.0: not above the pick",
    ]
    repository.publish("shop", "1.1.0+b", datetime(2026, 1, 1, tzinfo=UTC))
    out, err = run(*asked, "--json", settings=settings)
    assert json.loads(out)["picked"] == "1.1.0+b"
    assert json.loads(out)["flux"] == "Flux picks 1.1.0, the same version, created later"


def test_a_chart_that_is_not_there(charts: Charts, tmp_path: Path) -> None:
    _, server = charts
    settings = listed(tmp_path, server)
    asked = ("--chart", "shops", f"{server.url}{PATH}", "--semver", ">=1")
    out, err = run(*asked, code=1, settings=settings)
    assert (out, err) == ("picked nothing\n", f"fairlead: {server.url}{PATH} has no chart shops\n")
    asked = ("--chart", "shop", f"{server.url}/elsewhere", "--semver", ">=1")
    out, err = run(*asked, code=4, settings=settings)
    assert (out, "has no index.yaml" in err) == ("", True)


def test_a_helm_repository_that_wants_a_login_or_is_not_listed(
    charts: Charts, tmp_path: Path
) -> None:
    repository, server = charts
    repository.guarded = True
    asked = ("--chart", "shop", f"{server.url}{PATH}", "--semver", ">=1")
    settings = listed(tmp_path, server)
    assert "answers 401" in run(*asked, code=5, settings=settings)[1]
    assert "is not asked" in run(*asked, code=5)[1]
    (tmp_path / "secret").write_text(CANARY)
    login = f'username = "robot"\npassword_file = "{tmp_path}/secret"\n'
    settings.write_text(settings.read_text() + login)
    assert run(*asked, settings=settings)[0].startswith("picked 1.1.0\n")


def test_a_chart_in_a_registry(tmp_path: Path) -> None:
    with DemoRegistry() as registry:
        registry.push_image("acme/charts/shop", "1.1.0_build.1")
        registry.push_image("acme/charts/shop", "1.0.0")
        asked = ("--chart", "shop", f"oci://{registry.host}/acme/charts/", "--semver", ">=1")
        settings = listed(tmp_path, registry)
        out, err = run(*asked, settings=settings)
        assert (out.splitlines()[0], err) == ("picked 1.1.0+build.1", "")
        registry.push_image("acme/charts/shop", "v1.2.0")
        out, err = run(*asked, settings=settings)
        assert out.splitlines()[0] == "picked v1.2.0"
        assert "it picks 1.1.0+build.1" in err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a", "https://charts.example.com", "--alphabetical", "asc"], "by a range alone"),
        (["a", "https://x.io", "--semver", "1", "--filter", "a"], "by a range alone"),
        (["a", "https://charts.example.com"], "say one of --semver"),
        (["a", "--semver", "1"], "--chart NAME needs the URL of its repository; write https://"),
        (["a", "ghcr.io/acme/charts", "--semver", "1"], "or oci://HOST/PATH"),
        (["a", "file:///charts", "--semver", "1"], "write https://HOST/PATH"),
        (["a", "https://[x", "--semver", "1"], "write https://HOST/PATH"),
        (["a", f"https://u:{CANARY}@x.io", "--semver", "1"], "'https://x.io' is no URL"),
        (["../a", "oci://ghcr.io/acme", "--semver", "1"], "is no image repository"),
    ],
)
def test_a_mistake_is_told_in_one_line(arguments: list[str], words: str) -> None:
    out, err = run("--chart", *arguments, code=2)
    assert (out, len(err.splitlines())) == ("", 1)
    assert words in err
    assert CANARY not in err
