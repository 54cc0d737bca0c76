"""A commit of the fleet is read once, also where apps name the paths of their versions."""

from collections.abc import ItemsView, Mapping, ValuesView
from dataclasses import replace
from pathlib import Path

import pytest

from bot.adapters.git import GitRepository
from bot.demo.world import World
from bot.observe import Observer
from gitops.tree import File, Tree
from tests.scenario.fleets import app_files, fleet_files
from tests.scenario.steps import APP, edit


class CountingTree(Tree):
    """A Tree that counts how often a file of it is asked for."""

    __slots__ = ("asked",)

    def __init__(self, files: Mapping[str, File]) -> None:
        super().__init__(files)
        self.asked = 0

    def __getitem__(self, path: str) -> File:
        self.asked += 1
        return super().__getitem__(path)

    def values(self) -> ValuesView[File]:
        self.asked += len(self)
        return super().values()

    def items(self) -> ItemsView[str, File]:
        self.asked += len(self)
        return super().items()


class CountingRepository(GitRepository):
    """The world's repository, which keeps count of what is read of each commit."""

    def __init__(self, world: World) -> None:
        super().__init__(world.directory / "counted.git", world.fleet_url, plain=True)
        self.given: list[CountingTree] = []

    def tree(self, sha: str) -> Tree:
        """The files of a commit, counted."""
        found = CountingTree(super().tree(sha))
        self.given.append(found)
        return found

    @property
    def counted(self) -> tuple[int, int]:
        """How many trees were read, and how often a file of them."""
        return len(self.given), sum(tree.asked for tree in self.given)


@pytest.mark.parametrize("extra", ["", f"paths: [apps/{APP}]\n"])
def test_a_second_tick_on_the_same_commit_reads_no_file(tmp_path: Path, extra: str) -> None:
    world = World(tmp_path)
    try:
        url = world.app(APP).url
        app = app_files(APP, world.registry.host, url, extra=extra)
        world.publish(Tree.of(fleet_files() | app), "A fleet")
        world.init()
        repository = CountingRepository(world)
        observer = Observer(replace(world.ports(), repository=repository), "main")
        first = observer.observe()
        once = repository.counted
        assert once[0] == 1
        assert once[1] > len(app)
        assert observer.observe().pins == first.pins
        assert repository.counted == once
        edit(world, f"apps/{APP}/envs/dev/kustomization.yaml", "resources:", "# seen\nresources:")
        assert observer.observe().head != first.head
        trees, files = repository.counted
        assert trees == 2
        assert files > once[1]
    finally:
        world.close()
