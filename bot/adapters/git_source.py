"""The source repositories of apps: tags, branches and who made the commits. Files are not fetched.

Each URL has a bare mirror of its own; what one of them lacks is a gap for its own queries only.
"""

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bot.adapters.git_mirror import Mirror
from bot.adapters.git_objects import tag
from bot.adapters.git_reading import Reading, checked_ref
from bot.adapters.git_remote import Credential, Remote, origin_of
from bot.model import Gap, GitTag, Person, Source
from bot.ports import Change, Changes, Commit, SourceQuery
from gitops.errors import Denied, InvalidInput, Unavailable

MAX_NESTED = 5
"""How many tag objects may name each other before the tag is passed over."""

RECENT = 1000
"""Commits of a branch, newest first, whose makers are told: any of them may be a build's."""

_AT_ONCE = 8
"""Repositories that are asked at the same time."""

_TAGS = "refs/tags/"
_HEADS = "refs/heads/"


class GitSources:
    """`bot.ports.Sources` over git."""

    def __init__(
        self,
        directory: Path,
        credentials: Mapping[str, Credential],
        *,
        allowed: Callable[[str], bool],
        plain: Collection[str] = (),
        authorities: Mapping[str, Path] | None = None,
        timeout: float = 600,
    ) -> None:
        """Nothing is asked yet.

        Args:
            directory: where the mirrors are; made when absent.
            credentials: by origin (`https://gitlab.example.com`); an origin that is not listed
                gets none.
            allowed: whether a URL may be asked at all (private addresses are the settings'
                matter).
            plain: origins that may be asked over http, or `file://`.
            authorities: PEM files of whom to trust, by origin; None or not listed: the system's.
            timeout: seconds for one fetch.
        """
        self._directory = directory
        self._credentials = dict(credentials)
        self._allowed = allowed
        self._plain = frozenset(plain)
        self._authorities = dict(authorities or {})
        self._timeout = timeout
        self._opened: dict[str, tuple[Mirror, Reading]] = {}

    def read(self, queries: Collection[SourceQuery]) -> Mapping[SourceQuery, Source | Gap]:
        """Tags (peeled), the branches asked for, and who made the commits they name.

        A branch that is not there is not in `branches`. Tags of anything but commits, and those
        whose name is no UTF-8, are passed over.
        """
        by_url: dict[str, list[SourceQuery]] = {}
        for query in dict.fromkeys(queries):
            by_url.setdefault(query.url, []).append(query)
        with ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
            answers = pool.map(self._read, by_url, by_url.values())
        return {query: source for answer in answers for query, source in answer.items()}

    def changes(self, url: str, old: str, new: str, most: int) -> Changes | Gap:
        """What lies between two commits of a repository as it was read last."""
        try:
            known = self._opened.get(url)
            reading = known[1] if known else self._fetched(url, ())[0]
            return _changes(reading, old, new, most)
        except (Denied, InvalidInput, Unavailable) as error:
            return Gap(f"source {url}", str(error), denied=isinstance(error, Denied))

    def _read(
        self, url: str, queries: Collection[SourceQuery]
    ) -> Mapping[SourceQuery, Source | Gap]:
        try:
            branches = sorted({branch for query in queries for branch in query.branches})
            reading, refs = self._fetched(url, branches)
            tags = _tags(reading, refs)
            return {query: _source(reading, refs, tags, query.branches) for query in queries}
        except (Denied, InvalidInput, Unavailable) as error:
            gap = Gap(f"source {url}", str(error), denied=isinstance(error, Denied))
            return dict.fromkeys(queries, gap)

    def _fetched(self, url: str, branches: Iterable[str]) -> tuple[Reading, Mapping[str, str]]:
        """The mirror and its refs, with the tags and these branches brought up to date.

        A trailing `*` makes git accept that a branch is not there.
        """
        names = [checked_ref(_HEADS + branch) for branch in branches]
        refspecs = [f"+{name}*:{name}*" for name in (_TAGS, *names)]
        mirror, reading = self._opened.get(url) or self._open(url)
        fetched = mirror.fetch(refspecs)
        if fetched.made_anew:
            reading = Reading(mirror)
        self._opened[url] = (mirror, reading)
        return reading, fetched.refs

    def _open(self, url: str) -> tuple[Mirror, Reading]:
        origin = origin_of(url)
        credential, authorities = self._credentials.get(origin), self._authorities.get(origin)
        remote = Remote(url, credential, authorities, plain=origin in self._plain)
        if not self._allowed(url):
            raise Denied(f"{url} may not be asked", "list its origin in the operator's settings")
        name = hashlib.sha256(url.encode()).hexdigest()[:32]
        mirror = Mirror(self._directory / name, remote, files=False, timeout=self._timeout)
        return mirror, Reading(mirror)


def _source(
    reading: Reading, refs: Mapping[str, str], tags: Collection[GitTag], wanted: Iterable[str]
) -> Source:
    heads = {branch: refs[_HEADS + branch] for branch in wanted if _HEADS + branch in refs}
    lines = {branch: reading.line(sha) for branch, sha in heads.items()}
    recent = {sha for line in lines.values() for sha in line[:RECENT]}
    commits = reading.commits(sorted({t.commit for t in tags} | recent))
    return Source(
        tags=tuple(t for t in tags if t.commit in commits),
        branches=lines,
        commits={sha: commit.facts for sha, commit in commits.items()},
    )


def _changes(reading: Reading, old: str, new: str, most: int) -> Changes:
    line, other = reading.line(new), reading.line(old)
    if old in line:
        between, back = line[: line.index(old)], False
    elif new in other:
        between, back = other[: other.index(new)], True
    else:
        return Changes(related=False)
    commits = reading.commits(between[:most])
    entries = tuple(Change(sha, _subject(commits[sha])) for sha in between[:most])
    return Changes(entries, len(between) - len(entries), back)


def _subject(commit: Commit) -> str:
    return commit.message.lstrip("\n").partition("\n")[0]


def _tags(reading: Reading, refs: Mapping[str, str]) -> list[GitTag]:
    """Every tag with what it peels to, whatever that is, by name."""
    named = {
        ref.removeprefix(_TAGS): oid
        for ref, oid in refs.items()
        if ref.startswith(_TAGS) and _readable(ref)
    }
    peeled, taggers = _peel(reading, set(named.values()))
    return [
        GitTag(name, oid, peeled[oid], taggers.get(oid))
        for name, oid in sorted(named.items())
        if oid in peeled
    ]


def _peel(
    reading: Reading, oids: Collection[str]
) -> tuple[Mapping[str, str], Mapping[str, Person | None]]:
    """What each oid stands for once no tag object is left, and the tagger of the outermost one."""
    taggers: dict[str, Person | None] = {}
    targets = {oid: oid for oid in oids}
    for _ in range(MAX_NESTED):
        named = {
            oid: tag(content)
            for oid, kind, content in reading.objects(sorted(set(targets.values())))
            if kind == "tag"
        }
        if not named:
            return targets, taggers
        for oid, target in list(targets.items()):
            if target in named:
                targets[oid] = named[target][0]
                taggers.setdefault(oid, named[target][1])
    still = {
        oid for oid, kind, _ in reading.objects(sorted(set(targets.values()))) if kind == "tag"
    }
    return {oid: target for oid, target in targets.items() if target not in still}, taggers


def _readable(ref: str) -> bool:
    try:
        ref.encode()
    except UnicodeEncodeError:
        return False
    return True
