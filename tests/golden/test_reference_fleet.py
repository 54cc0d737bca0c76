"""The reference fleet is what the scaffolder writes, with its versions where the bot moved them."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from gitops.check import Severity, findings
from gitops.cli import add_verbs
from gitops.fleet import Fleet, Setting
from gitops.tree import Tree, read_directory
from tests.conftest import ROOT
from tests.real import require

COMMANDS = """\
new . --name reference --cluster prod=prod-eu --cluster prod=prod-us
add app payments --image registry.example.com/shop/payments \
    --source https://gitlab.example.com/shop/payments.git --team shop
add app checkout --image registry.example.com/shop/checkout \
    --image registry.example.com/shop/checkout-worker \
    --source https://gitlab.example.com/shop/checkout.git --team shop
add app podinfo --image ghcr.io/stefanprodan/podinfo --range '>=6.0.0' --team platform --port 9898
"""
FOLDERS = ("fleet.yaml", ".fairlead", "clusters", "apps", "infrastructure")


def reference() -> Tree:
    """The fleet at the root of this repository."""
    files = {"fleet.yaml": (ROOT / "fleet.yaml").read_bytes()}
    for folder in FOLDERS[1:]:
        below = read_directory(ROOT / folder)
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
    return Tree({path: file for path, file in written.items() if path.startswith(FOLDERS)})


def moved(tree: Tree, to: Fleet) -> Tree:
    """The tree with every version that the other fleet has, suspensions lifted with them."""
    for environment in to.environments:
        for app in to.apps:
            pin = to.pin(environment, app)
            if pin is not None and not pin.unreleased:
                settings = [Setting(p.repository, p.tag, p.digest) for p in pin.content]
                tree = Fleet.read(tree).set_pin(environment, app, settings)
    return tree


def test_the_reference_fleet_is_written_by_the_scaffolder(tmp_path: Path) -> None:
    there = reference()
    again = moved(scaffolded(tmp_path), Fleet.read(there))
    assert list(again) == list(there)
    assert {path: file.data for path, file in again.items()} == {
        path: file.data for path, file in there.items()
    }


def test_versions_do_not_make_it_another_fleet(tmp_path: Path) -> None:
    digest = "sha256:" + "1" * 64
    images = ("registry.example.com/shop/checkout", "registry.example.com/shop/checkout-worker")
    settings = [Setting(image, "v1.0", digest) for image in images]
    fleet = Fleet.read(scaffolded(tmp_path))
    there = fleet.set_pin("prod", "checkout", settings)
    assert moved(fleet.tree, Fleet.read(there)) == there != fleet.tree


def test_nothing_is_wrong_with_it() -> None:
    found = [str(each) for each in findings(reference()) if each.severity is not Severity.INFO]
    assert found == []


@pytest.mark.real
@pytest.mark.slow
def test_kustomize_builds_every_directory_that_flux_applies() -> None:
    words = ["kustomize", "build"] if shutil.which("kustomize") else ["kubectl", "kustomize"]
    command = [str(require("kustomize (or kubectl) on the PATH", shutil.which(words[0]))), words[1]]
    directories = sorted({p.parent for p in ROOT.glob("apps/*/envs/*/kustomization.yaml")})
    directories += sorted({p.parent for p in ROOT.glob("infrastructure/envs/*/kustomization.yaml")})
    directories += sorted({p.parent for p in ROOT.glob("clusters/*/*/kustomization.yaml")})
    assert len(directories) == 9 + 3 + 4
    for directory in directories:
        done = subprocess.run(
            [*command, str(directory)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), directory
        assert "kind: " in done.stdout
        if directory.parts[-4:-2] == ("apps", "payments"):
            assert "image: registry.example.com/shop/payments:" in done.stdout
