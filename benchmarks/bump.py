"""Moving one chart to a new version in many HelmReleases: read, find, edit, prove, write."""

import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks import fleet, process
from benchmarks.model import Gate, Measurement, at_least, number, row_absent
from benchmarks.peers import Peers

RELEASES = 1_000
FEW = 10
"""Whole runs over many and over few releases are compared, so that start-up cancels out."""
PEER_RELEASES = 200
CHART = "payments"
OLD, NEW = "1.2.3", "1.2.4"

WALL = 2.0
PEAK = 150.0
RATIO = 50
COLUMNS = ("program", "releases", "wall s", "CPU s", "peak MiB", "CPU us/release", "ratio", "exact")

_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - a file system in memory is what is wanted
_MEMORY = _SHARED_MEMORY if _SHARED_MEMORY.is_dir() else None

Command = Callable[[Path], Sequence[str]]


class Unexpected(Exception):
    """The files are not what the bump should have made of them."""


@dataclass(frozen=True, slots=True)
class Bumped:
    """A whole run, the CPU seconds of one more release, and how many files are exact."""

    run: process.Run
    each: float
    exact: int


def measure(peers: Peers, *, releases: int = RELEASES, few: int = FEW) -> Measurement:
    """The verb, and ruamel.yaml over the first of the same files."""
    ours = _bumped(_verb() or _kernel, releases, few, _MEMORY)
    on_disk = _bumped(_verb() or _kernel, releases, few, None)
    for found in (ours, on_disk):
        if found.exact != releases:
            raise Unexpected(f"{found.exact} of {releases} releases are as they should be")
    peer = peers.ruamel_bump
    theirs = theirs_on_disk = None
    if peer.command is not None:
        command = peer.command
        theirs, theirs_on_disk = (
            _bumped(
                lambda root: (*command, str(root), CHART, NEW),
                min(releases, PEER_RELEASES),
                few,
                where,
            )
            for where in (_MEMORY, None)
        )
    name = "fairlead bump" if _verb() else "survey, replace and write (there is no verb bump yet)"
    rows = [_row(name, releases, ours, ours)]
    rows.append(
        _row(peer.name, min(releases, PEER_RELEASES), theirs, ours)
        if theirs
        else row_absent(peer.name, COLUMNS)
    )
    rows.append(_row(f"{name}, on a disk", releases, on_disk, on_disk))
    if theirs_on_disk:
        many = min(releases, PEER_RELEASES)
        rows.append(_row(f"{peer.name}, on a disk", many, theirs_on_disk, on_disk))
    gates = [
        Gate(f"wall time of {releases} releases", on_disk.run.wall, WALL, at_least=False, unit="s"),
        Gate("peak memory", ours.run.peak, PEAK, at_least=False, unit="MiB"),
        at_least(
            f"CPU of {peer.name} for one release, to Fairlead's",
            ours.each,
            theirs.each if theirs else None,
            RATIO,
            peer.missing,
        ),
    ]
    work = (
        f"The chart of {releases} HelmReleases of {len(_release(0, OLD)) / 1000:.1f} kB is moved, "
        "each file compared with what it should be afterwards. Wall, CPU and peak are those of "
        f"whole processes; CPU for one release is the difference to a run over {few}, so start-up "
        "is left out on both sides. The ratio is gated where the files lie in memory: on a disk "
        "the kernel needs longer to put a new file in an old one's place, as Fairlead does. "
        "ruamel.yaml's program writes into the old file, which a crash would leave cut off."
    )
    return Measurement("bump", work, COLUMNS, rows, gates)


def _verb() -> Command | None:
    """The command, where this checkout has the verb."""
    if find_spec("gitops.bump") is None:
        return None
    return lambda root: (
        *(sys.executable, "-m", "bot.cli", "bump", CHART, NEW, str(root), "--kind", "chart"),
    )


def _kernel(root: Path) -> Sequence[str]:
    return (*process.ours("fairlead_bump.py"), str(root), CHART, NEW)


def _bumped(command: Command, releases: int, few: int, where: Path | None) -> Bumped:
    many, exact = _whole(command, releases, where)
    less, _ = _whole(command, few, where)
    return Bumped(many, (many.cpu - less.cpu) / (releases - few), exact)


def _whole(command: Command, releases: int, where: Path | None) -> tuple[process.Run, int]:
    with tempfile.TemporaryDirectory(dir=where) as temporary:
        root = Path(temporary)
        fleet.write(root, _files(releases, OLD))
        run = process.run(command(root))
        wanted = _files(releases, NEW)
        exact = sum((root / path).read_bytes() == data for path, data in wanted.items())
    return run, exact


def _files(releases: int, version: str) -> Mapping[str, bytes]:
    return {f"{number:04}.yaml": _release(number, version) for number in range(releases)}


def _release(number: int, version: str) -> bytes:
    """Every release has a name of its own, the same chart, and an image of another version."""
    text = fleet.release(f"app-{number:04}", "7.0.0")
    old = f"chart: app-{number:04}\n      version: 7.0.0"
    return text.replace(old, f"chart: {CHART}\n      version: {version}").encode()


def _row(name: str, releases: int, found: Bumped, base: Bumped) -> Sequence[str]:
    run = found.run
    return (
        name,
        str(releases),
        *(number(figure) for figure in (run.wall, run.cpu, run.peak, found.each * 1e6)),
        number(found.each / base.each),
        str(found.exact),
    )
