"""What each verb says to a program, with `--json`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.small_world import SmallWorld

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SmallWorld]:
    with SmallWorld(tmp_path) as world:
        yield world


def test_every_json_parses(world: SmallWorld) -> None:
    tag = world.apps_git.directory / "payments.git" / "refs" / "tags" / "v1.0-rc.1"
    tag.write_text(world.built["payments"] + "\n")
    would = world.fairlead("state", "init", "--dry-run", "--json", code=1).json()
    assert would == {
        "baselines": [],
        "reports": [],
        "seen": {"payments": ["v1.0-rc.1"]},
        "state": None,
    }
    started = world.fairlead("state", "init", "--json").json()
    assert started["state"] == world.fairlead("state", "show", "--json").json()["sha"]
    halt = world.fairlead("halt", "--json").json()
    assert halt == {"halt": None, "cleared": False, "state": started["state"]}
    ticks = world.fairlead("run", "--once", "--json").out.splitlines()
    assert [json.loads(tick)["fleet"] for tick in ticks] == ["acme"] * len(ticks)
    plan = world.fairlead("plan", "--json").json()
    assert {d["environment"] for d in plan["decisions"]} == {"dev", "stage", "prod"}
    assert world.fairlead("status", "--json").json()["head"] == plan["head"]
    why = world.fairlead("why", "store", "dev", "--json").json()
    assert [gate["gate"] for gate in why["exits"]] == ["healthy", "settled", "soaked"]
    assert world.fairlead("state", "show", "--json").json()["seen"] is not None
    assert world.fairlead("forge", "list", "--json").json() == []


def test_what_people_do_on_the_embedded_forge_is_told_to_programs(world: SmallWorld) -> None:
    asks = "deliver: merge-request\n    approvals: {required: 1, from: [qa]}"
    world.edit({"fleet.yaml": world.file("fleet.yaml").replace("deliver: commit", asks)})
    world.fairlead("state", "init")
    world.fairlead("run", "--once")
    number, head = "1", world.fairlead("forge", "list", "--json").json()[0]["head"]
    said = ("--head", head, "--as", "bo", "--json")
    approved = world.fairlead("forge", "approve", number, *said).json()
    assert approved["approvals"] == [{"person": "bo", "sha": head}]
    checked = world.fairlead("forge", "check", number, "--name", "render", *said).json()
    render = {"name": "render", "source": "bo", "state": "success", "sha": head}
    assert render in checked["checks"]
    assert {check["name"] for check in checked["checks"]} == {"fairlead", "render"}
    closed = world.fairlead("forge", "close", number, "--as", "bo", "--json").json()
    assert (closed["number"], closed["state"], closed["closed_by"]) == (1, "closed", "bo")
    reopened = world.fairlead("forge", "reopen", number, "--as", "bo", "--json").json()
    assert reopened["state"] == "open"
    shown = world.fairlead("forge", "show", number, "--json").json()
    assert shown == reopened | {"body": shown["body"], "comments": shown["comments"]}
    assert world.fairlead("forge", "close", number, "--as", "bo").out == ""


def test_the_demo_is_told_to_programs(world: SmallWorld) -> None:
    told = [json.loads(line) for line in world.fairlead("demo", "--json").out.splitlines()]
    assert [part["text"] for part in told if part["kind"] == "chapter"][-1].startswith("What runs")
    done = [part["action"] for part in told if part["kind"] == "did"]
    assert "open promote/prod/payments/v1.0" in done
