"""What is imported, and when: the command line must answer at once.

Source: Python command line reference, "-X importtime".
"""

import ast
import importlib.metadata
import os
import re
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ADAPTERS = ROOT / "bot" / "adapters"

HEAVY = (
    *("aiohttp", "asyncio", "git", "httpx2", "lightkube", "msgspec", "pydantic", "semver"),
    *("sqlite3", "ssl", "yaml", "zoneinfo"),
)

HELP = """\
import sys
from bot.cli import main
for verb in ([], ["plan"], ["add", "app"], ["demo"]):
    sys.argv = ["fairlead", *verb, "--help"]
    try:
        main()
    except SystemExit as end:
        assert not end.code
"""


def imported(program: str) -> set[str]:
    """Every module that a fresh interpreter imports for `program`, beyond what it starts with."""
    # Coverage starts itself, and what it needs, in child processes that inherit its variables.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COVERAGE_")}

    def names(text: str) -> set[str]:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", text],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return set(re.findall(r"^import time:.*\|\s*(\S+)$", done.stderr, flags=re.MULTILINE))

    return names(program) - names("pass")


@cache
def imported_for_help() -> frozenset[str]:
    return frozenset(imported(HELP))


def requirements(distribution: str) -> set[str]:
    """A distribution and all that it requires, as far as it is installed."""
    found: set[str] = set()
    pending = {distribution}
    while pending:
        name = pending.pop()
        if name in found:
            continue
        try:
            needed = importlib.metadata.requires(name) or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found.add(name)
        pending |= {re.split(r"[^A-Za-z0-9._-]", n)[0] for n in needed if "extra ==" not in n}
    return found


def top_levels(distributions: set[str]) -> set[str]:
    wanted = {name.lower() for name in distributions}
    providers = importlib.metadata.packages_distributions()
    return {top for top, by in providers.items() if wanted & {name.lower() for name in by}}


def test_help_imports_nothing_but_typer_and_ourselves() -> None:
    # An attempt is listed too: the standard library's `copy` looks whether it runs on Jython.
    tops = {top for name in imported_for_help() if find_spec(top := name.partition(".")[0])}
    allowed = sys.stdlib_module_names | top_levels(requirements("typer")) | {"bot", "gitops"}
    assert tops - allowed == set()


@pytest.mark.parametrize("heavy", HEAVY)
def test_help_does_not_import(heavy: str) -> None:
    assert heavy not in imported_for_help()


SHARED = {"addresses", "process", "registry_credentials", "requests_session", "wire", "wire_body"}
"""How anything is asked over HTTP or started: every adapter may stand on it; it knows none."""


def family(module: str) -> str:
    """The outside thing that an adapter module belongs to: `oci` of `oci_auth`."""
    return module.partition("_")[0]


def adapters_imported_by(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_bytes(), str(path))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[2] for name in names if name.startswith("bot.adapters.")}
    return found


@pytest.mark.parametrize("path", sorted(ADAPTERS.glob("*.py")), ids=lambda path: path.stem)
def test_an_adapter_knows_no_other(path: Path) -> None:
    """Adapters are independent of each other; `oci_auth` and `oci_pages` are parts of `oci`."""
    own = set() if path.stem in SHARED else {family(path.stem)}
    assert {family(name) for name in adapters_imported_by(path) - SHARED} <= own


def test_only_the_fleets_own_forge_is_imported() -> None:
    """Each library takes as long as the rest of a tick; which one is needed, fleet.yaml says."""
    found = {name.partition(".")[0] for name in imported("import bot.wiring")}
    assert not found & {"gitlab", "github", "lightkube"}
    assert "aiohttp" in found
    for forge in ("gitlab", "github"):
        assert forge in {n.partition(".")[0] for n in imported(f"import bot.adapters.{forge}")}
