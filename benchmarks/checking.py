"""What `check` takes for a thousand apps in three environments, beside building each of them."""

import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from benchmarks import process
from benchmarks.large_fleet import APPS, ENVIRONMENTS, large_fleet
from benchmarks.model import Gate, Measurement, number, row_absent
from benchmarks.peers import Peer, Peers
from benchmarks.process import PYTHON, Run
from gitops.tree import Tree, write_directory

CPU = 10.0
"""Seconds, of a whole process."""
PEAK = 300.0
"""MiB."""
BUILDS = 60

COLUMNS = ("program", "CPU s", "ratio", "wall s", "peak MiB", "found")
_CHECK = (PYTHON, "-m", "bot.cli", "check", "--json", "--no-render")


def measure(peers: Peers, *, apps: int = APPS, builds: int = BUILDS) -> Measurement:
    """Check a fleet, check one in which each app has a fault, and build some of its overlays."""
    tree = large_fleet(apps)
    every = apps * len(ENVIRONMENTS)
    builds = min(builds, every)
    with tempfile.TemporaryDirectory() as temporary:
        right, wrong = Path(temporary, "right"), Path(temporary, "wrong")
        write_directory(right, Tree({}), tree)
        write_directory(wrong, Tree({}), _with_faults(tree))
        ours = _checked(right, 0)
        faulty = _checked(wrong, apps)
        built = _built(peers.kustomize, right, tree, builds)
    cpu = None if built is None else sum(run.cpu for run in built) / builds * every
    rows = [
        _row("Fairlead check", ours, ours, 0),
        _row("Fairlead check, each app wrong", faulty, ours, apps),
        row_absent(peers.kustomize.name, COLUMNS)
        if built is None or cpu is None
        else (
            f"{peers.kustomize.name} build, {every} times",
            *(number(figure) for figure in (cpu, cpu / ours.cpu)),
            number(sum(run.wall for run in built) / builds * every),
            number(max(run.peak for run in built)),
            "",
        ),
    ]
    gates = [
        Gate("CPU of check", ours.cpu, CPU, at_least=False, unit="s"),
        Gate("peak of check", ours.peak, PEAK, at_least=False, unit="MiB"),
        Gate("CPU of check, each app wrong", faulty.cpu, CPU, at_least=False, unit="s"),
        Gate("peak of check, each app wrong", faulty.peak, PEAK, at_least=False, unit="MiB"),
    ]
    work = (
        f"A fleet of {apps} apps in {len(ENVIRONMENTS)} environments as the scaffolder writes it, "
        f"{len(tree)} files, is checked by `fairlead check --json --no-render`, whole processes; "
        f"the number of findings is checked. kustomize builds {builds} of the {every} overlays, a "
        "process each, as in CI; its figures are those of all, from these."
    )
    return Measurement("check", work, COLUMNS, rows, gates)


def _with_faults(tree: Tree) -> Tree:
    """A fleet in which the base of each app names a file that is not there."""
    bases = [path for path in tree if path.endswith("/base/kustomization.yaml")]
    own = [path for path in bases if path.startswith("apps/")]
    return tree.replace(
        {path: tree[path].data.replace(b"- service.yaml", b"- servce.yaml") for path in own}
    )


def _checked(root: Path, errors: int) -> Run:
    run = process.run(_CHECK, directory=root, expected=(1 if errors else 0,))
    found = run.told["counts"]["error"]
    if found != errors:
        raise process.Failed(f"check found {found} errors where {errors} are")
    return run


def _built(peer: Peer, root: Path, tree: Tree, builds: int) -> Sequence[Run] | None:
    """Some overlays, evenly spread; None where there is no kustomize."""
    if peer.command is None:
        return None
    suffix = "/kustomization.yaml"
    overlays = [
        path.removesuffix(suffix)
        for path in tree
        if path.startswith("apps/") and path.count("/") == 4 and path.endswith(suffix)
    ]
    chosen = islice(overlays, 0, None, max(1, len(overlays) // builds))
    command = (*peer.command, "build")
    return [process.run((*command, path), directory=root) for path in islice(chosen, builds)]


def _row(name: str, run: Run, base: Run, found: int) -> Sequence[str]:
    return (name, *map(number, (run.cpu, run.cpu / base.cpu, run.wall, run.peak)), str(found))
