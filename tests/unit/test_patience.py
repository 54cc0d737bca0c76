"""What a verb says while it works: nothing for a second, then how far it has come."""

import os
import pty
import subprocess
import sys

PROGRAM = """
import time
from gitops.cli.patience import patience
with patience("counting", lambda: "7 of 9"):
    time.sleep({seconds})
print("done")
"""


def on_a_terminal(seconds: float) -> str:
    """What stands on a terminal after so many seconds of work."""
    ours, theirs = pty.openpty()
    try:
        program = PROGRAM.format(seconds=seconds)
        subprocess.run([sys.executable, "-c", program], stderr=theirs, check=True)
        os.write(theirs, b"end")
        said = b""
        while not said.endswith(b"end"):
            said += os.read(ours, 65536)
        return said.decode()
    finally:
        os.close(ours)
        os.close(theirs)


def test_what_takes_longer_than_a_second_says_so_on_a_terminal_and_wipes_it_away() -> None:
    said = on_a_terminal(1.5)
    assert "fairlead: counting ... 7 of 9" in said
    assert said.endswith("\r\x1b[Kend")


def test_what_is_quick_says_nothing() -> None:
    assert on_a_terminal(0) == "end"


def test_a_log_has_no_lines_of_seconds() -> None:
    program = PROGRAM.format(seconds=1.5)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("done\n", "")


def test_a_failure_passes_through() -> None:
    program = PROGRAM.format(seconds=0).replace("time.sleep(0)", "raise SystemExit(3)")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 3
