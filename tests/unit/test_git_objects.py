from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.adapters.git_objects import (
    Entry,
    batch,
    commit,
    import_stream,
    listing,
    sizes,
    tag,
)
from bot.model import Person
from bot.ports import Draft
from gitops.errors import InvalidInput
from gitops.tree import Mode

SHA, TREE = "1" * 40, "2" * 40
DATE = datetime(2026, 3, 1, tzinfo=UTC)


def test_a_listing_keeps_modes_and_odd_names() -> None:
    out = (
        b"100644 blob %(o)b\ta b\0"
        b"100664 blob %(o)b\told\0"
        b"100755 blob %(o)b\trun\n.sh\0"
        b"120000 blob %(o)b\tlink\0"
        b"160000 commit %(o)b\tsub\0"
        b"100644 blob %(o)b\tl\xf6w\0"
    ) % {b"o": SHA.encode()}
    assert listing(out) == {
        "a b": Entry(Mode.FILE, SHA),
        "old": Entry(Mode.FILE, SHA),
        "run\n.sh": Entry(Mode.EXECUTABLE, SHA),
        "link": Entry(Mode.SYMLINK, SHA),
        "sub": Entry(Mode.SUBMODULE, SHA),
        "l\udcf6w": Entry(Mode.FILE, SHA),
    }
    assert listing(b"") == {}


@given(st.lists(st.one_of(st.none(), st.binary(max_size=40))))
def test_a_batch_gives_back_every_content_and_skips_what_is_missing(
    contents: list[bytes | None],
) -> None:
    out = b"".join(
        b"%040d missing\n" % n if data is None else b"%040d blob %d\n%s\n" % (n, len(data), data)
        for n, data in enumerate(contents)
    )
    present = [(f"{n:040d}", "blob", d) for n, d in enumerate(contents) if d is not None]
    assert list(batch(out)) == present


def test_sizes_leave_out_what_is_missing() -> None:
    assert sizes(f"{SHA} blob 12\n{TREE} missing\n".encode()) == {SHA: 12}


def test_a_signed_merge_commit_is_read() -> None:
    content = (
        f"tree {TREE}\nparent {SHA}\nparent {TREE}\nauthor A U Thor <a@x> 1700000000 +0530\n"
        f"committer Forge <noreply@x> 1700000100 -0800\ngpgsig -----BEGIN\n tree x\n \n\n"
        f"Subject\n\nBody\n\n\n"
    )
    read = commit(SHA, content.encode())
    assert (read.sha, read.tree, read.parents) == (SHA, TREE, (SHA, TREE))
    assert read.facts.author == Person("A U Thor", "a@x")
    assert read.facts.committer == Person("Forge", "noreply@x")
    assert read.facts.date == datetime.fromtimestamp(1700000100, UTC)
    assert read.message == "Subject\n\nBody\n\n\n"


@pytest.mark.parametrize(
    ("line", "who"),
    [
        (b"<> 0 +0000", Person("", "")),
        (b"No Mail", Person("No Mail", "")),
        (b"A <a@x> > 5 +0000", Person("A", "a@x")),
        (b"A <a@x> 99999999999999999999 +0000", Person("A", "a@x")),
        (b"A <a@x> -5 +9999", Person("A", "a@x")),
        (b"L\xf6w <a@x> 5 +0000", Person("L\ufffdw", "a@x")),
        (b"", Person("", "")),
    ],
)
def test_a_damaged_identity_is_read_as_far_as_it_goes(line: bytes, who: Person) -> None:
    content = b"tree %s\nauthor %s\ncommitter %s\n\nm" % (TREE.encode(), line, line)
    read = commit(SHA, content)
    assert read.facts.author == who
    assert read.facts.date.tzinfo is UTC


def test_a_commit_in_another_encoding() -> None:
    head = b"tree %s\nauthor L\xf6w <a@x> 5 +0000\n" % TREE.encode()
    assert commit(SHA, head + b"encoding iso-8859-1\n\n\xfc").facts.author.name == "Löw"
    assert commit(SHA, head + b"encoding iso-8859-1\n\n\xfc").message == "ü"
    assert commit(SHA, head + b"encoding klingon\n\nm").message == "m"


def test_a_tag_object_names_its_target_and_tagger() -> None:
    body = f"object {SHA}\ntype commit\ntag v1\ntagger Ana <ana@x> 5 +0000\n\nobject x\n"
    assert tag(body.encode()) == (SHA, Person("Ana", "ana@x"))
    assert tag(f"object {SHA}\ntype commit\ntag v1\n\nm".encode()) == (SHA, None)


def draft(**given: object) -> Draft:
    values: dict[str, object] = {
        "parents": (),
        "message": "m",
        "author": Person("b", "b@x"),
        "date": DATE,
        "changed": {},
    }
    return Draft(**(values | given))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["a\nfrom x", "a <b>", " a", "a\0"])
def test_an_identity_that_would_be_read_otherwise_is_refused(name: str) -> None:
    for who in (Person(name, "b@x"), Person("b", name)):
        with pytest.raises(InvalidInput, match="no name or e-mail"):
            import_stream([draft(author=who)], lambda _: {})


def test_a_message_cannot_end_its_own_data() -> None:
    message = "ü\nM 100644 inline evil\n"
    stream = import_stream([draft(message=message)], lambda _: {})
    assert b"data %d\n%s\n" % (len(message) + 1, message.encode()) in stream


@pytest.mark.parametrize(
    "given",
    [
        {"tree": TREE, "changed": {"a": b""}},
        {"tree": TREE, "removed": ("a",)},
        {"date": DATE.replace(tzinfo=None)},
        {"parents": (SHA,), "changed": {"a": b""}, "removed": ("a",)},
    ],
)
def test_a_draft_that_contradicts_itself_is_a_bug(given: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not both|time zone|both changed and removed"):
        import_stream([draft(**given)], lambda _: {"a": Entry(Mode.FILE, SHA)})
