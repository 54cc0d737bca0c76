"""Trees, commits, ancestry and merges of a mirror. What a sha names never changes: it is kept."""

import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from bot.adapters.git_failure import Answer, told
from bot.adapters.git_objects import Entry, batch, commit, listing, sizes
from bot.ports import Commit
from gitops.errors import InvalidInput, Unavailable
from gitops.tree import MAX_FILE, File, Mode, Tree, named

MAX_TREE = 512 * 1024 * 1024
"""Bytes of all files of one commit together."""

MAX_PATHS = 200_000
"""Files of one commit."""

MAX_LISTING = 64 * 1024 * 1024
"""Bytes of the list of one commit's files: a few nested trees can stand for billions."""

_SHA = re.compile(r"[0-9a-f]{40}", re.ASCII)
_REF = re.compile(r"refs(?:/(?!\.)[^\x00-\x20\x7f~^:?*\[\\/]+(?<!\.lock)(?<!\.))+")

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """The values used last, up to a total weight; safe to share between threads."""

    def __init__(self, weight: int, weigh: Callable[[V], int] = lambda _: 1) -> None:
        self._room = weight
        self._weigh = weigh
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: K) -> V | None:
        """The value, None when it is not held."""
        with self._lock:
            if key not in self._values:
                return None
            self._values.move_to_end(key)
            return self._values[key]

    def put(self, key: K, value: V) -> None:
        """Hold it, and let go of the values that were not used for longest."""
        with self._lock:
            if key in self._values:
                return
            self._values[key] = value
            self._room -= self._weigh(value)
            while self._room < 0 and self._values:
                self._room += self._weigh(self._values.popitem(last=False)[1])


class Store(Protocol):
    """What holds objects and answers commands: a mirror, or a checkout's own repository."""

    def run(self, args: Sequence[str], *, feed: bytes = b"", limit: int = ...) -> Answer:
        """One command that asks nobody; `limit` is of its output, in bytes."""

    def absent(self, sha: str) -> Unavailable:
        """The error for a commit that is not held."""

    def damaged(self, why: str) -> Unavailable:
        """The error for what cannot be read."""


class Reading:
    """The objects of one mirror, or of whatever else holds some."""

    def __init__(self, mirror: Store) -> None:
        self._mirror = mirror
        self._commits: Recent[str, Commit] = Recent(100_000)
        self._histories: Recent[tuple[str, str | None], tuple[Commit, ...]] = Recent(16)
        self._lines: Recent[tuple[str, str | None], tuple[str, ...]] = Recent(16)
        self._bases: Recent[tuple[str, str, str], str] = Recent(10_000)
        self._listings: Recent[str, Mapping[str, Entry]] = Recent(MAX_PATHS * 2, len)
        self._trees: Recent[str, Tree] = Recent(8)
        self._blobs: Recent[str, bytes] = Recent(MAX_TREE // 2, len)

    def tree(self, sha: str) -> Tree:
        """The files of a commit. An unchanged file is the same bytes object as the time before.

        Raises:
            InvalidInput: more files or bytes than a fleet can have.
            Unavailable: the mirror does not hold the commit.
        """
        known = self._trees.get(sha)
        if known is not None:
            return known
        entries = self.listing(sha)
        blobs = self._contents({e.oid for e in entries.values() if e.mode is not Mode.SUBMODULE})
        tree = Tree({path: named(path, _file(entry, blobs)) for path, entry in entries.items()})
        self._trees.put(sha, tree)
        return tree

    def listing(self, sha: str) -> Mapping[str, Entry]:
        """Modes and oids of the files of a commit; raises as `tree` does."""
        known = self._listings.get(sha)
        if known is not None:
            return known
        args = ("ls-tree", "-r", "-z", "--end-of-options", checked_sha(sha))
        answer = self._mirror.run(args, limit=MAX_LISTING)
        if answer.status:
            raise self._failed(answer, sha)
        entries = listing(answer.out)
        if len(entries) > MAX_PATHS:
            raise InvalidInput(f"commit {sha} has more than {MAX_PATHS} files")
        self._listings.put(sha, entries)
        return entries

    def _contents(self, oids: Iterable[str]) -> Mapping[str, bytes | None]:
        """The blobs by oid; None for one that is larger than MAX_FILE."""
        found = {oid: self._blobs.get(oid) for oid in oids}
        wanted = sorted(oid for oid, data in found.items() if data is None)
        if not wanted:
            return found
        by_oid = sizes(self._batch("--batch-check", wanted))
        small = [oid for oid in wanted if by_oid.get(oid, 0) <= MAX_FILE]
        if sum(by_oid[oid] for oid in small if oid in by_oid) > MAX_TREE:
            raise InvalidInput(f"a commit with more than {MAX_TREE} bytes of files")
        for oid, _, data in batch(self._batch("--batch", small)):
            found[oid] = data
            self._blobs.put(oid, data)
        if any(found[oid] is None for oid in small):
            raise self._mirror.damaged("a file is missing")
        return found

    def objects(self, oids: Sequence[str]) -> Iterator[tuple[str, str, bytes]]:
        """Oid, type and content of those that the mirror holds and that are not oversized."""
        by_oid = sizes(self._batch("--batch-check", oids))
        return batch(
            self._batch("--batch", [o for o in oids if by_oid.get(o, MAX_FILE) < MAX_FILE])
        )

    def _batch(self, option: str, oids: Sequence[str]) -> bytes:
        if not oids:
            return b""
        feed = "".join(f"{oid}\n" for oid in oids).encode()
        answer = self._mirror.run(("cat-file", option, "--buffer"), feed=feed)
        if answer.status:
            raise self._mirror.damaged(told(answer))
        return answer.out

    def _failed(self, answer: Answer, sha: str) -> Unavailable:
        """Why a commit could not be read: it is not there, or the mirror is damaged."""
        if self.commit(sha) is None:
            return self._mirror.absent(sha)
        return self._mirror.damaged(told(answer))

    def commit(self, sha: str) -> Commit | None:
        """A commit, None when the mirror does not hold it."""
        return self.commits([checked_sha(sha)]).get(sha)

    def commits(self, shas: Sequence[str]) -> Mapping[str, Commit]:
        """Those of the commits that the mirror holds, by sha."""
        found = {sha: known for sha in shas if (known := self._commits.get(sha)) is not None}
        wanted = [sha for sha in shas if sha not in found]
        for sha, kind, content in self.objects(wanted):
            if kind == "commit":
                found[sha] = commit(sha, content)
                self._commits.put(sha, found[sha])
        return found

    def first_parents(self, sha: str, until: str | None = None) -> tuple[Commit, ...]:
        """First-parent history, newest first, down to but without `until`.

        To the root where `until` is None or not on it.

        Raises:
            Unavailable: the mirror does not hold the commit.
        """
        known = self._histories.get((sha, until))
        if known is not None:
            return known
        shas = self.line(sha, until)
        read = self.commits(shas)
        if len(read) != len(set(shas)):
            raise self._mirror.damaged("a commit is missing")
        history = tuple(read[one] for one in shas)
        if until is not None and history and history[-1].parents[:1] != (until,):
            history = self.first_parents(sha)
        if until is not None and not history and sha != until:
            history = self.first_parents(sha)
        self._histories.put((sha, until), history)
        return history

    def line(self, sha: str, until: str | None = None) -> tuple[str, ...]:
        """The shas of the first-parent history, down to where that of `until` meets it."""
        known = self._lines.get((sha, until))
        if known is not None:
            return known
        without = (f"^{checked_sha(until)}",) if until and self.commit(until) else ()
        options = ("--first-parent", "--exclude-first-parent-only", "--end-of-options")
        answer = self._mirror.run(("rev-list", *options, checked_sha(sha), *without))
        if answer.status:
            raise self._failed(answer, sha)
        line = tuple(answer.out.decode("ascii").split())
        self._lines.put((sha, until), line)
        return line

    def is_ancestor(self, old: str, new: str) -> bool:
        """Whether `old` is `new` or an ancestor of it; False when either is unknown."""
        return self._base("--is-ancestor", old, new) is not None

    def merge_base(self, one: str, other: str) -> str | None:
        """The best common ancestor, None when there is none or either is unknown."""
        return self._base("", one, other) or None

    def _base(self, option: str, one: str, other: str) -> str | None:
        """What `merge-base` printed; None when it says no."""
        known = self._bases.get((option, one, other))
        if known is not None:
            return known
        if len(self.commits([checked_sha(one), checked_sha(other)])) != len({one, other}):
            return None
        options = (option, "--end-of-options") if option else ("--end-of-options",)
        answer = self._mirror.run(("merge-base", *options, one, other))
        if answer.status > 1:
            raise self._mirror.damaged(told(answer))
        if answer.status == 1:
            return None
        base = answer.out.decode("ascii").strip()
        self._bases.put((option, one, other), base)
        return base

    def merged_tree(self, ours: str, theirs: str) -> str | None:
        """The tree id of their merge as git computes it, None when it conflicts.

        Histories without a common ancestor conflict.

        Raises:
            Unavailable: the mirror does not hold one of them.
        """
        for sha in (ours, theirs):
            if self.commit(sha) is None:
                raise self._mirror.absent(sha)
        if self.merge_base(ours, theirs) is None:
            return None
        options = ("--write-tree", "--no-messages", "--end-of-options")
        answer = self._mirror.run(("merge-tree", *options, ours, theirs))
        if answer.status > 1:
            raise self._mirror.damaged(told(answer))
        return answer.out.decode("ascii").strip() if answer.status == 0 else None


def _file(entry: Entry, blobs: Mapping[str, bytes | None]) -> File:
    data = b"" if entry.mode is Mode.SUBMODULE else blobs[entry.oid]
    if data is None:
        return File(b"", entry.mode, unread=f"larger than {MAX_FILE} bytes")
    return File(data, entry.mode)


def checked_sha(sha: str) -> str:
    """The text, where it is a whole sha and so can be no option and no name.

    Raises:
        InvalidInput: it is anything else.
    """
    if not _SHA.fullmatch(sha):
        raise InvalidInput(f"not a commit id: {sha!r}", "give all 40 hex digits")
    return sha


def checked_ref(name: str) -> str:
    """The text, where it is a full ref name: no option, no pattern, no refspec.

    Raises:
        InvalidInput: it is anything else.
    """
    if not _REF.fullmatch(name) or ".." in name or "@{" in name:
        raise InvalidInput(f"not a full ref name: {name!r}", "it starts with refs/heads/")
    return name
