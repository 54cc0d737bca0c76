"""B3: finding every version of a fleet that nobody has read before."""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks import fleet, process
from benchmarks.model import ABSENT, Gate, Measurement, at_least, number, row_absent
from benchmarks.peers import Peer, Peers

COLUMNS = ("reader", "CPU s", "ratio", "wall s", "peak MiB", "found")
CPU = 0.6
RATIO = 10
_TITLE = "B3 cold index"
_RENOVATE = {
    "enabledManagers": ["flux", "kustomize"],
    "flux": {"fileMatch": [r"\.yaml$"]},
    "kustomize": {"fileMatch": [r"kustomization\.yaml$"]},
    "onboarding": False,
    "requireConfig": "optional",
    "includePaths": [],
    "ignorePaths": [],
}


class Unexpected(Exception):
    """A program did not find what is there, so its time says nothing."""


def measure(peers: Peers, *, apps: int = fleet.APPS) -> Measurement:
    """Read a generated fleet once with each reader."""
    contents = fleet.files(apps)
    rows: list[Sequence[str]] = []
    with tempfile.TemporaryDirectory() as temporary:
        root = Path(temporary, "fleet")
        fleet.write(root, contents)
        ours = index(process.ours("fairlead_index.py"), root, fleet.sites(apps))
        pure = peers.pyyaml_index
        naive = index(pure.command, root, fleet.sites(apps)) if pure.command else None
        renovate = _renovate(peers.renovate, root, Path(temporary, "empty"))
    base = ours[0]
    rows.append(_row("Fairlead", ours, base))
    rows.append(_row(pure.name, naive, base) if naive else row_absent(pure.name, COLUMNS))
    rows.append(
        _row(peers.renovate.name, renovate, base)
        if renovate
        else row_absent(peers.renovate.name, COLUMNS)
    )
    gates = [
        Gate("CPU of Fairlead", base, CPU, at_least=False, unit="s"),
        at_least(
            f"CPU of {pure.name}, to Fairlead's",
            base,
            naive[0] if naive else None,
            RATIO,
            pure.missing,
        ),
        at_least(
            f"CPU of {peers.renovate.name}, to Fairlead's",
            base,
            renovate[0] if renovate else None,
            RATIO,
            peers.renovate.missing,
        ),
    ]
    size = sum(map(len, contents.values())) / 1e6
    work = (
        f"A generated fleet of {len(contents)} files ({size:.1f} MB, seed {fleet.SEED}, "
        f"{fleet.sites(apps)} versions) is read from a directory, page cache warm, and every "
        "version is found; the number found is checked. CPU of the work alone for the Python "
        "programs; Renovate's is that of a whole run with `--platform=local --dry-run=extract` "
        "less the CPU of the same run over an empty repository."
    )
    return Measurement(_TITLE, work, COLUMNS, rows, gates, _note(renovate))


Found = tuple[float, process.Run, int]
"""CPU seconds of the work, the whole process, and how many versions it found."""


def index(command: Sequence[str], root: Path, expected: int) -> Found:
    """Let a program look below a directory, in which `expected` versions are.

    Raises:
        Unexpected: it finds another number of them.
    """
    run = process.run((*command, str(root)))
    if run.told["sites"] != expected:
        raise Unexpected(f"{command} found {run.told['sites']} versions where {expected} are")
    return run.told["seconds"], run, expected


def _renovate(peer: Peer, root: Path, empty: Path) -> Found | None:
    """Renovate's own count, which leaves patches out: it cannot be compared, only told."""
    if peer.command is None:
        return None
    empty.mkdir()
    (empty / "README").write_text("empty\n", encoding="utf-8")
    idle = _extract(peer.command, empty)[0]
    run, found = _extract(peer.command, root)
    return run.cpu - idle.cpu, run, found


def _extract(command: Sequence[str], root: Path) -> tuple[process.Run, int]:
    for arguments in (("init", "-q"), ("add", "-A")):
        process.run(("git", *arguments), directory=root)
    with tempfile.TemporaryDirectory() as temporary:
        config = Path(temporary, "config.json")
        config.write_text(json.dumps(_RENOVATE), encoding="utf-8")
        report = Path(temporary, "report.json")
        run = process.run(
            (*command, "--platform=local", "--dry-run=extract", "--report-type=file"),
            directory=root,
            environment={
                "RENOVATE_CONFIG_FILE": str(config),
                "RENOVATE_REPORT_PATH": str(report),
                "RENOVATE_BASE_DIR": temporary,
                "RENOVATE_X_IGNORE_RE2": "true",
                "LOG_LEVEL": "error",
            },
        )
        told = json.loads(report.read_text(encoding="utf-8"))
    files = [
        file
        for repository in told["repositories"].values()
        for manager in repository["packageFiles"].values()
        for file in manager
    ]
    return run, sum(len(file["deps"]) for file in files)


def _row(name: str, found: Found, base: float) -> Sequence[str]:
    cpu, run, count = found
    figures = (cpu, cpu / base, run.wall, run.peak)
    return (name, *map(number, figures), str(count))


def _note(renovate: Found | None) -> Sequence[str]:
    told = (
        "Renovate reads with its flux and kustomize managers, which leave the patches of overlays "
        "out; compare CPU for each scanned file, not for each hit."
    )
    return (told if renovate else f"Renovate is {ABSENT}: install-peers says why.",)
