"""What `check` takes for a thousand apps in three environments, beside building each of them."""

import tarfile
import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from benchmarks import process
from benchmarks.large_fleet import APPS, ENVIRONMENTS, large_fleet
from benchmarks.model import Gate, Measurement, number, row_absent
from benchmarks.peers import Peer, Peers
from benchmarks.process import PYTHON, Run
from benchmarks.target import shared
from gitops.directory import write_directory
from gitops.tree import Tree
from tests.archives import unpack

CPU = 10.0
"""Seconds, of a whole process."""
PEAK = 300.0
"""MiB."""
BUILDS = 60

COLUMNS = ("program", "CPU s", "ratio", "wall s", "peak MiB", "found")
_CHECK = (PYTHON, "-m", "bot.cli", "check", "--json", "--no-render")


def measure(peers: Peers, *, apps: int = APPS, builds: int = BUILDS) -> Measurement:
    """Check a fleet, check one in which each app has a fault, and show it to the peers."""
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
        held = _held(peers.kubeconform, right, Path(temporary, "schemas"))
    rows = [
        _row("Fairlead check", ours, ours, 0),
        _row("Fairlead check, each app wrong", faulty, ours, apps),
        _of_all(peers.kustomize, built, every, ours),
        _row(f"{peers.kubeconform.name}, files as they are", held, ours, _invalid(held))
        if held is not None
        else row_absent(peers.kubeconform.name, COLUMNS),
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
        "process each, as in CI; its figures are those of all, from these. kubeconform reads "
        f"what lies in apps/ and clusters/ without building anything, {_holding(held)}: what no "
        "schema says it cannot find, such as a resource that is named and not there."
    )
    return Measurement("check", work, COLUMNS, rows, gates)


def _of_all(kustomize: Peer, built: Sequence[Run] | None, every: int, ours: Run) -> Sequence[str]:
    if built is None:
        return row_absent(kustomize.name, COLUMNS)
    times = every / len(built)
    cpu, wall = times * sum(run.cpu for run in built), times * sum(run.wall for run in built)
    figures = (cpu, cpu / ours.cpu, wall, max(run.peak for run in built))
    return (f"{kustomize.name} build, {every} times", *map(number, figures), "")


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


def _held(peer: Peer, root: Path, schemas: Path) -> Run | None:
    """A run of kubeconform, with local schemas only; None where it or they are absent."""
    there = shared()
    if peer.command is None or there is None:
        return None
    with tarfile.open(there / "schemas" / "schemas.tar.gz") as archive:
        unpack(archive, schemas)
    name = "{{.ResourceKind}}_{{.ResourceAPIVersion}}.json"
    places = ("flux-schema/{{.Group}}", "flux-schema/core", "crds-catalog/{{.Group}}")
    where = (each for place in places for each in ("-schema-location", f"{schemas}/{place}/{name}"))
    told = ("-ignore-missing-schemas", "-summary", "-output", "json")
    command = (*peer.command, *told, *where, "apps", "clusters")
    return process.run(command, directory=root, expected=(0, 1))


def _invalid(held: Run) -> int:
    said = held.told["summary"]
    return int(said["invalid"]) + int(said["errors"])


def _holding(held: Run | None) -> str:
    if held is None:
        return "where it and the schemas are there"
    said = held.told["summary"]
    return f"holds {said['valid']} objects against a schema and skips {said['skipped']}"


def _row(name: str, run: Run, base: Run, found: int) -> Sequence[str]:
    return (name, *map(number, (run.cpu, run.cpu / base.cpu, run.wall, run.peak)), str(found))
