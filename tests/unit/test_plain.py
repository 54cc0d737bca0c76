"""What is read by lines is what libyaml reads, or nothing: corpora, odd files, and broken ones."""

import tarfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from gitops.blocks import MAX_DEPTH
from gitops.document import Document, documents, read
from gitops.errors import InvalidInput
from gitops.events import PARSER
from gitops.plain import MAX_LINE, MAX_STARTS, plain
from tests.unit.edit_cases import CASES
from tests.unit.generated_yaml import generated

MUTATIONS = 10_000
GENERATED = 10_000
BYTES = b" :#-'\"[]{},&*!|>%@`?~=<\t\r\\.\x85\x00\xc3a0"
PIECES = (
    *(b": ", b" #", b"- ", b"---", b"...", b"| ", b"|+", b"|-", b" |\n\n   x\n  y\n\n", b"? "),
    *(b"''", b"\n", b"  ", b"[a, b]", b"{a: b}", b"{}", b"[]", b"[[a], {b: [c]}]", b"\xc2\x85"),
    *(b"\xe2\x80\xa8", b"\xef\xbb\xbf", b"\r\n", b"'", b'"', b"\\x41", b"<<: ", b"- - ", b"~"),
    *(b"!!str ", b"&a ", b"*a", b": |2\n", b">\n", b" : ", b"\xf0\x9f\x9a\xa2", b"\xef\xbf\xbe"),
)


def agrees(data: bytes) -> bool:
    """Whether a text is read by lines at all; if so, everything is as libyaml has it."""
    if plain(data) is None:
        return False
    found = read("f.yaml", data)
    expected = read("f.yaml", data, PARSER)
    assert len(found) == len(expected), data
    for one, other in zip(found, expected, strict=True):
        assert one.plain is not None
        assert one == other, data
        _same_nodes(one, other, data)
    return True


def _same_nodes(one: Document, other: Document, data: bytes) -> None:
    assert list(one.scalars) == list(other.scalars), data
    assert list(one.places) == list(other.places), data
    assert one.data() == other.data(), data
    for address, branch in other.branches.items():
        assert tuple(one.branches[address]) == tuple(branch), data
    for address in other.places:
        for near in (address, (*address, 0), (*address, "x"), (*address, -1)):
            assert one.text(*near) == other.text(*near), (near, data)
            assert one.keys(*near) == other.keys(*near), (near, data)
            assert one.scalars.get(near) == other.scalars.get(near), (near, data)
            assert one.places.get(near) == other.places.get(near), (near, data)


@pytest.fixture(scope="module")
def corpus(shared: Path) -> list[bytes]:
    """Every YAML file of the five real fleets."""
    return [data for path in sorted((shared / "corpus").glob("*.tar.gz")) for data in _files(path)]


def _files(archive: Path) -> Iterator[bytes]:
    with tarfile.open(archive) as tar:
        for member in tar:
            content = tar.extractfile(member) if member.isfile() else None
            if content is not None and member.name.endswith((".yaml", ".yml")):
                yield content.read()


def test_most_files_of_real_fleets_are_read_by_lines(corpus: list[bytes]) -> None:
    read_by_lines = sum(map(agrees, corpus))
    print(f"{read_by_lines} of {len(corpus)} files")
    assert read_by_lines > 0.8 * len(corpus)


def test_the_hard_cases_of_edits() -> None:
    assert 50 < sum(agrees(case.before.encode()) for case in CASES) < len(CASES)


def test_files_as_nobody_would_write_them() -> None:
    assert sum(agrees(generated(Random(seed))) for seed in range(GENERATED)) > GENERATED / 200


def test_real_files_with_mistakes(corpus: list[bytes]) -> None:
    """Whatever libyaml refuses is refused, for nothing is read that it does not read alike."""
    files = [data for data in corpus if len(data) < 3_000]
    counts: Counter[bool] = Counter()
    for seed in range(MUTATIONS):
        random = Random(seed)
        counts[agrees(mutated(random, random.choice(files), files))] += 1
    assert counts[True] > MUTATIONS / 5


def mutated(random: Random, data: bytes, others: list[bytes]) -> bytes:
    """The file with one to three mistakes in it."""
    lines = data.split(b"\n")
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        at = random.randrange(len(lines))
        line = lines[at]
        cut = random.randrange(len(line) + 1)
        match random.randrange(9):
            case 0 if len(lines) > 1:
                del lines[at]
            case 1:
                lines.insert(at, random.choice(lines))
            case 2:
                lines[at] = b" " * random.randint(1, 4) + line
            case 3 if line.startswith(b" "):
                lines[at] = line[random.choice((1, 2)) :]
            case 4:
                lines[at] = line[:cut] + bytes([random.choice(BYTES)]) + line[cut:]
            case 5:
                lines[at] = line[:cut] + line[cut + 1 :]
            case 6:
                lines.insert(at, random.choice(random.choice(others).split(b"\n")))
            case 7:
                lines[at] = line[:cut] + random.choice(PIECES) + line[cut:]
            case _:
                other = random.randrange(len(lines))
                lines[at], lines[other] = lines[other], lines[at]
    return random.choice((b"\n",) * 8 + (b"\r\n",)).join(lines)


LINES = {
    "nothing": "\n",
    "a comment": "# a: b\n",
    "no end": "a: b",
    "dashes": "- - a\n  - b: c\n    d: e\n-\n- f:\n",
    "a list under its key": "a:\n- b\n- c:\n  - d\n  e: f\ng: h\n",
    "nothing behind a key": "a:\nb:\n  c:\n# x\n\nd:\n",
    "documents": "# x\n---\n---\na: b\n--- # c\n- d\n",
    "a document before the first dashes": "\n  a: b\n---\nc: d\n",
    "literals": "a: |\n\n  x\n   y\n\n\nb: |-\n  - x\n\nc: |+ # z\n   # x\n  \nd: e\n",
    "quotes": "a: 'it''s' # b\n\"c d\": \"e # f\"\n'g': ''\n",
    "colons and hashes": "a: b:c#d:e # f\ng: http://h:80/#i\nj: -1\nk: --l\n",
    "brackets": "a: [b, 'c', \"d\"] # e\nf: {g: h, i: [], j: {k: 1.0}}\nl: [ ]\n",
    "CRLF": "a:\r\n  b: c\r\nd: |\r\n  x\r\n",
    "wide characters": "é: 🚢\nb: ç # ð\nc: [a]\n",
    "deep": "".join(f"{' ' * n}a:\n" for n in range(MAX_DEPTH - 2)),
}


@pytest.mark.parametrize("text", LINES.values(), ids=LINES)
def test_what_is_read_by_lines(text: str) -> None:
    assert agrees(text.encode())


OTHERS = {
    "no mapping and no list": "a\n",
    "brackets alone": "{a: b}\n",
    "a text of two lines": "a: b\n  c\n",
    "a text below its key": "a:\n  b\n",
    "folded": "a: >\n  b\n",
    "indented literal": "a: |2\n   b\n",
    "literal without text": "a: |\nb: c\n",
    "literal without end": "a: |\n  b",
    "anchor": "a: &b c\n",
    "alias": "a: *b\n",
    "tag": "a: !!str b\n",
    "merge": "<<: {a: b}\n",
    "explicit key": "? a\n: b\n",
    "directive": "%YAML 1.1\n---\na: b\n",
    "document end": "a: b\n...\n",
    "text behind dashes": "--- a\n",
    "key twice": "a: b\na: c\n",
    "key twice in brackets": "a: {b: c, b: d}\n",
    "two values": "a: b: c\n",
    "tab": "a:\tb\n",
    "lone CR": "a: b\rc: d\n",
    "mixed ends": "a: b\r\nc: d\n",
    "next line": "a: b\u0085c: d\n",
    "line separator": "a: b\u2028c: d\n",
    "byte-order mark": "\ufeffa: b\n",
    "NUL": "a: \0\n",
    "escape": 'a: "\\x41"\n',
    "less indented": "  a: b\n c: d\n",
    "list where a key should be": "a: b\n- c\n",
    "key where an item should be": "- a\nb: c\n",
    "encrypted": "a: b\nsops: {mac: c}\n",
    "encrypted value": "a: ENC[AES256_GCM,b]\n",
    "too deep": "".join(f"{' ' * n}a:\n" for n in range(MAX_DEPTH + 4)),
    "too many dashes": "- " * (MAX_DEPTH + 2) + "a\n",
    "too many brackets": "a: " + "[" * 10 + "]" * 10 + "\n",
    "too long a line": "a: b\n" + "#" * (MAX_LINE + 1),
    "perhaps too many values": "a: [b" + ", b" * 100 + "]\n" + "- c\n" * 70_000,
    "too many documents": "--- # a\n" * (MAX_STARTS + 1),
    "long key": "a" * 201 + ": b\n",
    "not UTF-8": "a: b\udcff\n",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_what_is_left_to_libyaml(text: str) -> None:
    assert plain(text.encode(errors="surrogateescape")) is None


def test_broken_files_are_refused_although_most_of_their_lines_are_plain() -> None:
    assert documents("f.yaml", b"a: b\nc:\n  d: e\n")
    with pytest.raises(InvalidInput):
        documents("f.yaml", b"a: b\nc:\n  d: e\n f: g\n")
