"""Edits that chance writes, from a fixed seed: the span of each scalar is known by construction."""

import re
from dataclasses import dataclass
from random import Random

from benchmarks.target import Target
from gitops.document import Address

SEED = 20261121

_OLD = ("1.2.3", "v1.0", "1.10", "latest", "2026.01", "abcdef1", "0123", "sha256:0a", "1.0-rc.1")
_NEW = (
    *("1.2.4", "v1.2", "1.20", "0123", "12e4567", "1:30", "2026-11-21", "yes", "null", "~"),
    *("0x1f", "1_000", ".5", "1.2.3-rc.1+build.7", "r.io:5000/a/b:v2@sha256:0a", "it's", 'a "b"'),
    *("a: b", "a # b", ">=1.0 <2", "[x]", "größe", "🚢 1.0"),
)
_PLAIN = re.compile(r"[0-9]+\.[0-9]+\.[0-9]+[-+.\w]*|v[0-9.]+")
_WORDS = ("alpha", "beta", "größe", "日本", "🚢", "tag", "version", "1.2.3", "x y")
_COMMENTS = ("", "", "", "  # kept", " # 1.2.3", ' # {"$imagepolicy": "a:b:tag"}', " # 日本 🚢")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a target stands: how deep, and in what it is written."""

    depth: int
    flow: bool
    in_list: bool


def by_chance(count: int, seed: int = SEED) -> list[Target]:
    """This many edits; equal arguments give equal edits."""
    random = Random(seed)
    return [_one(random, f"chance {number}") for number in range(count)]


def _one(random: Random, name: str) -> Target:
    end = random.choice(("\n", "\n", "\n", "\r\n"))
    documents = random.randrange(1, 4)
    index = random.randrange(documents)
    new = random.choice(_NEW)
    before, after = random.choice(("", "", "", "\ufeff")), ""
    after = before
    address: Address = ()
    for number in range(documents):
        text = "" if documents == 1 and random.random() < 0.5 else f"---{end}"
        text += _filler(random, end, "above")
        if number == index:
            address, head, old, tail = _scalar(random, end)
            before, after = before + text + head, after + text + head
            before, after = before + old, after + _written(old, new)
            text = tail
        text += _filler(random, end, "below")
        before, after = before + text, after + text
    return Target(name, before.encode(), index, [(address, new)], after.encode())


def _scalar(random: Random, end: str) -> tuple[Address, str, str, str]:
    """An address, the text up to its scalar, the scalar as it is written, and the text behind."""
    place = _Place(random.randrange(3), random.random() < 0.2, random.random() < 0.3)
    address: list[str | int] = []
    head = ""
    indent = ""
    for level in range(place.depth):
        head += f"{indent}in{level}:{random.choice(_COMMENTS)}{end}"
        address.append(f"in{level}")
        indent += "  "
    if place.in_list:
        head += f"{indent}list:{end}{indent}- other: x{end}{indent}- name: {_word(random)}{end}"
        address += ["list", 1]
        indent += "  "
    property_ = random.choice(("", "", "", "", "&here ", "!!str "))
    old = random.choice(_OLD)
    old = random.choice((old, f"'{old}'", f'"{old}"'))
    comment = random.choice(_COMMENTS)
    if place.flow:
        head += f"{indent}image: {{ name: {_word(random)}, tag: {property_}"
        return (*address, "image", "tag"), head, old, f" , pull: Always}}{comment}{end}"
    head += f"{indent}tag:{random.choice((' ', ' ', '   '))}{property_}"
    return (*address, "tag"), head, old, f"{comment}{end}"


def _filler(random: Random, end: str, prefix: str) -> str:
    lines = []
    for number in range(random.randrange(4)):
        key = f"{prefix}{number}"
        lines.append(
            random.choice(
                (
                    f"{key}: {_word(random)}{random.choice(_COMMENTS)}",
                    f"{key}: [{_word(random)}, '{_word(random)}']",
                    f'{key}: "{_word(random)}"   ',
                    f"{key}: |{end}  tag: 1.2.3{end}  # no comment",
                    f"{key}:{end}    tag: {_word(random)}{end}    list:{end}    - a{end}    - b",
                    f"# {_word(random)}{end}{end}{key}: 1",
                )
            )
        )
    return "".join(line + end for line in lines)


def _word(random: Random) -> str:
    return random.choice(_WORDS)


def _written(old: str, new: str) -> str:
    """A right spelling; the judge takes the other ones too."""
    if old.startswith("'"):
        return "'" + new.replace("'", "''") + "'"
    if old.startswith('"') or not _PLAIN.fullmatch(new):
        return '"' + new.replace('"', '\\"') + '"'
    return new
