"""Programs in processes of their own: what they say, and what they cost."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(__file__).resolve().parent / "programs"

PYTHON = sys.executable

# A machine may say that nothing is compiled or buffered; that is no program's own cost.
_ENVIRONMENT = {name: text for name, text in os.environ.items() if not name.startswith("PYTHON")}

# Linux counts in KiB, macOS in bytes (getrusage(2)).
_PEAK_UNIT = 1 if sys.platform == "darwin" else 1024


class Failed(Exception):
    """A program did not end with an exit code that was expected; the text is what it said."""


@dataclass(frozen=True, slots=True)
class Run:
    """One process from start to end, with the children it waited for.

    `wall` and `cpu` (user and system) are seconds, `peak` is MiB of resident memory.
    """

    wall: float
    cpu: float
    peak: float
    output: bytes

    @property
    def told(self) -> Any:
        """Standard output, read as JSON."""
        return json.loads(self.output)


def ours(program: str) -> tuple[str, ...]:
    """The command of a program of `benchmarks/programs` that runs in this very Python."""
    return (sys.executable, str(PROGRAMS / program))


def run(
    command: Sequence[str],
    *,
    given: Path | None = None,
    environment: Mapping[str, str] | None = None,
    directory: Path = ROOT,
    expected: Sequence[int] = (0,),
) -> Run:
    """Start a program and wait until it has ended; `given` is its standard input.

    Raises:
        Failed: it ended otherwise than expected.
    """
    with (
        tempfile.TemporaryFile() as errors,
        tempfile.NamedTemporaryFile() as cost,
        (given or Path(os.devnull)).open("rb") as source,
    ):
        done = subprocess.run(
            (sys.executable, "-S", "-E", str(PROGRAMS / "launch.py"), cost.name, *command),
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=errors,
            cwd=directory,
            env={**_ENVIRONMENT, "PYTHONPATH": str(ROOT), **(environment or {})},
            check=False,
        )
        if done.returncode not in expected:
            errors.seek(0)
            what = errors.read()[-2000:].decode(errors="replace")
            raise Failed(f"{' '.join(command)} ended with {done.returncode}: {what}")
        wall, cpu, peak = map(float, cost.read().split())
    return Run(wall, cpu, peak * _PEAK_UNIT / 2**20, done.stdout)
