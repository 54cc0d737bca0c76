"""The bot's plan and `set` on fleets as the scaffolder writes them, in both topologies."""

from pathlib import Path

import pytest

from gitops.directory import read_directory, write_directory
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Topology
from gitops.tree import Tree
from tests.end_to_end.command import Command
from tests.end_to_end.small_world import SmallWorld


class ScaffoldedWorld(SmallWorld):
    """The small world with its fleet written by `new` and `add app`."""

    def __init__(self, directory: Path, topology: Topology) -> None:
        self.topology = topology
        super().__init__(directory)

    def _fleet(self) -> dict[str, str]:
        super()._fleet()
        tree = new_fleet(Tree({}), FleetAnswers("acme", topology=self.topology))
        for name in self.built:
            image = f"{self.registry.host}/shop/{name}"
            url = f"{self.apps_git.origin}/{name}.git"
            tree = add_app(tree, AppAnswers(name, "shop", (image,), url))
        return {path: file.data.decode() for path, file in tree.items()}


@pytest.mark.slow
@pytest.mark.parametrize("topology", Topology)
def test_the_bot_plans_for_what_was_scaffolded(tmp_path: Path, topology: Topology) -> None:
    with ScaffoldedWorld(tmp_path, topology) as world:
        planned = world.fairlead("plan").out
        for name in ("payments", "store"):
            assert f"{name} main-" in planned
        world.fairlead("state", "init")
        done = world.fairlead("run", "--once").out
        assert "commit payments main-" in done
        assert world.fairlead("run", "--once", "--dry-run").out.endswith("nothing to do now\n")


@pytest.mark.parametrize("topology", Topology)
def test_set_changes_one_environment(tmp_path: Path, topology: Topology) -> None:
    image = "registry.example.com/shop/payments"
    tree = new_fleet(Tree({}), FleetAnswers("acme", topology=topology))
    tree = add_app(tree, AppAnswers("payments", "shop", (image,), "https://g.example/p.git"))
    write_directory(tmp_path, Tree({}), tree)
    out = Command(tmp_path)("set", "payments", "stage", "v1.0").out
    root = (
        "clusters/all/main/envs/stage" if topology is Topology.SINGLE else "clusters/stage/stage-1"
    )
    assert sorted(out.splitlines()) == [
        "changed apps/payments/envs/stage/version/kustomization.yaml",
        f"changed {root}/apps/payments.yaml",
    ]
    flux = read_directory(tmp_path)[f"{root}/apps/payments.yaml"].data
    assert b"suspend: false" in flux
