"""Ten thousand edits of files as nobody writes them, each compared with a full re-parse.

The judge is `edit_oracle`, which knows nothing of `gitops`; that it would see a wrong edit is
tested too, with editors that are wrong in the ways in which editors usually are.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

import pytest
import yaml

from gitops.edit import Replacement, replace
from gitops.errors import EditRefused, InvalidInput
from tests.unit.edit_oracle import LOADER, Reading, Site, judge
from tests.unit.generated_yaml import NEW_TEXTS, generated

SEED = "fairlead"
FILES = 2_500
EDITS_OF_EACH = 4
WRITABLE = re.compile(r"[^\0-\x1f\x7f-\x9f\u2028\u2029\ufeff]*")


@dataclass(frozen=True)
class Edit:
    """`ordinary`: every scalar is, and every text can be written in one line."""

    data: bytes
    wanted: dict[Site, str]
    ordinary: bool


def edits(files: int) -> Iterator[Edit]:
    """The same every time; the n-th file and its edits are a function of n alone."""
    for number in range(files):
        random = Random(f"{SEED} {number}")
        data = generated(random)
        reading = Reading(data)
        for _ in range(EDITS_OF_EACH):
            yield _edit(random, data, reading)


def _edit(random: Random, data: bytes, reading: Reading) -> Edit:
    ordinary = [site for site, written in reading.scalars.items() if written.ordinary]
    anywhere = [*reading.scalars, *reading.aliases]
    # What is no place at all, or only one after merging.
    anywhere += [(number, (*address, "tag0")) for number, address in anywhere[:2]]
    easy = bool(ordinary) and random.random() < 0.88
    pool = ordinary if easy else anywhere
    texts = NEW_TEXTS if random.random() < 0.1 else [t for t in NEW_TEXTS if _writable(t)]
    count = min(len(pool), random.choice((1, 1, 2, 3, 5)))
    wanted = {site: random.choice(texts) for site in random.sample(pool, count)}
    return Edit(data, wanted, easy and all(map(_writable, wanted.values())))


def _writable(text: str) -> bool:
    return WRITABLE.fullmatch(text) is not None and not text.startswith("ENC[")


def ours(edit: Edit) -> bytes:
    wanted = [Replacement(*site, new) for site, new in edit.wanted.items()]
    return replace("f.yaml", edit.data, wanted)


def attempt(edit: Edit) -> str:
    """How an edit ended: `done`, `refused`, or `unread` for a file that is not taken at all."""
    try:
        after = ours(edit)
    except InvalidInput as error:
        return _refused(edit, error)
    fault = judge(edit.data, after, edit.wanted)
    assert fault is None, f"{fault}\n{edit}\n{after!r}"
    return "done"


def _refused(edit: Edit, error: InvalidInput) -> str:
    assert error.place is not None
    assert error.place.path == "f.yaml"
    assert error.place.line is not None or "there is no document" in error.message
    if not isinstance(error, EditRefused):
        return "unread"
    assert not edit.ordinary, f"refused without need: {error}\n{edit}"
    return "refused"


@pytest.mark.slow
def test_no_edit_is_wrong() -> None:
    ended = Counter(attempt(edit) for edit in edits(FILES))
    print(ended)
    assert ended.total() == FILES * EDITS_OF_EACH >= 10_000
    assert ended["done"] > 8_000
    assert 500 < ended["refused"] < 2_000
    assert ended["unread"] < 100


def test_the_files_are_of_every_kind() -> None:
    texts = [generated(Random(f"{SEED} {number}")).decode() for number in range(1_000)]
    kinds = {
        "byte-order mark": "\ufeff",
        "CRLF": r"\r\n",
        "lone CR": r"\r(?!\n)",
        "tab behind a key": r":\t",
        "anchor": r" &n\d",
        "alias": r" \*n\d",
        "merge key": r"<<: \*",
        "merge keys": r"<<: \[",
        "own tag": r" !own",
        "string tag": r" !!str",
        "explicit key": r"(?m)^ *\? ",
        "literal": r": \|",
        "folded": r": >",
        "flow mapping": r": \{",
        "flow list": r": \[",
        "comment": r"[ \t]# ",
        "YAML directive": r"%YAML",
        "TAG directive": r"%TAG",
        "document end": r"(?m)^\.\.\.",
        "wide character": "🚢",
        "long line": r"[^\r\n]{400}",
        "blanks behind": r"[^ ] +[\r\n]",
        "no line end at the end": r"[^\r\n]\Z",
    }
    found = {kind: sum(bool(re.search(p, text)) for text in texts) for kind, p in kinds.items()}
    assert min(found.values()) >= 10, found


# Editors that are wrong, each in one way.


def _written(edit: Edit) -> Iterator[tuple[int, int, str, str]]:
    """Start, end, old and new text of each scalar, from the last to the first."""
    reading = Reading(edit.data)
    found = [(reading.scalars[s], new) for s, new in edit.wanted.items() if s in reading.scalars]
    for written, new in sorted(found, key=lambda each: -each[0].start):
        yield written.start, written.end, written.node.value, new


def by_pattern(edit: Edit) -> bytes:
    """Replaces behind the first key of that name."""
    text = edit.data.decode()
    for (_, address), new in edit.wanted.items():
        key = re.escape(str(address[-1])) if address else ""
        text = re.sub(rf"({key}:[ \t]+)[^\s,}}]+", lambda m, new=new: m[1] + new, text, count=1)  # type: ignore[misc]
    return text.encode()


def by_text(edit: Edit) -> bytes:
    """Replaces the old text wherever it stands."""
    text = edit.data.decode()
    for _, _, old, new in _written(edit):
        text = text.replace(old, new) if old else text
    return text.encode()


def without_quotes(edit: Edit) -> bytes:
    """Finds the right place and writes the bare text."""
    text = edit.data.decode()
    for start, end, _, new in _written(edit):
        text = text[:start] + new + text[end:]
    return text.encode()


def always_in_quotes(edit: Edit) -> bytes:
    """Escapes rightly, and never keeps the quotes that were there."""
    text = edit.data.decode()
    for start, end, _, new in _written(edit):
        quoted = new.replace("\\", "\\\\").replace('"', '\\"')
        text = f'{text[:start]}"{quoted}"{text[end:]}'
    return text.encode()


def over_properties(edit: Edit) -> bytes:
    """Believes the parser's marks, which include anchors and tags and no byte-order mark."""
    text = edit.data.decode()
    reading = Reading(edit.data)
    nodes = [(reading.scalars[s].node, n) for s, n in edit.wanted.items() if s in reading.scalars]
    for node, new in sorted(nodes, key=lambda each: -each[0].start_mark.index):
        text = f"{text[: node.start_mark.index]}{new}{text[node.end_mark.index :]}"
    return text.encode()


def with_other_line_ends(edit: Edit) -> bytes:
    """Reads and writes text as Python does by default."""
    return re.sub(rb"\r\n?", b"\n", ours(edit))


def without_blanks_behind(edit: Edit) -> bytes:
    """Tidies up."""
    return re.sub(rb"[ \t]+(?=[\r\n]|\Z)", b"", ours(edit))


def without_a_comment(edit: Edit) -> bytes:
    """Writes the value and forgets what stood behind."""
    return re.sub(rb"[ \t]# [^\r\n\"']*(?=[\r\n]|\Z)", b"", ours(edit), count=1)


def by_dumping(edit: Edit) -> bytes:
    """Parses, and writes everything anew."""
    nodes = list(Reading(ours(edit)).roots)
    return str(yaml.serialize_all(nodes, allow_unicode=True)).encode()


def one_too_many(edit: Edit) -> bytes:
    """Edits another scalar along."""
    return replace("f.yaml", ours(edit), [_other(edit)])


def one_too_few(edit: Edit) -> bytes:
    """Leaves the last one."""
    return ours(Edit(edit.data, dict(list(edit.wanted.items())[:-1]), edit.ordinary))


def _other(edit: Edit) -> Replacement:
    for site, written in Reading(edit.data).scalars.items():
        if written.ordinary and site not in edit.wanted and written.node.value != "v9.9":
            return Replacement(*site, "v9.9")
    raise EditRefused("there is no other")


ALWAYS: list[Callable[[Edit], bytes]] = [
    *[with_other_line_ends, without_blanks_behind, without_a_comment, one_too_many, one_too_few],
]
OFTEN: list[Callable[[Edit], bytes]] = [
    *[by_pattern, by_text, without_quotes, always_in_quotes, over_properties, by_dumping],
]


@pytest.mark.parametrize("wrong", [*ALWAYS, *OFTEN], ids=lambda wrong: wrong.__name__)
def test_the_oracle_sees_wrong_edits(wrong: Callable[[Edit], bytes]) -> None:
    """Whatever differs from the right edit, unless it may by chance be another right one."""
    seen = 0
    for edit in edits(60):
        try:
            after, right = wrong(edit), ours(edit)
        except InvalidInput:
            continue
        fault = judge(edit.data, after, edit.wanted)
        assert fault is None or after != right
        if wrong in ALWAYS:
            assert fault is not None or after == right, f"not seen\n{edit}\n{after!r}"
        seen += fault is not None
    assert seen >= 10


def test_an_edit_of_what_is_written_elsewhere_is_seen() -> None:
    data = b"a: &n v1\nb: *n\n"
    assert judge(data, b"a: &n v2\nb: *n\n", {(0, ("a",)): "v2"}) is not None
    assert judge(data, b"a: &n v2\nb: *n\n", {(0, ("b",)): "v2"}) is not None
    assert judge(data, b"a: &n v1\nb: v2\n", {(0, ("b",)): "v2"}) is not None
    assert judge(b"a: &n v1\nb: v1\n", b"a: &n v2\nb: v1\n", {(0, ("a",)): "v2"}) is None


def test_the_oracle_reads_with_libyaml_where_it_is() -> None:
    assert (LOADER is yaml.SafeLoader) != yaml.__with_libyaml__
