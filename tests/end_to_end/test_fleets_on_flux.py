"""Every Kustomization that the scaffolder writes is applied by Flux's real kustomize-controller.

The fleets are those of this repository and of the scaffolder's matrix, after the first release of
each app; each of their clusters begins from nothing. Charts are not rendered, and workloads are
played; see `tests.real.flux`.
"""

import json
import shlex
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gitops.cli import add_verbs
from gitops.directory import read_directory
from gitops.tree import Tree
from tests.golden.matrix import Row, rows
from tests.golden.reference import reference
from tests.real import git_http
from tests.real.flux import fleets, programs
from tests.real.flux.api import Object, condition
from tests.real.flux.cluster import KUSTOMIZATION, Cluster
from tests.real.flux.source_controller import Remote

pytestmark = [pytest.mark.real, pytest.mark.slow]


def _clusters(row: Row) -> int:
    shared, several = (row.choices["clusters"] == each for each in ("shared", "several"))
    return 1 if shared else len(row.environments) + several


ROWS = tuple(row for row in rows() if _clusters(row) <= 2)[::3]
"""Some of those with few clusters, for each takes its time; the reference fleet has four."""

AGE_KEY = "-".join(
    ("AGE", "SECRET", "KEY", "1QQQSYQCYQ5RQWZQFPG9SCRGWPUGPZYSNZS23V9CCRYDPK8QARC0SWRYDWG")
)
"""The key of the bytes from 0 to 31: Flux wants one, and nothing is encrypted to it."""
_PATIENCE = 240.0


@dataclass
class OnFlux:
    """A fleet's repository and a cluster that follows it."""

    cluster: Cluster
    bare: Path
    directory: Path
    url: str

    def apply(self, tree: Tree, root: fleets.Root) -> dict[str, Object]:
        """What is on the cluster by name, once all of what this root brings is Ready."""
        fleets.teach(self.cluster.api, tree)
        commit = fleets.commit(tree, self.bare, self.directory / "checkout")
        self.cluster.follow(root.url, f"./{root.path}")
        wanted = {"flux-system", *fleets.kustomizations(tree, root)}
        deadline = time.monotonic() + _PATIENCE
        while waiting := self._waiting(wanted, commit):
            self.cluster.check()
            assert time.monotonic() < deadline, waiting
            assert self.errors() == [], waiting
            time.sleep(0.5)
        return {one["metadata"]["name"]: one for one in self._listed()}

    def errors(self) -> list[str]:
        """What the controller has complained of, but for a request that it gave up itself.

        It does where a reconciliation ends while an answer is still read, and begins another.
        """
        lines = self.cluster.controller.log.read_text().splitlines()
        told = [json.loads(line) for line in lines if line.startswith("{")]
        errors = [each for each in told if each["level"] == "error"]
        return [str(each) for each in errors if each.get("error") != "context canceled"]

    def _listed(self) -> list[Object]:
        return self.cluster.api.listed(*KUSTOMIZATION)

    def _waiting(self, wanted: set[str], commit: str) -> dict[str, str]:
        """What is not Ready at a commit, and what it says instead."""
        found = {one["metadata"]["name"]: one for one in self._listed()}
        absent = dict.fromkeys(wanted - set(found), "not there")
        gone = dict.fromkeys(set(found) - wanted, "still there")
        return (
            absent
            | gone
            | {
                name: str(condition(one, "Ready").get("message"))
                for name, one in found.items()
                if not _is_at(one, commit)
            }
        )


def _is_at(found: Object, commit: str) -> bool:
    ready = condition(found, "Ready")
    generation = found["metadata"]["generation"]
    return (ready.get("status"), ready.get("observedGeneration")) == ("True", generation) and found[
        "status"
    ].get("lastAppliedRevision") == f"main@sha1:{commit}"


@contextmanager
def on_flux(tree: Tree, directory: Path, shared: Path) -> Iterator[OnFlux]:
    """A cluster that knows where the fleet's repository really is."""
    programs.kustomize_controller()
    (url,) = {root.url for root in fleets.roots(tree)}
    with git_http.GitHttp(directory) as git:
        remote = Remote(git.create("fleet"), (git_http.USER, git_http.PASSWORD))
        with Cluster(directory / "cluster", shared, {url: remote}) as cluster:
            meta = {"name": "sops-age", "namespace": "flux-system"}
            key = {"stringData": {"age.agekey": AGE_KEY}}
            cluster.api.apply({"apiVersion": "v1", "kind": "Secret", "metadata": meta, **key})
            yield OnFlux(cluster, directory / "fleet.git", directory, url)


def assert_in_order(found: dict[str, Object]) -> None:
    """Nothing was Ready before what it depends on was."""
    turned = {
        name: datetime.fromisoformat(condition(one, "Ready")["lastTransitionTime"])
        for name, one in found.items()
    }
    waited = [
        (turned[name], turned[below["name"]])
        for name, one in found.items()
        for below in one["spec"].get("dependsOn", ())
    ]
    assert waited
    assert all(late >= early for late, early in waited)


def applied(tree: Tree, directory: Path, shared: Path) -> None:
    tree = fleets.released(tree)
    for number, root in enumerate(fleets.roots(tree)):
        (directory / str(number)).mkdir()
        with on_flux(tree, directory / str(number), shared) as world:
            assert_in_order(world.apply(tree, root))
            assert world.errors() == []


def test_the_generated_fleets_are_as_many_as_they_should_be() -> None:
    assert len(ROWS) >= 10


def test_the_reference_fleet_is_applied(tmp_path: Path, shared: Path) -> None:
    applied(reference(), tmp_path, shared)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_generated_fleet_is_applied(row: Row, tmp_path: Path, shared: Path) -> None:
    applied(row.tree(), tmp_path, shared)


def test_what_is_added_is_applied(tmp_path: Path, shared: Path) -> None:
    """An app and a component on a cluster that runs, and an environment on one of its own."""
    fleet, running, new = (tmp_path / name for name in ("fleet", "running", "new"))
    for each in (running, new):
        each.mkdir()
    before = written(fleet, f"new {fleet} --name acme --have cni-netpol", ADD.format("payments"))
    (root, *others) = fleets.roots(before)
    with on_flux(before, running, shared) as world:
        world.apply(before, root)
        added = written(fleet, ADD.format("store"), "add component metrics-server")
        found = world.apply(added, root)
        assert {"payments", "store", "metrics-server"} <= set(found)
        assert world.errors() == []
    grown = written(fleet, "add environment test --from dev")
    (tested,) = set(fleets.roots(grown)) - {root, *others}
    with on_flux(grown, new, shared) as world:
        assert {"payments", "store", "metrics-server"} <= set(world.apply(grown, tested))
        assert world.errors() == []


ADD = """add app {0} --team shop --image registry.example.com/shop/{0}
    --source https://git.example.com/shop/{0}.git"""


def written(fleet: Path, *commands: str) -> Tree:
    """The fleet after these verbs, and after the first release of each app."""
    app = typer.Typer()
    add_verbs(app)
    for command in commands:
        words = shlex.split(command)
        place = [] if words[0] == "new" else ["--path", str(fleet)]
        said = CliRunner().invoke(app, [*words, *place], catch_exceptions=False)
        assert said.exit_code == 0, said.output
    return fleets.released(read_directory(fleet))
