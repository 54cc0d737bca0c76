"""Gitea from its source, kept outside the checkout.

Get it by `python -m tests.real.gitea_build`: it is built once, with Go (https://go.dev/dl, or
apt-get install golang-go) and a C compiler, into FAIRLEAD_CACHE, else ~/.cache/fairlead, together
with the templates and texts that it reads when it runs. That takes four minutes on two idle cores;
`.ci/run` does it. `gitea_build/go.mod` pins every version.
"""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

from tests.real import require

VERSION = "1.26.0"

_SOURCE = Path(__file__).parent / "gitea_build" / "go.mod"
_MODULE = "code.gitea.io/gitea"
_STATIC = ("options", "public", "templates")
_BUILD_TIME = 3600.0


def get() -> Path:
    """The directory of the program and what it reads; skips or fails the test without one."""
    directory = _directory()
    how = f"Gitea {VERSION} (python -m tests.real.gitea_build builds it once, in minutes)"
    require(how, directory / "gitea")
    return directory


def build() -> Path:
    """Build what `get` finds, unless it is there.

    Raises:
        RuntimeError: there is no Go, or it failed.
    """
    directory = _directory()
    if (directory / "gitea").exists():
        return directory
    go = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin")
    if go is None:
        raise RuntimeError("there is no Go here (https://go.dev/dl, or apt-get install golang-go)")
    unfinished = directory.parent / f"gitea.unfinished.{os.getpid()}"
    unfinished.mkdir(parents=True)
    try:
        shutil.copy(_SOURCE, unfinished)
        _go(go, unfinished, "build", "-tags", "sqlite sqlite_unlock_notify", "-o", "gitea", _MODULE)
        module = Path(_go(go, unfinished, "list", "-m", "-f", "{{.Dir}}", _MODULE).strip())
        for name in _STATIC:
            shutil.copytree(module / name, unfinished / name)
        unfinished.replace(directory)
    except BaseException:
        shutil.rmtree(unfinished)
        raise
    return directory


def _directory() -> Path:
    # The tests' own HOME is an empty one.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    cache = Path(os.environ.get("FAIRLEAD_CACHE") or home / ".cache" / "fairlead")
    return cache / f"gitea-{VERSION}"


def _go(go: str, directory: Path, command: str, *arguments: str) -> str:
    """What Go says; the modules' own files are fetched and checked as Go does."""
    done = subprocess.run(
        [go, command, "-mod=mod", *arguments],
        cwd=directory,
        env={**os.environ, "CGO_ENABLED": "1", "GOWORK": "off"},
        capture_output=True,
        text=True,
        timeout=_BUILD_TIME,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"go {command}: {done.stderr.strip()[-2000:]}")
    return done.stdout


if __name__ == "__main__":
    print(build())
