"""What `new` and the verbs of `add` take, in a fleet without apps and in one of a thousand."""

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median

from benchmarks import process
from benchmarks.large_fleet import APPS, ENVIRONMENTS, large_fleet
from benchmarks.model import Gate, Measurement, number
from benchmarks.peers import Peers
from benchmarks.process import PYTHON, Run
from gitops.directory import write_directory
from gitops.tree import Tree

WALL = 1.0
"""Seconds, of a whole process, on a machine that has nothing else to do."""
ROUNDS = 3
COLUMNS = ("verb", "in", "wall s", "CPU s", "peak MiB", "files written")

_FAIRLEAD = (PYTHON, "-m", "bot.cli")
_NEW = ("new", ".", "--name", "acme", "--yes")
_APP = ("--team", "shop", "--image", "registry.example.com/shop/shopfront")
_SOURCE = ("--source", "https://git.example.com/shop/shopfront.git")
QUICK: Mapping[str, Sequence[str]] = {
    "add app": ("add", "app", "shopfront", *_APP, *_SOURCE),
    "add component": ("add", "component", "metrics-server"),
    "add tenant": ("add", "tenant", "shop"),
}
SLOW: Mapping[str, Sequence[str]] = {
    "add cluster": ("add", "cluster", "dev-2", "--environment", "dev"),
    "add environment": ("add", "environment", "qa", "--from", "dev"),
}
"""They copy what each app has in an environment: no gate is set for them where there are many."""


def measure(_: Peers, *, apps: int = APPS, rounds: int = ROUNDS) -> Measurement:
    """The medians of some rounds, each of which writes the same fleets anew."""
    few, many = "a new fleet", f"a fleet of {apps} apps"
    tree = large_fleet(apps)
    runs: dict[tuple[str, str], list[Run]] = {}
    for _round in range(rounds):
        with tempfile.TemporaryDirectory() as temporary:
            small, large = Path(temporary, "small"), Path(temporary, "large")
            small.mkdir()
            write_directory(large, Tree({}), tree)
            runs.setdefault(("new", "an empty directory"), []).append(_written(small, _NEW))
            for where, root in ((few, small), (many, large)):
                for verb, words in {**QUICK, **SLOW}.items():
                    runs.setdefault((verb, where), []).append(_written(root, words))
    rows = [
        (
            *who,
            number(_wall(found)),
            number(median(run.cpu for run in found)),
            number(max(run.peak for run in found)),
            str(len(found[0].told["written"])),
        )
        for who, found in runs.items()
    ]
    gates = [
        Gate(f"`{verb}` in {where}", _wall(found), WALL, at_least=False, unit="s")
        for (verb, where), found in runs.items()
        if (verb, where) not in {(slow, many) for slow in SLOW}
    ]
    work = (
        f"Whole processes that write, the median of {rounds}; the large fleet has "
        f"{len(ENVIRONMENTS)} environments and {len(tree)} files, all of which are read. What "
        "cannot collide with an addition is not looked into. `add cluster` and `add environment` "
        "copy every app's part in an environment and prove each."
    )
    return Measurement("new and add", work, COLUMNS, rows, gates)


def _written(root: Path, words: Sequence[str]) -> Run:
    run = process.run((*_FAIRLEAD, *words, "--json"), directory=root)
    if not run.told["written"]:
        raise process.Failed(f"{' '.join(words)} wrote nothing")
    return run


def _wall(found: Sequence[Run]) -> float:
    return median(run.wall for run in found)
