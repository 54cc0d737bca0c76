"""What `render` takes for everything of one environment, beside kustomize alone."""

import os
import tempfile
from itertools import islice
from pathlib import Path

from benchmarks import process
from benchmarks.large_fleet import APPS, ENVIRONMENTS, large_fleet
from benchmarks.model import Measurement, number, row_absent
from benchmarks.peers import Peers
from benchmarks.process import PYTHON
from gitops.directory import write_directory
from gitops.tree import Tree

BUILDS = 60
COLUMNS = ("program", "CPU s", "ratio", "wall s", "peak MiB")

_ENVIRONMENT = ENVIRONMENTS[0]


def measure(peers: Peers, *, apps: int = APPS, builds: int = BUILDS) -> Measurement:
    """Render an environment of a fleet, and build some of its overlays."""
    kustomize = peers.kustomize
    name = f"Fairlead render --environment {_ENVIRONMENT}"
    alone = f"{kustomize.name} build, {apps} times"
    work = (
        f"Everything of {_ENVIRONMENT} in a fleet of {apps} apps as the scaffolder writes it. "
        "Fairlead starts kustomize for each overlay, each layer of the cluster and the cluster "
        "itself, adds what Flux adds, and fills in variables; its CPU is that of kustomize too. "
        f"kustomize alone builds {min(builds, apps)} overlays; its figures are those of all, from "
        "these."
    )
    if kustomize.command is None:
        rows = [row_absent(each, COLUMNS) for each in (name, alone)]
        return Measurement("render", work, COLUMNS, rows)
    builds = min(builds, apps)
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary, "fleet")
        write_directory(root, Tree({}), large_fleet(apps))
        path = f"{Path(kustomize.command[0]).parent}{os.pathsep}{os.environ['PATH']}"
        ours = process.run(
            (PYTHON, "-m", "bot.cli", "render", "--environment", _ENVIRONMENT),
            directory=root,
            environment={"PATH": path},
        )
        overlays = sorted(root.glob(f"apps/*/envs/{_ENVIRONMENT}"))
        command = (*kustomize.command, "build")
        built = [process.run((*command, str(each))) for each in islice(overlays, builds)]
    cpu = sum(run.cpu for run in built) / builds * apps
    wall = sum(run.wall for run in built) / builds * apps
    rows = [
        (name, *map(number, (ours.cpu, 1, ours.wall, ours.peak))),
        (alone, *map(number, (cpu, cpu / ours.cpu, wall, max(run.peak for run in built)))),
    ]
    return Measurement("render", work, COLUMNS, rows)
