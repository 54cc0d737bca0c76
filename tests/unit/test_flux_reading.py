from datetime import UTC, datetime

import pytest

from gitops.constraint import Constraint
from gitops.flux_reading import flux_says, flux_says_of_chart
from gitops.tags import (
    AlphabeticalPolicy,
    Filter,
    FilteredPolicy,
    NumericalPolicy,
    RangePolicy,
    TagPolicy,
)


def said(policy: TagPolicy, tags: str) -> str | None:
    return flux_says(policy, policy.pick(tags.split()))


ANY = RangePolicy(Constraint.parse(">=0-0"))


@pytest.mark.parametrize(
    ("policy", "tags", "words"),
    [
        (ANY, "v1.0.0 v1.0-rc.1", None),
        (ANY, "latest", None),
        (ANY, "", None),
        (ANY, "v1.0 v1.0-rc.1", "does not read v1.0, which has two parts; it picks v1.0-rc.1"),
        (ANY, "v1.1 v1.0", "does not read v1.1, which has two parts; it picks nothing"),
        (ANY, "v1.1-rc1 v1.0.3", "it picks v1.0.3"),
        (ANY, "v1.1-rc.1 v1.0.3", "reads v1.1-rc.1 by accident"),
        (FilteredPolicy(Filter("^a-(.*)", "$1"), ANY), "a-1.0 a-0.9.9", "it picks a-0.9.9"),
        (NumericalPolicy(), "1 2", None),
        (NumericalPolicy(), "1 2 latest", "picks nothing, because of latest"),
        (NumericalPolicy(), "20240101120000001 20240101120000002", "cannot tell"),
        (NumericalPolicy(), "20240101120000001 20240101120000009", None),
        (NumericalPolicy(), "1 1.0", None),
        (AlphabeticalPolicy(), "v1.0 v0.9", None),
    ],
)
def test_says_what_flux_makes_of_it(policy: TagPolicy, tags: str, words: str | None) -> None:
    text = said(policy, tags)
    assert text is None if words is None else words in (text or "")


@pytest.mark.parametrize(
    ("text", "versions", "words"),
    [
        (">=1", "1.0.0 1.1.0", None),
        (">=1", "0.1.0", None),
        (">=1", "v1.1 1.0.0", "does not read v1.1"),
        ("1.0.0", "1.0.0 v1.0.0", "picks 1.0.0, which is spelled as the range is"),
        ("v1.0.0", "1.0.0 v1.0.0", None),
        ("1.0", "1.0 1.0.5", "picks 1.0, which is spelled"),
        ("1.0.x", "1.0.x 1.0.5", None),
        (">=1", "1.0.0+b@1 1.0.0+a@2 1.0.0+0@3", "picks 1.0.0+0, the same version, created later"),
        (">=1", "1.0.0+b@1 1.0.0+a@1", None),
        (">=1", "1.0.0+b 1.0.0+a@1", "picks 1.0.0+a"),
        (">=1", "1.0.0+b@1 1.0.0+a 1.0@2 0.9.0@3", None),
    ],
)
def test_says_what_flux_makes_of_a_chart(text: str, versions: str, words: str | None) -> None:
    created = {
        version: datetime(2026, 1, int(day), tzinfo=UTC) if day else None
        for version, _, day in (one.partition("@") for one in versions.split())
    }
    policy = RangePolicy(Constraint.parse(text))
    said = flux_says_of_chart(policy, policy.pick(created), created)
    assert said is None if words is None else words in (said or "")


@pytest.mark.parametrize(
    ("versions", "words"),
    [
        ("1.0.0 v0.9.0", None),
        ("v1.1.0 1.0.0 1.1 0.9.0", "none with a leading v; it picks 1.0.0"),
        ("v1.1.0 v1.0.0", "it picks nothing"),
        ("1.1 1.0.0", "does not read 1.1"),
    ],
)
def test_says_what_flux_makes_of_a_chart_in_a_registry(versions: str, words: str | None) -> None:
    policy = RangePolicy(Constraint.parse(">=0"))
    said = flux_says_of_chart(policy, policy.pick(versions.split()), None)
    assert said is None if words is None else words in (said or "")
