"""A world kept at a moment, from which many stories go on."""

import shutil
from datetime import datetime
from pathlib import Path

from bot.demo.image_store import Held
from bot.demo.registry import DemoRegistry
from bot.demo.world import World
from bot.model import Readiness, Target


class Kept:
    """What a world was when this was made; every story goes on in the same place.

    The fleet's files name the registry's port and the repositories' directories, so a story takes
    the place of the one before it: one at a time.
    """

    def __init__(self, world: World, copy: Path) -> None:
        self._live = world.directory
        self._registry: DemoRegistry = world.registry
        self._copy = copy
        shutil.copytree(world.directory, copy)
        self._images: Held = world.registry.images.held()
        self._now: datetime = world.clock()
        self._apps = tuple(world.apps)
        self._verdicts: dict[Target, Readiness] = dict(world.clusters.verdicts)

    def world(self) -> World:
        """The world as it was then. Close it when its story has ended."""
        shutil.rmtree(self._live, ignore_errors=True)
        shutil.copytree(self._copy, self._live)
        self._registry.images.hold(self._images)
        world = World(self._live, registry=self._registry, now=self._now)
        for app in self._apps:
            world.app(app)
        world.clusters.verdicts.update(self._verdicts)
        return world
