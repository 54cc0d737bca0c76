"""A release's way from a merge to prod on GitHub's stand-in, on both plans."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from bot.model import IDENTITY
from bot.source_wiring import GitCredential
from gitops.errors import Denied
from tests.contract.fleet_repositories import push
from tests.end_to_end import story
from tests.end_to_end.github_world import GitHubWorld, TeamWorld
from tests.end_to_end.verdicts import bodies_of, clean, digests_proven, settled
from tests.real import docker_registry, git_http

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(params=[GitHubWorld, TeamWorld], ids=["free", "team"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GitHubWorld]:
    docker_registry.get()
    git_http.get()
    with request.param(tmp_path) as world:
        yield world


def test_a_release_goes_from_a_merge_to_prod(world: GitHubWorld) -> None:
    told = story.begin(world, {})
    story.into_dev(told)
    story.proposed_for_stage(told)
    if isinstance(world, TeamWorld):
        nobody_else_moves_main(world)
    # Eve may approve in stage, and GitHub counts it; she made the commit, and Fairlead does not.
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
    assert {world.merger(request["number"]) for request in merged} == {world.bot}
    settled(world)
    clean(world)


def nobody_else_moves_main(world: TeamWorld) -> None:
    """Neither by a push nor by a merge of their own; nor the bot's branches."""
    before = world.refs("refs/heads/")
    own = "promote/stage/store/v1.0-rc.1"
    for name, branch in (("ana", "main"), ("ana", "fairlead/state"), ("ana", own)):
        credential = GitCredential(name, world.github.person(name))
        directory = world.directory / f"{name}-{branch.replace('/', '-')}.git"
        mine = GitRepository(directory, world.fleet_url, credential, plain=True)
        with pytest.raises(Denied, match=branch):
            push(mine, branch, {"fleet.yaml": "name: evil\n"}, IDENTITY)
    for request in world.requests("open"):
        world.call("PUT", f"/pulls/{request['number']}/merge", "ana", {}, expected=405)
    assert world.refs("refs/heads/") == before


def test_on_free_whoever_may_write_may_merge(tmp_path: Path) -> None:
    """What the manual says plainly."""
    with GitHubWorld(tmp_path) as world:
        story.into_dev(told := story.begin(world, {}))
        story.proposed_for_stage(told)
        number = world.requests("open")[0]["number"]
        for _ in range(2):
            world.call("GET", f"/pulls/{number}", "eve")  # so that GitHub has looked
        world.call("PUT", f"/pulls/{number}/merge", "eve", {})
        assert world.merger(number) == "eve"


def test_without_a_token_the_bot_says_what_is_missing(tmp_path: Path) -> None:
    with GitHubWorld(tmp_path) as world:
        story.begin(world, {})
        world.reconcile()
        # Nobody reads a private repository unnamed.
        said = world.fairlead("plan", FAIRLEAD_FORGE_TOKEN="", code=5).err
        assert "check the credential" in said
        wrong = "ghp_" + "0123456789abcdef" * 2 + "0123"
        assert wrong not in world.fairlead("plan", FAIRLEAD_FORGE_TOKEN=wrong, code=5).err
        world.fairlead("plan")
