"""An interrupt at any moment of writing leaves what was there, or all that was to be written."""

import sys
from pathlib import Path
from types import FrameType

import pytest

from gitops.directory import read_directory, write_directory
from gitops.tree import Tree

BEFORE = Tree.of({"kept": "kept\n", "a/changed": "old\n"})
AFTER = Tree.of(
    {**{p: f.data for p, f in BEFORE.items()}, "a/changed": "new\n", "b/c/new": "new\n"}
)


class Interrupt:
    """Ctrl-C when a function written in C returns for the `moment`th time, or never."""

    def __init__(self, moment: int) -> None:
        self.left = moment

    def __call__(self, frame: FrameType, event: str, argument: object) -> None:
        """What Python calls at each event of a profile; an exception ends the profile."""
        if event == "c_return":
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt


def write(root: Path, moment: int) -> Interrupt:
    """Write AFTER over BEFORE with an interrupt at that moment."""
    interrupt = Interrupt(moment)
    sys.setprofile(interrupt)
    try:
        write_directory(root, BEFORE, AFTER)
    finally:
        sys.setprofile(None)
    return interrupt


def directories(root: Path) -> set[str]:
    return {each.name for each in root.rglob("*") if each.is_dir()}


def test_an_interrupt_leaves_the_tree_as_it_was_or_as_it_shall_be(tmp_path: Path) -> None:
    undone = 0
    moments = -write(made(tmp_path / "whole"), 0).left
    for moment in range(1, moments + 1):
        root = made(tmp_path / str(moment))
        with pytest.raises(KeyboardInterrupt):
            write(root, moment)
        found = read_directory(root)
        assert found in (BEFORE, AFTER), moment
        if found == BEFORE:
            undone += 1
            assert directories(root) == {"a"}, moment
    assert undone > moments / 2


def test_without_an_interrupt_everything_is_written(tmp_path: Path) -> None:
    root = made(tmp_path / "fleet")
    write(root, 0)
    assert read_directory(root) == AFTER
    assert directories(root) == {"a", "b", "c"}


def made(root: Path) -> Path:
    root.mkdir()
    write_directory(root, Tree({}), BEFORE)
    return root
