"""The page of requirements: every row has a proof that is there, and what has none gets fewer."""

import ast
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "requirements.md"

WAITING = frozenset({78})
"""Rows that other work comes before; each names it."""

OPEN: frozenset[int] = frozenset()
"""Rows without a whole proof. A number may leave this list, and none may come."""

_LINK = re.compile(r"\[([\w.]+)::(\w+)\]\(([^)]+)\)")


@dataclass(frozen=True)
class Row:
    """One wish; `proofs` are a path from the page and a name of a test there, each."""

    wish: str
    feature: str
    proofs: tuple[tuple[str, str], ...]
    state: str


@cache
def table() -> Mapping[int, Row]:
    """The rows by number."""
    found: dict[int, Row] = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) == 5 and cells[0].isdecimal():
            number, wish, feature, proof, state = cells
            links = tuple((path, test) for _, test, path in _LINK.findall(proof))
            assert bool(links) == (proof != "-"), number
            assert int(number) not in found, number
            found[int(number)] = Row(wish, feature, links, state)
    return found


@cache
def proofs_in(path: Path) -> frozenset[str]:
    """The names of a file's test functions."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(each.name for each in tree.body if isinstance(each, ast.FunctionDef))


MAY_SKIP = frozenset({"conftest.py", "real/__init__.py"})
"""Where a real counterpart is found absent; FAIRLEAD_REQUIRE_REAL=1 makes a failure of it."""

_LEFT_OUT = re.compile(r"(?:mark|pytest)\.(?:skip|skipif|xfail|importorskip)$")


def left_out(text: str) -> list[int]:
    """The lines of a program in which a test, or a whole file, is skipped or may fail."""
    names = (each for each in ast.walk(ast.parse(text)) if isinstance(each, ast.Attribute))
    return sorted(each.lineno for each in names if _LEFT_OUT.search(ast.unparse(each)))


def test_every_row_is_there() -> None:
    assert list(table()) == list(range(1, 86))
    assert all(row.wish and row.feature for row in table().values())


def test_every_row_of_the_reference_is_there(shared: Path) -> None:
    text = (shared / "REQUIREMENTS.md").read_text(encoding="utf-8")
    assert [int(number) for number in re.findall(r"^\| (\d+) \|", text, re.MULTILINE)] == [*table()]


def test_every_proof_is_a_test() -> None:
    for number, row in table().items():
        for link, test in row.proofs:
            path = (PAGE.parent / link).resolve()
            assert path.is_file(), (number, link)
            assert path.name.startswith("test_"), (number, link)
            assert test.startswith("test_"), (number, test)
            assert test in proofs_in(path), (number, link, test)


def test_what_is_called_proven_has_a_proof_and_everything_else_says_what_is_missing() -> None:
    for number, row in table().items():
        state, _, missing = row.state.partition(": ")
        assert state in {"proven", "open", "waiting"}, number
        assert bool(missing) == (state != "proven"), number
        assert row.proofs or state != "proven", number


def test_what_is_not_proven_is_known_and_gets_fewer() -> None:
    def rows(state: str) -> set[int]:
        return {n for n, row in table().items() if row.state.partition(":")[0] == state}

    assert rows("waiting") == WAITING
    # Whoever proves one takes it off the list in the same change.
    assert rows("open") == OPEN
    assert not OPEN


def test_no_test_is_left_out_but_where_a_counterpart_is_absent() -> None:
    tests = ROOT / "tests"
    found = {
        path.relative_to(tests).as_posix(): lines
        for path in tests.rglob("*.py")
        if (lines := left_out(path.read_text(encoding="utf-8")))
    }
    assert found.keys() == MAY_SKIP, found


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("import pytest\npytestmark = pytest.mark.skip\n", [2]),
        ("import pytest\n@pytest.mark.skipif(True, reason='')\ndef test() -> None: ...\n", [2]),
        ("import pytest\n@pytest.mark.xfail\ndef test() -> None: ...\n", [2]),
        ("import pytest\ndef test() -> None:\n    pytest.skip('later')\n", [3]),
        ("import pytest\nyaml = pytest.importorskip('yaml')\n", [2]),
        ("import pytest\npytestmark = pytest.mark.real\n", []),
    ],
)
def test_whatever_is_left_out_is_told(text: str, lines: list[int]) -> None:
    assert left_out(text) == lines


COLLECT = "--collect-only", "-q", "-p", "no:cacheprovider"
_NODE = re.compile(r"^(tests/[\w/]+\.py)::(\w+)(?:\[(.*)\])?$", re.MULTILINE)


@pytest.mark.slow
def test_every_proof_is_run() -> None:
    """As pytest sees it: nothing deselects it, its file is imported, its cases are some."""
    proofs = {
        ((PAGE.parent / link).resolve().relative_to(ROOT).as_posix(), test)
        for row in table().values()
        for link, test in row.proofs
    }
    command = [sys.executable, "-m", "pytest", *COLLECT, *sorted({path for path, _ in proofs})]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    # A test whose list of cases is empty is collected once, and then skipped.
    run = {(path, name) for path, name, case in _NODE.findall(done.stdout) if case != "NOTSET"}
    assert proofs - run == set()


def test_a_name_that_is_no_test_is_told() -> None:
    here = proofs_in(Path(__file__))
    assert "test_every_row_is_there" in here
    assert "table" in here
    assert "test_of_nothing" not in here
