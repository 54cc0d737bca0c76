"""Three-way merge of lines: what both sides may do, and where a person has to choose."""

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.scaffold.merging import merge

NAMES = ("yours", "template 1", "template 2")
TEXTS = st.lists(st.sampled_from([b"a", b"b", b"c", b"d", b""]), max_size=8).map(
    lambda lines: b"".join(line + b"\n" for line in lines)
)
ENDLESS = st.tuples(TEXTS, st.sampled_from([b"", b"a", b"b"])).map(b"".join)


def test_changes_apart_are_both_taken() -> None:
    merged = merge(b"a\nb\nc\nd\n", b"A\nb\nc\nd\n", b"a\nb\nc\nD\nE\n", NAMES)
    assert (merged.data, merged.conflicts) == (b"A\nb\nc\nD\nE\n", ())


def test_changes_of_one_line_stay_both_with_what_was_there_between() -> None:
    merged = merge(b"a\nb\nc\n", b"a\nmine\nc\n", b"a\ntheirs\nc\n", NAMES)
    assert merged.conflicts == (2,)
    assert merged.data.decode().splitlines() == [
        "a",
        "<<<<<<< yours",
        "mine",
        "||||||| template 1",
        "b",
        "=======",
        "theirs",
        ">>>>>>> template 2",
        "c",
    ]


def test_the_same_change_twice_is_one() -> None:
    assert merge(b"a\nb\n", b"a\nc\n", b"a\nc\n", NAMES) == merge(b"x\n", b"a\nc\n", b"x\n", NAMES)


def test_lines_end_as_those_of_the_file_do() -> None:
    merged = merge(b"a\nb\nc\n", b"a\r\nb\r\nC\r\n", b"A\nb\nc\n", NAMES)
    assert (merged.data, merged.conflicts) == (b"A\r\nb\r\nC\r\n", ())
    marked = merge(b"a\n", b"b\r\n", b"c\n", NAMES).data
    assert marked.count(b"\n") == marked.count(b"\r\n") == 7


def test_a_last_line_without_an_end_does_not_run_into_a_mark() -> None:
    lines = merge(b"a", b"b", b"c", NAMES).data.decode().splitlines()
    assert [line for line in lines if len(line) == 1] == ["b", "a", "c"]


@given(ENDLESS, ENDLESS)
def test_what_one_side_left_alone_is_as_the_other_has_it(base: bytes, other: bytes) -> None:
    for merged in (merge(base, other, base, NAMES), merge(base, base, other, NAMES)):
        assert (merged.data, merged.conflicts) == (other, ())
    assert merge(base, other, other, NAMES).data == other


@given(ENDLESS, ENDLESS, ENDLESS)
def test_it_does_not_matter_which_side_is_which_where_nobody_has_to_choose(
    base: bytes, mine: bytes, theirs: bytes
) -> None:
    one, other = merge(base, mine, theirs, NAMES), merge(base, theirs, mine, NAMES)
    assert one.conflicts == other.conflicts
    assert bool(one.conflicts) == (b"<<<<<<< yours\n" in one.data)
    if not one.conflicts:
        assert one.data == other.data


CASES = {
    "apart": ("a b c d e", "A b c d e", "a b c d E"),
    "insertions apart": ("a b c", "a x b c", "a b c y"),
    "beside each other": ("a b c d", "a B c d", "a b C d"),
    "one removes what the other changes": ("a b c", "a c", "a B c"),
    "both insert at one place": ("a b", "a x b", "a y b"),
    "both remove": ("a b c d e", "a c d e", "a c e"),
}


@pytest.mark.parametrize("case", CASES)
def test_git_says_the_same(case: str, tmp_path: Path) -> None:
    base, mine, theirs = ("".join(f"{word}\n" for word in text.split()) for text in CASES[case])
    for name, text in (("base", base), ("mine", mine), ("theirs", theirs)):
        (tmp_path / name).write_text(text)
    labels = [word for name in NAMES for word in ("-L", name)]
    command = ["git", "merge-file", "-p", "--diff3", *labels, "mine", "base", "theirs"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    merged = merge(base.encode(), mine.encode(), theirs.encode(), NAMES)
    assert (merged.data, len(merged.conflicts)) == (done.stdout, done.returncode)
