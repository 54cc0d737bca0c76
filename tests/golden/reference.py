"""The reference fleet at the root of this repository, and the commands that write it.

`python -m tests.golden.reference` writes it anew, with its versions where the bot moved them.
"""

import shlex
import tempfile
from pathlib import Path

import typer
from typer.testing import CliRunner

from gitops.cli import add_verbs
from gitops.fleet import Fleet, Setting
from gitops.tree import Tree, read_directory, write_directory
from tests.conftest import ROOT

COMMANDS = """\
new . --name reference --cluster prod=prod-eu --cluster prod=prod-us
add app payments --image registry.example.com/shop/payments \
    --source https://gitlab.example.com/shop/payments.git --team shop
add app checkout --image registry.example.com/shop/checkout \
    --image registry.example.com/shop/checkout-worker \
    --source https://gitlab.example.com/shop/checkout.git --team shop
add app podinfo --image ghcr.io/stefanprodan/podinfo --range '>=6.0.0' --team platform --port 9898
"""
FOLDERS = (".fairlead", "apps", "clusters", "components", "infrastructure", "tenants")
"""What of a fleet lies at the root beside `fleet.yaml`; the others are this project's."""


def reference() -> Tree:
    """The fleet at the root of this repository."""
    files = {"fleet.yaml": (ROOT / "fleet.yaml").read_bytes()}
    for folder in FOLDERS:
        below = read_directory(ROOT / folder) if (ROOT / folder).is_dir() else Tree({})
        files |= {f"{folder}/{path}": file.data for path, file in below.items()}
    return Tree.of(files)


def scaffolded(directory: Path) -> Tree:
    app = typer.Typer()
    add_verbs(app)
    for line in COMMANDS.splitlines():
        words = shlex.split(line.replace("new .", f"new {directory}"))
        place = [] if words[0] == "new" else ["--path", str(directory)]
        CliRunner().invoke(app, [*words, *place], catch_exceptions=False)
    written = read_directory(directory)
    kept = ("fleet.yaml", *(f"{folder}/" for folder in FOLDERS))
    return Tree({path: file for path, file in written.items() if path.startswith(kept)})


def moved(tree: Tree, to: Fleet) -> Tree:
    """The tree with every version that the other fleet has, suspensions lifted with them."""
    for environment in to.environments:
        for app in to.apps:
            pin = to.pin(environment, app)
            if pin is not None and not pin.unreleased:
                settings = [Setting(p.repository, p.tag, p.digest) for p in pin.content]
                tree = Fleet.read(tree).set_pin(environment, app, settings)
    return tree


def write() -> None:
    """Write the reference fleet where it lies; what the scaffolder no longer writes goes."""
    old = reference()
    with tempfile.TemporaryDirectory() as directory:
        new = moved(scaffolded(Path(directory)), Fleet.read(old))
    write_directory(ROOT, old, new)
    for path in old.keys() - new.keys():
        (ROOT / path).unlink()


if __name__ == "__main__":
    write()
