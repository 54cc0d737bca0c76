from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.constraint import Constraint
from gitops.errors import InvalidInput
from gitops.tag_template import Template
from gitops.tags import (
    PatternPolicy,
    PrereleasePolicy,
    RangePolicy,
    ReleasePolicy,
    Selection,
    TagPolicy,
    unpadded_prerelease,
)

SIGNED = "sha256-" + "0a" * 32
MIXED = [
    *("v1.0-rc.1", "v1.0", "latest", "v1.1-rc.2", "v0.9"),
    *("main-0123456", "v1.10", "v1.9.3", "1.2.3.4"),
]


def within(text: str) -> RangePolicy:
    return RangePolicy(Constraint.parse(text))


def reasons(selection: Selection) -> dict[str, str]:
    return {passed.tag: passed.reason for passed in selection.passed_over}


@pytest.mark.parametrize(
    ("policy", "tags", "picked"),
    [
        ("1.0.x", "1.0.0 1.0.0.1 1.0.0p 1.0.1 1.2.0 0.1.0", "1.0.1"),
        ("1.0.x", "v1.2.3 v1.0.0 v0.1.0", "v1.0.0"),
        ("1.0.x", "b1.2.3 b1.0.0 b0.1.0", None),
        ("1.0.x", "", None),
        ("1.0.x", "1.2.0", None),
        ("v1.0.x", "1.0.0 1.0.1 1.1.0", "1.0.1"),
        ("v1.0.x", "v1.0.0 v1.0.1 v1.1.0", "v1.0.1"),
        ("1.0.x", "0.1.0 0.1.1 0.2.0 1.0.0 1.0.1 1.0.2 1.1.0-alpha", "1.0.2"),
    ],
)
def test_a_range_picks_as_flux_picks(policy: str, tags: str, picked: str | None) -> None:
    assert within(policy).select(tags.split()).picked == picked


def test_the_release_that_flux_never_sees_is_picked() -> None:
    assert within(">=1.0.0-0").select(["v1.0-rc.1", "v1.0"]).eligible == ("v1.0", "v1.0-rc.1")


@pytest.mark.parametrize(
    ("policy", "eligible"),
    [
        (ReleasePolicy(), "v1.10 v1.9.3 v1.0 v0.9"),
        (PrereleasePolicy(), "v1.1-rc.2 v1.0-rc.1"),
        (within("^1.0"), "v1.10 v1.9.3 v1.0"),
        (within("^1.0-0"), "v1.10 v1.9.3 v1.1-rc.2 v1.0 v1.0-rc.1"),
        (PatternPolicy(r"v(?P<version>1\..*)"), "v1.10 v1.9.3 v1.1-rc.2 v1.0 v1.0-rc.1"),
    ],
)
def test_orders_newest_first(policy: TagPolicy, eligible: str) -> None:
    selection = policy.select(MIXED)
    assert selection.eligible == tuple(eligible.split())
    assert selection.picked == eligible.split(maxsplit=1)[0]
    assert {*selection.eligible, *reasons(selection)} == set(MIXED)


def test_says_why_a_tag_is_passed_over() -> None:
    tags = ["v1.0-rc.1", "latest", "v2.0", SIGNED, *(f"{SIGNED}.{kind}" for kind in ("sig", "att"))]
    signature = "a signature, attestation or bill of materials"
    signed = {SIGNED: signature, f"{SIGNED}.sig": signature, f"{SIGNED}.att": signature}
    prerelease = "a prerelease, and the range names none"
    assert reasons(ReleasePolicy().select(tags)) == {
        "v1.0-rc.1": "a prerelease",
        "latest": "not a version",
        **signed,
    }
    assert reasons(PrereleasePolicy().select(tags)) == {
        "latest": "not a version",
        "v2.0": "no prerelease",
        **signed,
    }
    assert reasons(within("1.x").select(tags)) == {
        "v1.0-rc.1": prerelease,
        "latest": "not a version",
        "v2.0": "not 1.x",
        **signed,
    }
    assert reasons(PatternPolicy("v(?P<version>2.*)").select(tags)) == {
        "v1.0-rc.1": "does not match the pattern",
        "latest": "does not match the pattern",
        **signed,
    }


@pytest.mark.parametrize(
    "policy",
    [
        ReleasePolicy(Template.parse("payments/v{version}")),
        RangePolicy(Constraint.parse("*"), Template.parse("payments/v{version}")),
        PatternPolicy(".*v(?P<version>.*)", Template.parse("payments/v{version}")),
    ],
)
def test_reads_a_tag_through_the_template(policy: TagPolicy) -> None:
    tags = ["payments/v1.0", "payments/v1.10", "orders/v9.0", "v8.0", "payments/v1.1.1"]
    selection = policy.select(tags)
    assert selection.eligible == ("payments/v1.10", "payments/v1.1.1", "payments/v1.0")
    assert list(reasons(selection)) == ["orders/v9.0", "v8.0"]


def test_a_prerelease_is_told_through_the_template_too() -> None:
    tags = ["a-1.0.0-rc.1", "a-1.0.0", "a-1.0"]
    template = Template.parse("a-{semver}")
    assert PrereleasePolicy(template).select(tags).eligible == ("a-1.0.0-rc.1",)
    assert reasons(ReleasePolicy(template).select(tags)) == {
        "a-1.0.0-rc.1": "a prerelease",
        "a-1.0": "not a version",
    }
    assert reasons(RangePolicy(Constraint.parse("*"), template).select(tags)) == {
        "a-1.0.0-rc.1": "a prerelease, and the range names none",
        "a-1.0": "not a version",
    }


def test_a_template_without_a_version_reads_none() -> None:
    assert ReleasePolicy(Template.parse("{branch}-{sha:7}")).select(["1.0-0123456"]).picked is None
    assert ReleasePolicy(Template.parse("{tag}")).select(["v1.0"]).picked == "v1.0"


def test_twins_stand_side_by_side_and_doubles_count_once() -> None:
    selection = ReleasePolicy().select(["1.0", "v1.0.0", "v1.0", "1.0.0", "v1.0", "x", "x"])
    assert selection.eligible == ("v1.0.0", "v1.0", "1.0.0", "1.0")
    assert list(reasons(selection)) == ["x"]


@pytest.mark.parametrize(
    ("pattern", "tags", "eligible"),
    [
        (r"main-[0-9a-f]+-(?P<version>\d+)", "main-a-9 main-b-10 main-c-1 x-main-a-99", "10 9 1"),
        (
            r"(?:\w+-)+(?P<version>\d+\.\d+)",
            "main-a-16.04 main-a-16.10 main-b-20.04",
            "20.04 16.10 16.04",
        ),
        (r"main-(?P<version>.*)", "main-a2 main-a10 main-1.0 main-a main-7", "1.0 a10 a2 a 7"),
        (r"(?i)MAIN-(?P<version>\d+)?", "main- main-3", "3"),
    ],
)
def test_a_pattern_orders_by_version_else_naturally(pattern: str, tags: str, eligible: str) -> None:
    chosen = PatternPolicy(pattern).select(tags.split()).eligible
    assert [tag.rpartition("-")[2] for tag in chosen] == eligible.split()


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("v1", "no group named version"),
        ("(?P<other>.*)", "no group named version"),
        ("(?P<version>", "cannot be run"),
        (r"(?=a)(?P<version>a)", "cannot be run"),
        (r"(a)\1(?P<version>a)", "cannot be run"),
        (r"(?P<version>(((a{100}){100}){100}){100})", "cannot be run"),
        ("(?P<version>é)", "not ASCII"),
        ("(?P<version>\ud800)", "not ASCII"),
        ("(?P<version>" + "a" * 256 + ")", "longer than 256"),
    ],
)
def test_refuses_a_pattern(pattern: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        PatternPolicy(pattern)
    assert words in str(refusal.value)


def test_a_hostile_tag_costs_no_time_and_raises_nothing() -> None:
    tags = ["a" * 128, "a" * 300, "é", "\ud800", "", "\n", "1" * 255 + "b"]
    selection = PatternPolicy(r"(?P<version>((a|1)+)+)!").select(tags)
    assert selection.eligible == ()
    assert set(reasons(selection).values()) == {
        "does not match the pattern",
        "not ASCII, or longer than 255 characters",
    }
    assert ReleasePolicy().select(tags).picked is None


@pytest.mark.parametrize(
    "tag", ["v1.0-rc9", "v1.0-rc10", "1.0.0-beta99", "v1.0-rc12.1", "v1.0-1.rc9"]
)
def test_finds_a_prerelease_that_will_order_wrongly(tag: str) -> None:
    assert unpadded_prerelease(tag)


@pytest.mark.parametrize(
    "tag", ["v1.0-rc8", "v1.0-rc.9", "v1.0-rc.10", "v1.0-rc09", "v1.0", "v1.0-rc", "rc9", "v1.0-9"]
)
def test_finds_nothing_in_other_prereleases(tag: str) -> None:
    assert not unpadded_prerelease(tag)


some_tags = st.lists(
    st.one_of(
        st.from_regex(r"v?[0-3]\.[0-3](\.[0-3])?(-rc\.?[0-3])?", fullmatch=True),
        st.text(max_size=4),
    ),
    max_size=12,
)
policies = st.sampled_from(
    [
        ReleasePolicy(),
        PrereleasePolicy(),
        within(">=1 <3"),
        within(">=1-0"),
        PatternPolicy("v(?P<version>.*)"),
    ]
)


@given(policies, some_tags, st.randoms(use_true_random=False))
def test_each_tag_is_judged_once_and_the_order_given_does_not_matter(
    policy: TagPolicy, tags: list[str], order: Random
) -> None:
    selection = policy.select(tags)
    judged = [*selection.eligible, *reasons(selection)]
    assert sorted(judged) == sorted(set(tags))
    shuffled = list(tags)
    order.shuffle(shuffled)
    assert policy.select(shuffled).eligible == selection.eligible
    assert policy.select(selection.eligible).eligible == selection.eligible
