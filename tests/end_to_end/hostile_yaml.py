"""YAML that is meant to cost its reader more than it cost its writer."""

from collections.abc import Callable, Iterable

GOOD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: x}
spec: {template: {spec: {containers: [{image: 'ghcr.io/acme/shop:v1.0'}]}}}
"""

ALMOST_TOO_LARGE = 4 * 1024 * 1024 - 1024
"""Bytes; a larger file is not read at all."""


def _full_of(text: str, above: str = "", below: str = "") -> Callable[[], str]:
    """The good file, and this text again and again as far as a file may go."""
    room = ALMOST_TOO_LARGE - len(GOOD + above + below)
    return lambda: GOOD + above + text * (room // len(text.encode())) + below


def _levels(first: str, level: Callable[[int, str], str]) -> str:
    """Eleven levels, each of which refers nine times to the one above it."""
    aliases = (",".join([f"*a{n - 1}"] * 9) for n in range(1, 12))
    return GOOD + f"a0: &a0 {first}\n" + "".join(level(n, a) for n, a in enumerate(aliases, 1))


def _laughs() -> str:
    return _levels("[x]", lambda n, aliases: f"a{n}: &a{n} [{aliases}]\n")


def _merges() -> str:
    return _levels("{x: 1}", lambda n, aliases: f"a{n}: &a{n} {{<<: [{aliases}], k{n}: 1}}\n")


def _wide_merges() -> str:
    keys = ",".join(f"k{n}: 1" for n in range(9_000))
    return f"{GOOD}a: &a {{{keys}}}\n" + "".join(f"b{n}: {{<<: *a}}\n" for n in range(900))


def _images() -> str:
    head, image = GOOD.rsplit("[", 1)
    return head + "[" + ",".join([image.partition("]")[0]] * 60_000) + "]}}}\n"


def _documents(texts: Iterable[str]) -> str:
    return "---\n".join(texts)


BOMBS: dict[str, Callable[[], str]] = {
    "billion laughs": _laughs,
    "merge keys": _merges,
    "wide merge keys": _wide_merges,
    "lists in lists": lambda: f"{GOOD}z: {'[' * 1_000_000}",
    "mappings in mappings": lambda: f"{GOOD}z: {'{a: ' * 500_000}",
    "blocks in blocks": lambda: f"{GOOD}z:\n {'- ' * 1_000_000}x",
    "keys in keys": lambda: f"{GOOD}z:\n {'? ' * 1_000_000}x",
    "a million documents": lambda: GOOD + "---\n" * 1_000_000,
    "documents with versions": lambda: _documents([GOOD] * 990),
    "anchors": _full_of("- &a x\n", "z:\n"),
    "one anchor": _full_of("a", "z: &", " x"),
    "one alias": _full_of("a", "z: *"),
    "one tag": _full_of("a", "z: !", " x"),
    "one line": _full_of("x", "z: "),
    "one line of words": _full_of("x ", "z: "),
    "one key": _full_of("x", "", ": y"),
    "one quote": _full_of("''", "z: '", "'"),
    "escapes": _full_of("\\x41", 'z: "', '"'),
    "an open quote": _full_of("x", 'z: "'),
    "comments": _full_of("#\n"),
    "line ends": _full_of("\n"),
    "blanks": _full_of(" "),
    "one key again and again": _full_of("a: {b: c}\n"),
    "keys": lambda: GOOD + "".join(f"k{n}:\n" for n in range(380_000)),
    "a long list": _full_of("a,", "z: [", "]"),
    "a block": _full_of("\n", "z: |+\n"),
    "a folded block": _full_of(" x\n", "z: >\n"),
    "colons": _full_of(": "),
    "questions": _full_of("? ", "z: ["),
    "directives": lambda: "%TAG !a! tag:x,1:\n" * 200_000 + "---\n" + GOOD,
    "images": _images,
    "markers": _full_of('- a:1 # {"$imagepolicy": "a:b"}\n', "z:\n"),
    "one line of markers": _full_of('{"$imagepolicy": "', "z: x # "),
    "a long reference": lambda: GOOD.replace("acme", "a/" * 2_000_000 + "a"),
    "a long tag": lambda: GOOD.replace("v1.0", "@" * 4_000_000),
    "variables in variables": lambda: GOOD.replace("v1.0", "${" * 200_000 + "}"),
    "a control character": lambda: f"{GOOD}z: \0",
    "byte-order marks": lambda: "\ufeff" * 1_000 + GOOD,
}
"""By what there is too much of: what makes the text, a few MiB at most."""

NO_VERSIONS = frozenset({"a long reference", "a long tag", "variables in variables"})
"""Those that can be read and say nothing that any registry would take."""
