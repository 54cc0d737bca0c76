"""A release's way from a tag to the cluster that runs it, with nothing played that can be had.

Real are Gitea, docker-registry, the API servers and Flux's kustomize-controllers; source-controller
and the kubelet are played. `dev` reports to the status file, the others are asked themselves.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end import story
from tests.end_to_end.flux_world import FluxWorld
from tests.end_to_end.story import Story, opened
from tests.end_to_end.world import App
from tests.real import docker_registry, git_http, gitea_build
from tests.real.flux import programs

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    docker_registry.get()
    git_http.get()
    gitea_build.get()
    programs.etcd()
    programs.api_server()
    programs.kustomize_controller()
    return tmp_path


@pytest.fixture
def world(directory: Path, shared: Path) -> Iterator[FluxWorld]:
    with FluxWorld(directory, shared, {"stage": ["stage-1"], "prod": ["prod-1"]}) as world:
        yield world


def told_of(world: FluxWorld) -> Story:
    """The fleet stands, and the first build is proven in dev."""
    app = world.found()
    told = Story(world, {"payments": app}, {}, {}, {})
    told.commits["payments"] = world.build(app, "First version")
    world.fairlead("state", "init")
    world.until(told.tick, lambda: ("dev", "payments") in story.proofs(world))
    return told


def proposed(told: Story, environment: str, tag: str) -> None:
    """A tag becomes a merge request."""
    branch = f"{environment}/payments/{tag}"
    world = told.world
    assert isinstance(world, FluxWorld)
    world.until(told.tick, lambda: branch in opened(world))


def merged(told: Story, environment: str, *people: str) -> None:
    """People agree, and the bot merges."""
    told.agree(environment, ["payments"], *people)
    world = told.world
    assert isinstance(world, FluxWorld)
    world.until(told.tick, lambda: not opened(world))


def test_a_release_goes_from_a_tag_to_the_cluster_that_runs_it(world: FluxWorld) -> None:
    told = told_of(world)
    app: App = told.apps["payments"]
    (image,) = (f"{world.registry.host}/{each}" for each in app.images)

    told.stage = world.release(app, "v1.0-rc.1", told.commits["payments"])
    proposed(told, "stage", "v1.0-rc.1")
    assert world.runs("stage-1") == set()
    merged(told, "stage", "ana")
    merge = world.head
    world.clusters["stage-1"].ready("payments", merge)
    assert world.runs("stage-1") == {f"{image}:v1.0-rc.1@{told.stage[image]}"}

    told.prod = world.release(app, "v1.0", told.commits["payments"])
    proposed(told, "prod", "v1.0")
    proof = story.proofs(world)["stage", "payments"]
    digests = {each["repository"]: each["digest"] for each in proof["release"]["artifacts"]}
    assert digests == told.stage
    merged(told, "prod", "cy", "di")
    world.until(told.tick, lambda: ("prod", "payments") in story.proofs(world))
    assert world.runs("prod-1") == {f"{image}:v1.0@{told.stage[image]}"}
    shown = json.loads(world.fairlead("status", "--json").out)
    assert shown
    assert world.fairlead("status").out.count("(done)") == 3
