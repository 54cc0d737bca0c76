"""The codes of `check`: each is registered, has its page, and the page's examples are true."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import gitops.check
from gitops.check import findings
from gitops.check.codes import CODES, Group
from gitops.tree import Tree
from tests.conftest import ROOT

PAGES = ROOT / "docs" / "checks"
RULES = Path(gitops.check.__file__).parent
SECTIONS = ("What", "Why it matters", "Cure", "Faulty", "Cured")

_SECTION = re.compile(r"^## (.+)\n((?:(?!## ).*\n)*)", re.MULTILINE)
_FILE = re.compile(r"^```yaml\n# ([\w./-]+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_ROW = re.compile(r"^\| \[(FL\d{3})\]\(\1\.md\) \| (\w+) \| (.+) \|$", re.MULTILINE)
_CODE = re.compile(r"FL\d{3}")


def sections(code: str) -> Mapping[str, str]:
    """The text below each heading of a code's page."""
    return dict(_SECTION.findall((PAGES / f"{code}.md").read_text(encoding="utf-8")))


def files(text: str) -> dict[str, bytes]:
    """The files that a text shows, by the path in their first line."""
    return {path: data.encode() for path, data in _FILE.findall(text)}


FLEET = Tree.of(files((PAGES / "README.md").read_text(encoding="utf-8")))


def codes_of(tree: Tree) -> set[str]:
    return {finding.code for finding in findings(tree)}


def named(path: Path) -> Iterator[str]:
    """The codes that a module of rules names outside of its texts."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and _CODE.fullmatch(text):
            yield text


STANDING = [code for code in CODES if files(sections(code)["Faulty"])]
"""The codes whose examples are whole files."""


def test_every_code_that_is_said_is_registered_and_the_other_way_round() -> None:
    modules = [path for path in RULES.rglob("*.py") if path.name != "codes.py"]
    assert {code for path in modules for code in named(path)} == set(CODES)


def test_the_codes_are_in_order_and_in_their_groups() -> None:
    assert list(CODES) == sorted(CODES)
    assert CODES["FL007"].group is Group.READING
    assert CODES["FL203"].group is Group.POLICIES


def test_the_table_is_the_registry() -> None:
    text = (PAGES / "README.md").read_text(encoding="utf-8")
    table = text.split("<!-- codes:begin -->")[1].split("<!-- codes:end -->")[0]
    rows = [(code.code, code.severity.value, code.title) for code in CODES.values()]
    assert _ROW.findall(table) == rows


def test_there_is_no_page_too_many() -> None:
    assert {path.stem for path in PAGES.glob("FL*.md")} == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_a_page_says_what_why_and_how(code: str) -> None:
    head = (PAGES / f"{code}.md").read_text(encoding="utf-8").splitlines()[:3]
    row = CODES[code]
    kept = "" if row.suppressible else " No comment silences it."
    said = f"{row.severity.value.capitalize()}, {row.group.value}.{kept}"
    assert head == [f"# {code} {row.title}", "", said]
    found = sections(code)
    assert tuple(found) == SECTIONS
    assert all(text.strip() for text in found.values())
    assert found["Faulty"] != found["Cured"]


@pytest.mark.parametrize("code", STANDING)
def test_the_faulty_example_is_found_and_the_cured_one_is_not(code: str) -> None:
    found = sections(code)
    faulty, cured = files(found["Faulty"]), files(found["Cured"])
    assert code in codes_of(FLEET.replace(faulty))
    assert cured.keys() <= faulty.keys(), "the cure names a file that the fault has not"
    assert code not in codes_of(FLEET.replace(cured))


def test_most_examples_stand_alone() -> None:
    # What only rendering shows has objects for examples, and tests of its own for them.
    assert len(STANDING) > sum(not code.needs_rendering for code in CODES.values()) / 2


def test_the_manual_says_of_each_code_that_no_comment_silences_why() -> None:
    text = (PAGES.parent / "check.md").read_text(encoding="utf-8")
    said = re.findall(r"^\| \[(FL\d{3})\]\(checks/\1\.md\) \| .+ \|$", text, re.MULTILINE)
    kept = [code for code, row in CODES.items() if not row.suppressible]
    # Those about suppressions are no exception that needs a reason.
    assert said == [code for code in kept if not code.startswith("FL09")]
