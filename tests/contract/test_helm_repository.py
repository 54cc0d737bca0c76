"""Helm repositories, over the tests' stand-in and over indexes that Helm itself writes."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.adapters.helm import HelmRepositories
from bot.charts import Chart, ChartVersion
from bot.model import Gap
from tests.real import helm
from tests.unit.helm_stand_in import PATH, ChartRepository
from tests.unit.oci_stand_in import Asked, Said, StandIn


class Published:
    """The tests' own repository, which makes its index itself."""

    def __init__(self) -> None:
        self.repository = ChartRepository()
        self.server = StandIn(self.repository)

    @property
    def url(self) -> str:
        return f"{self.server.url}{PATH}"

    def publish(self, name: str, *versions: str) -> dict[str, str]:
        """Add versions of a chart; returns the digest of each."""
        now = datetime.now(UTC)
        return {version: self.repository.publish(name, version, now) for version in versions}


class Indexed:
    """Archives of charts in a directory, indexed by `helm repo index`, as a web server has them."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.program = helm.get()
        self.directory = directory
        self.arguments = arguments
        self.server = StandIn(self._file)
        self.publish("other", "0.1.0")

    @property
    def url(self) -> str:
        return self.server.url

    def publish(self, name: str, *versions: str) -> dict[str, str]:
        digests = {}
        for version in versions:
            about = {"apiVersion": "v2", "name": name, "version": version, "description": "x: {y}"}
            path = helm.package(self.directory, json.dumps(about), name, version)
            digests[version] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        helm.index(self.program, self.directory, *self.arguments)
        return digests

    def _file(self, asked: Asked) -> Said:
        path = self.directory / asked.path.lstrip("/")
        if not path.is_file():
            return Said(404)
        body = path.read_bytes()
        tag = f'"{hashlib.sha256(body).hexdigest()}"'
        unchanged = asked.headers.get("If-None-Match") == tag
        return Said(304 if unchanged else 200, b"" if unchanged else body, {"ETag": tag})


Counterpart = Published | Indexed
REAL = [
    pytest.param("yaml", marks=pytest.mark.real),
    pytest.param("json", marks=pytest.mark.real),
]


@pytest.fixture(params=["stand-in", *REAL])
def counterpart(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Counterpart]:
    found: Counterpart
    if request.param == "stand-in":
        found = Published()
    else:
        (directory := tmp_path / "charts").mkdir()
        found = Indexed(directory, *(["--json"] if request.param == "json" else []))
    with found.server:
        yield found


@pytest.fixture
def repositories(counterpart: Counterpart) -> HelmRepositories:
    return HelmRepositories([counterpart.server.origin()])


def versions(repositories: HelmRepositories, chart: Chart) -> dict[str, ChartVersion]:
    found = repositories.versions([chart])[chart]
    assert not isinstance(found, Gap), found
    return {version.version: version for version in found}


def test_every_version_with_its_digest_and_time(
    counterpart: Counterpart, repositories: HelmRepositories
) -> None:
    published = counterpart.publish(
        "app", "1.0.0", "1.10.0", "1.9.0", "2.0.0-rc.1", "2.0.0+build.7"
    )
    found = versions(repositories, Chart(counterpart.url, "app"))
    assert {version: found[version].digest for version in found} == published
    for version in found.values():
        assert version.created is not None
        assert abs(datetime.now(UTC) - version.created) < timedelta(hours=1)


def test_what_is_published_later_is_seen_later(
    counterpart: Counterpart, repositories: HelmRepositories
) -> None:
    chart = Chart(counterpart.url, "app")
    counterpart.publish("app", "1.0.0")
    assert set(versions(repositories, chart)) == {"1.0.0"}
    assert set(versions(repositories, chart)) == {"1.0.0"}
    counterpart.publish("app", "1.1.0")
    assert set(versions(repositories, chart)) == {"1.0.0", "1.1.0"}


def test_versions_with_two_parts_stand_as_they_were_written(
    counterpart: Counterpart, repositories: HelmRepositories
) -> None:
    counterpart.publish("app", "v1.10", "1.10")
    assert set(versions(repositories, Chart(counterpart.url, "app"))) == {"v1.10", "1.10"}


def test_a_chart_that_is_not_there_has_no_versions(
    counterpart: Counterpart, repositories: HelmRepositories
) -> None:
    counterpart.publish("app", "1.0.0")
    assert versions(repositories, Chart(counterpart.url, "absent")) == {}
    assert len(versions(repositories, Chart(counterpart.url, "app"))) == 1


def test_a_repository_that_is_not_there_is_a_gap(
    counterpart: Counterpart, repositories: HelmRepositories
) -> None:
    chart = Chart(f"{counterpart.url}/elsewhere", "app")
    found = repositories.versions([chart])[chart]
    assert isinstance(found, Gap)
    assert "no index.yaml" in found.reason


# --- what Helm itself makes of an index -----------------------------------------------------------


def of_app(*entries: str) -> str:
    return "apiVersion: v1\nentries:\n  app:\n" + "".join(f"  - {entry}\n" for entry in entries)


REVISION = "org.opencontainers.image.revision"
JUDGED = {
    "versions": of_app("{name: app, version: 1.0.0}", "{name: app, version: 2.0.0-rc.1}"),
    "left out": of_app(
        "~",
        "{version: 1.0.0}",
        "{name: app}",
        "{name: app, version: ~}",
        "{name: app, version: 4.0.0, type: operator}",
        "{name: app, version: 5.0.0, type: library}",
    ),
    "two parts": of_app("{name: app, version: '1.10'}", "{name: app, version: v1.10}"),
    "a number": of_app("{name: app, version: 1.10}"),
    "another number": of_app("{name: app, version: 2}"),
    "a version twice": of_app("{name: app, version: 1.0.0, version: 2.0.0}"),
    "a chart twice": of_app("{name: app, version: 1.0.0}") + "  app: []\n",
    "a list": of_app("{name: app, version: [1.0.0]}"),
    "a time": of_app("{name: app, version: 1.0.0, created: 2026-03-03T10:00:00.123456789+01:00}"),
    "no time": of_app("{name: app, version: 1.0.0, created: yesterday}"),
    "a blank in a time": of_app("{name: app, version: 1.0.0, created: '2026-03-03 10:00:00Z'}"),
    "a commit": of_app(f"{{name: app, version: 1.0.0, annotations: {{{REVISION}: 0123abc}}}}"),
    "a number for a commit": of_app(
        f"{{name: app, version: 1.0.0, annotations: {{{REVISION}: 1234567}}}}"
    ),
    "annotations as a list": of_app("{name: app, version: 1.0.0, annotations: [x]}"),
    "null annotations": of_app("{name: app, version: 1.0.0, annotations: ~}"),
    "an empty time": of_app("{name: app, version: 1.0.0, created: ''}"),
    "a null time": of_app("{name: app, version: 1.0.0, created: ~}"),
    "no apiVersion": "entries: {app: [{name: app, version: 1.0.0}]}",
    "an empty apiVersion": "apiVersion: ''\nentries: {}",
    "entries as a list": "apiVersion: v1\nentries: []",
    "a chart as a mapping": "apiVersion: v1\nentries: {app: {}}",
    "a chart of nothing": "apiVersion: v1\nentries: {app: ~}",
    "nothing": "",
}


@pytest.mark.real
@pytest.mark.parametrize("name", JUDGED)
def test_an_index_is_judged_as_helm_judges_it(name: str, tmp_path: Path) -> None:
    with StandIn(lambda _: Said(200, JUDGED[name].encode())) as server:
        theirs = helm.listed(helm.get(), server.url, tmp_path)
        chart = Chart(server.url, "app")
        found = HelmRepositories([server.origin()]).versions([chart])[chart]
    ours = None if isinstance(found, Gap) else sorted(one.version for one in found)
    assert ours == (None if theirs is None else sorted(theirs))
