"""What a pipeline runs passes on whole fleets, and a clone of one is all that a cluster needs."""

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from gitops.directory import write_directory
from gitops.fleet import Fleet
from gitops.scaffold.answers import Topology
from gitops.sites.kustomization import FILE_NAMES
from gitops.tree import Tree
from tests.conftest import ROOT, Absent
from tests.golden.app_trees import all_added
from tests.golden.fleets import kept
from tests.golden.reference import reference

pytestmark = [pytest.mark.real, pytest.mark.slow]


def _with_tools(tree: Tree) -> Tree:
    """The reference fleet with what a pipeline runs: the repository around it has its own."""
    found = kept("gitlab")
    return tree.replace({path: found[path].data for path in ("Makefile", ".tool-versions")})


FLEETS = {
    "reference": _with_tools(reference()),
    "per-environment": all_added(Topology.PER_ENVIRONMENT),
    "single": all_added(Topology.SINGLE),
}


@dataclass(frozen=True)
class Origin:
    """A repository with a fleet, committed."""

    directory: Path
    tree: Tree


@pytest.fixture(scope="module", params=FLEETS)
def origin(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Origin:
    """One of the fleets."""
    directory = tmp_path_factory.mktemp("origin")
    write_directory(directory, Tree({}), FLEETS[request.param])
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "all"]):
        subprocess.run(["git", *words], cwd=directory, check=True)
    return Origin(directory, FLEETS[request.param])


def run(checkout: Path, kustomize: str, *words: str) -> str:
    """What a command prints, with fairlead, this kustomize and the system's programs."""
    there = (Path(kustomize).parent, sysconfig.get_path("scripts"), "/usr/bin", "/bin")
    kept_out = {"MAKEFLAGS", "MAKELEVEL"}
    environment = {k: v for k, v in os.environ.items() if k not in kept_out}
    done = subprocess.run(
        words,
        cwd=checkout,
        env={**environment, "PATH": ":".join(map(str, there)), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def applied(tree: Tree) -> set[str]:
    """The directories that Flux applies and kustomize can be given as they are."""
    directories = {each.directory for each in Fleet.read(tree).reach.builds}
    return {d for d in directories if any(f"{d}/{name}" in tree for name in FILE_NAMES)}


def test_every_job_of_the_pipeline_passes(origin: Origin, kustomize: str) -> None:
    run(origin.directory, kustomize, "make", "check")
    run(origin.directory, kustomize, "make", "render")
    rendered = {path.stem for path in (origin.directory / ".rendered").iterdir()}
    assert rendered == {directory.replace("/", "_") for directory in applied(origin.tree)}
    assert run(origin.directory, kustomize, "make", "--silent", "diff", "BASE=HEAD") == ""


@pytest.fixture(scope="session")
def offline(absent: Absent) -> Sequence[str]:
    """What starts a program where there is no network, not even loopback."""
    words = ("unshare", "--map-root-user", "--net")
    there = shutil.which("unshare")
    if there is None or subprocess.run([*words, "true"], check=False).returncode:
        absent("a namespace without a network", "run where `unshare --net` is allowed")
    return words


def test_there_is_no_network_where_it_is_said(offline: Sequence[str]) -> None:
    ask = "import socket; socket.create_connection(('127.0.0.1', 9), 1)"
    done = subprocess.run(
        [*offline, sys.executable, "-c", ask], capture_output=True, text=True, check=False
    )
    assert "Network is unreachable" in done.stderr


def test_a_fresh_clone_renders_every_cluster_offline(
    origin: Origin, kustomize: str, offline: Sequence[str], tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", origin.directory.as_uri(), str(clone)], check=True)
    told = json.loads(run(clone, kustomize, *offline, "fairlead", "render", "--all", "--json"))
    assert told["failed"] == []
    config = Fleet.read(origin.tree).config
    rendered = {(each["environment"], each["path"]) for each in told["rendered"]}
    for environment, roots in config.roots.items():
        assert {(environment, root) for root in roots} <= rendered
    assert {each["path"] for each in told["rendered"]} >= applied(origin.tree)


@pytest.mark.parametrize("name", ["gitlab", "github", "gitea", "local"])
def test_the_readme_starts_every_cluster_where_flux_starts(name: str) -> None:
    tree = kept(name)
    text = tree["README.md"].data.decode()
    steps = text.partition("## Start a cluster, or bring one back")[2]
    starts = set(re.findall(r"(?:--path=|--filename |-k )(clusters/\S+)", steps))
    assert starts
    named = {path.removesuffix("/flux-instance.yaml") for path in starts}
    shared = {
        root.partition("/envs/")[0]
        for roots in Fleet.read(tree).config.roots.values()
        for root in roots
    }
    assert named == shared
    assert all(path in tree or f"{path}/kustomization.yaml" in tree for path in starts)
