"""A verb is prepared without the others, and nobody sees a difference."""

import subprocess
import sys

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from bot.cli import app, asked

COUNTED = """\
import cProfile, pstats, sys
from bot.cli import main
sys.argv = ["fairlead", *sys.argv[1:], "--help"]
profile = cProfile.Profile()
try:
    profile.runcall(main)
except SystemExit:
    pass
made = {name: calls[0] for (_, _, name), calls in pstats.Stats(profile).stats.items()}
print("prepared:", made["get_command_from_info"])
"""


def verbs(one: typer.Typer) -> set[str]:
    group = get_command(one)
    assert isinstance(group, typer.core.TyperGroup)
    return set(group.commands)


VERBS = sorted(verbs(app))


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_alone_says_what_it_says_among_the_others(verb: str) -> None:
    assert verbs(asked([verb, "anything"])) == {verb}
    alone, among = (CliRunner().invoke(one, [verb, "--help"]) for one in (asked([verb]), app))
    assert (alone.exit_code, alone.output) == (0, among.output)


@pytest.mark.parametrize("words", [[], ["--help"], ["--version"], ["nope"], ["pla"], [""]])
def test_where_no_verb_comes_first_all_are_there(words: list[str]) -> None:
    assert verbs(asked(words)) == set(VERBS)


@pytest.mark.parametrize(("words", "alone"), [(["plan"], True), ([], False)])
def test_the_command_prepares_one_verb(words: list[str], alone: bool) -> None:
    program = (sys.executable, "-c", COUNTED, *words)
    told = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    prepared = int(told.rpartition("prepared: ")[2])
    assert prepared == 1 if alone else prepared > len(VERBS) / 2
