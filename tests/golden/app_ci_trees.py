"""Whole pipelines of an app's repository, one for each forge and preset, as a team would get them.

`python -m tests.golden.app_ci_trees` writes them anew.
"""

from collections.abc import Iterator
from pathlib import Path

from gitops.directory import read_directory, write_directory
from gitops.scaffold.answers import ForgeKind
from gitops.scaffold.answers.app_options import Preset
from gitops.tree import Tree
from tests.unit.pipelines import FORGES, Described

ROOT = Path(__file__).parent / "app_ci"
_REGISTRIES = {
    ForgeKind.GITLAB: "registry.gitlab.example.com",
    ForgeKind.GITHUB: "ghcr.io",
    ForgeKind.GITEA: "gitea.example.com",
}


def trees() -> Iterator[tuple[str, Tree]]:
    """Their names, each `FORGE-PRESET`, and what is in them."""
    for forge in FORGES:
        for preset in (each for each in Preset if each is not Preset.GENERIC):
            app = _app(preset, f"{_REGISTRIES[forge]}/shop/payments")
            yield f"{forge}-{preset}", app.tree(forge, preset=preset, dockerfile=True)


def _app(preset: Preset, image: str) -> Described:
    """Each preset shows something else that an app may be."""
    match preset:
        case Preset.GENERIC | Preset.PYTHON_WSGI | Preset.STATIC | Preset.STATEFUL:
            return Described(images=(image,))
        case Preset.JVM:
            images = (image, f"{image}-migrations")
            return Described(images=images, platforms=("linux/amd64", "linux/arm64"))
        case Preset.NODE:
            build = "{branch}-{sha:12}-{timestamp:%s}"
            return Described(images=(image,), tag="{semver}", build=build)
        case Preset.WORKER:
            return Described(images=(image,), tags="payments/v{version}", tag="{version}")
        case Preset.CRON:
            return Described(images=(image,), branch=None)


if __name__ == "__main__":
    for name, tree in trees():
        (ROOT / name).mkdir(parents=True, exist_ok=True)
        write_directory(ROOT / name, read_directory(ROOT / name), tree)
