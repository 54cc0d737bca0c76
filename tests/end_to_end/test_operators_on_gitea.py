"""Operators' verbs on a real Gitea whose main branch takes no push: people ask by merge request."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.forge_worlds import BOT
from tests.end_to_end import story
from tests.end_to_end.gitea_world import GiteaWorld
from tests.end_to_end.operators import (
    Operator,
    comes_again,
    disappointed,
    end_by_merge_request,
    goes_back,
    hold_by_merge_request,
)
from tests.end_to_end.story import Story
from tests.end_to_end.verdicts import clean
from tests.real import docker_registry, git_http, gitea_build
from tests.real.gitea import ADMINISTRATOR

pytestmark = [pytest.mark.real, pytest.mark.slow]


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
    ana, gus = (operator(told, world, person) for person in ("ana", "gus"))
    hold_by_merge_request(told, ana, gus)
    goes_back(told, ana)
    number = end_by_merge_request(told, ana)
    merge(world, number)
    comes_again(told)
    clean(world)


def operator(told: Story, world: GiteaWorld, person: str) -> Operator:
    """Somebody with a token of their own."""
    token = world.gitea.person(person).reveal()
    return Operator(told, variables={"FAIRLEAD_FORGE_TOKEN": token})


def merge(world: GiteaWorld, number: int) -> None:
    """Bo has been named to merge what changes the fleet's configuration."""
    rule = {"merge_whitelist_usernames": [BOT, "bo"]}
    world.call("PATCH", "/branch_protections/main", ADMINISTRATOR, rule)
    world.gitea.settle("acme/fleet")
    world.gitea.look("acme/fleet", number)
    world.call("POST", f"/pulls/{number}/merge", "bo", {"Do": "merge"})
