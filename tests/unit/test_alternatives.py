"""docs/alternatives.md names each alternative that people asked about, and why it is not taken."""

import re

import pytest

from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "alternatives.md").read_text(encoding="utf-8")
ASKED = ("Tanka", "Dagger", "Auto DevOps", "Argo CD", "Terraform")
SECTIONS = dict(re.findall(r"^## (.+)\n\n((?:- .+\n)+)", PAGE, re.MULTILINE))


@pytest.mark.parametrize("name", ASKED)
def test_each_alternative_has_its_due_and_its_reason(name: str) -> None:
    said = dict(re.findall(r"^- \*\*(.+)\*\*: (.+)$", SECTIONS[name], re.MULTILINE))
    assert list(said) == ["Is good at", "Why not here", "Beside a fleet"]
    assert all(text.endswith(".") for text in said.values())


def test_every_section_was_read() -> None:
    assert list(SECTIONS) == re.findall(r"^## (.+)$", PAGE, re.MULTILINE)


def test_pages_that_are_named_are_there() -> None:
    links = re.findall(r"\]\(([\w./-]+)\)", PAGE)
    assert links
    assert all((ROOT / "docs" / link).is_file() for link in links)
