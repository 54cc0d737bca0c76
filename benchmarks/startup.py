"""How long a verb takes to say its help, beside the bare import of typer in the same Python.

The aim is less than 100 ms more than that import. It is measured here and asserted nowhere: a busy
machine is no finding. What a test does assert is which modules are imported
(tests/unit/test_imports.py).
"""

import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

ROUNDS = 15
"""Each program is started once a round, so that a disturbance falls on all of them alike."""

AIM = 100.0
"""Milliseconds that a verb's help may take more than the peer."""

_HELP = "import sys; sys.argv = ['fairlead', *{verb}, '--help']; from bot.cli import main; main()"

PEER = "python -c 'import typer'"

PROGRAMS = {
    "python -c pass": "pass",
    PEER: "import typer",
    "fairlead --help": _HELP.format(verb=[]),
    "fairlead plan --help": _HELP.format(verb=["plan"]),
}


@dataclass(frozen=True, slots=True)
class Run:
    """One process: milliseconds until it ended, and of CPU (user and system) that it used."""

    wall: float
    cpu: float


def lines() -> Iterator[str]:
    """The table, with differences and ratios to the peer of this very run."""
    runs = _measured()
    peer = _median(runs[PEER])
    version = ".".join(map(str, sys.version_info[:3]))
    yield f"startup: medians of {ROUNDS} starts, Python {version}; the peer is {PEER}"
    yield f"{'program':<26}{'wall ms':>9}{'cpu ms':>9}{'cpu more':>10}{'ratio':>8}"
    for name, found in runs.items():
        middle = _median(found)
        more = middle.cpu - peer.cpu
        told = f"{name:<26}{middle.wall:>9.1f}{middle.cpu:>9.1f}{more:>+10.1f}"
        missed = "  above the aim" if more >= AIM else ""
        yield f"{told}{middle.cpu / peer.cpu:>8.2f}{missed}"
    yield f"the aim: less than {AIM:.0f} ms more than the peer"


def _measured() -> dict[str, list[Run]]:
    for program in PROGRAMS.values():
        _start(program)  # compiles what is not compiled yet
    runs: dict[str, list[Run]] = {name: [] for name in PROGRAMS}
    for _ in range(ROUNDS):
        for name, program in PROGRAMS.items():
            runs[name].append(_start(program))
    return runs


def _start(program: str) -> Run:
    """Run a program in a new interpreter, which sees no environment.

    Raises:
        RuntimeError: it did not end with 0.
    """
    silent = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    began = time.perf_counter()
    process = os.posix_spawn(
        sys.executable, [sys.executable, "-c", program], {}, file_actions=silent
    )
    _, status, used = os.wait4(process, 0)
    wall = time.perf_counter() - began
    if status:
        raise RuntimeError(f"ended with {os.waitstatus_to_exitcode(status)}: {program}")
    return Run(wall * 1000, (used.ru_utime + used.ru_stime) * 1000)


def _median(runs: list[Run]) -> Run:
    return Run(median(run.wall for run in runs), median(run.cpu for run in runs))
