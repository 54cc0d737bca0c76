"""The page of health: every state has a test that is there, and is said in the code's own words."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

from bot.model import Readiness
from bot.standing import Standing
from tests.conftest import ROOT
from tests.unit.test_gates_exits import soaking, telling, withheld
from tests.unit.test_requirements import proofs_in

PAGE = ROOT / "docs" / "health.md"

_LINK = re.compile(r"\[([\w.]+)::(\w+)\]\(([^)]+)\)")
_FOREIGN = re.compile(r"(?<=: )(?:Flux's message|the server's words|the status' words|each with.*)")
_NO_WORDS = frozenset({"the workload's own words", "why", "the commits of both"})
"""What is told in words that are nobody's in this house."""

_SPEAKING = (
    "bot/standing.py",
    "bot/drift.py",
    "bot/gates",
    "bot/adapters",
    "bot/clusters.py",
    "bot/status_health.py",
)


@dataclass(frozen=True)
class Row:
    """One state."""

    so: str
    said: str
    counts: str
    proofs: tuple[tuple[str, str], ...]


@cache
def table() -> tuple[Row, ...]:
    """The rows of the page."""
    text = PAGE.read_text(encoding="utf-8")
    block = text.partition("<!-- states:begin -->")[2].partition("<!-- states:end -->")[0]
    found = []
    for line in block.strip().splitlines()[2:]:
        so, said, counts, proof = (cell.strip() for cell in line.strip().strip("|").split("|"))
        links = tuple((path, test) for _, test, path in _LINK.findall(proof))
        found.append(Row(so, said, counts, links))
    return tuple(found)


@cache
def words() -> str:
    """Every text in the code that may say something of health."""
    texts: list[str] = []
    for name in _SPEAKING:
        place = ROOT / name
        for path in sorted(place.glob("*.py")) if place.is_dir() else [place]:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            texts += [
                each.value
                for each in ast.walk(tree)
                if isinstance(each, ast.Constant) and isinstance(each.value, str)
            ]
    return "\n".join([*texts, *(str(s) for s in Standing)])


def fragments(said: str) -> Iterator[str]:
    """What a row says, without what is only named there."""
    if said not in _NO_WORDS:
        for part in re.split(r"…|; ", _FOREIGN.sub("…", said)):
            yield part.strip(" :,()")


def test_the_page_has_rows() -> None:
    assert len(table()) > 30
    assert len({row.so for row in table()}) == len(table())


def test_every_state_has_a_test_that_is_there() -> None:
    for row in table():
        assert row.proofs, row.so
        for path, test in row.proofs:
            place = (PAGE.parent / path).resolve()
            assert place.is_file(), path
            assert test in proofs_in(place), test


def test_every_standing_is_on_the_page_and_no_other() -> None:
    assert {row.counts for row in table()} == {str(standing) for standing in Standing}


def test_the_page_and_the_code_use_the_same_words() -> None:
    spoken = words()
    missing = [part for row in table() for part in fragments(row.said) if part not in spoken]
    assert missing == []


def test_what_no_code_says_would_be_found() -> None:
    assert list(fragments("it is suspended; chart … is installed")) == [
        "it is suspended",
        "chart",
        "is installed",
    ]
    assert "it is resting" not in words()


def test_nothing_applied_is_no_revision() -> None:
    found = telling(soaking(), {"readiness": Readiness.RECONCILING, "revision": ""})
    (report,) = found.reports
    report = replace(report, contains=False, content=None)
    assert "stage-1: nothing is applied yet" in withheld(replace(found, reports=(report,)))
    told = "payments is at 0123456789ab and payments-migrations at ba9876543210"
    report = replace(report, health=replace(report.health, message=told))
    assert withheld(replace(found, reports=(report,))).startswith(f"stage-1: {told}\n")
