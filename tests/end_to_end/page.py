"""A page of the manual as a script: what it shows is typed, and what it promises is compared.

A block ```` ```console ```` holds commands behind `$ `, each with what it says on both streams. A
block ```` ```yaml ```` whose first line is `# a/path.yaml` is that file, comment and all.
"""

import os
import re
import subprocess
import sysconfig
from pathlib import Path
from typing import NamedTuple

from tests.conftest import ROOT

SCRIPTS = sysconfig.get_path("scripts")
TIMEOUT = 60.0

_BLOCK = re.compile(r"^```(console|yaml)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_FILE = re.compile(r"# ([\w./-]+\.ya?ml)\n")


class Example(NamedTuple):
    """A command and the text that the page promises."""

    command: str
    said: str


def examples(page: str) -> list[Example]:
    """Every command of `docs/<page>`, in its order."""
    return [Example(*each) for text in _blocks(page, "console") for each in _COMMAND.findall(text)]


def write_files(page: str, directory: Path) -> None:
    """Write the files that `docs/<page>` shows below a directory."""
    for text in _blocks(page, "yaml"):
        named = _FILE.match(text)
        if named:
            path = directory / named[1]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def type_in(command: str, directory: Path) -> str:
    """What a shell in `directory` says to a command, on both streams."""
    return subprocess.run(
        ["bash", "-c", command],
        cwd=directory,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PATH": f"{SCRIPTS}:{os.environ['PATH']}"},
        timeout=TIMEOUT,
        check=False,
    ).stdout


def _blocks(page: str, language: str) -> list[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return [body for found, body in _BLOCK.findall(text) if found == language]
