import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.constraint import Constraint
from gitops.errors import InvalidInput
from gitops.version import Version, parse

# Every row was compared with Masterminds/semver v3.5.0 (Go): range, what lies in, what lies out.
ROWS = [
    ("1.2.3", "1.2.3 v1.2.3 1.2.3+build 01.02.03", "1.2.4 1.2.3-rc.1"),
    ("=v1.2.3", "1.2.3", "1.2.2"),
    ("= 1.2.3", "1.2.3", "1.2.2"),
    ("01.02.03", "1.2.3", "1.2.4"),
    ("1.2.3+build", "1.2.3 1.2.3+other", "1.2.4"),
    ("!=1.2.3", "1.2.4 1.2.2", "1.2.3 1.2.4-rc.1"),
    ("!=1.1", "1.2.0 1.0.9", "1.1.0 1.1.9"),
    ("!=1", "2.0.0 0.9.9", "1.0.0 1.9.9"),
    ("!=1.1-rc.1", "1.1.0 1.1.3-rc.2 1.2.0", "1.1.0-rc.1 1.1.9-rc.1"),
    (">1", "2.0.0", "1.0.0 1.9.9"),
    (">1.1", "1.2.0 2.0.0", "1.1.0 1.1.9"),
    (">1.1.1", "1.1.2", "1.1.1 1.1.1+b"),
    ("<1.1", "1.0.9 0.1.0", "1.1.0 1.1.1"),
    ("<=1.1", "1.1.0 1.1.9 1.0.0", "1.2.0 2.0.0"),
    ("=<1", "1.9.9 0.1.0", "2.0.0"),
    ("<=1.1.1", "1.1.1", "1.1.2"),
    (">=1.1", "1.1.0 2.0.0", "1.0.9"),
    ("=>1.1.1", "1.1.1", "1.1.0"),
    ("~1.2.3", "1.2.3 1.2.9", "1.3.0 1.2.2"),
    ("~> 1.2", "1.2.0 1.2.9", "1.3.0 1.1.9"),
    ("~1", "1.0.0 1.9.9", "2.0.0 0.9.9"),
    ("1.2.x", "1.2.0 1.2.9", "1.3.0"),
    ("1.x", "1.0.0 1.9.9", "2.0.0"),
    ("=1.2", "1.2.9", "1.3.0"),
    ("^1.2.3", "1.2.3 1.9.9", "2.0.0 1.2.2"),
    ("^0.2.3", "0.2.3 0.2.9", "0.3.0 0.2.2"),
    ("^0.0.3", "0.0.3", "0.0.4 0.0.2"),
    ("^0.0", "0.0.0 0.0.9", "0.1.0"),
    ("^0", "0.0.0 0.9.9", "1.0.0"),
    ("^1", "1.0.0 1.9.9", "2.0.0"),
    ("1.2 - 2", "1.2.0 2.9.9", "1.1.9 3.0.0"),
    ("1.2.0 - 2.0.0", "1.2.0 2.0.0", "2.0.1"),
    ("1.1-3", "1.1.0-3 1.1.0 1.1.9", "1.1.0-2 1.2.0"),
    (">=1.0 <2.0, !=1.5", "1.0.0 1.4.9", "1.5.3 2.0.0"),
    ("<1 || >=2", "0.9.0 2.0.0", "1.5.0"),
    ("1.0.0 2.0.0", "", "1.0.0 2.0.0"),
    (">=1.0.0-0 <2.0.0", "1.0.0-rc.1 2.0.0-rc.1 1.5.0", "2.0.0"),
    (">=1.0.0-0 <2.0.0-0", "1.0.0-rc.1 1.5.0", "2.0.0-rc.1 2.0.0"),
    (">=1.0.0-rc.0 <1.0.0", "1.0.0-rc.1 1.0.0-rc.0", "1.0.0 1.0.0-beta"),
    (">=1.0.0-0 || >=3", "1.0.0-rc.1", "0.9.0-rc.1"),
    (">=1.0.0 || >=3-0", "1.0.0 3.0.0-rc.1", "1.5.0-rc.1"),
    ("~1.2.3-beta.2", "1.2.3-beta.2 1.2.4-beta.2 1.2.3", "1.2.3-beta.1 1.3.0"),
    (">=1.0.0-BETA", "1.0.0-alpha", "1.0.0-ALPHA"),
    (">1.0.0-rc.9", "1.0.0-rc.10 1.0.0", "1.0.0-rc.2"),
    (">1.0.0-rc2", "1.0.0-rc9", "1.0.0-rc10"),
    ("1.x.3", "1.0.0 1.9.9", "2.0.0"),
    ("*.2.3", "0.0.0 9.9.9", "1.0.0-rc.1"),
    ("x.x.x", "0.0.0 9.9.9", "1.0.0-rc.1"),
    ("*", "0.0.0 1.2.3", "1.0.0-rc.1"),
    ("*-0", "0.0.0 1.0.0-rc.1", ""),
    ("0.x", "0.0.0 0.9.9", "1.2.3"),
    ("~0.0.0", "0.0.0 9.9.9", "1.0.0-rc.1"),
    ("^0.0.0", "0.0.0", "0.0.1 1.0.0"),
    ("^*", "0.0.0", "2.2.3 0.1.0 0.0.1"),
    ("<*", "", "0.0.0 1.2.3"),
    (">*", "1.2.3 0.0.1", "0.0.0"),
    ("!=*", "1.2.3 0.0.1", "0.0.0"),
    ("<=*", "0.0.0 0.0.9", "0.1.0 1.0.0"),
    ("3||1 - 2", "1.2.3 3.0.0 9.9.9", "2.0.0 0.9.0"),
    ("3 || 1 - 2", "1.2.3 2.9.9 3.0.0", "4.0.0"),
    ("1 - 2 3", "", "1.0.0 3.0.0"),
    ("1.x.|", "1.2.3", "2.0.0"),
    (" \t1 ,\n2.x || 3 ", "3.0.0", "1.0.0 2.0.0"),
    # Ours alone: Flux does not read two-part versions, a range treats them as their twins.
    (">=1.0", "v1.0 v1.0.0", "v1.0-rc.1"),
    (">=1.0-0", "v1.0 v1.0-rc.1", "v0.9"),
]


def version(text: str) -> Version:
    parsed = parse(text)
    assert parsed is not None, text
    return parsed


@pytest.mark.parametrize(("text", "inside", "outside"), ROWS)
def test_decides_as_flux_decides(text: str, inside: str, outside: str) -> None:
    constraint = Constraint.parse(text)
    assert [one for one in inside.split() if not constraint.allows(version(one))] == []
    assert [one for one in outside.split() if constraint.allows(version(one))] == []


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "||", "1||", "||1", "1,,2", "1,", ",1", "1 && 2", "(1)", "1|2", "1.2|3", "|"),
        *("==1", ">==1", "> =1", "><1", "V1", "=V1.0", "vv1", "v", ">", "latest", "x|"),
        *("1x", "x1", "-1", "*-*", "1.2.3.4", "1.x.x.x", "1.", ".1", "1..2", "1.2.3-", "1.2.3+"),
        *("1-01", "x.2-01", "1.2.3-a..b", "1.2.3+b_c", ">=1.0.0<2.0.0", "1 - 2 - 3", ">=1 - 2"),
        *(
            "1 1 - 2",
            "1.2.3.4 - 5",
            "18446744073709551616",
            "1\v2",
            "1\N{NO-BREAK SPACE}2",
            "1\x1c2",
        ),
        *("é", "\N{FULLWIDTH DIGIT ONE}", "\ud800", "1.2.3-" + "a" * 251, "1" + "||1" * 171),
    ],
)
def test_refuses_what_flux_refuses(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Constraint.parse(text)
    assert str(refusal.value).isascii()


def test_reads_as_long_a_range_as_flux_does() -> None:
    assert Constraint.parse("1" + "||1" * 170).allows(version("1.0"))


@pytest.mark.parametrize(
    ("text", "candidate", "reason"),
    [
        ("^1.2", "2.0.0", "not ^1.2"),
        (">=1.0 <2.0", "2.0.0", "not <2.0"),
        (">=1.0", "1.1.0-rc.1", "a prerelease, and the range names none"),
        ("1.x || 3.x", "2.0.0", "not 1.x, and not 3.x"),
        ("1.x || >=2-0", "1.0.0-rc.1", "a prerelease, and the range names none, and not >=2-0"),
        ("1.x || 1.x", "2.0.0", "not 1.x"),
        ("1 - 2", "3.0.0", "not <= 2"),
        ("1.x", "1.2.3", None),
    ],
)
def test_says_why_not(text: str, candidate: str, reason: str | None) -> None:
    assert Constraint.parse(text).why_not(version(candidate)) == reason


def test_knows_whether_it_names_prereleases() -> None:
    assert Constraint.parse("1.x || >=2.0-0").names_prereleases
    assert not Constraint.parse("1.x || >=2.0").names_prereleases
    assert str(Constraint.parse("^1.2")) == "^1.2"


number = st.integers(0, 3)
texts = st.builds("{}.{}.{}{}".format, number, number, number, st.sampled_from(["", "-0", "-rc.1"]))
versions = texts.map(version)


@given(st.sampled_from([row[0] for row in ROWS]), versions)
def test_allows_exactly_what_it_gives_no_reason_against(text: str, candidate: Version) -> None:
    constraint = Constraint.parse(text)
    assert constraint.allows(candidate) == (constraint.why_not(candidate) is None)


@given(texts, versions)
def test_the_plain_operators_are_the_order_of_versions(bound: str, candidate: Version) -> None:
    mine, limit = candidate.precedence, version(bound).precedence
    verdicts = {"<": mine < limit, "<=": mine <= limit, ">": mine > limit, ">=": mine >= limit}
    readable = not candidate.is_prerelease or version(bound).is_prerelease
    for operator, verdict in verdicts.items():
        assert Constraint.parse(operator + bound).allows(candidate) == (verdict and readable)


@given(st.text("0123xX*|v<>=!~^-+., rcb\t", max_size=40))
def test_any_text_is_a_range_or_invalid_input(text: str) -> None:
    try:
        constraint = Constraint.parse(text)
    except InvalidInput:
        return
    assert constraint.allows(version("1.0")) in {True, False}
