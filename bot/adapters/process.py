"""Starting a program and taking all it says, within a time and a size.

Source: Python library reference, "subprocess"; setsid(2).
"""

import os
import selectors
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ended:
    """How a program ended. `stopped` says why it was killed, "" where it ended by itself."""

    status: int
    out: bytes
    err: str
    stopped: str


def run(
    argv: Sequence[str],
    variables: Mapping[str, str],
    *,
    feed: bytes = b"",
    timeout: float,
    limit: int,
) -> Ended:
    """Run a program in the directory `/`, in a group of its own: its children die with it.

    Args:
        argv: an absolute path and its arguments.
        variables: its whole environment.
        feed: its standard input.
        timeout: seconds, then its group is killed.
        limit: bytes of both its outputs together, then too.
    """
    return _wait(_start(argv, variables, feed), timeout, limit)


def _start(
    argv: Sequence[str], variables: Mapping[str, str], feed: bytes
) -> "subprocess.Popen[bytes]":
    """Start it. A file for stdin: a pipe could block both sides."""
    with tempfile.TemporaryFile() as stdin:
        stdin.write(feed)
        stdin.seek(0)
        return subprocess.Popen(
            list(argv),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(variables),
            cwd="/",
            start_new_session=True,
        )


def _wait(process: "subprocess.Popen[bytes]", timeout: float, limit: int) -> Ended:
    """Everything it says until it ends; its group is killed when it goes over a limit."""
    deadline = time.monotonic() + timeout
    heard: dict[str, list[bytes]] = {"out": [], "err": []}
    size, stopped = 0, ""
    with process, selectors.DefaultSelector() as selector:
        for name, stream in (("out", process.stdout), ("err", process.stderr)):
            if stream is not None:
                selector.register(stream, selectors.EVENT_READ, name)
        try:
            while selector.get_map() and not stopped:
                for key, _ in selector.select(max(0.0, deadline - time.monotonic())):
                    chunk = os.read(key.fd, 1 << 20)
                    size += len(chunk)
                    heard[key.data].append(chunk)
                    if not chunk:
                        selector.unregister(key.fileobj)
                if time.monotonic() >= deadline:
                    stopped = f"no end after {timeout:g} s"
                elif size > limit:
                    stopped = f"more than {limit} bytes of output"
        finally:
            if stopped or selector.get_map():
                os.killpg(process.pid, signal.SIGKILL)
    said = b"".join(heard["err"]).decode(errors="replace")
    return Ended(process.returncode, b"".join(heard["out"]), said, stopped)
