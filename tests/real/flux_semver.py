"""The libraries that Flux reads ranges, patterns and templates with, as a program of our own.

`flux_semver/` holds its source. It is built with Go (https://go.dev/dl, or apt-get install
golang-go) into FAIRLEAD_CACHE, else ~/.cache/fairlead, once for each state of that source.
"""

import hashlib
import json
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.real import require

SOURCE = Path(__file__).parent / "flux_semver"
FILES = ("go.mod", "go.sum", "main.go")
_BUILD_TIME = 300.0
_ANSWER_TIME = 120.0


def get() -> Path:
    """The program; skips or fails the test where it can neither be found nor built."""
    # The tests' own HOME is an empty one; Go's settings and caches lie in the user's.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    cache = Path(os.environ.get("FAIRLEAD_CACHE") or home / ".cache" / "fairlead")
    state = hashlib.sha256(b"\0".join((SOURCE / name).read_bytes() for name in FILES))
    program = cache / "flux_semver" / state.hexdigest()[:16] / "flux_semver"
    if program.exists():
        return program
    go = require("Go (https://go.dev/dl, or apt-get install golang-go)", _go())
    trouble = _build(go, program, home)
    return require(f"flux_semver, which go build did not make ({trouble.strip()[-500:]}),", program)


def ask(program: Path, questions: Iterable[object]) -> Sequence[Any]:
    """One answer for each question; the shapes are told in `flux_semver/main.go`."""
    lines = "".join(json.dumps(question) + "\n" for question in questions)
    said = subprocess.run(
        [str(program)],
        input=lines,
        capture_output=True,
        text=True,
        timeout=_ANSWER_TIME,
        check=True,
    )
    return [json.loads(line) for line in said.stdout.splitlines()]


def _go() -> str | None:
    return shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")


def _build(go: Path, program: Path, home: Path) -> str:
    """What the compiler said; the program appears whole or not at all."""
    program.parent.mkdir(parents=True, exist_ok=True)
    unfinished = program.with_suffix(f".{os.getpid()}")
    said = subprocess.run(
        [str(go), "build", "-o", str(unfinished), "."],
        cwd=SOURCE,
        env={**os.environ, "HOME": str(home), "CGO_ENABLED": "0", "GOWORK": "off"},
        capture_output=True,
        text=True,
        timeout=_BUILD_TIME,
        check=False,
    )
    if said.returncode == 0:
        unfinished.replace(program)
    return said.stderr
