"""Operators' verbs on the stand-ins for GitLab and GitHub, where the branch takes no push.

On GitHub Free a private repository's branch takes one: there the verbs commit, as on the embedded
forge.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end import story
from tests.end_to_end.github_world import TeamWorld
from tests.end_to_end.gitlab_world import GitLabWorld
from tests.end_to_end.operators import (
    Operator,
    comes_again,
    disappointed,
    end_by_merge_request,
    freeze_by_merge_request,
    goes_back,
    hold_by_merge_request,
)
from tests.end_to_end.story import Story
from tests.end_to_end.verdicts import clean
from tests.real import docker_registry, git_http
from tests.stand_ins import github, gitlab
from tests.stand_ins.model import Access

pytestmark = [pytest.mark.real, pytest.mark.slow]

World = GitLabWorld | TeamWorld


@pytest.fixture(
    params=[GitLabWorld, TeamWorld],
    ids=["gitlab-free", "github-team"],
)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    docker_registry.get()
    git_http.get()
    with request.param(tmp_path) as world:
        yield world


def test_people_stop_a_release_and_take_it_back(world: World) -> None:
    told = story.begin(world, {})
    disappointed(told)
    ana, gus = (operator(told, world, person) for person in ("ana", "gus"))
    hold_by_merge_request(told, ana, gus)
    freeze_by_merge_request(told, ana)
    goes_back(told, ana)
    number = end_by_merge_request(told, ana)
    merge(world, number)
    comes_again(told)
    clean(world)


def operator(told: Story, world: World, person: str) -> Operator:
    """Somebody with a token of their own, and not with the bot's app."""
    server = world.gitlab if isinstance(world, GitLabWorld) else world.github
    variables = {"FAIRLEAD_FORGE_TOKEN": server.person(person).reveal()}
    if isinstance(world, TeamWorld):
        variables |= {"FAIRLEAD_GITHUB_APP_ID": "", "FAIRLEAD_GITHUB_APP_KEY_FILE": ""}
    return Operator(told, variables=variables)


def merge(world: World, number: int) -> None:
    """Bo merges what changes the fleet's configuration, where he has been named for it."""
    if isinstance(world, GitLabWorld):
        rule = {"name": "main", "push_access_level": 0, "merge_access_level": Access.DEVELOPER}
        world.call("DELETE", "/protected_branches/main", gitlab.ADMINISTRATOR)
        world.call("POST", "/protected_branches", gitlab.ADMINISTRATOR, rule)
        world.call("GET", f"/merge_requests/{number}", "bo")  # so that GitLab looks
        world.call("PUT", f"/merge_requests/{number}/merge", "bo", {})
        return
    rule = {
        "required_status_checks": None,
        "enforce_admins": True,
        "required_pull_request_reviews": {"required_approving_review_count": 0},
        "restrictions": {"users": ["bo"], "teams": [], "apps": ["fairlead"]},
    }
    world.call("PUT", "/branches/main/protection", github.ADMINISTRATOR, rule)
    for _ in range(2):
        world.call("GET", f"/pulls/{number}", "bo")  # so that GitHub has looked
    world.call("PUT", f"/pulls/{number}/merge", "bo", {})
