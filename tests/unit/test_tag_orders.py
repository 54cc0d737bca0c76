"""Orders and filters, as the tables of shared/reference/flux.md section 2.4 have them."""

from decimal import Decimal

import pytest

from gitops.constraint import Constraint
from gitops.errors import InvalidInput
from gitops.tags import (
    AlphabeticalPolicy,
    Filter,
    FilteredPolicy,
    NumericalPolicy,
    Order,
    RangePolicy,
    TagPolicy,
    number_in,
)

UBUNTU = "16.04 16.04.1 16.10 20.04 20.10"
NAMES = "xenial yakkety zesty artful bionic"
STAMPS = "1606234201 1606364286 1606334092 1606334284 1606334201"
TIMES = (
    "1990-01-08T00-20-00Z 1990-04-24T00-20-00Z 2010-06-30T00-20-00Z 2017-12-31T23-59-59Z "
    "2023-05-08T00-20-00Z"
)
SIGNED = "sha256-" + "f0" * 32


@pytest.mark.parametrize(
    ("order", "tags", "picked"),
    [
        (Order.ASC, UBUNTU, "20.10"),
        (Order.DESC, UBUNTU, "16.04"),
        (Order.ASC, NAMES, "zesty"),
        (Order.DESC, NAMES, "artful"),
        (Order.ASC, STAMPS, "1606364286"),
        (Order.DESC, STAMPS, "1606234201"),
        (Order.ASC, " ".join(f"rel-{stamp}" for stamp in STAMPS.split()), "rel-1606364286"),
        (Order.ASC, TIMES, "2023-05-08T00-20-00Z"),
        (Order.DESC, TIMES, "1990-01-08T00-20-00Z"),
        (Order.ASC, "a B", "a"),
        (Order.DESC, "a ab", "a"),
        (Order.ASC, "a ab", "ab"),
        (Order.DESC, "é z \ud800 \U0001f680", "z"),
        (Order.ASC, "é z \ud800 \U0001f680", "\U0001f680"),
        (Order.DESC, "\x00\x00 \x00", "\x00"),
    ],
)
def test_alphabetical_picks_as_flux_picks(order: Order, tags: str, picked: str) -> None:
    policy = AlphabeticalPolicy(order)
    assert policy.pick(tags.split(" ")).tag == policy.select(tags.split(" ")).picked == picked


@pytest.mark.parametrize(
    ("order", "tags", "picked"),
    [
        (Order.ASC, "9 10 8", "10"),
        (Order.DESC, "9 10 8", "8"),
        (Order.ASC, "20240101120000001 20240101120000002 20240101120000000", "20240101120000002"),
        (Order.DESC, "20240101120000001 20240101120000002", "20240101120000001"),
        (Order.ASC, "1.5 1.25 -3 +1.4", "1.5"),
        (Order.ASC, "1e3 999 .5 5.", "1e3"),
        (Order.DESC, "-1 -2 0", "-2"),
        (Order.ASC, "1 01 1.0", "1.0"),
    ],
)
def test_numerical_is_exact(order: Order, tags: str, picked: str) -> None:
    policy = NumericalPolicy(order)
    assert policy.pick(tags.split()).tag == policy.select(tags.split()).picked == picked


@pytest.mark.parametrize(
    "text",
    ["", "x", "0x10", "inf", "nan", "1_000", "1e", "1e9999", ".", "+", "\u0661", "1\n", "9" * 256],
)
def test_what_is_no_number(text: str) -> None:
    assert number_in(text) is None
    assert NumericalPolicy().pick([text]).passed_over == {text: "not a number"}


def test_a_number_has_no_last_digit() -> None:
    assert number_in("1" + "0" * 99 + "1") == Decimal("1" + "0" * 99 + "1")


def test_signatures_are_never_picked() -> None:
    tags = ["a", SIGNED, f"{SIGNED}.sig", f"{SIGNED}.att"]
    pick = AlphabeticalPolicy().pick(tags)
    assert pick.tag == "a"
    assert set(pick.passed_over.values()) == {"a signature, attestation or bill of materials"}
    assert FilteredPolicy(Filter("sha256"), AlphabeticalPolicy()).pick(tags).tag is None


def test_an_order_is_read() -> None:
    assert (Order.parse("asc"), Order.parse("desc")) == (Order.ASC, Order.DESC)
    with pytest.raises(InvalidInput, match="write asc or desc"):
        Order.parse("ascending")


@pytest.mark.parametrize(
    ("pattern", "template", "tag", "value"),
    [
        (r"^v(?P<a>\d+)\.(?P<b>\d+)$", "$a", "v1.2", "1"),
        (r"^v(?P<a>\d+)\.(?P<b>\d+)$", "${a}_$b", "v1.2", "1_2"),
        (r"^v(?P<a>\d+)\.(?P<b>\d+)$", "$1.$2", "v1.2", "1.2"),
        (r"(\d+)-(\d+)", "$1_$2", "1-2", "2"),
        (r"(\d+)-(\d+)", "${1}_$2", "1-2", "1_2"),
        (r"(\d+)-(\d+)", "$0", "x1-2y", "1-2"),
        (r"(\d+)-(\d+)", "", "x1-2y", "x1-2y"),
        (r"(\d+)-(\d+)", "$3$nobody", "1-2", ""),
        (r"(\d+)-(\d+)", "$$1", "1-2", "$1"),
        (r"(\d+)-(\d+)", "$$$1", "1-2", "$1"),
        (r"(\d+)-(\d+)", "a$", "1-2", "a$"),
        (r"(\d+)-(\d+)", "${1", "1-2", "${1"),
        (r"(\d+)-(\d+)", "${}$-", "1-2", "${}$-"),
        (r"(\d+)-(\d+)", "$01", "1-2", ""),
        (r"(\d+)-(\d+)", "$10000000001", "1-2", ""),
        (r"(?P<01>\d+)", "$01", "7", "7"),
        (r"(a)|(b)", "[$1$2]", "b", "[b]"),
        (r"(a)|(b)", "$1", "b", ""),
        (r"(?i)RC", "$0", "v1-rc", "rc"),
        (r"^rc$", "$0", "v1-rc", None),
        ("a", "$0", "é-a", None),
        ("a", "$0", "a" * 256, None),
    ],
)
def test_extracts_as_go_expands(pattern: str, template: str, tag: str, value: str | None) -> None:
    assert Filter(pattern, template).extract(tag) == value


@pytest.mark.parametrize(
    ("pattern", "template", "words"),
    [
        ("(?=a)a", "", "cannot be run"),
        (r"(a)\1", "", "cannot be run"),
        ("(", "", "cannot be run"),
        (r"\C", "", "not allowed"),
        (r"\\\C", "", "not allowed"),
        ("(?P<a>x)|(?<a>y)", "$a", "two groups alike"),
        ("a" * 257, "", "longer than 256"),
        ("é", "", "not ASCII"),
        ("a", "é", "not ASCII"),
        ("a", "$" * 257, "longer than 256"),
    ],
)
def test_refuses_a_filter(pattern: str, template: str, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        Filter(pattern, template)


def test_an_escaped_backslash_before_c_is_no_byte() -> None:
    assert Filter(r"\\C").extract(r"x\C") == r"x\C"


STAMPED = ["main-0a1-1606364286", "main-9f2-1606334092", "dev-3c4-1999999999", "main-5d6-", "main"]


@pytest.mark.parametrize(
    ("policy", "pattern", "template", "picked"),
    [
        (NumericalPolicy(), r"^main-[0-9a-f]+-(?P<ts>\d+)", "$ts", "main-0a1-1606364286"),
        (NumericalPolicy(Order.DESC), r"-(\d+)$", "$1", "main-9f2-1606334092"),
        (AlphabeticalPolicy(), "^main", "", "main-9f2-1606334092"),
        (RangePolicy(Constraint.parse(">=1")), "^release", "", None),
    ],
)
def test_the_policy_sees_the_value_and_picks_the_tag(
    policy: TagPolicy, pattern: str, template: str, picked: str | None
) -> None:
    filtered = FilteredPolicy(Filter(pattern, template), policy)
    assert filtered.pick(STAMPED).tag == filtered.select(STAMPED).picked == picked


def test_each_other_tag_has_its_reason() -> None:
    policy = FilteredPolicy(Filter(r"^main-\w+-(\d*)", "$1"), NumericalPolicy())
    assert policy.pick([*STAMPED, "main-é-1", STAMPED[0]]).passed_over == {
        "main-9f2-1606334092": "not above the pick",
        "dev-3c4-1999999999": "does not match the pattern",
        "main-5d6-": "not a number",
        "main": "does not match the pattern",
        "main-é-1": "not ASCII, or longer than 255 characters",
    }
    for order, reason in ((Order.ASC, "not after the pick"), (Order.DESC, "not before the pick")):
        assert set(AlphabeticalPolicy(order).pick("abc").passed_over.values()) == {reason}
    assert NumericalPolicy(Order.DESC).pick("12").passed_over == {"2": "not below the pick"}
