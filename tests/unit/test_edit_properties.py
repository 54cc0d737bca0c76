"""What holds for every edit: one change, settled by one pass, undone by its opposite."""

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from gitops.document import Address, Document, Scalar, documents, read
from gitops.edit import Replacement, reads_as_string, replace
from gitops.errors import EditRefused, InvalidInput
from gitops.events import PARSER

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=0x2FFFF, exclude_categories=["C", "Z"])
WORDS = st.sampled_from(
    [
        "v1.0",
        "1.10",
        "1.2.3-rc.1",
        "latest",
        "main-0a1b2c3-20260102",
        "r.io:5000/a/b:v1",
        "0123",
        "12e4567",
        "1:30",
        "2026-01-02",
        "abcdef1",
        "x y",
        "Yes",
        "on",
        "é🚢",
        "a: b",
        "#x",
        "a #b",
    ]
)
TEXTS = st.text(PRINTABLE | st.just(" "), max_size=20).filter(lambda text: "ENC[" not in text)
NEW = WORDS | TEXTS
GAP = st.sampled_from(["", "  # c", '\t# it\'s "c"', " # 🚢 v1.0"])
BREAKS = st.sampled_from(["\n", "\r\n"])
SIMPLE = """v1.0 'v1.0' "v1.0" 1.10 'it''s' "\\n" *shared ~ true "" [] {"a":"v1"} [v1.0,v1.1]"""
VALUES = st.sampled_from(
    [
        *SIMPLE.split(),
        *["&x 1.2", "!!str 1.2", "&y 'é🚢'", "x y", "!own x"],
        *["{a: v1, b: [x, 'y' ]}", "{<<: *all, b: v2}", "{a: 1, a: 2}"],
    ]
)


@st.composite
def files(draw: st.DrawFn) -> bytes:
    """One to three documents of keys in one or two levels, with comments, odd values and breaks."""
    end = draw(BREAKS)
    lines = []
    for _ in range(draw(st.integers(1, 3))):
        lines += ["---", "first: &shared v1 # first", "also: *shared", "all: &all {a: x, b: z}"]
        for index in range(draw(st.integers(1, 4))):
            lines.append(f"k{index}: {draw(VALUES)}{draw(GAP)}")
        lines.append("deep:")
        for index in range(draw(st.integers(1, 3))):
            lines.append(f"  - n{index}: {draw(VALUES)}{draw(GAP)}")
            lines.append(f"    m: {draw(VALUES)}")
    mark = draw(st.sampled_from(["", "\ufeff"]))
    return (mark + end.join(lines) + draw(st.sampled_from(["", end]))).encode()


Site = tuple[int, Address]


def scalars(found: tuple[Document, ...]) -> dict[Site, Scalar]:
    return {(d.index, address): s for d in found for address, s in d.scalars.items()}


def one_of(data: bytes, draw: st.DataObject) -> tuple[Site, Scalar]:
    """An editable string or number of the file."""
    found = scalars(documents("f.yaml", data))
    words = {"~", "true", "false", "null"}
    open_ = [at for at, s in found.items() if s.refusal is None and s.value not in words]
    assume(open_)
    site = draw.draw(st.sampled_from(open_))
    return site, found[site]


@given(files(), NEW, st.data())
def test_exactly_one_scalar_and_no_other_byte_changes(
    data: bytes, new: str, draw: st.DataObject
) -> None:
    (document, address), old = one_of(data, draw)
    edited = replace("f.yaml", data, [Replacement(document, address, new)])

    text, result = data.decode(), edited.decode()
    tail = len(text) - old.end
    assert result[: old.start] == text[: old.start]
    assert result[len(result) - tail :] == text[old.end :]

    before, after = scalars(documents("f.yaml", data)), scalars(documents("f.yaml", edited))
    assert list(after) == list(before)
    changed = [at for at in before if before[at].value != after[at].value]
    assert changed in ([], [(document, address)])
    assert after[document, address].value == new


@given(files(), NEW, st.data())
def test_the_new_scalar_is_a_string_to_the_loader(
    data: bytes, new: str, draw: st.DataObject
) -> None:
    (document, address), _ = one_of(data, draw)
    edited = replace("f.yaml", data, [Replacement(document, address, new)])
    scalar = scalars(documents("f.yaml", edited))[document, address]
    written = edited.decode()[scalar.start : scalar.end]
    assert yaml.safe_load(written) == new


@given(files(), NEW, st.data())
def test_a_second_pass_writes_nothing(data: bytes, new: str, draw: st.DataObject) -> None:
    (document, address), _ = one_of(data, draw)
    wanted = [Replacement(document, address, new)]
    edited = replace("f.yaml", data, wanted)
    assert replace("f.yaml", edited, wanted) is edited


@given(files(), NEW, st.data())
def test_the_opposite_edit_restores_the_values_and_the_bytes_where_quotes_stayed(
    data: bytes, new: str, draw: st.DataObject
) -> None:
    (document, address), old = one_of(data, draw)
    assume("\n" not in old.value)
    there = replace("f.yaml", data, [Replacement(document, address, new)])
    back = replace("f.yaml", there, [Replacement(document, address, old.value)])
    before, after = scalars(documents("f.yaml", data)), scalars(documents("f.yaml", back))
    assert {at: s.value for at, s in after.items()} == {at: s.value for at, s in before.items()}
    style = scalars(documents("f.yaml", there))[document, address].style
    if style == old.style and (old.style != "plain" or reads_as_string(old.value)):
        assert back == data


@given(files(), st.lists(NEW, min_size=1, max_size=4), st.data())
def test_several_at_once_are_the_same_as_one_after_another(
    data: bytes, texts: list[str], draw: st.DataObject
) -> None:
    wanted = {one_of(data, draw)[0]: new for new in texts}
    several = [Replacement(*site, new) for site, new in wanted.items()]
    single = data
    for replacement in several:
        single = replace("f.yaml", single, [replacement])
    assert replace("f.yaml", data, several) == replace("f.yaml", data, several[::-1]) == single


@given(files(), NEW, st.data())
def test_what_carries_a_refusal_is_never_edited(data: bytes, new: str, draw: st.DataObject) -> None:
    found = scalars(documents("f.yaml", data))
    document, address = draw.draw(st.sampled_from([at for at, s in found.items() if s.refusal]))
    with pytest.raises(EditRefused) as caught:
        replace("f.yaml", data, [Replacement(document, address, new)])
    assert caught.value.place is not None
    assert caught.value.place.line


@given(
    st.binary(max_size=200)
    | st.text("ab:-[]{}&*!|>'\"%@#?, \n\t\r\ufeff", max_size=60).map(str.encode)
)
def test_any_bytes_are_documents_or_invalid_input(data: bytes) -> None:
    try:
        found = documents("f.yaml", data)
    except InvalidInput:
        return
    text = data.decode()
    for document in found:
        assert set(document.places) >= set(document.scalars)
        for scalar in document.scalars.values():
            assert 0 <= scalar.start <= scalar.end <= len(text)
            if scalar.refusal is None:
                written = text[scalar.start : scalar.end]
                assert {"single": "'", "double": '"'}.get(scalar.style, written[0]) == written[0]


@given(files())
def test_the_pure_parser_finds_the_same_spans(data: bytes) -> None:
    text = data.replace(b"\t", b" ")
    assert scalars(read("f", text, yaml.SafeLoader)) == scalars(read("f", text, PARSER))
