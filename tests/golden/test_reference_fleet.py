"""The reference fleet is what the scaffolder writes, with its versions where the bot moved them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from gitops.check import Severity, findings
from gitops.fleet import Fleet, Setting
from tests.conftest import ROOT
from tests.golden.reference import moved, reference, scaffolded
from tests.real import require


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
    directories += sorted({p.parent for p in ROOT.glob("clusters/*/*/kustomization.yaml")})
    assert len(directories) == 9 + 4
    for directory in directories:
        done = subprocess.run(
            [*command, str(directory)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), directory
        assert "kind: " in done.stdout
        if directory.parts[-4:-2] == ("apps", "payments"):
            assert "image: registry.example.com/shop/payments:" in done.stdout
