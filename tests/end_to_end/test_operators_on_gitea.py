"""Operators' verbs on a real Gitea whose main branch takes no push: people ask by merge request."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.forge_worlds import BOT
from tests.end_to_end import story
from tests.end_to_end.gitea_world import GiteaWorld
from tests.end_to_end.operators import HOLD, Operator, comes_again, disappointed, goes_back
from tests.end_to_end.verdicts import clean
from tests.real import docker_registry, git_http, gitea_build
from tests.real.gitea import ADMINISTRATOR

pytestmark = [pytest.mark.real, pytest.mark.slow]

ASKED = ("hold", "payments", "stage", "--reason", "INC-8", "--until", "2h", "--json")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[GiteaWorld]:
    docker_registry.get()
    git_http.get()
    gitea_build.get()
    with GiteaWorld(tmp_path) as world:
        yield world


def test_people_hold_a_release_and_take_it_back(world: GiteaWorld) -> None:
    told = story.begin(world, {})
    disappointed(told)
    ana = Operator(told, variables={"FAIRLEAD_FORGE_TOKEN": token(world, "ana")})
    assert "leave `--as` away" in ana(*ASKED, "--as", "bo", code=2).err

    # Ana may approve in stage, so what she asks for counts before anybody has merged it.
    asked = ana(*ASKED).json()
    assert (asked["commit"], asked["branch"]) == (None, "stop/hold/stage/payments/1")
    assert "at once" in asked["counts"]
    again = ana(*ASKED).json()
    assert (again["changed"], again["merge_request"]) == (False, asked["merge_request"])
    world.reconcile()
    shown = world.fairlead("status").out
    assert f"payments in stage: held by ana: INC-8 ({HOLD} in !{asked['merge_request']})" in shown
    assert ana("unhold", "payments", "stage", "--json").json()["closed"] == [asked["merge_request"]]
    assert "INC-8" not in world.fairlead("status").out

    # Gus may approve nothing in stage.
    gus = Operator(told, variables={"FAIRLEAD_FORGE_TOKEN": token(world, "gus")})
    waits = gus(*ASKED).json()
    assert "once it is merged" in waits["counts"]
    assert "it counts once it is merged" in world.fairlead("status").out
    gus("unhold", "payments", "stage")

    goes_back(told, ana)
    ended = ana("unhold", "payments", "stage", "--json").json()
    assert ended["commit"] is None
    told.tick()
    assert told.why("payments", "stage")["hold"]["verdict"] == "waits"
    merge(world, ended["merge_request"])
    comes_again(told)
    clean(world)


def token(world: GiteaWorld, person: str) -> str:
    """A token of somebody's own."""
    return world.gitea.person(person).reveal()


def merge(world: GiteaWorld, number: int) -> None:
    """Bo has been named to merge what changes the fleet's configuration."""
    rule = {"merge_whitelist_usernames": [BOT, "bo"]}
    world.call("PATCH", "/branch_protections/main", ADMINISTRATOR, rule)
    world.gitea.settle("acme/fleet")
    world.gitea.look("acme/fleet", number)
    world.call("POST", f"/pulls/{number}/merge", "bo", {"Do": "merge"})
