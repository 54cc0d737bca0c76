"""docs/add-app.md is true: its examples run, and its tables are the code's."""

import re
import shlex
from pathlib import Path

import typer
import typer.main
from typer.testing import CliRunner

from gitops.check import Severity, findings
from gitops.cli import add_verbs
from gitops.directory import read_directory, write_directory
from gitops.scaffold import FleetAnswers, new_fleet
from gitops.scaffold.answers import app_options
from gitops.scaffold.app.components import COMPONENTS
from gitops.scaffold.app.presets import AMOUNTS
from gitops.scaffold.needs import NEEDS
from gitops.tree import Tree
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "add-app.md").read_text(encoding="utf-8")


def commands() -> list[list[str]]:
    blocks = "".join(re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)).replace("\\\n", " ")
    return [shlex.split(line)[1:] for line in blocks.splitlines() if line.strip()]


def rows(head: str) -> dict[str, list[str]]:
    """A table's rows by their first cell, without the marks of code."""
    body = PAGE.partition(f"| {head}")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in body]
    return {row[0]: row[1:] for row in cells}


def verbs() -> typer.Typer:
    app = typer.Typer()
    add_verbs(app)
    return app


def test_every_example_runs_and_leaves_nothing_wrong(tmp_path: Path) -> None:
    write_directory(tmp_path, Tree({}), new_fleet(Tree({}), FleetAnswers("acme")))
    assert len(commands()) == 10
    for words in commands():
        ran = CliRunner().invoke(verbs(), [*words, "--path", str(tmp_path)])
        assert ran.exit_code == 0, (words, ran.output)
        again = CliRunner().invoke(verbs(), [*words, "--path", str(tmp_path), "--dry-run"])
        assert (again.exit_code, again.output) == (0, ""), words
    found = findings(read_directory(tmp_path))
    assert [str(each) for each in found if each.severity is Severity.ERROR] == []


def test_what_is_missing_is_said_beside_what_is_done(tmp_path: Path) -> None:
    write_directory(tmp_path, Tree({}), new_fleet(Tree({}), FleetAnswers("acme")))
    words = next(words for words in commands() if "Canary" in words)
    ran = CliRunner().invoke(verbs(), [*words, "--path", str(tmp_path)])
    assert "note: --strategy Canary needs progressive-delivery" in ran.stderr
    assert "fairlead add component flagger" in ran.stderr
    assert "note" not in ran.stdout
    again = CliRunner().invoke(verbs(), [*words, "--path", str(tmp_path)])
    assert (again.stdout, again.stderr) == ("nothing to do\n", "")


def test_every_flag_is_there() -> None:
    command = typer.main.get_command(verbs())
    for verb in ("add", "app"):
        command = command.commands[verb]  # type: ignore[attr-defined]
    flags = {flag for each in command.params for flag in each.opts if flag.startswith("--")}
    general = {"--path", "--json", "--help", "--tag", "--build", "--metrics-port"}
    missing = {
        flag for flag in flags - general if f"{flag} " not in PAGE and f"{flag}`" not in PAGE
    }
    assert missing == set()


def test_the_tables_are_the_codes() -> None:
    assert set(rows("preset ")) == set(app_options.Preset)
    assert set(rows("store ")) == set(app_options.Store)
    assert set(rows("component ")) == set(COMPONENTS)
    assert {size: (a.cpu, a.memory, a.limit) for size, a in AMOUNTS.items()} == {
        app_options.Size(size): tuple(cells) for size, cells in rows("size ").items()
    }
    needs: dict[str, list[str]] = {}
    for each in NEEDS:
        needs.setdefault(each.because, []).append(each.capability)
    assert {given: cells[0].split(", ") for given, cells in rows("given ").items()} == needs
