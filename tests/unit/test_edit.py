"""Replacing scalars in place: the hard cases of `edit_cases`, and what needs more than a table."""

from collections import Counter

import pytest

from gitops.document import Address, documents
from gitops.edit import Replacement, editable, reads_as_string, replace, why_not_editable
from gitops.errors import EditRefused, InvalidInput
from gitops.tree import File, Mode
from tests.unit.edit_cases import CASES, EditCase


def edit(text: str, address: Address, new: str, document: int = 0) -> str:
    return replace("f.yaml", text.encode(), [Replacement(document, address, new)]).decode()


A: Address = ("a",)
EDITED = [case for case in CASES if case.after is not None]
REFUSED = [case for case in CASES if case.refused is not None]
CATEGORIES = {
    *["plain", "comments", "tabs", "quotes", "types", "syntax", "flow", "lists", "line ends"],
    *["byte-order mark", "wide characters", "anchors", "tags", "duplicates", "block scalars"],
    *["keys", "documents", "absent", "encryption", "control characters", "not YAML", "shapes"],
}


def test_every_kind_of_hard_case_is_there() -> None:
    assert len(CASES) == len(EDITED) + len(REFUSED) == len({case.name for case in CASES})
    assert len(EDITED) >= 80
    assert len(REFUSED) >= 30
    counts = Counter(case.category for case in CASES)
    assert set(counts) == CATEGORIES
    assert min(counts.values()) >= 2, counts
    shapes = {case.shape for case in CASES} - {None}
    assert len(shapes) >= 28, sorted(map(str, shapes))


@pytest.mark.parametrize("case", EDITED, ids=lambda case: case.name)
def test_only_the_scalar_changes(case: EditCase) -> None:
    assert case.after is not None
    after = case.after.encode()
    assert replace("f.yaml", case.before.encode(), case.replacements) == after
    assert replace("f.yaml", after, case.replacements) is after
    found = {document.index: document for document in documents("f.yaml", after)}
    for wanted in case.replacements:
        assert found[wanted.document].scalars[wanted.address].value == wanted.new


@pytest.mark.parametrize("case", REFUSED, ids=lambda case: case.name)
def test_what_is_refused_says_where_and_why(case: EditCase) -> None:
    with pytest.raises(InvalidInput) as caught:
        replace("f.yaml", case.before.encode(), case.replacements)
    assert str(caught.value).startswith(str(case.refused))


def test_the_document_is_chosen_by_its_index() -> None:
    text = "---\na: v1\n---\n# nothing\n---\na: v1\n"
    assert edit(text, A, "v2", 2) == "---\na: v1\n---\n# nothing\n---\na: v2\n"
    with pytest.raises(EditRefused, match=r"^f.yaml: there is no document 2"):
        edit(text, A, "v2", 1)


def test_several_at_once_are_all_or_nothing() -> None:
    data = b"a: v1\nb: [v1, 'v1']\n---\na: |\n  x\nb: v1\n"
    several = [
        Replacement(1, ("b",), "1.0"),
        Replacement(0, ("b", 1), "v20"),
        Replacement(0, ("a",), "v300"),
    ]
    expected = b"a: v300\nb: [v1, 'v20']\n---\na: |\n  x\nb: \"1.0\"\n"
    assert replace("f.yaml", data, several) == expected
    with pytest.raises(EditRefused, match="block scalar"):
        replace("f.yaml", data, [*several, Replacement(1, ("a",), "y")])


def test_two_texts_for_one_scalar_are_refused_and_one_text_twice_is_not() -> None:
    twice = [Replacement(0, A, "v2"), Replacement(0, A, "v2")]
    assert replace("f.yaml", b"a: v1", twice) == b"a: v2"
    with pytest.raises(EditRefused, match="'v2' and 'v3'"):
        replace("f.yaml", b"a: v1", [Replacement(0, A, "v2"), Replacement(0, A, "v3")])


@pytest.mark.parametrize(
    ("before", "new", "after"),
    [
        (b"a: true # c", "false", b"a: false # c"),
        (b"{a: False}", "true", b"{a: true}"),
        (b"a: TRUE", "true", b"a: true"),
        (b"a: true", "true", b"a: true"),
    ],
)
def test_a_boolean_stays_one(before: bytes, new: str, after: bytes) -> None:
    assert replace("f.yaml", before, [Replacement(0, A, new, boolean=True)]) == after


@pytest.mark.parametrize(
    ("before", "new"),
    [
        (b"a: 'true'", "false"),
        (b"a: !!str true", "false"),
        (b"a: yes", "false"),
        (b"a: x", "false"),
        (b"a: ~", "false"),
        (b"a: true", "no"),
        (b"a: true", "False"),
    ],
)
def test_nothing_else_becomes_a_boolean(before: bytes, new: str) -> None:
    with pytest.raises(EditRefused, match="not true or false"):
        replace("f.yaml", before, [Replacement(0, A, new, boolean=True)])


def test_nothing_to_change_gives_the_same_bytes() -> None:
    data = b'a: "\\x76"\nb: >-\n  x\n'
    assert replace("f.yaml", data, [Replacement(0, A, "v")]) is data
    assert replace("f.yaml", data, []) is data


@pytest.mark.parametrize("data", [b"a: [", b"a: \xff", b"a: \0", "a: x".encode("utf-16")])
def test_what_is_not_yaml_is_invalid_input(data: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        replace("f.yaml", data, [Replacement(0, A, "x")])
    assert caught.value.place is not None


STRINGS = ["v1", "1.2.3", "1.2.3-rc.1", "latest", "nope", "e1", "1e", "0xg", "1.2.3_4", "main-12"]
OTHERS = [
    *["1", "-1", "+1", "1.", ".5", "1.5", "1e3", "1.5E-3", "0x1f", "0b1", "0o7", "017", "1_0"],
    *["1:30", "1:30.5", ".inf", "-.INF", ".NaN", "2026-1-2", "2026-01-02T03:04:05Z", "~", ""],
    *["Yes", "no", "ON", "off", "y", "N", "True", "FALSE", "Null", "<<", "="],
]


@pytest.mark.parametrize("text", STRINGS)
def test_strings_need_no_quotes(text: str) -> None:
    assert reads_as_string(text)
    assert edit("a: x", A, text) == f"a: {text}"


@pytest.mark.parametrize("text", OTHERS)
def test_what_some_reader_takes_for_something_else_is_quoted(text: str) -> None:
    assert not reads_as_string(text)
    assert edit("a: x", A, text) == f'a: "{text}"'


def test_a_file_that_is_not_its_own_bytes_is_not_editable() -> None:
    assert editable(File(b"a: x"))
    assert editable(File(b"a: x", Mode.EXECUTABLE))
    reasons = {
        "symlink": File(b"../x", Mode.SYMLINK),
        "submodule": File(b"", Mode.SUBMODULE),
        "larger than": File(b"", unread="larger than 4194304 bytes"),
    }
    for words, file in reasons.items():
        assert not editable(file)
        assert words in (why_not_editable(file) or "")
