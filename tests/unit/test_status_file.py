"""The status file: what is read, and that half a truth is none."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.status_file import StatusFile
from bot.model import Gap, Readiness
from gitops.carriers import Carried

ENTRY = {
    "environment": "stage",
    "cluster": "stage-1",
    "app": "payments",
    "revision": "0" * 40,
    "readiness": "ready",
    "digests": {"registry.example.com/shop/payments": "sha256:" + "a" * 64},
    "since": "2026-03-03T10:00:00Z",
    "observed": "2026-03-03T11:30:00+01:00",
}
STAGE = Carried("stage", "stage-1", "payments", ())


def written(tmp_path: Path, content: object) -> StatusFile:
    """A status file with this content."""
    file = tmp_path / "health.json"
    file.write_text(content if isinstance(content, str) else json.dumps(content))
    return StatusFile(file)


def test_an_entry_is_read_with_its_own_times(tmp_path: Path) -> None:
    found = written(tmp_path, {"version": 1, "health": [ENTRY]}).health({STAGE})
    assert not isinstance(found, Gap)
    (health,) = found
    assert health.readiness is Readiness.READY
    assert health.observed == datetime(2026, 3, 3, 10, 30, tzinfo=UTC)
    assert health.digests == ENTRY["digests"]


def test_what_else_a_source_may_know_is_read(tmp_path: Path) -> None:
    more = {
        "tags": {"a": "v1"},
        "running": {"a": "sha256:" + "b" * 64},
        "drift": ["Deployment shop/a: v2"],
        "attempted": "1" * 40,
        "revision": "",
        "message": "build failed",
    }
    found = written(tmp_path, {"version": 1, "health": [ENTRY | more]}).health({STAGE})
    assert not isinstance(found, Gap)
    (health,) = found
    told = (health.tags, health.running, list(health.drift), health.attempted, health.revision)
    assert told == (more["tags"], more["running"], more["drift"], more["attempted"], "")
    assert health.message == more["message"]


def test_only_what_is_asked_for_is_told(tmp_path: Path) -> None:
    file = written(tmp_path, {"version": 1, "health": [ENTRY]})
    assert file.health({Carried("prod", "prod-eu", "payments", ())}) == ()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ([], '"version" must be 1'),
        ({"version": 2, "health": []}, '"version" must be 1'),
        ({"version": 1, "health": {}}, '"health" must be a list'),
        ({"version": 1, "health": ["x"]}, "health[0]: must be an object"),
        ({"version": 1, "health": [ENTRY | {"app": 3}]}, 'health[0]: "app" must be a text'),
        ({"version": 1, "health": [ENTRY | {"readiness": "fine"}]}, '"readiness" must be one of'),
        ({"version": 1, "health": [ENTRY | {"since": "2026-03-03T10:00:00"}]}, "with a zone"),
        ({"version": 1, "health": [ENTRY | {"observed": None}]}, "with a zone"),
        ({"version": 1, "health": [ENTRY | {"since": "0001-01-01T00:00:00+01:00"}]}, "with a zone"),
        ({"version": 1, "health": [ENTRY | {"digests": {"x": "latest"}}]}, '"digests" must map'),
        ({"version": 1, "health": [ENTRY | {"running": {"x": 1}}]}, '"running" must map'),
        ({"version": 1, "health": [ENTRY | {"tags": ["v1"]}]}, '"tags" must map'),
        ({"version": 1, "health": [ENTRY | {"drift": "web"}]}, '"drift" must be a list'),
        ({"version": 1, "health": [ENTRY | {"message": 3}]}, '"message" must be a text'),
        ({"version": 1, "health": [ENTRY, ENTRY]}, "stands twice"),
    ],
    ids=str,
)
def test_a_malformed_file_is_a_gap(tmp_path: Path, content: object, reason: str) -> None:
    found = written(tmp_path, content).health({STAGE})
    assert isinstance(found, Gap)
    assert reason in found.reason


def test_an_absent_file_is_a_gap(tmp_path: Path) -> None:
    found = StatusFile(tmp_path / "none.json").health({STAGE})
    assert isinstance(found, Gap)
    assert "No such file" in found.reason


def test_without_a_file_nothing_is_reported() -> None:
    assert StatusFile(None).health({STAGE}) == ()


def test_a_file_that_is_too_large_is_a_gap(tmp_path: Path) -> None:
    file = tmp_path / "health.json"
    with file.open("wb") as stream:
        stream.truncate(2**30)
    found = StatusFile(file).health({STAGE})
    assert isinstance(found, Gap)
    assert "larger than" in found.reason
