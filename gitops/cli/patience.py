"""What a verb says while it works, so that nobody takes it for dead."""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

AFTER = 1.0
"""Seconds of silence before the first word, and between two on a terminal."""

_IN_A_LOG = 10.0


@contextmanager
def patience(what: str, so_far: Callable[[], str] | None = None) -> Iterator[None]:
    """Say on standard error what takes longer than a second, and go on saying it.

    On a terminal one line that is written over every second and is gone at the end; elsewhere a
    line of its own every ten seconds, for a log.

    Args:
        what: what is being done, as "reading the tags of ...".
        so_far: how far it has come, as "1200 of 3000 files"; it is called on another thread. None:
            there is nothing to count.
    """
    terminal = sys.stderr.isatty()
    ended = threading.Event()

    def tell() -> None:
        pause = AFTER if terminal else _IN_A_LOG
        said = False
        while not ended.wait(pause):
            line = f"fairlead: {what} ..."
            if so_far is not None:
                line += f" {so_far()}"
            sys.stderr.write(f"\r\x1b[K{line}" if terminal else f"{line}\n")
            sys.stderr.flush()
            said = True
        if said and terminal:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    try:
        yield
    finally:
        ended.set()
        teller.join()


@contextmanager
def nothing_collected() -> Iterator[None]:
    """Look for no garbage now, nor later among what is there at the end: it stays until then."""
    import gc

    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


class Tally:
    """Counts its calls; as text it is their number."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self) -> None:
        """Count one more."""
        self._count += 1

    def __str__(self) -> str:
        return str(self._count)
