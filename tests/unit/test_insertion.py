"""Lines that are put into a YAML file: every other byte stays; an unknown layout is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitops.document import documents
from gitops.errors import EditRefused, InvalidInput
from gitops.scaffold.insertion import with_entry, with_item

FILE = b"""\
# head
a: 1
list:
  # first
  - name: x # kept
    more: |
      text

  # second
  - name: y

tail: {b: 2} # end
"""


def test_an_item_comes_where_it_is_asked_for() -> None:
    edited = with_item("a.yaml", FILE, ("list",), 1, "\n# new\n- name: z\n  more: 1\n")
    expected = FILE.replace(
        b"      text\n", b"      text\n\n  # new\n  - name: z\n    more: 1\n", 1
    )
    assert edited == expected
    last = with_item("a.yaml", FILE, ("list",), 2, "- name: z\n")
    assert last == FILE.replace(b"- name: y\n", b"- name: y\n  - name: z\n")


def test_an_entry_comes_last() -> None:
    data = b"metadata:\n    name: x # kept\n    labels: {}\ndata: {}\n"
    edited = with_entry("a.yaml", data, ("metadata",), "annotations", "annotations:\n  a: b\n")
    assert edited == data.replace(b"{}\n", b"{}\n    annotations:\n      a: b\n", 1)


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_a_last_line_without_end_gets_one(end: str) -> None:
    data = f"list:{end or chr(10)}- a{end}".encode()
    edited = with_item("a.yaml", data, ("list",), 1, "- b\n")
    newline = end or "\n"
    assert edited == f"list:{newline}- a{newline}- b{newline}".encode()


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"list: [a]\n", "list is not written line by line"),
        (b"list: []\n", "list is not written line by line"),
        (b"list: a\n", "list is not written line by line"),
        (b"list:\n  a: 1\n", "list is no list"),
        (b"other: 1\n", "there is no list"),
        (b"list: &x\n  - a\nagain: *x\n", "changes something else"),
        (b"list:\n  - |\n    a\n    \n", None),
    ],
)
def test_what_is_not_understood_is_refused(data: bytes, told: str | None) -> None:
    if told is None:
        assert documents("a", with_item("a.yaml", data, ("list",), 1, "- b\n"))
        return
    with pytest.raises(EditRefused, match=told):
        with_item("a.yaml", data, ("list",), 1, "- b\n")


def test_what_would_break_the_file_is_refused() -> None:
    with pytest.raises(EditRefused, match="cannot stand alone"):
        with_item("a.yaml", b"list:\n  - &a x\n  - *a\n", ("list",), 1, "- *a\n")
    with pytest.raises(InvalidInput, match=r"^a\.yaml"):
        with_item("a.yaml", b"list: [\n", ("list",), 1, "- b\n")


def test_a_key_that_is_there_is_refused() -> None:
    with pytest.raises(EditRefused, match="has b already"):
        with_entry("a.yaml", b"a:\n  b: 1\n", ("a",), "b", "b: 2\n")


_SCALARS = st.text("abc:#- '\"", min_size=0, max_size=6).map(
    lambda t: "'" + t.replace("'", "''") + "'"
)


@given(st.lists(_SCALARS, min_size=1, max_size=5), st.data(), st.integers(0, 4))
def test_any_list_keeps_its_other_lines(items: list[str], data: st.DataObject, indent: int) -> None:
    index = data.draw(st.integers(1, len(items)))
    lines = ["x: 1", "l:", *(f"{' ' * indent}- {item} # c" for item in items), "y: 2"]
    before = "\n".join(lines).encode() + b"\n"
    after = with_item("a.yaml", before, ("l",), index, "- new\n")
    kept = after.decode().splitlines()
    assert kept.pop(2 + index) == f"{' ' * indent}- new"
    assert kept == lines
