"""What judges the GitHub face: GitHub's own description of its API, and recordings of PyGithub's.

Get both by `python -m tests.real.github_material`, with npm and pip: each is fetched once for its
version into FAIRLEAD_CACHE, else ~/.cache/fairlead; `.ci/run` does it. Nothing of them is copied:
the description is MIT, PyGithub's recordings are LGPL.
"""

import os
import pwd
import subprocess
import sys
import tarfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from tests.archives import unpack
from tests.real import require

DESCRIPTION_VERSION = "23.0.2"
"""Of the npm package @octokit/openapi."""

RECORDINGS_VERSION = "2.10.0"
"""Of PyGithub, from whose sdist the recordings are."""

_REMEDY = "python -m tests.real.github_material fetches it once"
_FETCH_TIME = 600.0


def description() -> Path:
    """The OpenAPI description of api.github.com; skips or fails the test without one."""
    name = f"@octokit/openapi {DESCRIPTION_VERSION} ({_REMEDY})"
    return require(name, _description())


def kept_description() -> Path | None:
    """The same, None without one."""
    return _description() if _description().exists() else None


def recordings() -> Path:
    """The directory of PyGithub's recordings; skips or fails the test without them."""
    name = f"the recordings of PyGithub {RECORDINGS_VERSION} ({_REMEDY})"
    return require(name, _recordings())


def fetch() -> tuple[Path, Path]:
    """Fetch what `description` and `recordings` find, unless it is there.

    Raises:
        RuntimeError: npm or pip failed.
    """
    package = f"@octokit/openapi@{DESCRIPTION_VERSION}"
    if not _description().exists():
        # The whole package is 400 MB, most of it for Enterprise Server.
        pack = ("npm", "pack", "--silent", "--ignore-scripts", package)
        _fetch(pack, _description().parent, "generated/api.github.com.json")
    if not _recordings().exists():
        sdist = ("--no-deps", "--no-binary", ":all:", f"PyGithub=={RECORDINGS_VERSION}")
        pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "download")
        _fetch((*pip, *sdist), _recordings().parent, "tests/ReplayData/*.txt")
    return _description(), _recordings()


def _description() -> Path:
    return _cache() / f"github-description-{DESCRIPTION_VERSION}" / "api.github.com.json"


def _recordings() -> Path:
    return _cache() / f"pygithub-recordings-{RECORDINGS_VERSION}" / "ReplayData"


def _cache() -> Path:
    # The tests' own HOME is an empty one.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    return Path(os.environ.get("FAIRLEAD_CACHE") or home / ".cache" / "fairlead")


def _fetch(command: Sequence[str], directory: Path, wanted: str) -> None:
    """Run what leaves one archive in its working directory; keep the wanted files of it."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    kept = PurePosixPath(wanted).parts[:-1]
    with TemporaryDirectory(dir=directory.parent, prefix="unfinished.") as place:
        done = subprocess.run(
            command, cwd=place, capture_output=True, text=True, timeout=_FETCH_TIME, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{command[0]}: {(done.stderr or done.stdout).strip()[-2000:]}")
        (archive,) = Path(place).iterdir()
        unpacked = Path(place) / "unpacked"
        with tarfile.open(archive) as opened:
            of_it = [m for m in opened if PurePosixPath(m.name).match(wanted)]
            unpack(opened, unpacked, of_it)
        (top,) = unpacked.iterdir()
        # `tests/ReplayData` becomes `ReplayData`, `generated` the directory itself.
        source = top / kept[0]
        source.replace(directory)


if __name__ == "__main__":
    print(*fetch(), sep="\n")
