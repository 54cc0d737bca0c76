"""B8: how long a verb takes to say its help, or to do nothing, beside the import of typer.

It is measured here and asserted nowhere: a busy machine is no finding. What a test does assert is
which modules are imported (tests/unit/test_imports.py).
"""

from collections.abc import Sequence
from statistics import median

from benchmarks import process
from benchmarks.model import Gate, Measurement, number
from benchmarks.peers import Peers
from benchmarks.process import Run

ROUNDS = 15
"""Each program is started once a round, so that a disturbance falls on all of them alike."""

AIM = 100.0
"""Milliseconds of CPU: wall time says more of what else the machine does."""

BASE = "python -c 'import typer'"
EAGER = "everything imported at once, --help"
COLUMNS = ("program", "wall ms", "CPU ms", "CPU more than typer", "ratio to typer")

_VERB = "import sys; sys.argv = ['fairlead', *{words}]; from bot.cli import main; main()"
_ALL = "import bot.wiring, bot.tick, bot.demo.world, gitops.check, gitops.scaffold, git, aiohttp; "

PROGRAMS = {
    "python -c pass": "pass",
    BASE: "import typer",
    "fairlead --help": _VERB.format(words=["--help"]),
    "fairlead plan --help": _VERB.format(words=["plan", "--help"]),
    "fairlead tags (no tags)": _VERB.format(words=["tags", "--semver", "1.x"]),
    EAGER: _ALL + _VERB.format(words=["--help"]),
}
_GATED = ("fairlead --help", "fairlead plan --help", "fairlead tags (no tags)")


def measure(_: Peers, *, rounds: int = ROUNDS) -> Measurement:
    """The medians, with differences and ratios to the bare import of this very run."""
    runs = _measured(rounds)
    base = _cpu(runs[BASE])
    rows = []
    for name, found in runs.items():
        cpu = _cpu(found)
        wall = median(run.wall for run in found) * 1000
        rows.append((name, number(wall), number(cpu), f"{cpu - base:+.1f}", number(cpu / base)))
    gates = [
        Gate(f"CPU of `{name}`", _cpu(runs[name]), AIM, at_least=False, unit="ms")
        for name in _GATED
    ]
    gates += [
        Gate(
            f"CPU of `{name}` above typer", _cpu(runs[name]) - base, AIM, at_least=False, unit="ms"
        )
        for name in _GATED
    ]
    work = (
        f"Medians of {rounds} starts of a whole process, with the modules compiled. Typer itself "
        "is the floor; the peer imports eagerly what the verbs import when they need it."
    )
    return Measurement("B8 start-up", work, COLUMNS, rows, gates)


def _measured(rounds: int) -> dict[str, Sequence[Run]]:
    for program in PROGRAMS.values():
        _start(program)  # compiles what is not compiled yet
    runs: dict[str, list[Run]] = {name: [] for name in PROGRAMS}
    for _ in range(rounds):
        for name, program in PROGRAMS.items():
            runs[name].append(_start(program))
    return dict(runs)


def _start(program: str) -> Run:
    """Tags of nothing pick nothing, which is exit code 1."""
    return process.run((process.PYTHON, "-c", program), expected=(0, 1))


def _cpu(runs: Sequence[Run]) -> float:
    return median(run.cpu for run in runs) * 1000
