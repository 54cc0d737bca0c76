"""The pipelines of every forge and preset are those that somebody has read."""

import subprocess

import pytest

from gitops.directory import read_directory
from gitops.tree import Tree
from tests.golden.app_ci_trees import ROOT, trees

TREES = dict(trees())


@pytest.mark.parametrize("name", TREES)
def test_a_pipeline_is_what_was_read(name: str) -> None:
    there, now = read_directory(ROOT / name), TREES[name]
    assert list(there) == list(now)
    assert contents(there) == contents(now)


def contents(tree: Tree) -> dict[str, str]:
    return {path: file.data.decode() for path, file in tree.items()}


def test_there_is_no_other() -> None:
    assert sorted(path.name for path in ROOT.iterdir()) == sorted(TREES)


def scripts() -> list[str]:
    """The scripts of all trees, each once."""
    found = {path.read_bytes(): str(path) for path in sorted(ROOT.rglob("*.sh"))}
    return list(found.values())


def test_every_script_is_one() -> None:
    assert len(scripts()) > len(TREES)
    for script in scripts():
        done = subprocess.run(["sh", "-n", script], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script


@pytest.mark.real
@pytest.mark.slow
def test_shellcheck_finds_nothing(shellcheck: str) -> None:
    command = [shellcheck, "--shell=sh", *scripts()]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
