"""Renovate from npm, unmodified: a client of forges that knows nothing of Fairlead.

Get it by `benchmarks/install-peers python3 renovate`, which needs Node and npm (`.ci/run` does it).
It lies below FAIRLEAD_CACHE, else ~/.cache/fairlead, in the version that the benchmarks measure.
"""

import json
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.secret import Secret
from tests.conftest import ROOT
from tests.real import require

_TIME = 240.0
_REMEDY = "`benchmarks/install-peers python3 renovate` installs it; it needs Node and npm"


def command() -> list[str]:
    """How it is started; skips or fails the test where it is absent."""
    pinned = (ROOT / "benchmarks" / "peers.versions").read_text()
    (version,) = re.findall(r"^RENOVATE=(.+)$", pinned, re.MULTILINE)
    # The tests' own HOME is an empty one.
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    cache = Path(os.environ.get("FAIRLEAD_CACHE") or home / ".cache" / "fairlead")
    program = cache / f"peers/renovate-{version}/node_modules/renovate/dist/renovate.js"
    name = f"Renovate {version} ({_REMEDY})"
    return [str(require(name, shutil.which("node"))), str(require(name, program))]


@dataclass(frozen=True)
class Renovate:
    """One account of one forge; `config` is what its configuration file says."""

    directory: Path
    token: Secret
    config: Mapping[str, object]

    def run(self) -> str:
        """One run over its repositories, which remembers nothing of the one before; its log.

        Raises:
            AssertionError: it failed.
        """
        number = len(list(self.directory.iterdir())) if self.directory.exists() else 0
        place = self.directory / str(number)
        place.mkdir(parents=True)
        file = place / "config.json"
        file.write_text(json.dumps(self.config))
        done = subprocess.run(
            command(),
            cwd=place,
            env={
                **os.environ,
                "HOME": str(place),
                "RENOVATE_CONFIG_FILE": str(file),
                "RENOVATE_TOKEN": self.token.reveal(),
                "RENOVATE_BASE_DIR": str(place / "base"),
                "RENOVATE_X_IGNORE_RE2": "true",
                "LOG_LEVEL": "debug",
            },
            capture_output=True,
            text=True,
            timeout=_TIME,
            check=False,
        )
        (place / "log").write_text(done.stdout + done.stderr)
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout
