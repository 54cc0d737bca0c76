"""What the verbs of a checkout print when names and values are hostile."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from gitops.directory import write_directory
from gitops.scaffold import FleetAnswers, new_fleet
from gitops.tree import Tree


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    write_directory(tmp_path, Tree({}), new_fleet(Tree({}), FleetAnswers(name="acme")))
    return tmp_path


def run(fleet: Path, *arguments: str, encoding: str = "utf-8") -> tuple[int, bytes]:
    command = [str(Path(sys.executable).parent / "fairlead"), *arguments]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    done = subprocess.run(command, cwd=fleet, env=environment, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done.returncode, done.stdout


@pytest.mark.parametrize("name", ["grün".encode(), b"caf\xe9", b"\x1b[2J"], ids=ascii)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_any_name_of_a_directory_can_be_told(fleet: Path, name: bytes, encoding: str) -> None:
    directory = fleet / "apps" / os.fsdecode(name)
    directory.mkdir(parents=True)
    (directory / "app.yaml").write_text("kind: [\n")
    for verb, expected in (("check", 1), ("show", 0)):
        code, out = run(fleet, verb, encoding=encoding)
        assert code == expected
        assert b"app.yaml:2:1" in out
        assert b"\x1b" not in out


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_a_dry_run_is_the_same_diff_everywhere(fleet: Path, encoding: str) -> None:
    new = ("add", "app", "shop", "--image=r.example.com/shop", "--range=1.x", "--team=t")
    assert run(fleet, *new)[0] == 0
    pin = fleet / "apps/shop/envs/prod/version/kustomization.yaml"
    pin.write_text("# grün\n" + pin.read_text())
    code, out = run(fleet, "set", "shop", "prod", "v1.0", "--dry-run", encoding=encoding)
    assert code == 1
    subprocess.run(["git", "init", "-q", "."], cwd=fleet, check=True)
    subprocess.run(["git", "apply"], cwd=fleet, input=out, check=True)
    assert run(fleet, "set", "shop", "prod", "v1.0")[1] == b"nothing to do\n"


def test_the_next_commands_can_be_copied(tmp_path: Path) -> None:
    code, out = run(tmp_path, "new", "my fleets/acme")
    assert code == 0
    assert b"--path 'my fleets/acme'\n" in out
    assert b"fairlead check 'my fleets/acme'\n" in out
