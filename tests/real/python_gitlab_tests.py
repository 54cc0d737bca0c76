"""python-gitlab's own functional tests, written against a live GitLab: they judge the GitLab face.

Get them by `python -m tests.real.python_gitlab_tests`, with pip: the sdist is fetched once for its
version into FAIRLEAD_CACHE, else ~/.cache/fairlead; `.ci/run` does it. Nothing of them is copied
into the repository: they are LGPL.
"""

import os
import pwd
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.archives import unpack
from tests.real import require

VERSION = "8.6.0"
"""Of python-gitlab, from whose sdist they are; the installed library is of the same."""

_REMEDY = "python -m tests.real.python_gitlab_tests fetches them once"
_FETCH_TIME = 600.0


def directory() -> Path:
    """The unpacked sdist; skips or fails the test without one."""
    return require(f"the tests of python-gitlab {VERSION} ({_REMEDY})", _directory())


def fetch() -> Path:
    """Fetch what `directory` finds, unless it is there.

    Raises:
        RuntimeError: pip failed.
    """
    target = _directory()
    if target.exists():
        return target
    target.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=target.parent, prefix="unfinished.") as place:
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download")
        wanted = ("--no-deps", "--no-binary", ":all:", f"python-gitlab=={VERSION}")
        done = subprocess.run(
            (*pip, *wanted),
            cwd=place,
            capture_output=True,
            text=True,
            timeout=_FETCH_TIME,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"pip: {(done.stderr or done.stdout).strip()[-2000:]}")
        (archive,) = Path(place).iterdir()
        unpacked = Path(place) / "unpacked"
        with tarfile.open(archive) as opened:
            unpack(opened, unpacked)
        (top,) = unpacked.iterdir()
        top.replace(target)
    return target


def _directory() -> Path:
    # The tests' own HOME is an empty one.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    cache = Path(os.environ.get("FAIRLEAD_CACHE") or home / ".cache" / "fairlead")
    return cache / f"python-gitlab-tests-{VERSION}"


if __name__ == "__main__":
    print(fetch())
