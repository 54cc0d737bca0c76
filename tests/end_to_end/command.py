"""`fairlead` as a child process, and everything that it ever said."""

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from tests.conftest import ROOT
from tests.end_to_end.clock import ClockFile
from tests.end_to_end.fork_server import ForkServer, Verb

TIMEOUT = 180.0
"""Seconds after which a verb is taken to hang."""


@dataclass(frozen=True)
class Said:
    """How a verb ended, and what it said."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def audit(self) -> list[Mapping[str, Any]]:
        """The effects that it announced, in order."""
        lines = (line for line in self.err.splitlines() if line.startswith('{"audit"'))
        return [json.loads(line)["audit"] for line in lines]

    @property
    def events(self) -> list[str]:
        return [str(line["event"]) for line in self.audit]


@dataclass
class Command:
    """Verbs run in `directory` with these variables besides those of the tests' environment.

    With a `clock` they run through the tests' entry point. `heard` is the transcript. Those that
    are waited for come from a process that has imported what they need, unless it shall be what is
    `installed`, which has no other clock.
    """

    directory: Path
    variables: Mapping[str, str] = field(default_factory=dict)
    clock: ClockFile | None = None
    installed: bool = False
    heard: list[Said] = field(default_factory=list)

    def __call__(self, *arguments: str, code: int = 0, **more: str) -> Said:
        """Run a verb that shall end with `code`; `more` are variables for this run alone."""
        said = self._forked(arguments, more) or self._started(arguments, more)
        self.heard.append(said)
        assert said.code == code, f"fairlead {' '.join(arguments)}: {said}"
        return said

    def start(self, *arguments: str, **more: str) -> "subprocess.Popen[str]":
        """A verb under way."""
        return subprocess.Popen(
            [*self._program(), *arguments],
            cwd=self.directory,
            env=self._environment(more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def _started(self, arguments: Sequence[str], more: Mapping[str, str]) -> Said:
        with self.start(*arguments, **more) as process:
            out, err = process.communicate(timeout=TIMEOUT)
        return Said(process.returncode, out, err)

    def _forked(self, arguments: Sequence[str], more: Mapping[str, str]) -> Said | None:
        """None where only a process that begins from the beginning will do."""
        environment, server = self._environment(more), ForkServer.own()
        if self.installed or server.would_differ(environment):
            return None
        clock = None if self.clock is None else str(self.clock.path)
        verb = Verb(clock, arguments, str(self.directory), environment)
        with TemporaryFile("w+") as out, TemporaryFile("w+") as err:
            code = server.run(verb, out, err, TIMEOUT)
            for each in (out, err):
                each.seek(0)
            return Said(code, out.read(), err.read())

    def _environment(self, more: Mapping[str, str]) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(ROOT), **self.variables, **more}

    def _program(self) -> list[str]:
        if self.clock is None:
            return [str(Path(sysconfig.get_path("scripts")) / "fairlead")]
        return [sys.executable, "-m", "tests.end_to_end.entry", str(self.clock.path), "--"]
