import pytest

from gitops.constraint import Constraint
from gitops.flux_reading import flux_says
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
