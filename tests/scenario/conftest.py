"""Worlds of stories. Each is walked to once, kept, and gone on from by every story that asks."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bot.demo.registry import DemoRegistry
from bot.demo.world import World
from tests.scenario import steps
from tests.scenario.kept import Kept

Keep = Callable[[World], Kept]


@pytest.fixture(scope="session")
def story_place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the stories take place."""
    return tmp_path_factory.mktemp("stories")


@pytest.fixture(scope="session")
def keep(story_place: Path) -> Keep:
    """Keeps a world for the stories to come."""
    numbers = itertools.count()
    return lambda world: Kept(world, story_place / f"kept-{next(numbers)}")


@pytest.fixture(scope="session")
def kept_in_stage(story_place: Path, keep: Keep) -> Iterator[Kept]:
    """`v1.0-rc.1` has just become healthy in stage."""
    with DemoRegistry() as registry:
        world = World(story_place / "live", registry=registry)
        steps.begin(world)
        steps.released_to_stage(world, "v1.0-rc.1", steps.built_in_dev(world))
        yield keep(world)


@pytest.fixture(scope="session")
def kept_proven(kept_in_stage: Kept, keep: Keep) -> Kept:
    """`v1.0-rc.1` has soaked in stage and is proven there; `v1.0` is not tagged yet."""
    world = kept_in_stage.world()
    steps.soaked_in_stage(world)
    return keep(world)


@pytest.fixture(scope="session")
def kept_moved_on(kept_proven: Kept, keep: Keep) -> Kept:
    """`v1.0-rc.2`, of a later commit, has just become healthy in stage after `v1.0-rc.1`."""
    world = kept_proven.world()
    steps.released_to_stage(world, "v1.0-rc.2", steps.built_in_dev(world, "more work"))
    return keep(world)


@pytest.fixture(scope="session")
def kept_proposed(kept_proven: Kept, keep: Keep) -> Kept:
    """`v1.0`, on the commit of `v1.0-rc.1`, waits for two approvals in prod."""
    world = kept_proven.world()
    steps.proposed_to_prod(world, "v1.0", steps.head_of(world))
    return keep(world)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A new world with nothing in it."""
    made = World(tmp_path / "world")
    yield made
    made.close()


@pytest.fixture
def in_stage(kept_in_stage: Kept) -> Iterator[World]:
    """Goes on from `kept_in_stage`."""
    yield from _going_on(kept_in_stage)


@pytest.fixture
def proven(kept_proven: Kept) -> Iterator[World]:
    """Goes on from `kept_proven`."""
    yield from _going_on(kept_proven)


@pytest.fixture
def moved_on(kept_moved_on: Kept) -> Iterator[World]:
    """Goes on from `kept_moved_on`."""
    yield from _going_on(kept_moved_on)


@pytest.fixture
def proposed(kept_proposed: Kept) -> Iterator[World]:
    """Goes on from `kept_proposed`."""
    yield from _going_on(kept_proposed)


def _going_on(kept: Kept) -> Iterator[World]:
    world = kept.world()
    yield world
    world.close()
