"""Programs that are started on loopback, and ended again."""

import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

_END_TIME = 30.0


class Running:
    """A program that runs from the moment it is made until it is stopped.

    It sees nothing of this user's environment but what is given to it; what it says goes to a log.
    """

    def __init__(
        self, command: Sequence[str], log: Path, environment: dict[str, str] | None = None
    ) -> None:
        self.log = log
        with log.open("ab") as said:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                cwd=log.parent,
                # Go programs that live for minutes trade memory for time.
                env={
                    "PATH": os.environ["PATH"],
                    "HOME": str(log.parent),
                    "GOGC": "400",
                    **(environment or {}),
                },
            )

    @property
    def ended(self) -> bool:
        """Whether it ended by itself."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """End it; one that does not end when it is told to is killed."""
        self._process.terminate()
        try:
            self._process.wait(timeout=_END_TIME)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def free_port() -> int:
    """A port of loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
