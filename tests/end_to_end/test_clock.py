"""No verb but `demo` can be given a clock, by whatever its user may say.

The tests' entry point gives one by calling `bot.cli.main` with it. Here is shown that nothing that
is installed does, and that no flag, variable or setting leads there.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer.main

from bot.cli import app
from bot.settings import Origin, Settings
from tests.conftest import ROOT
from tests.end_to_end.command import Command
from tests.end_to_end.small_world import SmallWorld

SHIPPED = [path for room in ("bot", "gitops") for path in sorted((ROOT / room).rglob("*.py"))]

SAYS_TIME = re.compile(r"clock|time|now\b|date|epoch|sleep|faketime", re.IGNORECASE)


def calls(path: Path) -> Iterator[ast.Call]:
    tree = ast.parse(path.read_bytes(), str(path))
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def name_of(function: ast.expr) -> str:
    return ast.unparse(function).rpartition(".")[2]


def options(command: object, path: str) -> Iterator[tuple[str, str]]:
    """Every verb with each way to give it a parameter: flags, and names of arguments."""
    for parameter in getattr(command, "params", []):
        for text in (*parameter.opts, *parameter.secondary_opts):
            yield path, text
        assert parameter.envvar is None, (path, parameter.name)
    for name, inner in getattr(command, "commands", {}).items():
        yield from options(inner, f"{path} {name}")


def test_no_verb_has_a_flag_for_the_time() -> None:
    every = list(options(typer.main.get_command(app), "fairlead"))
    assert ("fairlead run", "--interval") in every
    assert [found for found in every if SAYS_TIME.search(found[1])] == []


def test_no_setting_and_no_variable_is_a_time() -> None:
    assert [f.name for f in (*fields(Settings), *fields(Origin)) if SAYS_TIME.search(f.name)] == []
    source = "".join(path.read_text() for path in SHIPPED)
    variables = set(re.findall(r"FAIRLEAD_[A-Z_]+", source))
    assert "FAIRLEAD_STATE_KEY" in variables
    assert [name for name in variables if SAYS_TIME.search(name)] == []


def test_only_the_demo_builds_ports_on_another_clock() -> None:
    given = {
        path.relative_to(ROOT).as_posix(): ast.unparse(keyword.value)
        for path in SHIPPED
        for call in calls(path)
        if name_of(call.func) == "ports"
        for keyword in call.keywords
        if keyword.arg == "now"
    }
    assert given == {
        "bot/cli/outside.py": "started_with or wiring.clock",
        "bot/demo/world.py": "self.clock",
    }


def test_nothing_that_is_installed_starts_the_command_with_a_clock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"fairlead": "bot.cli:main"}
    starts = [call for path in SHIPPED for call in calls(path) if name_of(call.func) == "main"]
    assert starts
    assert all(not call.args and not call.keywords for call in starts)


def test_the_demo_takes_no_fleet() -> None:
    demo = [o for verb, o in options(typer.main.get_command(app), "") if verb == " demo"]
    assert demo == ["--keep", "--json"]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[SmallWorld]:
    with SmallWorld(tmp_path) as world:
        yield world


@pytest.mark.slow
def test_whatever_is_said_around_it_the_command_acts_now(world: SmallWorld) -> None:
    elsewhere = "2031-05-05T12:00:00+00:00"
    names = ("FAIRLEAD_CLOCK", "FAIRLEAD_NOW", "FAIRLEAD_TIME", "SOURCE_DATE_EPOCH", "FAKETIME")
    said = dict.fromkeys(names, elsewhere)
    fairlead = Command(world.directory, {**world.fairlead.variables, **said}, installed=True)
    fairlead("state", "init")
    before = datetime.now(UTC)
    acted = fairlead("run", "--once").audit
    after = datetime.now(UTC)
    assert acted
    assert all(before <= datetime.fromisoformat(line["at"]) <= after for line in acted)

    world.configure(f'clock = "{elsewhere}"')
    assert "the settings have no `clock`" in fairlead("plan", code=2).err
