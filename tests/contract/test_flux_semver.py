"""Ranges, patterns and templates mean here what they mean to Flux: its own libraries are asked.

Source: Masterminds/semver 3.5.0 and Go's regexp, by `tests.real.flux_semver`.
"""

import re
from pathlib import Path

import pytest

from gitops.constraint import Constraint
from gitops.errors import InvalidInput
from gitops.tag_filter import Filter
from gitops.version import parse, precedence_of
from tests.contract.flux_questions import Writer
from tests.real import flux_semver

pytestmark = [pytest.mark.real, pytest.mark.slow]

RANGES, VERSIONS = 5_000, 20
PATTERNS, TEXTS = 5_000, 20
SHOWN = 20

# Flux's library reads a lone number too; a version of ours has two parts or three.
_ONE_PART = re.compile(r"v?[0-9]+(?:[-+].*)?", re.DOTALL)


@pytest.fixture(scope="module")
def program() -> Path:
    return flux_semver.get()


def test_a_hundred_thousand_ranges_and_versions_are_judged_as_flux_judges(program: Path) -> None:
    write = Writer(seed=4)
    asked = [(write.range(), [write.version() for _ in range(VERSIONS)]) for _ in range(RANGES)]
    answers = flux_semver.ask(program, [{"range": r, "versions": v} for r, v in asked])
    valid, differences = 0, []
    for (text, versions), answer in zip(asked, answers, strict=True):
        ours = judged(text, versions)
        theirs = answer.get("allowed") if answer["valid"] else None
        valid += answer["valid"]
        if theirs is not None:
            theirs = [None if _ONE_PART.fullmatch(v) else a for v, a in zip(versions, theirs)]  # noqa: B905
        if ours != theirs:
            differences.append((text, versions, ours, theirs))
    assert differences[:SHOWN] == []
    assert RANGES // 2 < valid < RANGES  # else the questions are no good


def judged(text: str, versions: list[str]) -> list[bool | None] | None:
    """None for an invalid range; for each version whether it lies in it, None when it is none."""
    try:
        constraint = Constraint.parse(text)
    except InvalidInput:
        return None
    allowed: list[bool | None] = []
    for written in versions:
        version, precedence = parse(written), precedence_of(written)
        assert (version.precedence if version else None) == precedence
        allowed.append(constraint.allows(version) if version else None)
        assert precedence is None or (constraint.refusal(precedence) is None) is allowed[-1]
    return allowed


def test_patterns_and_templates_mean_what_they_mean_to_go(program: Path) -> None:
    write = Writer(seed=5)
    asked = [
        (write.pattern(), write.template(), [write.text() for _ in range(TEXTS)])
        for _ in range(PATTERNS)
    ]
    questions = [{"pattern": p, "template": t or "$0", "texts": x} for p, t, x in asked]
    valid, differences = 0, []
    for (pattern, template, texts), answer in zip(
        asked, flux_semver.ask(program, questions), strict=True
    ):
        ours = extracted(pattern, template or "$0", texts)
        theirs = answer.get("values") if answer["valid"] else None
        valid += answer["valid"]
        if ours != theirs:
            differences.append((pattern, template, texts, ours, theirs))
    assert differences[:SHOWN] == []
    assert PATTERNS // 2 < valid < PATTERNS


def extracted(pattern: str, template: str, texts: list[str]) -> list[str | None] | None:
    """None for an invalid pattern; for each text its value, None when the pattern is not in it."""
    try:
        extract = Filter(pattern, template).extractor()
    except InvalidInput:
        return None
    return [extract(text) for text in texts]
