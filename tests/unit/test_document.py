"""Reading YAML documents: spans, identity, aliases, limits and what hostile texts cost."""

import time
from typing import Any

import pytest
import yaml

from gitops.document import Document, documents, read
from gitops.errors import InvalidInput
from gitops.events import (
    MAX_ALIASES,
    MAX_ANCHORS,
    MAX_DIRECTIVES,
    MAX_DOCUMENTS,
    MAX_SCALARS,
    PARSER,
    Parser,
)
from gitops.tree import MAX_FILE

PARSERS: list[Any] = [
    pytest.param(yaml.SafeLoader, id="pure"),
    pytest.param(PARSER, id="installed"),
]


def one(text: str | bytes, parser: Parser = PARSER) -> Document:
    data = text.encode() if isinstance(text, str) else text
    (document,) = read("f.yaml", data, parser)
    return document


def spans(text: str, parser: Parser = PARSER) -> dict[str, str]:
    """Each address with the text between `start` and `end`."""
    scalars = one(text, parser).scalars
    return {".".join(map(str, at)): text[s.start : s.end] for at, s in scalars.items()}


SPANS = {
    "plain": ("a: 1.2\n", {"a": "1.2"}),
    "plain before a comment": ("a: 1.2#3  # c\n", {"a": "1.2#3"}),
    "single quoted": ("a: 'it''s' # c\n", {"a": "'it''s'"}),
    "double quoted": ('a: "x\\n\\"y"\n', {"a": '"x\\n\\"y"'}),
    "flow": ("{a: x,b: [y , 'z']}", {"a": "x", "b.0": "y", "b.1": "'z'"}),
    "anchor": ("a: &v 1.2\n", {"a": "1.2"}),
    "tag": ("a: !!str 1.2\n", {"a": "1.2"}),
    "anchor and tag": ("a: &v  !!str '1.2'\n", {"a": "'1.2'"}),
    "tag and anchor": ("a: !<tag:yaml.org,2002:str> &v 1.2\n", {"a": "1.2"}),
    "anchor, comment, next line": ("a: &v # & why !\n  1.2\n", {"a": "1.2"}),
    "anchor on nothing": ("a: &v\nb: x\n", {"a": "", "b": "x"}),
    "anchor on nothing in a flow": ("{a: &v , b: x}", {"a": "", "b": "x"}),
    "nothing": ("a:\nb: x\n", {"a": "", "b": "x"}),
    "multi-byte before": ("# 🚢 ő\na: 'ű🚢' # x\nb: y\n", {"a": "'ű🚢'", "b": "y"}),
    "byte-order mark": ("\ufeffa: x\nb: y\n", {"a": "x", "b": "y"}),
    "byte-order mark and anchor": ("\ufeffa: &v x\n", {"a": "x"}),
    "CRLF": ("a: x\r\nb:\r\n  - y\r\n", {"a": "x", "b.0": "y"}),
    "several lines": ("a: x\n  y\nb: z\n", {"a": "x\n  y", "b": "z"}),
    "root": ("--- x\n", {"": "x"}),
    "explicit key": ("? a\n: x\n", {"a": "x"}),
    "quoted key": ("\"a b\": x\n'c': y\n", {"a b": "x", "c": "y"}),
    "number as key": ("1: x\n", {"1": "x"}),
    "list of lists": ("- - x\n  - y\n- z\n", {"0.0": "x", "0.1": "y", "1": "z"}),
}


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(("text", "expected"), SPANS.values(), ids=SPANS)
def test_a_span_holds_the_scalar_and_nothing_else(
    text: str, expected: dict[str, str], parser: Parser
) -> None:
    assert spans(text, parser) == expected


def test_a_scalar_knows_its_place_style_and_tag() -> None:
    scalar = one("# c\n\na: {b: &x !!str 'ű'}\n").scalars["a", "b"]
    assert (scalar.line, scalar.column) == (3, 17)
    assert (scalar.value, scalar.style, scalar.tag) == ("ű", "single", "tag:yaml.org,2002:str")
    assert scalar.refusal is None


def test_places_are_those_of_an_editor() -> None:
    places = one("\ufeffa:\r\n  - b: x\r\n    c: [y]\r\n").places
    assert {address: (p.line, p.column) for address, p in places.items()} == {
        (): (1, 1),
        ("a",): (2, 3),
        ("a", 0): (2, 5),
        ("a", 0, "b"): (2, 8),
        ("a", 0, "c"): (3, 8),
        ("a", 0, "c", 0): (3, 9),
    }
    assert len(places) == 6
    assert ("b",) not in places


def test_documents_count_empty_ones_and_leave_them_out() -> None:
    text = b"# only a comment\n---\n---\nkind: A\n...\n---\n# none\n---\nkind: B\n"
    assert [(d.index, d.kind, d.line) for d in documents("f", text)] == [(1, "A", 3), (3, "B", 8)]


@pytest.mark.parametrize("text", [b"", b"\n\n", b"# c\n", b"---\n", b"---\n...\n", b"\xef\xbb\xbf"])
def test_a_text_without_content_has_no_documents(text: bytes) -> None:
    assert documents("f", text) == ()


def test_identity() -> None:
    document = one("apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\n")
    found = (document.api_version, document.kind, document.name, document.namespace)
    assert found == ("v1", "Service", "web", "shop")
    bare = one("metadata: [name]\nkind: ~\n")
    assert (bare.api_version, bare.kind, bare.name, bare.namespace) == (None, None, None, None)


def test_text_and_keys() -> None:
    document = one("a: {x: 1.10, y: '', z: ~, 'w': 'null'}\nb: [p, q]\n")
    assert document.text("a", "x") == "1.10"
    assert document.text("a", "y") == ""
    assert document.text("a", "z") is None
    assert document.text("a", "w") == "null"
    assert document.text("a") is None
    assert document.text("b", 1) == "q"
    assert document.keys() == ("a", "b")
    assert document.keys("a") == ("x", "y", "z", "w")
    assert document.keys("b") == (0, 1)
    assert document.keys("c") == document.keys("a", "x") == ()


def test_data_follows_the_core_schema_and_leaves_versions_alone() -> None:
    text = """
    text: [x, "1", '~', !!str 2, !other 3, 1.10, 2026-01-02, 1_000, yes, 12:30:45, 1e3]
    whole: [1, -2, +3, 012, 0o17, 0x1F]
    truth: [true, False, TRUE]
    nothing: [~, null, , ]
    empty: [{}, []]
    """.replace(", , ]", ", Null]")
    assert one(text).data() == {
        "text": ["x", "1", "~", "2", "3", "1.10", "2026-01-02", "1_000", "yes", "12:30:45", "1e3"],
        "whole": [1, -2, 3, 12, 15, 31],
        "truth": [True, False, True],
        "nothing": [None, None, None],
        "empty": [{}, []],
    }


def test_a_number_of_5000_digits_stays_text() -> None:
    assert one("9" * 5000).data() == "9" * 5000


def test_data_follows_aliases_and_merge_keys() -> None:
    text = """
    base: &base {image: {tag: x}, ports: [1]}
    more: &more {ports: [2], extra: y}
    a: *base
    b: {<<: *base, ports: [3]}
    c:
      <<: [*more, *base]
    d: {<<: {inline: z}}
    """
    data = one(text).data()
    assert isinstance(data, dict)
    assert data["a"] == data["base"]
    assert data["b"] == {"image": {"tag": "x"}, "ports": [3]}
    assert data["c"] == {"ports": [2], "extra": "y", "image": {"tag": "x"}}
    assert data["d"] == {"inline": "z"}


def refusals(text: str) -> dict[str, str]:
    scalars = one(text).scalars
    return {".".join(map(str, at)): s.refusal for at, s in scalars.items() if s.refusal}


REFUSALS = {
    "alias": ("a: &v 1\nb: *v\n", {"a": "alias at line 2", "b": "alias *v"}),
    "inside an aliased mapping": (
        "a: &v {x: [1], y: 2}\nb: *v\nc: 3\n",
        {"a.x.0": "&v", "a.y": "&v", "b.x.0": "*v", "b.y": "*v"},
    ),
    "anchor without alias": ("a: &v 1\n", {}),
    "anchor used again": ("a: &v 1\nb: *v\nc: &v 2\n", {"a": "&v", "b": "*v"}),
    "merge": ("a: &v {x: 1}\nb: {<<: *v, y: 2}\n", {"a.x": "&v", "b.x": "merge key"}),
    "merge overridden": ("a: &v {x: 1}\nb: {x: 2, <<: *v}\n", {"a.x": "&v"}),
    "merge written in place": ("b: {<<: {x: 1}, y: 2}\n", {"b.x": "merge key"}),
    "quoted merge key is a key": ("b: {'<<': {x: 1}}\n", {}),
    "literal": ("a: |\n  x\n", {"a": "block scalar"}),
    "folded": ("a: >-\n  x\n", {"a": "block scalar"}),
    "empty": ("a:\n", {"a": "no text"}),
    "other tag": ("a: !env X\nb: !!str 1\n", {"a": "!env"}),
    "duplicate": ("a: 1\nb: 2\na: 3\n", {"a": "lines 1 and 3"}),
    "below a duplicate": ("a: {b: 1}\na: {c: {d: 2}}\n", {"a.c.d": "'a', which occurs twice"}),
    "duplicate elsewhere": ("a: {b: 1, b: 2}\nc: 3\n", {"a.b": "'b', which occurs twice"}),
    "aliased key": ("a: &v x\n*v : y\n", {"a": "alias at line 2"}),
    "sops": ("a: x\nsops: {mac: y}\n", {"a": "SOPS", "sops.mac": "SOPS"}),
    "sops without its block": ("a: ENC[AES256_GCM,data:x]\nb: y\n", {"a": "SOPS", "b": "SOPS"}),
    "sops by name only": ("a: x\nsops: {note: y}\n", {}),
}


@pytest.mark.parametrize(("text", "expected"), REFUSALS.values(), ids=REFUSALS)
def test_what_cannot_be_edited_in_place_says_why(text: str, expected: dict[str, str]) -> None:
    found = refusals(text)
    assert found.keys() == expected.keys()
    for address, words in expected.items():
        assert words in found[address]


def test_sops_refuses_one_document_and_not_the_other() -> None:
    plain, sealed = documents("f", b"a: x\n---\na: y\nsops: {mac: z}\n")
    assert plain.refusal is None
    assert sealed.refusal is not None
    assert (plain.scalars["a",].refusal, sealed.scalars["a",].refusal) == (None, sealed.refusal)


def test_an_alias_has_the_value_of_its_anchor_and_its_own_place() -> None:
    alias = one("a: &v '1.2'\nb: [*v]\n").scalars["b", 0]
    assert (alias.value, alias.style, alias.line, alias.column) == ("1.2", "single", 2, 5)


def test_the_last_of_two_keys_stands_but_data_refuses() -> None:
    document = one("a: {b: 1}\na: {c: 2}\n")
    assert document.text("a", "c") == "2"
    assert document.text("a", "b") is None
    assert ("a", "b") not in document.places
    with pytest.raises(InvalidInput, match=r"f.yaml:2:1: the key 'a' occurs twice"):
        document.data()


def test_no_leftover_of_a_merge_under_a_repeated_key() -> None:
    document = one("a: {<<: {x: 1}}\na: {<<: {y: 2}}\n")
    assert set(document.scalars) == {("a", "y")}
    assert set(document.places) == {(), ("a",), ("a", "y")}


def test_the_same_bytes_are_read_once() -> None:
    assert documents("f", b"a: 1") is documents("f", bytes(bytearray(b"a: 1")))
    assert documents("g", b"a: 1")[0].path == "g"


BROKEN = {
    "not UTF-8": (b"a: x\nb: \xff\n", "f:2:4: not UTF-8"),
    "UTF-16": ("a: x".encode("utf-16"), "f:1:1: not UTF-8"),
    "UTF-16 without mark": ("a: x".encode("utf-16-le"), "f:1:2: a control character"),
    "NUL": (b"a: x\nb: \xc5\xb1\0\n", "f:2:5: a control character"),
    "DEL": (b"a: \x7f\n", "f:1:4: a control character"),
    "C1 control": ("a: \x9f\n".encode(), "f:1:4: a control character"),
    "two byte-order marks": ("\ufeff\ufeffa: x".encode(), "f:1:1: starts with two"),
    "tab as indent": (b"a:\n\tb: x\n", "f:2:1: not YAML"),
    "unclosed flow": (b"a: [x\nb: y\n", "f:2:"),
    "unclosed quote": (b'a: "x\n', "f:2:1: not YAML"),
    "two values": (b"a: b: c\n", "f:1:5: not YAML"),
    "reserved indicator": (b"a: @x\n", "f:1:4: not YAML"),
    "go template": (b"a: {{ .Values.x }}\nb: {{- y }}\n", "f:1:"),
    "alias without anchor": (b"a: *v\n", "f:1:4: the alias *v has no anchor"),
    "alias to itself": (b"a: &v [*v]\n", "f:1:8: the alias *v stands inside"),
    "alias to another document": (b"a: &v 1\n---\nb: *v\n", "f:3:4: the alias *v has no anchor"),
    "merge of a text": (b"<<: x\n", "f:1:5: the merge key"),
    "merge of a list of texts": (b"<<: [x]\n", "f:1:5: the merge key"),
    "list as key": (b"? [a]\n: b\n", "f:1:3: a key that is"),
    "mapping as key by alias": (b"a: &v {}\n*v : b\n", "f:2:1: a key that is"),
    "unknown directive handle": (b"a: !x!y z\n", "f:1:4: not YAML"),
}


@pytest.mark.parametrize(("data", "message"), BROKEN.values(), ids=BROKEN)
def test_what_is_not_yaml_says_where(data: bytes, message: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        documents("f", data)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize(
    "data",
    [rb'a: "\UFFFFFFFF"', b"%YAML " + b"1" * 5000 + b".2\n--- x", b"a: \0", b"a: [", b"a: !<x"],
)
def test_either_parser_fails_as_invalid_input(data: bytes, parser: Parser) -> None:
    with pytest.raises(InvalidInput):
        read("f", data, parser)


def merge_bomb() -> bytes:
    lines = ["a0: &a0 {k: v}"]
    for level in range(1, 9):
        merged = ",".join([f"*a{level - 1}"] * 9)
        lines.append(f"a{level}: &a{level} [{merged}]")
    return "\n".join(lines).encode()


def merge_key_bomb() -> bytes:
    levels = [f"a{n}: &a{n} {{<<: [{','.join([f'*a{n - 1}'] * 8)}], k{n}: 1}}" for n in range(1, 9)]
    return "\n".join(["a0: &a0 {x: 1}", *levels]).encode()


HOSTILE = {
    "billion laughs": merge_bomb(),
    "exponential aliases in mappings": b"a: &a {x: 1}\n"
    + b"\n".join(b"%c: &%c {l: *%c, r: *%c}" % (n, n, n - 1, n - 1) for n in range(98, 123)),
    "lists 5000 deep": b"[" * 5000 + b"]" * 5000,
    "mappings 5000 deep": b"{a: " * 5000,
    "blocks 5000 deep": b"- " * 5000 + b"x",
    "aliases nest deeper than text": b"a0: &a0 [x]\n"
    + b"".join(b"a%d: &a%d [*a%d]\n" % (n, n, n - 1) for n in range(1, 200)),
    "5 MiB": b"a: " + b"x" * (5 * 1024 * 1024),
    "one byte too many": b"#" * (MAX_FILE + 1),
    "documents": b"---\nx\n" * (MAX_DOCUMENTS + 1),
    "anchors": b"".join(b"- &a%d x\n" % n for n in range(MAX_ANCHORS + 1)),
    "aliases": b"- &a x\n" + b"- *a\n" * (MAX_ALIASES + 1),
    "directives": b"".join(b"%%TAG !t%d! tag:x,2000:%d\n" % (n, n) for n in range(90_000))
    + b"--- x\n",
    "long text by aliases": b"- &a " + b"x" * 100_000 + b"\n" + b"- *a\n" * 100,
}


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_text_is_refused_at_little_cost(data: bytes) -> None:
    started = time.process_time()
    with pytest.raises(InvalidInput) as caught:
        documents("f", data)
    assert time.process_time() - started < 2
    assert caught.value.place is not None


def test_a_merge_key_bomb_stays_as_small_as_what_it_says() -> None:
    data = merge_key_bomb()
    started = time.process_time()
    (document,) = documents("f", data)
    assert time.process_time() - started < 2
    assert document.text("a8", "x") == "1"
    assert len(document.scalars) < 100


def test_a_few_directives_are_read() -> None:
    declared = b"".join(b"%%TAG !t%d! tag:x,2000:%d\n" % (n, n) for n in range(MAX_DIRECTIVES))
    assert documents("f", declared + b"--- x\n")[0].text() == "x"
    with pytest.raises(InvalidInput, match=f"more than {MAX_DIRECTIVES} lines") as caught:
        documents("f", b"#\n" + declared + b"%TAG !x! tag:x,2000:x\n--- x\n")
    assert caught.value.place is not None
    assert caught.value.place.line == MAX_DIRECTIVES + 2


def test_too_many_scalars_are_refused() -> None:
    with pytest.raises(InvalidInput, match=f"more than {MAX_SCALARS} keys and values"):
        documents("f", b"- \n" * (MAX_SCALARS + 1))


def test_repeated_keys_cost_no_more_than_other_keys() -> None:
    (document,) = documents("f", b"a: {b: c}\n" * 5000)
    assert list(document.scalars) == [("a", "b")]


@pytest.mark.parametrize("text", ["!!str x", "&a\n  x", "! # c\n\n  # d\r\n   'x'"])
def test_a_scalar_is_where_its_text_begins_not_its_tag(text: str) -> None:
    text = "\ufeffk: v\n\na: " + text + "\n"
    scalar = one(text).scalars["a",]
    lines = text.removeprefix("\ufeff").splitlines()
    assert lines[scalar.line - 1][scalar.column - 1 :].strip("'") == "x"


def test_many_tags_cost_what_they_weigh() -> None:
    started = time.process_time()
    documents("f", b"- !!str x\n" * 50_000)
    assert time.process_time() - started < 5
