"""What the command was started with: its streams, and how it may be stopped."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager


class Unwritable(Exception):
    """Standard output takes nothing more; what the verb did is done all the same."""


@contextmanager
def prepared() -> Iterator[None]:
    """Run a verb so that a closed stream, a full one or SIGTERM ends it in order.

    An output that is closed is nobody's: what is said there is lost. SIGTERM is an interrupt like
    Ctrl-C, so that nothing half-written is left.

    Raises:
        Unwritable: standard output is full or broken. A pipe that was closed is left to typer.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        _flush()


def _flush() -> None:
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        # The interpreter would try once more when it ends, and complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise Unwritable(error.strerror) from error


def told(error: Unwritable) -> None:
    """Say it on standard error, which may be as full."""
    try:
        print(f"fairlead: standard output cannot be written ({error})", file=sys.stderr)
    except OSError:
        return
