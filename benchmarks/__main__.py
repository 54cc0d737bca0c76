"""`python -m benchmarks [--renew] [NAME...]`: every measurement, or those named.

All of them together write report.md. Some of them are only printed, or with `--renew` take the
place of those that are there.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks import (
    adding,
    bump,
    checking,
    cold_index,
    edit_speed,
    fidelity,
    health,
    long_lists,
    machine,
    newest_tag,
    opening,
    poll,
    rendering,
    startup,
)
from benchmarks.model import Measurement
from benchmarks.peers import Peers
from benchmarks.report import renewed, report, section

REPORT = Path(__file__).resolve().parent / "report.md"

MEASUREMENTS: dict[str, Callable[[Peers], Measurement]] = {
    "fidelity": fidelity.measure,
    "edit-speed": edit_speed.measure,
    "cold-index": cold_index.measure,
    "bump": bump.measure,
    "poll": poll.measure,
    "newest-tag": newest_tag.measure,
    "long-lists": long_lists.measure,
    "open": opening.measure,
    "check": checking.measure,
    "add": adding.measure,
    "render": rendering.measure,
    "health": health.measure,
    "startup": startup.measure,
}


def main(names: Sequence[str]) -> int:
    """Measure and print; 2 when a name is none."""
    renew, names = "--renew" in names, [name for name in names if name != "--renew"]
    unknown = [name for name in names if name not in MEASUREMENTS]
    if unknown:
        sys.stderr.write(f"no benchmark {unknown[0]!r}; known are {', '.join(MEASUREMENTS)}\n")
        return 2
    peers = Peers.found()
    where = machine.described()
    found = {}
    for name in names or MEASUREMENTS:
        found[name] = MEASUREMENTS[name](peers)
        sys.stdout.writelines(f"{line}\n" for line in (*section(found[name]), ""))
        sys.stdout.flush()
    if renew or not names:
        before = REPORT.read_text(encoding="utf-8") if names else ""
        page = renewed(before, where, found) if names else report(where, found)
        REPORT.write_text(page, encoding="utf-8")
        sys.stdout.write(f"written: {REPORT}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
