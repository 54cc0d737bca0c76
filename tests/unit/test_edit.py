"""Replacing scalars in place: the hard cases, each with its whole text before and after."""

import pytest

from gitops.document import Address, documents
from gitops.edit import Replacement, editable, reads_as_string, replace, why_not_editable
from gitops.errors import EditRefused, InvalidInput
from gitops.tree import File, Mode


def edit(text: str, address: Address, new: str, document: int = 0) -> str:
    return replace("f.yaml", text.encode(), [Replacement(document, address, new)]).decode()


A: Address = ("a",)
EDITS: dict[str, tuple[str, Address, str, str]] = {
    "plain": ("a: v1\n", A, "v2", "a: v2\n"),
    "no newline at the end": ("a: v1", A, "v2", "a: v2"),
    "comment behind": ("a: v1 # was v0\n", A, "v2", "a: v2 # was v0\n"),
    "tabs and comment behind": ("a: v1\t # v1\n", A, "v2", "a: v2\t # v1\n"),
    "tab before": ("a:\tv1\n", A, "v2", "a:\tv2\n"),
    "hash inside": ("a: v1#b # c\n", A, "v2", "a: v2 # c\n"),
    "single quotes": ("a: 'v1'\n", A, "v2", "a: 'v2'\n"),
    "quote in single quotes": ("a: 'x'\n", A, "it's", "a: 'it''s'\n"),
    "double quotes": ('a: "v1"\n', A, "v2", 'a: "v2"\n'),
    "quote in double quotes": ('a: "x"\n', A, 'a"b\\', 'a: "a\\"b\\\\"\n'),
    "number in quotes stays quoted": ("a: '1.1'\n", A, "1.2", "a: '1.2'\n"),
    "escapes in the old": ('a: "\\x76\\u0031"  # c\n', A, "v2", 'a: "v2"  # c\n'),
    "text to float": ("a: v1.2\n", A, "1.20", 'a: "1.20"\n'),
    "float to text": ("a: 1.19\n", A, "v2.0.0", "a: v2.0.0\n"),
    "float to float": ("a: 1.19\n", A, "1.20", 'a: "1.20"\n'),
    "same float becomes text": ("a: 1.10\n", A, "1.10", 'a: "1.10"\n'),
    "exponent of YAML 1.2": ("a: abcdef1\n", A, "12e4567", 'a: "12e4567"\n'),
    "octal of YAML 1.1": ("a: x\n", A, "0123", 'a: "0123"\n'),
    "octal of YAML 1.2": ("a: x\n", A, "0o17", 'a: "0o17"\n'),
    "hexadecimal": ("a: x\n", A, "0x1F", 'a: "0x1F"\n'),
    "binary of YAML 1.1": ("a: x\n", A, "0b11", 'a: "0b11"\n'),
    "underscores": ("a: x\n", A, "1_000", 'a: "1_000"\n'),
    "sexagesimal": ("a: x\n", A, "1:30", 'a: "1:30"\n'),
    "date": ("a: x\n", A, "2026-01-02", 'a: "2026-01-02"\n'),
    "yes": ("a: x\n", A, "yes", 'a: "yes"\n'),
    "n": ("a: x\n", A, "n", 'a: "n"\n'),
    "true": ("a: x\n", A, "true", 'a: "true"\n'),
    "null": ("a: x\n", A, "null", 'a: "null"\n'),
    "empty": ("a: x\n", A, "", 'a: ""\n'),
    "merge key": ("a: x\n", A, "<<", 'a: "<<"\n'),
    "three parts are text": ("a: x\n", A, "1.2.3", "a: 1.2.3\n"),
    "image reference": ("a: x:1\n", A, "r.io:5000/b/c:v2", "a: r.io:5000/b/c:v2\n"),
    "reference with digest": ("a: x:1\n", A, "r/b:v2@sha256:ab", "a: r/b:v2@sha256:ab\n"),
    "words": ("a: b c\n", A, "d e", "a: d e\n"),
    "colon and space": ("a: x\n", A, "b: c", 'a: "b: c"\n'),
    "colon at the end": ("a: x\n", A, "b:", 'a: "b:"\n'),
    "comment in the new": ("a: x\n", A, "b # c", 'a: "b # c"\n'),
    "flow indicators": ("{a: x, b: y}\n", A, "p,q]}", '{a: "p,q]}", b: y}\n'),
    "indicator at the start": ("a: x\n", A, "*b", 'a: "*b"\n'),
    "dash at the start": ("a: x\n", A, "- b", 'a: "- b"\n'),
    "document end as text": ("--- x\n", (), "...", '--- "..."\n'),
    "flow mapping": ("{a: v1,b: v1}\n", A, "v2", "{a: v2,b: v1}\n"),
    "flow list": ("[x,v1 , y]\n", (1,), "v2", "[x,v2 , y]\n"),
    "JSON": ('{"a":"v1","b":[1]}', A, "v2", '{"a":"v2","b":[1]}'),
    "list of mappings": ("- k: x\n- k: v1\n", (1, "k"), "v2", "- k: x\n- k: v2\n"),
    "list not indented": ("a:\n- x\n-   v1 # c\n", ("a", 1), "v2", "a:\n- x\n-   v2 # c\n"),
    "CRLF": ("a: v1 # c\r\nb: x\r\n", A, "v2", "a: v2 # c\r\nb: x\r\n"),
    "mixed line ends": ("b: x\r\na: v1\nc: y\r", A, "v2", "b: x\r\na: v2\nc: y\r"),
    "byte-order mark": ("\ufeffa: v1\n", A, "v2", "\ufeffa: v2\n"),
    "byte-order mark and emoji": ("\ufeff# 🚢\na: 'v1'\n", A, "v2", "\ufeff# 🚢\na: 'v2'\n"),
    "multi-byte before": ("ő: 'ű🚢'\na: v1 # ő\n", A, "v2", "ő: 'ű🚢'\na: v2 # ő\n"),
    "multi-byte new": ("a: x\n", A, "ű🚢", 'a: "ű🚢"\n'),
    "line separator counts": ("b: 'x\u2028y'\na: v1\n", A, "v2", "b: 'x\u2028y'\na: v2\n"),
    "anchor nobody refers to": ("a: &v v1 # c\n", A, "v2", "a: &v v2 # c\n"),
    "string tag": ("a: !!str 1.2\n", A, "1.3", 'a: !!str "1.3"\n'),
    "anchor and tag": ("a: &v !!str '1.2'\n", A, "1.3", "a: &v !!str '1.3'\n"),
    "beside an alias": ("x: &v 1\ny: *v\na: v1\n", A, "v2", "x: &v 1\ny: *v\na: v2\n"),
    "key beside a merge": (
        "x: &v {a: 1}\ny:\n  <<: *v\n  a: v1\n",
        ("y", "a"),
        "v2",
        "x: &v {a: 1}\ny:\n  <<: *v\n  a: v2\n",
    ),
    "anchor used again": ("b: &v x\na: &v v1\n", A, "v2", "b: &v x\na: &v v2\n"),
    "duplicate elsewhere": ("b: 1\nb: 2\na: v1\n", A, "v2", "b: 1\nb: 2\na: v2\n"),
    "same text elsewhere": ("b: v1\na: v1\n# v1\n", A, "v2", "b: v1\na: v2\n# v1\n"),
    "block scalar beside": (
        "b: |\n  a: v1\na: v1\n",
        A,
        "v2",
        "b: |\n  a: v1\na: v2\n",
    ),
    "several lines": ("a: v\n  1 # c\nb: x\n", A, "v2", "a: v2 # c\nb: x\n"),
    "quoted key": ("'a': v1\n", A, "v2", "'a': v2\n"),
    "dotted key": ("a.b: v1\na: {b: x}\n", ("a.b",), "v2", "a.b: v2\na: {b: x}\n"),
    "explicit key": ("? a\n: v1\n", A, "v2", "? a\n: v2\n"),
    "policy marker": (
        'a: v1 # {"$imagepolicy": "flux-system:p:tag"}\n',
        A,
        "v2",
        'a: v2 # {"$imagepolicy": "flux-system:p:tag"}\n',
    ),
    "image automation in flow": (
        "i: [{n: x, t: v1 }] # c\n",
        ("i", 0, "t"),
        "v2",
        "i: [{n: x, t: v2 }] # c\n",
    ),
    "directive": ("%YAML 1.1\n---\na: v1\n", A, "v2", "%YAML 1.1\n---\na: v2\n"),
    "trailing blanks": ("a: v1   \n\n\n", A, "v2", "a: v2   \n\n\n"),
}


@pytest.mark.parametrize(("before", "address", "new", "after"), EDITS.values(), ids=EDITS)
def test_only_the_scalar_changes(before: str, address: Address, new: str, after: str) -> None:
    assert edit(before, address, new) == after
    assert edit(after, address, new) == after
    (document,) = documents("f.yaml", after.encode())
    assert document.scalars[address].value == new


REFUSED: dict[str, tuple[str, Address, str, str]] = {
    "alias": ("x: &v 1\na: *v\n", A, "v2", "f.yaml:2:4: a is the alias *v"),
    "anchor with an alias": ("a: &v v1\nb: *v\n", A, "v2", "f.yaml:1:7: a is shared: the alias at"),
    "inside a shared mapping": ("x: &v {a: 1}\ny: *v\n", ("x", "a"), "2", "f.yaml:1:11: x.a is"),
    "below an alias": ("x: &v {a: 1}\ny: *v\n", ("y", "a"), "2", "f.yaml:2:4: y.a is the alias"),
    "through a merge key": (
        "x: &v {a: 1}\ny: {<<: *v}\n",
        ("y", "a"),
        "2",
        "f.yaml:2:9: y.a comes through the merge key <<",
    ),
    "source of a merge": ("x: &v {a: 1}\ny: {<<: *v}\n", ("x", "a"), "2", "f.yaml:1:11: x.a is sh"),
    "literal": ("a: |\n  v1\n", A, "v2", "f.yaml:1:4: a is a block scalar"),
    "folded": ("a: >-\n  v1\n", A, "v2", "f.yaml:1:4: a is a block scalar"),
    "inside a block scalar": ("b: |\n  a: v1\n", A, "v2", "f.yaml:1:1: there is no a"),
    "duplicate": (
        "a: v1\na: v1\n",
        A,
        "v2",
        "f.yaml:2:4: a is under the key 'a', which occurs twice",
    ),
    "duplicate above": (
        "a: {x: 1}\na: {b: 2}\n",
        ("a", "b"),
        "3",
        "f.yaml:2:8: a.b is under the key 'a'",
    ),
    "empty": ("a:\nb: x\n", A, "v2", "f.yaml:1:3: a has no text yet"),
    "null": ("a: ~\n", A, "v2", "f.yaml:1:4: a is read as true, false or null"),
    "boolean": ("a: true\n", A, "v2", "f.yaml:1:4: a is read as true, false or null"),
    "boolean of YAML 1.1": ("a: On\n", A, "v2", "f.yaml:1:4: a is read as true, false or null"),
    "other tag": ("a: !!int 1\n", A, "v2", "f.yaml:1:10: a carries the tag tag:yaml.org,2002:int"),
    "own tag": ("a: !env V\n", A, "v2", "f.yaml:1:9: a carries the tag !env"),
    "absent": ("b: {c: x}\n", ("b", "d"), "v2", "f.yaml:1:4: there is no b.d"),
    "below a scalar": ("b: x\n", ("b", "d"), "v2", "f.yaml:1:4: there is no b.d"),
    "beyond a list": ("b: [x]\n", ("b", 1), "v2", "f.yaml:1:4: there is no b[1]"),
    "a mapping": ("a: {b: x}\n", A, "v2", "f.yaml:1:4: a is a list or a mapping"),
    "a list": ("a: [x]\n", A, "v2", "f.yaml:1:4: a is a list or a mapping"),
    "sops": ("a: x\nsops:\n  mac: y\n", A, "v2", "f.yaml:1:4: a is encrypted by SOPS"),
    "looks encrypted": (
        "a: x\n",
        A,
        "ENC[AES256_GCM,",
        "f.yaml:1:1: after the edit the document is",
    ),
    "newline in the new": ("a: x\n", A, "b\nc: d", "f.yaml:1:4: a cannot become"),
    "carriage return in the new": ("a: 'x'\n", A, "b\r", "f.yaml:1:4: a cannot become"),
    "tab in the new": ("a: x\n", A, "b\tc", "f.yaml:1:4: a cannot become"),
    "next line in the new": ("a: x\n", A, "b\x85", "f.yaml:1:4: a cannot become"),
    "line separator in the new": ("a: x\n", A, "b\u2028c", "f.yaml:1:4: a cannot become"),
    "NUL in the new": ("a: x\n", A, "b\0", "f.yaml:1:4: a cannot become"),
    "half a surrogate pair": ("a: x\n", A, "b\ud800", "f.yaml:1:4: a cannot become"),
    "byte-order mark in the new": ("a: x\n", A, "\ufeffb", "f.yaml:1:4: a cannot become"),
}


@pytest.mark.parametrize(("text", "address", "new", "message"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_says_where_and_why(
    text: str, address: Address, new: str, message: str
) -> None:
    with pytest.raises(EditRefused) as caught:
        edit(text, address, new)
    assert str(caught.value).startswith(message)


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
