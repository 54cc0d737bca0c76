"""`state restart`: a person lets a release that failed its soak try again, by the command."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from gitops.fleet import Fleet
from tests.end_to_end.small_world import SmallWorld
from tests.real import git_http

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SmallWorld]:
    """`store` soaks in dev, where failures hold."""
    with SmallWorld(tmp_path) as world:
        text = world.file("fleet.yaml")
        hold = "    settle: 1m\n    soak: 1h\n    on_failure: hold\n  - name: stage\n"
        world.edit({"fleet.yaml": text.replace("    settle: 1m\n  - name: stage\n", hold)})
        world.fairlead("state", "init")
        world.fairlead("run", "--once")
        reported(world, "ready")
        world.fairlead("run", "--once")
        assert "soak: store in dev" in world.fairlead("state", "show").out
        yield world


def reported(world: SmallWorld, readiness: str, message: str = "") -> None:
    """The cluster of dev says this of what the fleet says now."""
    reader = GitRepository(
        world.directory / "reader.git", world.fleet_url, git_http.Login(), plain=True
    )
    reader.fetch()
    head = reader.head("main")
    assert head is not None
    pin = Fleet.read(reader.tree(head)).pin("dev", "store")
    assert pin is not None
    now = datetime.now(UTC).isoformat()
    entry = {
        "environment": "dev",
        "cluster": "dev-1",
        "app": "store",
        "revision": head,
        "readiness": readiness,
        "digests": {p.repository: p.digest for p in pin.content},
        "since": now,
        "observed": now,
        "message": message,
    }
    world.status_file.write_text(json.dumps({"version": 1, "health": [entry]}))


def test_a_person_lets_it_soak_again(world: SmallWorld) -> None:
    (cluster,) = world.fairlead("why", "store", "dev", "--json").json()["clusters"]
    assert (cluster["cluster"], cluster["health"]) == ("dev-1", "healthy")
    assert cluster["running"] == cluster["wanted"]
    rows = world.fairlead("status").out.splitlines()
    # Of the other app nothing is told; this one is in order.
    assert [row.split()[:2] for row in rows if "dev/dev-1" in row] == [["payments", "dev/dev-1"]]
    assert (
        sum("dev/dev-1" in r for r in world.fairlead("status", "--clusters").out.splitlines()) == 2
    )
    early = world.fairlead("state", "restart", "store", "dev", "--reason", "why not", code=2)
    assert "has not failed its soak" in early.err
    reported(world, "not ready", "CrashLoopBackOff")
    world.fairlead("run", "--once")
    reported(world, "ready")
    world.fairlead("run", "--once")
    shown = world.fairlead("state", "show").out
    assert "failed: store in dev: " in shown
    assert "dev-1: not ready: CrashLoopBackOff" in shown
    assert "soak: store in dev" not in shown
    why = world.fairlead("why", "store", "dev").out
    assert "soaked: refused: failed its soak at" in why
    assert "dev-1: wants main-" in why
    said = ("state", "restart", "store", "dev", "--reason", "the node died", "--as", "bo")

    before = world.fairlead("state", "show", "--json").json()["sha"]
    would = world.fairlead(*said, "--dry-run", code=1).out
    assert "may soak again in dev; it failed: dev-1: not ready: CrashLoopBackOff" in would
    assert world.fairlead("state", "show", "--json").json()["sha"] == before
    told = world.fairlead(*said, "--json").json()
    assert (told["app"], told["environment"]) == ("store", "dev")
    state = world.fairlead("state", "show", "--json").json()
    assert state["sha"] == told["state"]
    assert state["failures"][0]["restarted"]["by"] == "bo"
    reported(world, "ready")
    world.fairlead("run", "--once")
    assert "soak: store in dev" in world.fairlead("state", "show").out
    world.fairlead(*said, code=2)
