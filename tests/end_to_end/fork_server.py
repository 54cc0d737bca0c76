"""Processes of `tests.end_to_end.entry` that have imported everything before they begin.

Two in five seconds of a story went into imports, the same ones each time. Here one process imports
them, and forks for each verb: a process of its own, with the arguments, directory, environment and
streams that it is given, that ends as any interpreter does. What a command imports, and when, is
another test's matter.

    python -m tests.end_to_end.fork_server DESCRIPTOR

DESCRIPTOR is a Unix socket on which packets come, each one a verb; at its end the server ends.
"""

import array
import atexit
import gc
import importlib
import json
import os
import pkgutil
import random
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import IO, NoReturn, Self

from tests.conftest import ROOT
from tests.end_to_end import entry

_PACKET = 1 << 20
_READ_AT_START = ("PYTHON", "COVERAGE", "SSL_CERT", "LC_", "LANG", "TZ")
"""How the variables begin that an interpreter or a module reads once, when it starts."""


@dataclass(frozen=True)
class Verb:
    """What a process is told. `environment` is all of it; no clock is the machine's."""

    clock_file: str | None
    arguments: Sequence[str]
    directory: str
    environment: Mapping[str, str]


class ForkServer:
    """Runs from the moment it is made until the interpreter that made it ends."""

    def __init__(self) -> None:
        self._inherited = _read_at_start(os.environ)
        self._socket, theirs = _pair(socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(theirs.fileno())],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT)},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self._end)

    @classmethod
    @cache
    def own(cls) -> Self:
        """The one of this process."""
        return cls()

    def would_differ(self, environment: Mapping[str, str]) -> bool:
        """Whether a process of this environment has to begin from the beginning."""
        return _read_at_start({**environment, "PYTHONPATH": ""}) != self._inherited

    def run(self, verb: Verb, out: IO[str], err: IO[str], seconds: float) -> int:
        """Its exit code, or minus the signal that ended it.

        Raises:
            TimeoutError: it did not end in time, and was killed.
        """
        ours, theirs = _pair(socket.SOCK_STREAM)
        with ours:
            with theirs:
                streams = array.array("i", [out.fileno(), err.fileno(), theirs.fileno()])
                rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, streams)
                self._socket.sendmsg([json.dumps(vars(verb)).encode()], [rights])
            told = ours.makefile()
            process = int(told.readline())
            ours.settimeout(seconds)
            try:
                return os.waitstatus_to_exitcode(int(told.readline()))
            except TimeoutError:
                os.kill(process, signal.SIGKILL)
                raise

    def _end(self) -> None:
        self._socket.close()
        self._process.wait()


def _pair(kind: int) -> tuple[socket.socket, socket.socket]:
    return socket.socketpair(socket.AF_UNIX, kind)


def _read_at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {
        name: text
        for name, text in environment.items()
        if name.startswith(_READ_AT_START) and name != "PYTHONPATH"
    }


def _serve(requests: socket.socket) -> None:
    """Fork for each packet; returns once nobody asks."""
    # Each one is waited for by a process between, which itself nobody waits for.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        told, streams, _, _ = socket.recv_fds(requests, _PACKET, 3)
        if not told:
            return
        if os.fork() == 0:
            requests.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _begin(Verb(**json.loads(told)), *streams)
        for each in streams:
            os.close(each)


def _begin(verb: Verb, out: int, err: int, answers: int) -> NoReturn:
    process = os.fork()
    if process:
        _tell(answers, process)
    os.close(answers)
    for stream, descriptor in ((out, 1), (err, 2)):
        os.dup2(stream, descriptor)
        os.close(stream)
    os.chdir(verb.directory)
    os.environ.clear()
    os.environ.update(verb.environment)
    random.seed()
    code = 0
    try:
        entry.run(verb.clock_file, verb.arguments)
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else bool(error.code)
    _end(code)


def _end(code: int) -> NoReturn:
    """What an interpreter does at its end but for freeing all memory, which takes 300 ms here.

    Source: CPython, Py_FinalizeEx in Python/pylifecycle.c.
    """
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(code)


def _tell(answers: int, process: int) -> NoReturn:
    os.write(answers, f"{process}\n".encode())
    _, status = os.waitpid(process, 0)
    os.write(answers, f"{status}\n".encode())
    os._exit(0)


def _import_everything() -> None:
    for room in ("bot", "gitops"):
        package = importlib.import_module(room)
        for found in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not found.name.endswith("__main__"):
                importlib.import_module(found.name)
    # A fork has the thread that forked, and no other.
    assert threading.active_count() == 1


if __name__ == "__main__":
    _import_everything()
    gc.freeze()  # so that a collection does not touch, and thereby copy, what is shared
    _serve(socket.socket(fileno=int(sys.argv[1])))
