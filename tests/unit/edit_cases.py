"""The hard cases of editing, each with its whole text before and after.

One table for the tests and for the benchmark of fidelity: `CASES`. Ours are by what is hard about
them; the shapes that other updaters meet in the wild are in `edit_shapes`, one to one where the
kernel has them to do.
"""

from dataclasses import dataclass

from gitops.edit import Replacement
from gitops.nodes import Address
from tests.unit.edit_shapes import SHAPES

A: Address = ("a",)


@dataclass(frozen=True, slots=True)
class EditCase:
    """One edit and what has to come of it.

    `name` is unique, `category` says what is hard. In `before`, the scalar at `address` of document
    `document` (from 0) shall become `new`, together with those of `also`. Either `after` is the
    text that this gives, or the edit has to be refused and `refused` is how the message begins;
    the other one is None. `shape` is the number in section 2 of the page on updaters, None
    for a case of our own.
    """

    name: str
    category: str
    before: str
    address: Address
    new: str
    after: str | None = None
    refused: str | None = None
    document: int = 0
    also: tuple[tuple[Address, str], ...] = ()
    shape: int | None = None

    @property
    def replacements(self) -> list[Replacement]:
        """What to ask the editor for."""
        wanted = ((self.address, self.new), *self.also)
        return [Replacement(self.document, address, new) for address, new in wanted]


_EDITED: dict[str, dict[str, tuple[str, Address, str, str]]] = {
    "plain": {
        "plain": ("a: v1\n", A, "v2", "a: v2\n"),
        "no newline at the end": ("a: v1", A, "v2", "a: v2"),
        "same text elsewhere": ("b: v1\na: v1\n# v1\n", A, "v2", "b: v1\na: v2\n# v1\n"),
        "several lines": ("a: v\n  1 # c\nb: x\n", A, "v2", "a: v2 # c\nb: x\n"),
        "words": ("a: b c\n", A, "d e", "a: d e\n"),
        "on the next line": ("a:\n  v1\nb: x\n", A, "v2", "a:\n  v2\nb: x\n"),
        "longer and shorter": ("a: v1\nb: v1\n", A, "v" * 80, f"a: {'v' * 80}\nb: v1\n"),
        "a long line": (f"a: {'w ' * 3000}v1 # c\n", A, "v2", "a: v2 # c\n"),
        "trailing blanks": ("a: v1   \n\n\n", A, "v2", "a: v2   \n\n\n"),
    },
    "comments": {
        "comment behind": ("a: v1 # was v0\n", A, "v2", "a: v2 # was v0\n"),
        "hash inside": ("a: v1#b # c\n", A, "v2", "a: v2 # c\n"),
        "comment in quotes": ("a: 'v1 # x' # c\n", A, "v2", "a: 'v2' # c\n"),
        "comment above the value": ("a: # v1\n  # v1\n  v1\n", A, "v2", "a: # v1\n  # v1\n  v2\n"),
        "comments all around": ("# v1\na: v1\n  # v1\n#v1", A, "v2", "# v1\na: v2\n  # v1\n#v1"),
        "marker": ('a: 1 # {"$imagepolicy": "n:p"}', A, "v2", 'a: v2 # {"$imagepolicy": "n:p"}'),
    },
    "tabs": {
        "tab before": ("a:\tv1\n", A, "v2", "a:\tv2\n"),
        "tabs and comment behind": ("a: v1\t # v1\n", A, "v2", "a: v2\t # v1\n"),
        "tab inside": ("a: v\t1\n", A, "v2", "a: v2\n"),
        "tab in quotes": ('a: "v\t1"\t\n', A, "v2", 'a: "v2"\t\n'),
        "tab in a flow mapping": ("{a:\tv1\t,\tb: x}\n", A, "v2", "{a:\tv2\t,\tb: x}\n"),
    },
    "quotes": {
        "single quotes": ("a: 'v1'\n", A, "v2", "a: 'v2'\n"),
        "quote in single quotes": ("a: 'x'\n", A, "it's", "a: 'it''s'\n"),
        "double quotes": ('a: "v1"\n', A, "v2", 'a: "v2"\n'),
        "quote in double quotes": ('a: "x"\n', A, 'a"b\\', 'a: "a\\"b\\\\"\n'),
        "number in quotes stays quoted": ("a: '1.1'\n", A, "1.2", "a: '1.2'\n"),
        "escapes in the old": ('a: "\\x76\\u0031"  # c\n', A, "v2", 'a: "v2"  # c\n'),
        "doubled quote in the old": ("a: 'it''s' # '\n", A, "v2", "a: 'v2' # '\n"),
        "quotes over two lines": ('a: "v\n  1" # c\n', A, "v2", 'a: "v2" # c\n'),
        "an escaped line end": ('a: "v\\\n  1" # c\n', A, "v2", 'a: "v2" # c\n'),
        "backslash in single quotes": ("a: 'x'\n", A, "\\d", "a: '\\d'\n"),
        "empty quotes": ("a: '' # c\n", A, "v2", "a: 'v2' # c\n"),
    },
    "types": {
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
        "type in a flow mapping": ("{a: v1, b: 1}\n", A, "2", '{a: "2", b: 1}\n'),
        "three parts are text": ("a: x\n", A, "1.2.3", "a: 1.2.3\n"),
        "image reference": ("a: x:1\n", A, "r.io:5000/b/c:v2", "a: r.io:5000/b/c:v2\n"),
        "reference with digest": ("a: x:1\n", A, "r/b:v2@sha256:ab", "a: r/b:v2@sha256:ab\n"),
    },
    "syntax": {
        "colon and space": ("a: x\n", A, "b: c", 'a: "b: c"\n'),
        "colon at the end": ("a: x\n", A, "b:", 'a: "b:"\n'),
        "comment in the new": ("a: x\n", A, "b # c", 'a: "b # c"\n'),
        "blank at the start": ("a: x\n", A, " b", 'a: " b"\n'),
        "blank at the end": ("a: x # c\n", A, "b ", 'a: "b " # c\n'),
        "indicator at the start": ("a: x\n", A, "*b", 'a: "*b"\n'),
        "dash at the start": ("a: x\n", A, "- b", 'a: "- b"\n'),
        "digest alone": ("a: x\n", A, "@sha256:ab", 'a: "@sha256:ab"\n'),
        "document end as text": ("--- x\n", (), "...", '--- "..."\n'),
    },
    "flow": {
        "flow indicators": ("{a: x, b: y}\n", A, "p,q]}", '{a: "p,q]}", b: y}\n'),
        "flow mapping": ("{a: v1,b: v1}\n", A, "v2", "{a: v2,b: v1}\n"),
        "flow list": ("[x,v1 , y]\n", (1,), "v2", "[x,v2 , y]\n"),
        "JSON": ('{"a":"v1","b":[1]}', A, "v2", '{"a":"v2","b":[1]}'),
        "pair in a flow list": ("[a: v1, b: x]\n", (0, "a"), "v2", "[a: v2, b: x]\n"),
        "flow over lines": ("{\n  a: v1, # c\n  b: x }\n", A, "v2", "{\n  a: v2, # c\n  b: x }\n"),
        "brace behind": ("{a: v1}\n", A, "v2:x", "{a: v2:x}\n"),
        "blank before the brace": ("[{n: x, t: 1 }] # c", (0, "t"), "v2", "[{n: x, t: v2 }] # c"),
    },
    "lists": {
        "list of mappings": ("- k: x\n- k: v1\n", (1, "k"), "v2", "- k: x\n- k: v2\n"),
        "list not indented": ("a:\n- x\n-   v1 # c\n", ("a", 1), "v2", "a:\n- x\n-   v2 # c\n"),
        "lists in a list": ("- - x\n  - v1\n- y\n", (0, 1), "v2", "- - x\n  - v2\n- y\n"),
    },
    "line ends": {
        "CRLF": ("a: v1 # c\r\nb: x\r\n", A, "v2", "a: v2 # c\r\nb: x\r\n"),
        "CRLF without a comment": ("a: v1\r\nb: x", A, "v2", "a: v2\r\nb: x"),
        "CRLF in quotes beside": ("b: 'x\r\n y'\r\na: v1", A, "v2", "b: 'x\r\n y'\r\na: v2"),
        "mixed line ends": ("b: x\r\na: v1\nc: y\r", A, "v2", "b: x\r\na: v2\nc: y\r"),
        "old Macintosh": ("b: x\ra: v1\rc: y\r", A, "v2", "b: x\ra: v2\rc: y\r"),
        "line separator counts": ("b: 'x\u2028y'\na: v1\n", A, "v2", "b: 'x\u2028y'\na: v2\n"),
    },
    "byte-order mark": {
        "byte-order mark": ("\ufeffa: v1\n", A, "v2", "\ufeffa: v2\n"),
        "byte-order mark and emoji": ("\ufeff# 🚢\na: 'v1'\n", A, "v2", "\ufeff# 🚢\na: 'v2'\n"),
        "byte-order mark and CRLF": ("\ufeffb: x\r\na: v1\r\n", A, "v2", "\ufeffb: x\r\na: v2\r\n"),
        "byte-order mark and documents": ("\ufeff---\na: v1\n", A, "v2", "\ufeff---\na: v2\n"),
    },
    "wide characters": {
        "multi-byte before": ("ő: 'ű🚢'\na: v1 # ő\n", A, "v2", "ő: 'ű🚢'\na: v2 # ő\n"),
        "multi-byte new": ("a: x\n", A, "ű🚢", 'a: "ű🚢"\n'),
        "multi-byte old": ("a: ű🚢e\u0301 # 🚢\n", A, "v2", "a: v2 # 🚢\n"),
        "multi-byte key": ("{🚢é: v1}\n", ("🚢é",), "v2", "{🚢é: v2}\n"),
        "no-break space": ("a: v1\u00a0x # c\n", A, "v2", "a: v2 # c\n"),
    },
    "anchors": {
        "anchor nobody refers to": ("a: &v v1 # c\n", A, "v2", "a: &v v2 # c\n"),
        "anchor and tag": ("a: &v !!str '1.2'\n", A, "1.3", "a: &v !!str '1.3'\n"),
        "anchor used again": ("b: &v x\na: &v v1\n", A, "v2", "b: &v x\na: &v v2\n"),
        "anchor a line above": ("a: &v # c\n  v1\n", A, "v2", "a: &v # c\n  v2\n"),
        "anchor on the key": ("&k a: v1\n", A, "v2", "&k a: v2\n"),
        "beside an alias": ("x: &v 1\ny: *v\na: v1\n", A, "v2", "x: &v 1\ny: *v\na: v2\n"),
        "key beside a merge": (
            "x: &v {a: 1}\ny:\n  <<: *v\n  a: v1\n",
            ("y", "a"), "v2",
            "x: &v {a: 1}\ny:\n  <<: *v\n  a: v2\n",
        ),
    },
    "tags": {
        "string tag": ("a: !!str 1.2\n", A, "1.3", 'a: !!str "1.3"\n'),
        "string tag in full": (
            "a: !<tag:yaml.org,2002:str> 1.2 # c\n",
            A, "v2",
            "a: !<tag:yaml.org,2002:str> v2 # c\n",
        ),
        "tag without a name": ("a: ! 'x'\n", A, "v2", "a: ! 'v2'\n"),
        "no string by that tag": ("a: ! 1.10\n", A, "1.10", 'a: ! "1.10"\n'),
        "tag on the mapping": ("!own\na: v1\n", A, "v2", "!own\na: v2\n"),
    },
    "duplicates": {
        "duplicate elsewhere": ("b: 1\nb: 2\na: v1\n", A, "v2", "b: 1\nb: 2\na: v2\n"),
        "the same key deeper": ("a: v1\nb: {a: v1}\n", A, "v2", "a: v2\nb: {a: v1}\n"),
    },
    "block scalars": {
        "block scalar beside": ("b: |\n  a: v1\na: v1\n", A, "v2", "b: |\n  a: v1\na: v2\n"),
        "block scalar that keeps": ("b: |+\n  x\n\n\na: v1\n", A, "v2", "b: |+\n  x\n\n\na: v2\n"),
        "block scalar indented": ("b: >2-\n    x\na: v1\n", A, "v2", "b: >2-\n    x\na: v2\n"),
    },
    "keys": {
        "quoted key": ("'a': v1\n", A, "v2", "'a': v2\n"),
        "escaped key": ('"\\x61": v1\n', A, "v2", '"\\x61": v2\n'),
        "dotted key": ("a.b: v1\na: {b: x}\n", ("a.b",), "v2", "a.b: v2\na: {b: x}\n"),
        "number as key": ("1: v1\n'x': y\n", ("1",), "v2", "1: v2\n'x': y\n"),
        "key with blanks": ("a b : v1\n", ("a b",), "v2", "a b : v2\n"),
        "explicit key": ("? a\n: v1\n", A, "v2", "? a\n: v2\n"),
        "explicit key and comments": ("? a # k\n# c\n: v1 # v", A, "v2", "? a # k\n# c\n: v2 # v"),
        "explicit key in flow": ("{? a : v1, ? b}\n", A, "v2", "{? a : v2, ? b}\n"),
        "explicit key without a value": ("? b\n? a\n: v1\n", A, "v2", "? b\n? a\n: v2\n"),
    },
    "documents": {
        "directive": ("%YAML 1.1\n---\na: v1\n", A, "v2", "%YAML 1.1\n---\na: v2\n"),
        "tag directive": ("%TAG !e! t:\n--- !e!x\na: v1", A, "v2", "%TAG !e! t:\n--- !e!x\na: v2"),
        "the root itself": ("--- v1 # c\n...\n", (), "v2", "--- v2 # c\n...\n"),
        "markers without documents": ("---\na: v1\n...\n---\n", A, "v2", "---\na: v2\n...\n---\n"),
    },
}  # fmt: skip

_REFUSED: dict[str, dict[str, tuple[str, Address, str, str]]] = {
    "anchors": {
        "alias": ("x: &v 1\na: *v\n", A, "v2", "f.yaml:2:4: a is the alias *v"),
        "anchor with an alias": ("a: &v v1\nb: *v\n", A, "v2", "f.yaml:1:7: a is shared: the al"),
        "inside a shared mapping": ("x: &v {a: 1}\ny: *v\n", ("x", "a"), "2", "f.yaml:1:11: x.a"),
        "below an alias": ("x: &v {a: 1}\ny: *v\n", ("y", "a"), "2", "f.yaml:2:4: y.a is the ali"),
        "through a merge key": (
            "x: &v {a: 1}\ny: {<<: *v}\n",
            ("y", "a"), "2",
            "f.yaml:2:9: y.a comes through the merge key <<",
        ),
        "source of a merge": ("x: &v {a: 1}\ny: {<<: *v}\n", ("x", "a"), "2", "f.yaml:1:11: x.a"),
    },
    "tags": {
        "other tag": ("a: !!int 1\n", A, "v2", "f.yaml:1:10: a carries the tag tag:yaml.org,"),
        "own tag": ("a: !env V\n", A, "v2", "f.yaml:1:9: a carries the tag !env"),
    },
    "block scalars": {
        "literal": ("a: |\n  v1\n", A, "v2", "f.yaml:1:4: a is a block scalar"),
        "folded": ("a: >-\n  v1\n", A, "v2", "f.yaml:1:4: a is a block scalar"),
        "inside a block scalar": ("b: |\n  a: v1\n", A, "v2", "f.yaml:1:1: there is no a"),
    },
    "duplicates": {
        "duplicate": ("a: v1\na: v1\n", A, "v2", "f.yaml:2:4: a is under the key 'a', which"),
        "duplicate above": ("a: {x: 1}\na: {b: 2}\n", ("a", "b"), "3", "f.yaml:2:8: a.b is und"),
    },
    "types": {
        "nothing there": ("a:\nb: x\n", A, "v2", "f.yaml:1:3: a has no text yet"),
        "null before": ("a: ~\n", A, "v2", "f.yaml:1:4: a is read as true, false or null"),
        "boolean": ("a: true\n", A, "v2", "f.yaml:1:4: a is read as true, false or null"),
        "boolean of YAML 1.1": ("a: On\n", A, "v2", "f.yaml:1:4: a is read as true, false or null"),
    },
    "absent": {
        "absent": ("b: {c: x}\n", ("b", "d"), "v2", "f.yaml:1:4: there is no b.d"),
        "below a scalar": ("b: x\n", ("b", "d"), "v2", "f.yaml:1:4: there is no b.d"),
        "beyond a list": ("b: [x]\n", ("b", 1), "v2", "f.yaml:1:4: there is no b[1]"),
        "a mapping": ("a: {b: x}\n", A, "v2", "f.yaml:1:4: a is a list or a mapping"),
        "a list": ("a: [x]\n", A, "v2", "f.yaml:1:4: a is a list or a mapping"),
        "in a comment": ("b: x\n# a: v1\n", A, "v2", "f.yaml:1:1: there is no a"),
    },
    "encryption": {
        "sops": ("a: x\nsops:\n  mac: y\n", A, "v2", "f.yaml:1:4: a is encrypted by SOPS"),
        "looks encrypted": ("a: x\n", A, "ENC[AES256_GCM,", "f.yaml:1:1: after the edit the docum"),
    },
    "control characters": {
        "newline in the new": ("a: x\n", A, "b\nc: d", "f.yaml:1:4: a cannot become"),
        "carriage return in the new": ("a: 'x'\n", A, "b\r", "f.yaml:1:4: a cannot become"),
        "tab in the new": ("a: x\n", A, "b\tc", "f.yaml:1:4: a cannot become"),
        "next line in the new": ("a: x\n", A, "b\x85", "f.yaml:1:4: a cannot become"),
        "line separator in the new": ("a: x\n", A, "b\u2028c", "f.yaml:1:4: a cannot become"),
        "NUL in the new": ("a: x\n", A, "b\0", "f.yaml:1:4: a cannot become"),
        "terminal escape in the new": ("a: x\n", A, "\x1b[2J", "f.yaml:1:4: a cannot become"),
        "half a surrogate pair": ("a: x\n", A, "b\ud800", "f.yaml:1:4: a cannot become"),
        "byte-order mark in the new": ("a: x\n", A, "\ufeffb", "f.yaml:1:4: a cannot become"),
    },
    "not YAML": {
        "unclosed": ("a: v1\nb: [x\n", A, "v2", "f.yaml:3:1: not YAML"),
        "template": ("a: v1\nb: {{ .Values.x }}\nc: {{- y }}\n", A, "v2", "f.yaml:2:"),
        "tab below a plain scalar": ("a: v1\n\t\nb: x\n", A, "v2", "f.yaml:2:1: not YAML: found a"),
        "tab as indentation": ("a: v1\nb:\n\tc: x\n", A, "v2", "f.yaml:3:1: not YAML"),
        "alias without an anchor": ("a: v1\nb: *v\n", A, "v2", "f.yaml:2:4: the alias *v has no"),
        "list as a key": ("a: v1\n? [b]\n: c\n", A, "v2", "f.yaml:2:3: a key that is a list"),
    },
}  # fmt: skip

CASES: tuple[EditCase, ...] = (
    *(
        EditCase(name, category, before, address, new, after=after)
        for category, cases in _EDITED.items()
        for name, (before, address, new, after) in cases.items()
    ),
    *(
        EditCase(name, category, before, address, new, refused=refused)
        for category, cases in _REFUSED.items()
        for name, (before, address, new, refused) in cases.items()
    ),
    *(
        EditCase(
            f"{shape.number}: {shape.name}",
            "shapes",
            shape.before,
            *shape.edits[0],
            after=shape.after,
            refused=shape.refused,
            document=shape.document,
            also=shape.edits[1:],
            shape=shape.number,
        )
        for shape in SHAPES
    ),
)
