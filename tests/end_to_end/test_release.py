"""Releases on real parts: docker-registry with tokens, git over HTTP, verbs as child processes.

The documented soak, settle and window are in force; time comes from a clock that only the tests'
entry point can wire in.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end import story
from tests.end_to_end.verdicts import bodies_of, clean, digests_proven, settled
from tests.end_to_end.world import RealWorld
from tests.real import docker_registry, git_http

pytestmark = [pytest.mark.real, pytest.mark.slow]

TAGGED = {"    artifacts: proven\n": "    artifacts: tagged\n"}
"""A fleet whose prod takes what CI built of the final tag."""

DEV_BY_MERGE_REQUEST = {"    deliver: commit\n": "    deliver: merge-request\n"}


@pytest.fixture
def world(tmp_path: Path) -> Iterator[RealWorld]:
    docker_registry.get()
    git_http.get()
    with RealWorld(tmp_path) as world:
        yield world


def test_prod_takes_the_bytes_that_stage_proved(world: RealWorld) -> None:
    told = story.begin(world, {})
    refused = world.fairlead("run", "--once", code=2)
    assert "fairlead state init" in refused.err
    story.into_dev(told)
    # Eve may approve in stage, and made the commit: her own release she cannot.
    story.proposed_for_stage(told)
    told.agree("stage", ["payments"], "eve")
    told.tick(report=False)
    assert set(story.opened(world)) == story.branches("stage", "v1.0-rc.1")
    story.into_stage(told)
    story.through_the_soak(told)
    bodies = bodies_of(world, "open")
    story.into_prod(told)

    proven = digests_proven(world, "stage")
    assert proven.items() >= told.stage.items()
    pins = story.pinned(world, "prod")
    assert {image: digest for image, (_, digest) in pins.items()} == proven
    assert {tag for image, (tag, _) in pins.items() if "shop/" in image} == {"v1.0"}
    for image, digest in told.stage.items():
        assert any(f"`{image}`" in body and digest in body for body in bodies.values())
    assert all("rebuilt" not in body for body in bodies.values())
    # dev is delivered by commit: only the other two environments had merge requests.
    assert len(world.requests("merged")) == 2 * len(story.APPS)
    settled(world)
    clean(world)
    assert b"Promotes `payments`" in world.objects()


def test_prod_takes_what_was_rebuilt_of_the_proven_commit(world: RealWorld) -> None:
    told = story.begin(world, TAGGED | DEV_BY_MERGE_REQUEST)
    story.into_dev(told)
    story.proposed_for_stage(told)
    story.into_stage(told)
    story.through_the_soak(told)
    bodies = bodies_of(world, "open")
    story.into_prod(told)

    pins = story.pinned(world, "prod")
    assert {i: d for i, (_, d) in pins.items() if i in told.prod} == told.prod
    assert not set(told.prod.values()) & set(told.stage.values())
    records = story.proofs(world)
    for app, commit in told.commits.items():
        for environment in ("stage", "prod"):
            assert records[environment, app]["release"]["commit"] == commit
        body = bodies[app]
        assert f"Commit of the application: `{commit}`" in body
        assert "rebuilt, not the tested bytes" in body
        for image in (f"{world.registry.host}/{name}" for name in told.apps[app].images):
            assert told.stage[image] in body
            assert told.prod[image] in body
    assert "rebuilt" not in bodies["podinfo"]
    assert len(world.requests("merged")) == 3 * len(story.APPS)
    settled(world)
    clean(world)
    assert b"Promotes `payments`" in world.objects()
