"""What README.md, CONTRIBUTING.md and docs/ show can be typed, and does what is said of it.

That the README's demo is the real one is in `test_demo`, that the examples in docs/ parse in
`tests/unit/test_manuals`.
"""

import os
import re
import shutil
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main

from bot.cli import app
from bot.settings import Settings
from tests.conftest import ROOT
from tests.end_to_end.small_world import SmallWorld

README = ROOT / "README.md"
SCAFFOLDED = ROOT / "gitops" / "scaffold" / "templates" / "README.md"
OTHERS = (ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", SCAFFOLDED)
PAGES = (README, *OTHERS, *sorted((ROOT / "docs").glob("*.md")))


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def section(title: str) -> str:
    """A section of the README, without its head."""
    return text(README).partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def shell_lines(page: Path) -> list[str]:
    """The lines of a page's sh and indented blocks, without comments, continued lines joined."""
    blocks = re.findall(r"```sh\n(.*?)```", text(page), re.DOTALL)
    blocks += re.findall(r"^ {4}(fairlead .*\n)", text(page), re.MULTILINE)
    joined = "".join(blocks).replace("\\\n", " ")
    lines = (line.partition(" #")[0].strip() for line in joined.splitlines())
    return [line for line in lines if line]


def spans(source: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", source)


# --- what can be typed ----------------------------------------------------------------------------


def typed() -> Iterator[tuple[str, str]]:
    """Page and command line, for everything that begins with `fairlead`."""
    for page in PAGES:
        for line in shell_lines(page) + spans(text(page)):
            for command in line.split("&&"):
                if command.strip().startswith("fairlead "):
                    yield str(page.relative_to(ROOT)), command.strip()


@pytest.mark.parametrize(("page", "line"), sorted(set(typed())))
def test_every_command_that_is_shown_is_one(page: str, line: str) -> None:
    command = typer.main.get_command(app)
    words = line.split()[1:]
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]  # type: ignore[attr-defined]
    group = hasattr(command, "commands")
    assert not group or not words or words == ["--help"], f"{page}: {line} is no verb"
    known = {flag for parameter in command.params for flag in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= known, f"{page}: {line}"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet with every target that a fleet's Makefile can have."""
    fleet = tmp_path_factory.mktemp("written") / "fleet"
    command = [
        f"{sysconfig.get_path('scripts')}/fairlead",
        "new",
        str(fleet),
        "--yes",
        "--forge",
        "gitlab",
    ]
    subprocess.run([*command, "--local", "kind"], check=True, capture_output=True)
    return fleet


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_make_target_that_is_shown_is_one(page: Path, written: Path) -> None:
    """One of this repository's own Makefile or of that which `fairlead new` writes."""
    lines = shell_lines(page) + spans(text(page))
    for line in (line for line in lines if line.startswith("make ")):
        asked = [
            subprocess.run(
                f"{line} --dry-run", shell=True, cwd=at, capture_output=True, text=True, check=False
            )
            for at in (ROOT, written)
        ]
        assert 0 in [each.returncode for each in asked], (line, [each.stderr for each in asked])


def test_the_kept_demo_is_asked_for_as_it_is_shown() -> None:
    line = next(line for line in spans(text(README)) if "--keep" in line)
    asked = subprocess.run(
        f"{line} --dry-run", shell=True, cwd=ROOT, capture_output=True, text=True, check=True
    )
    # A make within `make test` says besides which directory it enters.
    assert "fairlead demo --keep DIR\n" in asked.stdout


# --- what it does ---------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_fleet_starts_as_it_is_shown(tmp_path: Path) -> None:
    block = text(README).partition("<!-- start:begin -->\n```sh\n")[2].partition("```\n")[0]
    path = f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    bash = shutil.which("bash")
    assert bash is not None
    ran = subprocess.run(
        [bash, "-euo", "pipefail", "-c", block],
        cwd=tmp_path,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran
    assert re.search(r"^0 errors", ran.stdout, re.MULTILINE), ran.stdout
    assert (tmp_path / "fleet" / "apps" / "payments" / "app.yaml").is_file()


@pytest.mark.slow
def test_a_real_fleet_is_pointed_at_as_it_is_shown(tmp_path: Path) -> None:
    steps = [s for s in spans(section("Point it at a real fleet")) if s.startswith("fairlead ")]
    assert steps == [
        "fairlead plan",
        "fairlead why APP ENVIRONMENT",
        "fairlead status",
        "fairlead state init",
        "fairlead run",
        "fairlead forge",
    ]
    key = tmp_path / "state-key"
    key.write_text("0123456789abcdef0123456789abcdef\n")
    said: dict[str, str] = {}
    with SmallWorld(tmp_path) as world:
        world.fairlead.variables = {
            "FAIRLEAD_FLEET": world.fleet_url,
            "FAIRLEAD_SETTINGS": str(world.settings),
            "FAIRLEAD_STATUS_FILE": str(world.status_file),
            "FAIRLEAD_STATE_KEY_FILE": str(key),
        }
        for step in steps:
            words = step.replace("APP ENVIRONMENT", "payments dev").split()[1:]
            words += {"run": ["--once"], "forge": ["list"]}.get(words[0], [])
            said[words[0]] = world.fairlead(*words).out
    assert "would commit payments main-" in said["plan"]
    assert said["why"].startswith("payments in dev: ")
    assert "payments  unreleased -> main-" in said["status"]
    assert "state branch started at " in said["state"]
    assert "commit payments main-" in said["run"]


def test_the_interval_is_the_one_that_is_told() -> None:
    told = re.search(r"every `interval`, (\d+) seconds", section("How long things take"))
    assert told is not None
    assert Settings(fleet="").interval.total_seconds() == int(told.group(1))


# --- what lies where ------------------------------------------------------------------------------


def test_every_folder_has_its_line() -> None:
    rows = [row for row in section("What lies where").splitlines() if row.startswith("| `")]
    named = {span.strip("/") for row in rows for span in spans(row.split("|")[1])}
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    shipped = project["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    assert {name for name in shipped if (ROOT / name).is_dir()} <= named


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)]+)\)", text(page)):
        name, _, anchor = target.partition("#")
        there = page.parent / name if name else page
        assert there.exists(), f"{page.name}: {target}"
        heads = re.findall(r"^#+ (.+)$", text(there), re.MULTILINE) if anchor else []
        assert not anchor or anchor in {head.lower().replace(" ", "-") for head in heads}, target
