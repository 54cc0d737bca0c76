"""The command `fairlead` on a clock that a file holds.

    python -m tests.end_to_end.entry CLOCKFILE -- run --once ...

For tests: it lies in no wheel, and what lies there has no other way to another clock.
"""

import contextlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.cli import main
from tests.canaries import keep_secrets
from tests.end_to_end.clock import ClockFile
from tests.witness import WITNESS, Witness, credentials, end


def run(clock_file: str | None, arguments: Sequence[str]) -> None:
    """Be the command from here on. What is set for that stays: the process ends with it."""
    sys.addaudithook(keep_secrets)
    sys.argv = ["fairlead", *arguments]
    sys.modules["__main__"].__package__ = None  # by which Typer would call us `python -m ...`
    watching = WITNESS in os.environ
    secrets = set(credentials(dict(os.environ)))
    with Witness(secrets, end) if watching else contextlib.nullcontext():
        main(ClockFile(Path(clock_file)) if clock_file is not None else None)


if __name__ == "__main__":
    _, _clock_file, _separator, *_arguments = sys.argv
    if _separator != "--":
        sys.exit("usage: python -m tests.end_to_end.entry CLOCKFILE -- VERB ...")
    run(_clock_file, _arguments)
