from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.version import UNRELEASED, Version, parse, precedence_of

numbers = st.one_of(st.integers(0, 3), st.integers(0, 2**64 - 1)).map(str)
padded = st.builds(lambda zeros, number: "0" * zeros + number, st.integers(0, 2), numbers)
words = st.from_regex(r"[0-9]{0,2}[A-Za-z-][0-9A-Za-z-]{0,3}", fullmatch=True)
identifiers = st.lists(st.one_of(numbers, words, st.sampled_from(["rc", "1", "10"])), max_size=3)
builds = st.sampled_from(["", "", "+b", "+001"])


@st.composite
def version_texts(draw: st.DrawFn) -> str:
    core = ".".join(draw(st.lists(padded, min_size=2, max_size=3)))
    prerelease = ".".join(draw(identifiers))
    return (
        draw(st.sampled_from(["", "v"]))
        + core
        + (f"-{prerelease}" if prerelease else "")
        + draw(builds)
    )


def version(text: str) -> Version:
    parsed = parse(text)
    assert parsed is not None, text
    return parsed


versions = version_texts().map(version)


@pytest.mark.parametrize(
    ("text", "semver", "parts"),
    [
        ("v1.0", "1.0.0", 2),
        ("1.0", "1.0.0", 2),
        ("v1.0-rc.1", "1.0.0-rc.1", 2),
        ("v1.0-rc1", "1.0.0-rc1", 2),
        ("v1.2-5", "1.2.0-5", 2),
        ("1.0+build", "1.0.0+build", 2),
        ("1.0.0", "1.0.0", 3),
        ("v1.2.3", "1.2.3", 3),
        ("2025.07.03", "2025.7.3", 3),
        ("v2025.07.03", "2025.7.3", 3),
        ("01.02.03", "1.2.3", 3),
        ("20240101.1.0", "20240101.1.0", 3),
        ("1.0.0-20240101T000000", "1.0.0-20240101T000000", 3),
        ("v1.2.0-x.Y.0+metadata", "1.2.0-x.Y.0+metadata", 3),
        ("v1.2.3-rc1-with-hypen", "1.2.3-rc1-with-hypen", 3),
        ("1.2.3+01", "1.2.3+01", 3),
        ("18446744073709551615.0.0", "18446744073709551615.0.0", 3),
        (UNRELEASED, "0.0.0-unreleased", 3),
    ],
)
def test_reads_versions(text: str, semver: str, parts: int) -> None:
    parsed = version(text)
    assert (parsed.text, parsed.semver, parsed.parts) == (text, semver, parts)
    assert str(parsed) == text


@pytest.mark.parametrize(
    "text",
    [
        *("", "v", "v1", "1", "latest", "release-1.2.3", "V1.2.3", "vv1.0", "1.0v"),
        *("v1.2.beta", "v1.2.3.4", "1..2", "1.2.", ".1.2", "-1.2", "1.0-", "1.0+", "1.0.0-+b"),
        *("\nv1.2", "v1.2\n", " 1.2", "1.2 ", "1. 2", "1.0.0\x00"),
        *("1.2.3-rc.01", "1.2.3-0123", "1.2.3_b1", "1.0.0-alpha..1", "1.0.0-a+b+c", "1.0.0p"),
        *("18446744073709551616.0.0", "0.0.99999999999999999999", f"1.2.3-{'a' * 251}"),
        *("1.0.0-é", "１.２.３", "1.٢.3", "1.0.0-rc.١", "v1.0–rc.1"),  # noqa: RUF001
    ],
)
def test_passes_over_what_is_no_version(text: str) -> None:
    assert parse(text) is None


def test_a_version_of_a_thousand_digits_is_none_and_no_crash() -> None:
    assert parse("1" * 10_000 + ".0.0") is None


def test_says_what_was_written() -> None:
    parsed = version("v1.2-rc.1+sha")
    assert parsed.core == (parsed.major, parsed.minor, parsed.patch) == (1, 2, 0)
    assert (parsed.prerelease, parsed.build, parsed.bare) == ("rc.1", "sha", "1.2-rc.1+sha")
    assert parsed.is_prerelease
    assert not version("v1.2+sha-x").is_prerelease


@pytest.mark.parametrize(
    "ascending",
    [
        "1.0-alpha 1.0-alpha.1 1.0-alpha.beta 1.0-beta 1.0-beta.2 1.0-beta.11 1.0-rc.1 1.0",
        "0.0.0-unreleased 0.0.0 0.0.1-rc.1 0.0.1 0.1 1.0-rc.1 1.0 1.0.1 1.1-rc.9 1.1-rc.10 1.1",
        "1.0-rc10 1.0-rc2 1.0-rc9",
        "1.0-BETA 1.0-alpha",
        "1.0-5 1.0-18446744073709551615 1.0--5 1.0-18446744073709551616 1.0-alpha",
        "2025.07.03 2025.7.4 2025.10.01",
        "1.0.0 1.0.0+a v1.0 v1.0.0",
    ],
)
def test_orders(ascending: str) -> None:
    ordered = [version(text) for text in ascending.split()]
    assert all(low < high and high > low for low, high in pairwise(ordered))
    assert sorted(ordered) == ordered


def test_twins_have_one_precedence_and_are_two_versions() -> None:
    assert version("v1.0").precedence == version("1.0.0").precedence == version("1.0+b").precedence
    assert len({version("v1.0"), version("1.0.0"), version("1.0+b"), version("1.0")}) == 4


@given(versions, versions)
def test_order_is_total_and_antisymmetric(one: Version, other: Version) -> None:
    assert (one < other) + (one == other) + (one > other) == 1
    assert (one <= other) == (one < other or one == other)
    assert not one <= other <= one or one.text == other.text


@given(versions, versions, versions)
def test_order_is_transitive(one: Version, two: Version, three: Version) -> None:
    low, middle, high = sorted([one, two, three])
    assert low <= middle <= high
    assert low <= high
    assert low.precedence <= high.precedence


@given(versions)
def test_a_prerelease_comes_before_its_final_version(candidate: Version) -> None:
    final = version(".".join(str(number) for number in candidate.core))
    assert (candidate.precedence < final.precedence) == candidate.is_prerelease


@given(versions)
def test_the_three_part_form_is_the_same_version(candidate: Version) -> None:
    same = version(candidate.semver)
    assert same.precedence == candidate.precedence
    assert (same.semver, same.parts) == (candidate.semver, 3)
    assert version(f"v{candidate.bare}").precedence == candidate.precedence


@given(st.text(max_size=12))
def test_any_text_is_a_version_or_none(text: str) -> None:
    parsed = parse(text)
    assert parsed is None or (parsed.text == text and text.isascii())


@given(st.from_regex(r"v?[0-9]{1,3}(\.[0-9]{1,3}){1,2}([-+][0-9A-Za-z.+-]{0,8})?", fullmatch=True))
def test_the_short_way_to_a_precedence_reads_what_the_long_one_reads(text: str) -> None:
    version = parse(text)
    assert precedence_of(text) == (version.precedence if version else None)


@pytest.mark.parametrize("number", [str(2**64 - 1), str(2**64), "0" * 30 + "1", "9" * 20])
def test_the_short_way_knows_the_limits(number: str) -> None:
    for text in (f"{number}.0", f"1.{number}.0", f"1.0.0-{number}", f"1.0.{number}-rc.{number}"):
        version = parse(text)
        assert precedence_of(text) == (version.precedence if version else None)
