"""Which commit changed a file last. The newest commits are read together, older ones when asked.

Source: git-log(1), "--diff-merges" and "--raw"; git-rev-list(1), "History Simplification".
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bot.adapters.git_failure import told
from bot.adapters.git_reading import Recent, Store, checked_sha

WALKED = 1000
"""First-parent commits that are read with all they change; a fleet's older ones by themselves."""

_OPTIONS = (
    "--first-parent",
    "--diff-merges=first-parent",
    "--root",
    "--no-renames",
    "--raw",
    "--no-abbrev",
    "-z",
    "--format=%H",
)


@dataclass(frozen=True, slots=True)
class Walk:
    """Commits, newest first, and for each file that they change the place of the newest one."""

    commits: tuple[str, ...]
    changed: Mapping[str, int]


def walk(out: bytes) -> Walk:
    """What `git log` printed, NUL between all parts: shas, and pairs of facts and path."""
    commits: list[str] = []
    changed: dict[str, int] = {}
    parts = iter(out.split(b"\0"))
    for part in parts:
        line = part.strip(b"\n")
        if line.startswith(b":"):
            path = next(parts).decode(errors="surrogateescape")
            changed.setdefault(path, len(commits) - 1)
        elif line:
            commits.append(line.decode("ascii"))
    return Walk(tuple(commits), changed)


class Changes:
    """Asked of one mirror; what it answers for a commit never changes, and is remembered."""

    def __init__(self, mirror: Store, walked: int = WALKED) -> None:
        """`walked` are the newest commits that are read together."""
        self._mirror = mirror
        self._walked = walked
        self._known: Recent[tuple[str, frozenset[str]], str] = Recent(100_000)
        self._walks: Recent[str, Walk] = Recent(4)

    def last(self, sha: str, paths: Collection[str]) -> str | None:
        """The newest first-parent commit, from `sha` back, that changed one of these files.

        None when none did, or when no path is given.

        Raises:
            Unavailable: the mirror does not hold the commit.
        """
        if not paths:
            return None
        found = self._walks.get(checked_sha(sha))
        if found is None:
            found = self._walk(sha)
            self._walks.put(sha, found)
        newest = min((found.changed[p] for p in paths if p in found.changed), default=None)
        if newest is not None:
            return found.commits[newest]
        return self._older(found.commits[-1], paths) if len(found.commits) == self._walked else None

    def _walk(self, sha: str) -> Walk:
        args = ("log", *_OPTIONS, f"--max-count={self._walked}", "--end-of-options", sha, "--")
        answer = self._mirror.run(args)
        if answer.status:
            raise self._mirror.damaged(told(answer))
        return walk(answer.out)

    def _older(self, sha: str, paths: Collection[str]) -> str | None:
        known = self._known.get((sha, frozenset(paths)))
        if known is not None:
            return known
        asked = ("--end-of-options", sha, "--", *sorted(paths))
        answer = self._mirror.run(("rev-list", "--first-parent", "--max-count=1", *asked))
        if answer.status:
            raise self._mirror.damaged(told(answer))
        found = answer.out.decode("ascii").strip()
        if not found:
            return None
        self._known.put((sha, frozenset(paths)), found)
        return found
