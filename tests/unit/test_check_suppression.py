"""Suppressions: which comments are some, what they speak of, and what they cost."""

import resource

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.check import Finding, Severity, checked
from gitops.check.suppression import applied, read
from gitops.errors import InvalidInput, Place
from gitops.events import events
from gitops.tree import Tree
from tests.faults.planting import edited, planted

SAYS = "# fairlead: ignore FL106 nine"


def spoken_of(text: str) -> list[int | None]:
    """The lines that the suppressions of a text speak of; None is the whole file."""
    found = read("a.yaml", text.encode())
    assert found.findings == ()
    return [each.line for each in found.suppressions]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"a: 1 {SAYS}\n", [1]),
        (f"a: 1 {SAYS}", [1]),
        (f"{SAYS}\na: 1\n", [2]),
        (f"a:\n  {SAYS}\n  # more\n  b: 1\n", [4]),
        (f"{SAYS}\n\na: 1\n", [2]),
        (f"a: 1\n{SAYS}", [2]),
        (f"{SAYS}\n{SAYS}\na: 1\n", [3, 3]),
        (f"\ufeffa: 1 {SAYS}\n", [1]),
        (f"a: 1\r\nb: 2 {SAYS}\r\nc: 3\r\n", [2]),
        (f"a: 1\rb: 2 {SAYS}\r", [2]),
        (f"a: 1\u2028b: 2 {SAYS}\n", [2]),
        (f"'k # x': v {SAYS}\n", [1]),
        (f"a: x#y {SAYS}\n", [1]),
        (f"a: [1, {SAYS}\n  2]\n", [1]),
        (f"a: &x 1 {SAYS}\nb: *x {SAYS}\n", [1, 2]),
        (f"a: | {SAYS}\n  text\n", [1]),
        (f"a: |\n  text\n{SAYS}\nb: 1\n", [4]),
        (f"a: |\n  text\n\n{SAYS}\nb: 1\n", [5]),
        (f"a:\n  - >-\n    x\n   {SAYS}\n  - y\n", [5]),
        ("a: 1 #fairlead:ignore FL106 nine\n", [1]),
        ("a: 1 #\t fairlead:  ignore  FL106 , FL108  nine\n", [1]),
        ("# fairlead: ignore-file FL106 nine\na: 1\n", [None]),
        ("# other\n# fairlead: ignore-file FL106 nine\n---\na: 1\n", [None]),
    ],
)
def test_a_comment_speaks_of_its_line_or_of_the_next(text: str, lines: list[int]) -> None:
    assert spoken_of(text) == lines


@pytest.mark.parametrize(
    "text",
    [
        f"a: '{SAYS}'\n",
        f'a: "x {SAYS}"\n',
        f"a: 'x\n  {SAYS}\n  '\n",
        f"'k {SAYS}': 1\n",
        f"a: |\n  x {SAYS}\n",
        f"a: |\n  x\n\n  {SAYS}\n",
        f"a: >\n  x\n  {SAYS}",
        f"a: |2\n    x\n  {SAYS}\n",
        f"a: x{SAYS}\n",
        f"a: 1 # not this {SAYS}\n",
        "a: 1 # fairlead says: ignore FL106 nine\n",
        f"a: [ {SAYS}\n",
        "",
    ],
)
def test_what_is_no_comment_silences_nothing(text: str) -> None:
    found = read("a.yaml", text.encode())
    assert (found.suppressions, found.findings) == ((), ())


@pytest.mark.parametrize(
    ("comment", "code", "told"),
    [
        ("ignore", "FL090", "names no code"),
        ("ignore nine is the last", "FL090", "names no code"),
        ("ignore FL106", "FL090", "FL106 gives no reason"),
        ("ignore FL106,", "FL090", "names no code"),
        ("ignored FL106 x", "FL090", "ignored is no suppression"),
        ("ignore FL999 x", "FL091", "there is no code FL999"),
        ("ignore FL102 x", "FL092", "no comment silences FL102"),
        ("ignore FL090 x", "FL092", "no comment silences FL090"),
        ("ignore-file FL106 x", "FL090", "behind the head of its file"),
    ],
)
def test_a_wrong_suppression_is_told_where_it_stands(comment: str, code: str, told: str) -> None:
    found = read("a.yaml", f"a:\n  b: 1 # fairlead: {comment}\n".encode())
    assert found.suppressions == ()
    [finding] = found.findings
    assert (finding.code, finding.place) == (code, Place("a.yaml", 2, 8))
    assert told in finding.message
    assert finding.hint


def test_one_wrong_code_of_several_leaves_the_others() -> None:
    found = read("a.yaml", b"a: 1 # fairlead: ignore FL106, FL999 x\n")
    assert [each.code for each in found.findings] == ["FL091"]
    assert [each.codes for each in found.suppressions] == [("FL106",)]


STAGE = "apps/payments/envs/stage/version/kustomization.yaml"


def test_what_is_silenced_is_counted_with_its_reason() -> None:
    tree = planted(edited(STAGE, ("newTag: v1.0", f"newTag: v1.0-rc9 {SAYS}")))
    report = checked(tree)
    assert report.findings == ()
    [silenced] = report.suppressed
    assert (silenced.finding.code, silenced.by.reason) == ("FL106", "nine")
    assert silenced.finding.place.line == silenced.by.place.line


def test_a_suppression_of_another_line_or_code_silences_nothing() -> None:
    tree = Tree.of({"a.yaml": f"a: 1 {SAYS}\nb: 2\n"})
    below = Finding("FL106", Severity.WARNING, Place("a.yaml", 2, 1), "odd")
    other = Finding("FL108", Severity.WARNING, Place("a.yaml", 1, 1), "odd")
    remaining, silenced = applied((below, other), tree)
    assert [each.code for each in remaining] == ["FL106", "FL108", "FL093"]
    assert silenced == ()


def values(text: str) -> list[tuple[str, object]] | None:
    """What YAML reads, without where; None where it reads nothing."""
    try:
        found = list(events("a.yaml", text))
    except InvalidInput:
        return None
    return [(type(event).__name__, getattr(event, "value", None)) for event in found]


@given(st.text(alphabet="ab:# -|>'\"\n[]{},", max_size=30), st.integers(0, 12))
def test_a_line_is_a_comment_where_yaml_reads_the_same_with_another_one(text: str, at: int) -> None:
    lines = text.split("\n")
    with_it, with_another = (
        "\n".join([*lines[:at], comment, *lines[at:]]) for comment in (SAYS, "# another")
    )
    read_as = values(with_it)
    is_comment = read_as is not None and read_as == values(with_another)
    number = min(at, len(lines)) + 1
    found = read("a.yaml", with_it.encode()).suppressions
    assert [each.place for each in found] == [Place("a.yaml", number, 1)] * is_comment


@pytest.mark.parametrize(
    "text",
    [
        "a:\n" + f"{SAYS}\n" * 100_000,
        "".join(f"- {n} {SAYS}\n" for n in range(60_000)),
        "a: '" + " #" * 1_000_000 + f"' {SAYS}\n",
        "# fairlead: ignore " + "FL106," * 600_000 + " x\n",
        "# fairlead: ignore FL106" + " ," * 1_000_000 + "\n",
    ],
    ids=["stacked", "each line", "quoted", "codes", "commas"],
)
def test_hostile_comments_cost_little(text: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_utime
    read("a.yaml", text.encode())
    assert resource.getrusage(resource.RUSAGE_SELF).ru_utime - before < 30
