"""A release's way from a merge to prod on a real Gitea, where only the bot merges; images too."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from bot.model import IDENTITY
from bot.source_wiring import GitCredential
from gitops.errors import Denied
from tests.contract.fleet_repositories import push
from tests.contract.forge_worlds import BOT
from tests.end_to_end import story
from tests.end_to_end.gitea_world import GiteaForAll, GiteaWorld
from tests.end_to_end.verdicts import bodies_of, clean, digests_proven, settled
from tests.real import docker_registry, git_http, gitea_build

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    docker_registry.get()
    git_http.get()
    gitea_build.get()
    return tmp_path


@pytest.fixture
def world(directory: Path) -> Iterator[GiteaWorld]:
    with GiteaWorld(directory) as world:
        yield world


@pytest.fixture
def gitea_for_all(directory: Path) -> Iterator[GiteaWorld]:
    with GiteaForAll(directory) as world:
        yield world


def test_a_release_goes_from_a_merge_to_prod(gitea_for_all: GiteaWorld) -> None:
    world = gitea_for_all
    told = story.begin(world, {})
    story.into_dev(told)
    story.proposed_for_stage(told)
    nobody_else_moves_main(world)
    # Eve may approve in stage, and Gitea counts it; she made the commit, and Fairlead does not.
    told.agree("stage", ["payments"], "eve")
    told.tick(report=False)
    assert set(story.opened(world)) == story.branches("stage", "v1.0-rc.1")
    assert "eve is a maker" in told.why("payments", "stage")["approved"]["reason"]
    story.into_stage(told)
    story.through_the_soak(told)
    bodies = bodies_of(world, "open")
    story.into_prod(told)

    proven = digests_proven(world, "stage")
    pins = story.pinned(world, "prod")
    assert {image: digest for image, (_, digest) in pins.items()} == proven
    assert {tag for image, (tag, _) in pins.items() if "shop/" in image} == {"v1.0"}
    for image, digest in told.stage.items():
        assert any(f"`{image}`" in body and digest in body for body in bodies.values())
    merged = world.requests("merged")
    assert len(merged) == 3 * len(story.APPS)
    assert {world.merger(request["number"]) for request in merged} == {BOT}
    settled(world)
    clean(world)


def nobody_else_moves_main(world: GiteaWorld) -> None:
    """Neither by a push, the bot's included, nor by a merge of their own; nor the state branch."""
    before = world.refs("refs/heads/")
    for name, branch in ((BOT, "main"), ("ana", "main"), ("ana", "fairlead/state")):
        credential = GitCredential(name, world.gitea.person(name))
        url = world.fleet_url
        mine = GitRepository(world.directory / f"{name}.git", url, credential, plain=True)
        with pytest.raises(Denied, match=branch):
            push(mine, branch, {"fleet.yaml": "name: evil\n"}, IDENTITY)
    for request in world.requests("open"):
        merge = {"Do": "merge"}
        world.call("POST", f"/pulls/{request['number']}/merge", "ana", merge, expected=405)
    assert world.refs("refs/heads/") == before


def test_without_a_token_the_bot_says_what_to_set(world: GiteaWorld) -> None:
    story.begin(world, {})
    world.reconcile()
    assert "set FAIRLEAD_FORGE_TOKEN" in world.fairlead("plan", FAIRLEAD_FORGE_TOKEN="", code=2).err
    wrong = "0123456789abcdef0123456789abcdef01234567"
    assert wrong not in world.fairlead("plan", FAIRLEAD_FORGE_TOKEN=wrong, code=5).err
    world.fairlead("plan")
