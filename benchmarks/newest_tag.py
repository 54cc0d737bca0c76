"""B7: the newest of very many tags, for the first time and when nothing has changed."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from statistics import median

from benchmarks import process
from benchmarks.model import Gate, Measurement, at_least, number, row_absent
from benchmarks.peers import Peers

TAGS = 100_000
SEED = 20261121
ROUNDS = 3
COLD, AGAIN = 110.0, 6.0
"""Milliseconds."""
COLD_RATIO, AGAIN_RATIO = 15, 300
COLUMNS = ("program", "cold, CPU ms", "ratio", "unchanged, CPU ms", "ratio", "peak MiB")


class Unexpected(Exception):
    """A program did not pick the newest tag."""


@dataclass(frozen=True, slots=True)
class Picked:
    """CPU milliseconds of both looks, and MiB; medians of some processes."""

    cold: float
    again: float
    peak: float


def measure(peers: Peers, *, tags: int = TAGS, rounds: int = ROUNDS) -> Measurement:
    """Pick by Fairlead's policy, and by sorting everything."""
    ours = _picked(process.ours("fairlead_newest.py"), tags, rounds)
    peer = peers.semver_newest
    rows = [_row("Fairlead", ours, ours)]
    found: dict[str, Picked] = {}
    for way in ("sorted", "max"):
        name = f"{way}({peer.name})"
        if peer.command is None:
            rows.append(row_absent(name, COLUMNS))
            continue
        found[way] = _picked((*peer.command, way), tags, rounds)
        rows.append(_row(name, found[way], ours))
    theirs = found.get("sorted")
    claim = f"CPU of sorted({peer.name}), to Fairlead's"
    gates = [
        Gate("CPU of the first look", ours.cold, COLD, at_least=False, unit="ms"),
        Gate("CPU when nothing has changed", ours.again, AGAIN, at_least=False, unit="ms"),
        at_least(
            f"{claim}, first look",
            ours.cold,
            theirs.cold if theirs else None,
            COLD_RATIO,
            peer.missing,
        ),
        at_least(
            f"{claim}, nothing changed",
            ours.again,
            theirs.again if theirs else None,
            AGAIN_RATIO,
            peer.missing,
        ),
    ]
    work = (
        f"The newest of {tags} tags (seed {SEED}; releases, prereleases, and one in seven no "
        f"version) is picked, and then again from the same tags. Medians of {rounds} processes. "
        "Fairlead gives a reason for each tag that it passes over and reads two-part tags as "
        "well; the peer gives none and does not."
    )
    return Measurement("B7 newest tag", work, COLUMNS, rows, gates)


def names(count: int, seed: int = SEED) -> list[str]:
    """Tags as builds leave them; the last is the newest, and they are mixed."""
    random = Random(seed)
    found: dict[str, None] = {}
    while len(found) < count - 1:
        core = f"{random.randrange(5)}.{random.randrange(60)}.{random.randrange(400)}"
        kind = random.randrange(7)
        if kind == 0:
            tag = f"main-{random.randrange(16**7):07x}"
        elif kind < 4:
            tag = f"v{core}-rc.{random.randrange(40)}"
        else:
            tag = core
        found[tag] = None
    mixed = [*found, "v6.0.0"]
    random.shuffle(mixed)
    return mixed


def _picked(command: Sequence[str], count: int, rounds: int) -> Picked:
    with tempfile.NamedTemporaryFile("w", encoding="utf-8") as file:
        file.write("\n".join(names(count)))
        file.flush()
        runs = [process.run((*command, str(Path(file.name)))) for _ in range(rounds)]
    for run in runs:
        if run.told["picked"] != "v6.0.0":
            raise Unexpected(f"{command} picked {run.told['picked']}")
    return Picked(
        median(run.told["cold"] for run in runs) * 1000,
        median(run.told["again"] for run in runs) * 1000,
        median(run.peak for run in runs),
    )


def _row(name: str, found: Picked, base: Picked) -> Sequence[str]:
    figures = (
        *(found.cold, found.cold / base.cold),
        *(found.again, found.again / base.again, found.peak),
    )
    return (name, *map(number, figures))
