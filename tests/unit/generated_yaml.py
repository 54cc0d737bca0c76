"""YAML files as nobody would write them, and texts that nobody would take for a version.

For the fuzzed edits, here and in the benchmark of fidelity. A file is a function of its `Random`
alone, so whatever fails can be made again from its number. Every file is YAML to libyaml.
"""

from dataclasses import dataclass, field
from random import Random

NEW_TEXTS = (
    *["v2", "1.2.3", "1.2.3-rc.1", "latest", "main-0a1b2c3-20260102", "r.io:5000/a/b:v1"],
    *[
        "yes",
        "No",
        "on",
        "y",
        "true",
        "False",
        "null",
        "~",
        "",
        "1",
        "-1",
        "1.10",
        "1e3",
        "12e4567",
    ],
    *["0x1F", "0o17", "0123", "0b11", "1_000", "1:30", ".5", ".inf", ".NaN", "+1.5E-3"],
    *["2026-01-02", "2026-01-02T03:04:05Z", "<<", "=", "a: b", "a:", ":", "a:b", "# c", "a # c"],
    *[
        "a#c",
        " x",
        "x ",
        "  ",
        "é",
        "🚢",
        "e\u0301",
        "\u00a0x",
        "'",
        '"',
        "''",
        "it's",
        'a"b',
        "\\",
    ],
    *["\\n", "\\", "\\u0041", "%d", "%", "@sha256:" + "ab" * 32, "v2@sha256:" + "cd" * 32, "`x`"],
    *["*a", "&a", "!t", "!!int 1", "|", ">", "|-", "-", "- a", "?", "? a", "--- a", "---", "..."],
    *["[", "]", "{", "}", "[a]", "{a: b}", "a, b", ",", "p,q]}", "${VAR:=1.0}", "{{ .x }}", "$(x)"],
    *[
        "x" * 200,
        "w " * 300 + "w",
        "a\nb",
        "a\r\nb",
        "\n",
        "\t",
        "a\tb",
        "\x85",
        "\u2028",
        "\x1b[2J",
    ],
    *["\0", "\ufeff", "\x7f", "ENC[AES256_GCM,x]"],
)
"""The last dozen cannot be written in one line; the last one would make a file look encrypted."""

_PLAIN = ("v1", "v1.0", "1.10", "1.2.3", "v1#x", "a b", "r.io:5000/a/b:v1", "é🚢", "latest", "x:y")
_OTHERS = ("~", "null", "true", "no", "1e3", "0x1F", "2026-01-02", "=", ".5", "1:30", "-1", "1_0")
_SINGLE = ("'v1'", "'1.10'", "'it''s'", "'a: b # c'", "''", "'🚢 é'", "'x\u2028y'", "'\\n'", "'~'")
_DOUBLE = (
    '"v1"',
    '"1.10"',
    '"\\x76\\u0031"',
    '"a\\"b"',
    '"\\\\"',
    '""',
    '"🚢"',
    '"{a: b}"',
    '"a\tb"',
)
_TAGS = ("!!str ", "! ", "!<tag:yaml.org,2002:str> ", "!own ", "!!int ", "!own:x ")
_KEYS = (
    "tag",
    "image",
    "a.b",
    "'q'",
    '"d"',
    "é🚢",
    "v1",
    "1",
    "x y",
    '"\\x61"',
    "'it''s'",
    "-k",
    "y",
)
_COMMENTS = (
    *["# v1", "#", "# tag: v1", "# 'a", '# "b', "# [", '# {"$imagepolicy": "n:p:tag"}', "# 🚢 é"],
    *["# it's\t", "#: x", "# --- x", "# - y", "# &a *a !t", "## v1 # v1"],
)
_BREAKS = ("\n", "\n", "\r\n", "\r\n", "\r")
_STARTS = (
    *[("%YAML 1.1", "---"), ("%TAG !e! tag:example.com,2026:", "--- # !e!x")],
    *[("# v1", "---"), ("---",), ("---\t# v1",)],
)


def generated(random: Random) -> bytes:
    """A file of one to three documents."""
    lines: list[str] = []
    count = random.choice((1, 1, 1, 2, 3))
    for index in range(count):
        start = random.choice(_STARTS) if index or random.random() < 0.5 else ()
        if index and start[0].startswith("%"):
            lines.append("...")
        lines += [*start, *_Writer(random).root()]
        if random.random() < 0.1:
            lines.append("... # end")
    return _joined(random, [*lines, *[""] * random.randint(0, 1)]).encode()


def _joined(random: Random, lines: list[str]) -> str:
    """With one kind of line end or, seldom, several; some lines have blanks behind."""
    end = random.choice(_BREAKS)
    mixed = random.random() < 0.15
    parts = ["\ufeff" if random.random() < 0.15 else ""]
    lines = "\n".join(lines).split("\n")
    for index, line in enumerate(lines):
        parts.append(line)
        if line and random.random() < 0.06:
            # libyaml takes no tab right behind an indicator.
            tabs = line[-1] not in "-:?"
            parts.append(random.choice((" ", "   ", *(" \t",) * tabs)))
        if index < len(lines) - 1:
            parts.append(random.choice(_BREAKS) if mixed else end)
    return "".join(parts)


@dataclass
class _Writer:
    """Writes one document. What `value` gives goes on behind a key or a dash, line by line."""

    random: Random
    anchors: list[str] = field(default_factory=list)
    mappings: list[str] = field(default_factory=list)
    made: int = 0
    left: int = 30

    def root(self) -> list[str]:
        if self.random.random() < 0.05:
            return ["--- " + self._scalar(4)]
        if self.random.random() < 0.1:
            return [self._flow(0, 2)]
        return self._mapping(0) if self.random.random() < 0.8 else self._sequence(0)

    def _value(self, indent: int, *, tabs: bool) -> list[str]:
        """What stands behind a key at `indent`, or, without `tabs`, behind an indicator."""
        self.left -= 1
        dice = self.random.random() * (1 if self.left > 0 and indent < 14 else 0.86)
        if dice < 0.5:
            return [self._gap(tabs) + self._scalar(indent) + self._behind()]
        if dice < 0.56:
            return self._block(indent)
        if dice < 0.6:
            return [self._behind(tabs)]
        if dice < 0.65 and self.anchors:
            return [f" *{self.random.choice(self.anchors)}{self._behind()}"]
        if dice < 0.76:
            return [" " + self._flow(indent, 2) + self._behind()]
        if dice < 0.86:
            # The parser's span of an anchored value begins at the anchor.
            anchor = f" {self._anchor()}" if self.random.random() < 0.3 else ""
            below = self._scalar(indent, properties=not anchor)
            first = anchor + self._behind(tabs or bool(anchor))
            return [first, " " * (indent + 2) + below + self._behind()]
        return self._nested(indent + self.random.choice((1, 2, 2, 2, 4)), tabs=tabs)

    def _nested(self, indent: int, *, tabs: bool) -> list[str]:
        name = None
        start = ""
        if self.random.random() < 0.2:
            start, name = f" {self._anchor()}", self.anchors.pop()
        if self.random.random() < 0.1:
            start += " !own"
        if self.random.random() < 0.6:
            lines = self._mapping(indent)
            if name is not None:
                self.mappings.append(name)
        else:
            lines = self._sequence(indent)
        if name is not None:
            self.anchors.append(name)
        return [start + self._behind(tabs or bool(start)), *lines]

    def _mapping(self, indent: int) -> list[str]:
        pad = " " * indent
        lines: list[str] = []
        for index in range(self.random.randint(1, 6)):
            lines += self._between(indent)
            key = self._key(index)
            if self.mappings and self.random.random() < 0.15:
                several = "[*{0}, *{0}]" if self.random.random() < 0.3 else "*{0}"
                lines.append(f"{pad}<<: {several.format(self.random.choice(self.mappings))}")
            elif self.random.random() < 0.08:
                first, *more = self._value(indent, tabs=False)
                lines += [f"{pad}? {key}{self._behind()}", f"{pad}:{first}", *more]
            else:
                first, *more = self._value(indent, tabs=True)
                space = " " if self.random.random() < 0.1 else ""
                lines += [f"{pad}{key}{space}:{first}", *more]
        return lines

    def _sequence(self, indent: int) -> list[str]:
        pad = " " * indent
        lines: list[str] = []
        for _ in range(self.random.randint(1, 4)):
            lines += self._between(indent)
            if self.left > 0 and self.random.random() < 0.4:
                self.left -= 1
                inner = self._mapping if self.random.random() < 0.8 else self._sequence
                first, *more = inner(indent + 2)
                lines += [f"{pad}- {first.strip() or '# empty'}", *more]
            else:
                first, *more = self._value(indent, tabs=False)
                lines += [f"{pad}-{first}", *more]
        return lines

    def _flow(self, indent: int, depth: int) -> str:
        self.left -= 1
        pairs = self.random.random() < 0.6
        items = []
        for index in range(self.random.randint(0, 4)):
            deeper = depth > 0 and self.random.random() < 0.2
            value = self._flow(indent, depth - 1) if deeper else self._scalar(indent)
            if pairs or self.random.random() < 0.1:
                key = self._key(index)
                colon = ":" if key[0] == '"' and value[:1] in {'"', "[", "{"} else ": "
                items.append(f"{key}{colon}{value}")
            else:
                items.append(value)
        comma = self.random.choice((",", ", ", " , ", ",\t", f",\n{' ' * (indent + 3)}"))
        if comma[-1] == " " and "\n" in comma and self.random.random() < 0.5:
            comma = f", {self.random.choice(_COMMENTS)}{comma[1:]}"
        inner = comma.join(items) + self.random.choice(("", "", " "))
        return f"{{{inner}}}" if pairs else f"[{inner}]"

    def _scalar(self, indent: int, *, properties: bool = True) -> str:
        before = ""
        if properties and self.random.random() < 0.12:
            before = f"{self._anchor()} "
        if properties and self.random.random() < 0.12:
            before += self.random.choice(_TAGS)
        below = "\n" + " " * (indent + 2)
        several = (
            f"v1{below}more",
            f"'v1{below}{below}more'",
            f'"v1{below}more"',
            f'"v\\{below}1"',
        )
        kinds = (_PLAIN, _OTHERS, _SINGLE, _DOUBLE, ("long " * 100 + "line",), several)
        (kind,) = self.random.choices(kinds, (45, 10, 17, 18, 2, 8))
        return before + self.random.choice(kind)

    def _block(self, indent: int) -> list[str]:
        style = self.random.choice(("|", ">")) + self.random.choice(("", "-", "+"))
        pad = " " * (indent + 2)
        body = self.random.sample(("tag: v1", "# no comment", "- &a *b", "🚢", "'", "  deeper"), 3)
        return [f" {style}{self._behind()}", f"{pad}v1", "", *(pad + line for line in body)]

    def _key(self, index: int) -> str:
        key = self.random.choice(_KEYS)
        if self.random.random() < 0.97:
            # Mostly no key twice: what stands behind the name is its number.
            quote = key[-1] if key[-1] in {"'", '"'} else ""
            key = f"{key.removesuffix(quote) if quote else key}{index}{quote}"
        if self.random.random() < 0.03:
            key = f"{self._anchor()} {key}"
            self.anchors.pop()
        return key

    def _anchor(self) -> str:
        self.made += 1
        self.anchors.append(f"n{self.made}")
        return f"&n{self.made}"

    def _gap(self, tabs: bool) -> str:
        return self.random.choice((" ", " ", " ", "  ", *("\t", " \t") * tabs))

    def _behind(self, tabs: bool = True) -> str:
        if self.random.random() < 0.75:
            return ""
        return self.random.choice((" ", "  ", *("\t",) * tabs)) + self.random.choice(_COMMENTS)

    def _between(self, indent: int) -> list[str]:
        dice = self.random.random()
        if dice < 0.1:
            return [" " * self.random.choice((0, indent)) + self.random.choice(_COMMENTS)]
        return [""] if dice < 0.14 else []
