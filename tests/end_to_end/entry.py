"""The command `fairlead` on a clock that a file holds.

    python -m tests.end_to_end.entry CLOCKFILE -- run --once ...

For tests: it lies in no wheel, and what lies there has no other way to another clock.
"""

import contextlib
import os
import sys
from pathlib import Path

from bot.cli import main
from tests.canaries import keep_secrets
from tests.end_to_end.clock import ClockFile
from tests.witness import WITNESS, Witness, credentials, end

if __name__ == "__main__":
    sys.addaudithook(keep_secrets)
    _, clock_file, separator, *arguments = sys.argv
    if separator != "--":
        sys.exit("usage: python -m tests.end_to_end.entry CLOCKFILE -- VERB ...")
    sys.argv = ["fairlead", *arguments]
    watching = WITNESS in os.environ
    secrets = set(credentials(dict(os.environ)))
    with Witness(secrets, end) if watching else contextlib.nullcontext():
        main(ClockFile(Path(clock_file)))
