"""Git's own formats, read and written: listings, batches, commits, fast-import streams. Pure.

Source: git-ls-tree(1), git-cat-file(1) "BATCH OUTPUT", git-fast-import(1), and "commit objects" in
git's gitformat documentation.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.model import CommitFacts, Person
from bot.ports import Commit, Draft
from gitops.errors import InvalidInput, Place
from gitops.tree import Mode, check_path

_IDENTITY = re.compile(rb"([^<]*)<([^>]*)>(?:.* (-?\d+) [+-]\d+)?")
_NAME = re.compile(r"[^\x00-\x1f<>\x7f]*")
_NOTHING = "0" * 40
_LAST_SECOND = 253402300799


@dataclass(frozen=True, slots=True)
class Entry:
    """What a commit holds at a path: a blob's oid, or a submodule's commit."""

    mode: Mode
    oid: str


Listing = Mapping[str, Entry]


def listing(out: bytes) -> dict[str, Entry]:
    """The output of `ls-tree -r -z`. Bytes of a path that are no UTF-8 become surrogates."""
    entries: dict[str, Entry] = {}
    for record in out.split(b"\0")[:-1]:
        head, _, path = record.partition(b"\t")
        mode, _, oid = head.decode("ascii").split(" ")
        entries[path.decode(errors="surrogateescape")] = Entry(_mode(mode), oid)
    return entries


def _mode(text: str) -> Mode:
    """Old commits hold group-writable files too; git reads these as ordinary."""
    if text in {Mode.SYMLINK, Mode.SUBMODULE}:
        return Mode(text)
    return Mode.EXECUTABLE if int(text, 8) & 0o100 else Mode.FILE


def batch(out: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Oid, type and content from `cat-file --batch`; objects that are missing are left out."""
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        head = out[at:end].decode("ascii").split(" ")
        at = end + 1
        if len(head) != 3:
            continue
        size = int(head[2])
        yield head[0], head[1], out[at : at + size]
        at += size + 1


def sizes(out: bytes) -> dict[str, int]:
    """Bytes by oid from `cat-file --batch-check`; objects that are missing are left out."""
    heads = (line.split(" ") for line in out.decode("ascii").splitlines())
    return {head[0]: int(head[2]) for head in heads if len(head) == 3}


def commit(sha: str, content: bytes) -> Commit:
    """A commit object. Fields that are damaged read as empty, a senseless date as 1970."""
    head, _, body = content.partition(b"\n\n")
    fields: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        key, _, value = line.partition(b" ")
        fields.setdefault(key, []).append(value)
    codec = fields.get(b"encoding", [b"utf-8"])[0].decode("ascii", errors="replace")
    author, _ = _identity(fields.get(b"author", [b""])[0], codec)
    committer, date = _identity(fields.get(b"committer", [b""])[0], codec)
    return Commit(
        facts=CommitFacts(sha, author, committer, date),
        parents=tuple(value.decode("ascii") for value in fields.get(b"parent", [])),
        tree=fields[b"tree"][0].decode("ascii"),
        message=_text(body, codec),
    )


def tag(content: bytes) -> tuple[str, Person | None]:
    """The oid that a tag object names, and its tagger (None in very old tags)."""
    head, _, _ = content.partition(b"\n\n")
    fields = dict(line.partition(b" ")[::2] for line in head.split(b"\n"))
    tagger = fields.get(b"tagger")
    who = None if tagger is None else _identity(tagger, "utf-8")[0]
    return fields[b"object"].decode("ascii"), who


def _identity(value: bytes, codec: str) -> tuple[Person, datetime]:
    found = _IDENTITY.match(value)
    name, email, seconds = found.groups() if found else (value, b"", None)
    when = int(seconds or 0)
    if not 0 <= when <= _LAST_SECOND:
        when = 0
    who = Person(_text(name, codec).strip(), _text(email, codec).strip())
    return who, datetime.fromtimestamp(when, UTC)


def _text(data: bytes, codec: str) -> str:
    try:
        return data.decode(codec, errors="replace")
    except LookupError:
        return data.decode(errors="replace")


def import_stream(drafts: Sequence[Draft], listing_of: Callable[[str], Listing]) -> bytes:
    """The fast-import stream that stores the drafts and answers with one sha a line.

    Every commit is made on one branch name, which is reset to nothing before the stream ends:
    fast-import then stores the objects and moves no ref.

    Args:
        drafts: what to store.
        listing_of: the files of a commit.

    Raises:
        InvalidInput: a path that is no file there, an identity that git cannot hold.
    """
    out: list[bytes] = []
    reset = b"reset refs/fairlead-import\nfrom %s\n\n" % _NOTHING.encode()
    for number, draft in enumerate(drafts, start=1):
        out += (reset, b"commit refs/fairlead-import\nmark :%d\n" % number)
        who = _written(draft.author, draft.date)
        out.append(b"author %s\ncommitter %s\n" % (who, who) + _data(draft.message.encode()))
        for word, parent in zip(_parent_words(), draft.parents, strict=False):
            out.append(b"%s %s\n" % (word, parent.encode()))
        out.extend(_file_changes(draft, listing_of))
        out.append(b"\nget-mark :%d\n" % number)
    return b"".join((*out, reset, b"done\n"))


def _parent_words() -> Iterator[bytes]:
    yield b"from"
    while True:
        yield b"merge"


def _written(who: Person, date: datetime) -> bytes:
    for text in (who.name, who.email):
        if not _NAME.fullmatch(text) or text != text.strip():
            raise InvalidInput(f"no name or e-mail that a commit can hold: {text!r}")
    if date.tzinfo is None:
        raise ValueError("the date of a draft must say its time zone")
    name = f"{who.name} " if who.name else ""
    return f"{name}<{who.email}> {int(date.timestamp())} +0000".encode()


def _file_changes(draft: Draft, listing_of: Callable[[str], Listing]) -> Iterator[bytes]:
    if draft.tree is not None:
        if draft.changed or draft.removed:
            raise ValueError("a draft has a tree or changes, not both")
        yield b'M 040000 %s ""\n' % draft.tree.encode()
        return
    present = listing_of(draft.parents[0]) if draft.parents else {}
    for path in sorted(draft.removed):
        if path not in present:
            raise InvalidInput("is not there to be removed", place=Place(path))
        yield b"D %s\n" % _quoted(path)
    for path, data in sorted(draft.changed.items()):
        mode = _mode_at(path, present, draft)
        yield b"M %s inline %s\n" % (mode.encode(), _quoted(path)) + _data(data)


def _mode_at(path: str, present: Listing, draft: Draft) -> Mode:
    """The mode to write with; refused where fast-import would silently drop another file."""
    if path in draft.removed:
        raise ValueError(f"{path} is both changed and removed")
    if path in present:
        mode = present[path].mode
        if mode not in {Mode.FILE, Mode.EXECUTABLE}:
            raise InvalidInput("is a symlink or a submodule, not a file", place=Place(path))
        return mode
    check_path(path)
    parts = path.split("/")
    above = {"/".join(parts[:depth]) for depth in range(1, len(parts))}
    if any((p in present and p not in draft.removed) or p in draft.changed for p in above):
        raise InvalidInput("lies below a path that is a file", place=Place(path))
    if any(other.startswith(path + "/") for other in present):
        raise InvalidInput("is a directory", place=Place(path))
    return Mode.FILE


def _data(data: bytes) -> bytes:
    return b"data %d\n%s\n" % (len(data), data)


def _quoted(path: str) -> bytes:
    data = path.encode(errors="surrogateescape")
    return b'"%s"' % data.replace(b"\\", b"\\\\").replace(b'"', b'\\"').replace(b"\n", b"\\n")
