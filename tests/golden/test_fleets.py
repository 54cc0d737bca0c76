"""Fleets as `fairlead new` writes them, byte for byte, for each forge."""

import pytest

from gitops.check import findings
from gitops.tree import Tree
from tests.golden.fleets import COMMANDS, KEPT, kept, scaffolded


@pytest.mark.parametrize("name", COMMANDS)
def test_a_fleet_is_written_as_it_is_kept(name: str) -> None:
    new, old = scaffolded(name), kept(name)
    assert list(new) == list(old)
    assert {p: f.data.decode() for p, f in new.items()} == {
        p: f.data.decode() for p, f in old.items()
    }


def test_nothing_else_is_kept() -> None:
    assert {path.name for path in KEPT.iterdir()} == set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_nothing_is_wrong_with_it(name: str) -> None:
    assert [str(each) for each in findings(Tree(kept(name)))] == []


def test_all_choices_are_among_them() -> None:
    """Each forge, topology, bootstrap and way of defaults is to be seen somewhere."""
    flags = " ".join(COMMANDS.values())
    wanted = ("gitlab", "github", "gitea", "single", "operator", "inline", "sops", "--bot-image")
    assert [each for each in wanted if each not in flags] == []
    assert flags.count("--install") == 2
