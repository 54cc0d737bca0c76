"""A release's way from a merge to prod on GitLab's stand-in, without a licence and with one."""

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
from tests.end_to_end.gitlab_world import GitLabWorld, LicensedWorld
from tests.end_to_end.verdicts import bodies_of, clean, digests_proven, settled
from tests.real import docker_registry, git_http

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(params=[GitLabWorld, LicensedWorld], ids=["free", "premium"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[GitLabWorld]:
    docker_registry.get()
    git_http.get()
    kind: type[GitLabWorld] = request.param
    with kind(tmp_path) as world:
        yield world


def test_a_release_goes_from_a_merge_to_prod(world: GitLabWorld) -> None:
    told = story.begin(world, {})
    story.into_dev(told)
    story.proposed_for_stage(told)
    nobody_else_moves_main(world)
    # Eve may approve in stage, and GitLab keeps it; she made the commit, and Fairlead does not.
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


def nobody_else_moves_main(world: GitLabWorld) -> None:
    """Neither by a push, the bot's included, nor by a merge of their own; nor the state branch."""
    before = world.refs("refs/heads/")
    for name, branch in ((BOT, "main"), ("ana", "main"), ("ana", "fairlead/state")):
        credential = GitCredential(name, world.gitlab.person(name))
        url = world.fleet_url
        mine = GitRepository(world.directory / f"{name}.git", url, credential, plain=True)
        with pytest.raises(Denied):
            push(mine, branch, {"fleet.yaml": "name: evil\n"}, IDENTITY)
    for request in world.requests("open"):
        place = f"/merge_requests/{request['number']}/merge"
        world.call("PUT", place, "ana", {}, expected=401)
    assert world.refs("refs/heads/") == before


def test_without_a_token_the_bot_says_what_to_set(tmp_path: Path) -> None:
    docker_registry.get()
    git_http.get()
    with GitLabWorld(tmp_path) as world:
        story.begin(world, {})
        world.reconcile()
        # The project is shown to its members alone.
        said = world.fairlead("plan", FAIRLEAD_FORGE_TOKEN="", code=5).err
        assert f"check the credential for {world.gitlab.url}" in said
        wrong = "glpat-" + "0123456789" * 2
        assert wrong not in world.fairlead("plan", FAIRLEAD_FORGE_TOKEN=wrong, code=5).err
        world.fairlead("plan")
