"""`fairlead new` as a person meets it: its questions, how it ends, and what it refuses."""

import os
import pty
import re
import select
import signal
import subprocess
import sysconfig
import time
from pathlib import Path

import pytest
import typer.main

from bot.cli import app
from gitops.directory import read_directory
from gitops.scaffold.answers.given import KEYS
from tests.conftest import ROOT
from tests.end_to_end.command import Command

FAIRLEAD = str(Path(sysconfig.get_path("scripts")) / "fairlead")
PATIENCE = 60.0
"""Seconds after which a question that never came is a failure; it comes in a fraction of one."""


class Terminal:
    """The command at a pseudo-terminal; `heard` is all that it said there."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self._side, other = pty.openpty()
        self.process = subprocess.Popen(
            [FAIRLEAD, "new", *arguments],
            cwd=directory,
            stdin=other,
            stdout=other,
            stderr=other,
            start_new_session=True,
        )
        os.close(other)
        self.heard = ""
        self._read = 0

    def until(self, text: str) -> None:
        """Listen until this is said."""
        ends = time.monotonic() + PATIENCE
        while (found := self.heard.find(text, self._read)) < 0:
            assert time.monotonic() < ends, f"{text!r} was never said: {self.heard}"
            if select.select([self._side], [], [], 1.0)[0]:
                self.heard += os.read(self._side, 4096).decode()
        self._read = found + len(text)

    def answer(self, question: str, text: str) -> None:
        self.until(question)
        self.until(": ")
        os.write(self._side, f"{text}\n".encode())

    def end(self) -> int:
        """Listen to the end; the exit code."""
        ends = time.monotonic() + PATIENCE
        try:
            while time.monotonic() < ends:
                if select.select([self._side], [], [], 1.0)[0]:
                    self.heard += os.read(self._side, 4096).decode()
        except OSError:  # Linux says so when the other side is closed
            return self.process.wait(PATIENCE)
        finally:
            self.process.kill()
            os.close(self._side)
        pytest.fail(f"it never ended: {self.heard}")


def test_questions_are_asked_at_a_terminal_and_a_wrong_answer_again(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "shop", "--domain", "shop.example")
    terminal.answer("The fleet's name [shop]", "")
    terminal.answer("Where it will live", "gitlub")
    terminal.until("did you mean `gitlab`?")
    terminal.answer("Where it will live", "gitlab")
    terminal.answer("The repository's path there [shop/fleet]", "acme/fleet")
    terminal.answer("Environments", "dev, live")
    terminal.answer("Clusters", "single")
    terminal.answer("Secrets in git", "")
    assert terminal.end() == 0, terminal.heard
    assert "The domain" not in terminal.heard
    assert "check: 0 errors, 0 warnings" in terminal.heard
    assert re.search(r"5\. flux bootstrap gitlab --owner=acme .*clusters/all/main", terminal.heard)
    assert (tmp_path / "shop/clusters/all/main/envs/live/apps.yaml").is_file()
    assert "project: acme/fleet" in (tmp_path / "shop/fleet.yaml").read_text()


def test_a_place_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for wrong in ("file", "file/below"):
        terminal = Terminal(tmp_path, wrong)
        assert terminal.end() == 2, terminal.heard
        assert "file: is a file" in terminal.heard
        assert "The fleet's name" not in terminal.heard


def test_a_fleet_that_is_there_is_asked_nothing(tmp_path: Path) -> None:
    Command(tmp_path)("new", "shop", "--yes")
    terminal = Terminal(tmp_path, "shop")
    assert terminal.end() == 0, terminal.heard
    assert terminal.heard.strip() == "nothing to do"


def test_the_name_that_is_offered_can_be_taken_and_a_double_environment_not(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "Meine Flotte", "--forge", "local", "--domain", "shop.example")
    terminal.answer("The fleet's name [meine-flotte]", "")
    terminal.answer("Environments", "dev prod dev")
    terminal.until("the environment dev is named twice")
    terminal.answer("Environments", "dev prod")
    terminal.answer("Clusters", "")
    terminal.answer("Secrets in git", "")
    assert terminal.end() == 0, terminal.heard
    assert "name: meine-flotte" in (tmp_path / "Meine Flotte/fleet.yaml").read_text()


def test_no_fleet_is_made_among_the_files_of_another(tmp_path: Path) -> None:
    fairlead = Command(tmp_path)
    fairlead("new", "shop", "--yes")
    before = read_directory(tmp_path)
    below = Command(tmp_path / "shop/clusters")
    for where in (".", "dev/other"):
        said = below("new", where, "--name", "other", code=2)
        assert f"lies within the fleet {tmp_path / 'shop'}, which would take" in said.err
    for verb in (["check"], ["show"], ["update"], ["add", "tenant", "shop"]):
        said = below(*verb, code=2)
        assert said.out == ""
        assert said.err == (
            "fairlead: fleet.yaml: no fleet here: the file is missing;"
            f" this directory lies in the fleet {tmp_path / 'shop'}: run it there\n"
        )
    assert read_directory(tmp_path) == before
    fairlead("new", "shop/other", "--yes")
    fairlead("check", "shop/other")


def test_what_is_left_to_do_for_a_cluster_that_has_come_is_told(tmp_path: Path) -> None:
    fairlead = Command(tmp_path)
    fairlead("new", ".", "--name", "shop", "--yes")
    qa = ("add", "environment", "qa", "--from", "dev")
    first = fairlead(*qa)
    told = "Next: bring Flux to the cluster of {}, as README.md says of the others\n"
    assert first.out.endswith(told.format("clusters/qa/qa-1"))
    assert fairlead(*qa).out == "nothing to do\n"
    more = ("add", "cluster", "qa-2", "--environment", "qa")
    assert "Next" not in fairlead(*more, "--dry-run", code=1).out
    assert fairlead(*more).out.endswith(told.format("clusters/qa/qa-2"))


def test_a_readme_that_is_there_stays_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/README.md").write_text("mine\n")
    fairlead = Command(tmp_path)
    assert "README.md was there already" in fairlead("new", "shop").err
    assert (tmp_path / "shop/README.md").read_text() == "mine\n"
    assert fairlead("new", "another").err == ""


def test_an_interrupt_leaves_nothing(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, "shop")
    terminal.answer("The fleet's name", "")
    terminal.until("Where it will live")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.end() == 130, terminal.heard
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("quiet", [["--yes"], ["--dry-run", "--yes"]])
def test_with_yes_nothing_is_asked(tmp_path: Path, quiet: list[str]) -> None:
    terminal = Terminal(tmp_path, "shop", *quiet)
    assert terminal.end() == (1 if "--dry-run" in quiet else 0)
    assert "The fleet's name [" not in terminal.heard
    assert (tmp_path / "shop").exists() is ("--dry-run" not in quiet)


def test_flags_come_before_answers(tmp_path: Path) -> None:
    (tmp_path / "answers.yaml").write_text("forge: gitea\nproject: acme/fleet\ndomain: a.example\n")
    fairlead = Command(tmp_path)
    out = fairlead("new", "shop", "--answers", "answers.yaml", "--forge", "github").out
    assert "kind: github\n  project: acme/fleet\n" in (tmp_path / "shop/fleet.yaml").read_text()
    prod = tmp_path / "shop/clusters/prod/prod-1/cluster-vars.yaml"
    assert "domain: a.example" in prod.read_text()
    assert (
        out.index(".github/\n") < out.index("check: 0 errors") < out.index("  1. put your people")
    )
    again = fairlead("new", "shop", "--answers", "answers.yaml", "--forge", "github")
    assert again.out == "nothing to do\n"


@pytest.mark.parametrize(
    ("arguments", "there", "says"),
    [
        (["--name", "a/b"], {}, "'a/b' is no name for a fleet; say --name a-b"),
        (["--forge", "gitlub"], {}, "no forge 'gitlub' is known; did you mean `gitlab`?"),
        (["--cluster", "prd=eu"], {}, "has no environment 'prd'; did you mean `prod`?"),
        (["--answers", "none.yaml"], {}, "none.yaml: cannot be read"),
        (
            [],
            {"shop/fleet.yaml": "apiVersion: fairlead.dev/v1alpha1\nkind: Fleet\nname:\n"},
            "fleet.yaml:1:1: a fleet is here already, and it cannot be read: `forge` is missing",
        ),
        (
            [],
            {"shop/fleet.yaml": "name: [\n"},
            "or remove the file to begin anew",
        ),
        (
            [],
            {"shop/clusters/dev/dev-1/apps.yaml": "mine: true\n"},
            "clusters/dev/dev-1/apps.yaml: is there already and says something else",
        ),
        ([], {"shop": "a file\n"}, "shop: is a file, and a fleet needs a directory"),
        (["--name", "ö!"], {}, "say --name o"),
        (["--name", "!"], {}, "say --name NAME with one of a-z, 0-9 and -"),
        (["--url", "git@git.example.com:a/b.git"], {}, "as ssh://git@git.example.com/a/b.git"),
        (["--install", "fairlead"], {}, "or as https://HOST/"),
    ],
)
def test_bad_input_is_one_message_and_leaves_the_tree(
    tmp_path: Path, arguments: list[str], there: dict[str, str], says: str
) -> None:
    for path, text in there.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    before = read_directory(tmp_path)
    said = Command(tmp_path)("new", "shop", *arguments, code=2)
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert says in said.err
    assert read_directory(tmp_path) == before


# --- the page ------------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "scaffold.md").read_text()


def example(name: str) -> str:
    return PAGE.partition(f"<!-- {name}:begin -->\n```")[2].partition("\n")[2].partition("```")[0]


def test_the_page_names_every_flag() -> None:
    command = typer.main.get_command(app).commands["new"]  # type: ignore[attr-defined]
    flags = {opt for each in command.params for opt in each.opts if opt.startswith("--")}
    rows = {row[0] for row in re.findall(r"^\| `(--[a-z-]+)( [^|]*)?` \|", PAGE, re.MULTILINE)}
    assert rows == {f"--{key}" for key in KEYS}
    assert flags - rows == {"--answers", "--yes", "--dry-run", "--json"}


def test_what_the_page_shows_can_be_typed(tmp_path: Path) -> None:
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    said = subprocess.run(
        ["bash", "-euc", example("new")],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said
    assert re.search(r"^0 errors", said.stdout, re.MULTILINE)
    (tmp_path / "answers.yaml").write_text(example("answers"))
    Command(tmp_path)("new", "again", "--answers", "answers.yaml")
    assert (tmp_path / "again/clusters/prod/prod-us/apps.yaml").is_file()
