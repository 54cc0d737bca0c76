"""Renovate on a Gitea: what a run of it takes."""

import json
from collections.abc import Sequence
from pathlib import Path

from benchmarks import process
from benchmarks.forge_ground import Done, Ground


class Renovate:
    """Runs on a repository of its own."""

    def __init__(self, there: Ground, command: Sequence[str]) -> None:
        self._there = there
        self._command = command
        self.path = there.fleet("renovate")

    def run(self, *, tuned: bool = False) -> Done:
        """One run; `tuned` keeps its caches and its clone for the next."""
        directory = self._there.directory / f"renovate-{'tuned' if tuned else 'default'}"
        directory.mkdir(exist_ok=True)
        config = {
            "platform": "gitea",
            "endpoint": f"{self._there.gitea.url}/",
            "repositories": [self.path],
            "onboarding": False,
            "requireConfig": "optional",
            "enabledManagers": ["kustomize"],
            "prHourlyLimit": 0,
            "prConcurrentLimit": 0,
            "branchConcurrentLimit": 0,
            "dependencyDashboard": False,
            "extends": [],
            "hostRules": [{"matchHost": self._there.registry.host, "insecureRegistry": True}],
            "gitAuthor": "Renovate <renovate@example.com>",
        }
        if tuned:
            config |= {"repositoryCache": "enabled", "persistRepoData": True}
        file = directory / "config.json"
        file.write_text(json.dumps(config), encoding="utf-8")
        environment = {
            "RENOVATE_CONFIG_FILE": str(file),
            "RENOVATE_TOKEN": self._there.token.reveal(),
            "RENOVATE_BASE_DIR": str(
                directory / "base" if tuned else directory / _fresh(directory)
            ),
            "RENOVATE_X_IGNORE_RE2": "true",
            "LOG_LEVEL": "warn",
            "HOME": str(directory),
        }
        with self._there.counted() as calls:
            run = process.run(self._command, environment=environment, directory=directory)
        return Done(run.wall, run.cpu, run.peak, calls[0])


def _fresh(directory: Path) -> str:
    """A base directory that nothing is remembered in."""
    return f"base-{len(list(directory.iterdir()))}"
