"""What must hold of a fleet repository's history, told from its bare repository alone.

It reads git's objects and the embedded forge's own records, and shares nothing with the code that
decides. The layout is that of the scenarios' fleets: one overlay for each app and environment.

S1 guarded files change by Fairlead only as the merge of a head with the approvals that the target
branch asked for before it; S4 no version goes down; S5 Fairlead's commits change sites and nothing
else; S9 at most one open merge request for an app and environment, and never two for one promotion;
S16 the same observation gives the same plan.
"""

import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import yaml

from bot.decide import decide
from bot.observation import from_json, to_json
from bot.tick import Ticked
from gitops.version import parse

FAIRLEAD = "fairlead@localhost"
FORGE = "refs/fairlead/forge"
MAIN = "refs/heads/main"

_ENVIRONMENT = re.compile(r"(?:apps/[^/]+/envs|clusters)/([^/]+)/.+")
_OVERLAY = re.compile(r"apps/([^/]+)/envs/([^/]+)/kustomization\.yaml")
_SITE = re.compile(rb"(\s*(?:- )?(?:newTag|digest|suspend): )\S.*")
_BUILD = re.compile(r"main-[0-9a-f]{7}-([0-9]{14})")

Change = tuple[str, str, str, str, str]
"""Old mode, new mode, old blob, new blob, path."""

Entry = Mapping[str, object]
"""A merge request as the embedded forge records it."""


@dataclass(frozen=True)
class Commit:
    """A commit as git prints it."""

    sha: str
    parents: tuple[str, ...]
    committer: str


class Git:
    """Reads one bare repository; what a sha names is asked once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._known: dict[tuple[str, ...], bytes] = {}

    def fresh(self, *args: str) -> str:
        """What git says now."""
        command = ["git", "-C", str(self._directory), *args]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode()

    def fixed(self, *args: str) -> bytes:
        """What git says of objects: it never changes."""
        if args not in self._known:
            command = ["git", "-C", str(self._directory), *args]
            self._known[args] = subprocess.run(command, check=True, capture_output=True).stdout
        return self._known[args]

    def refs(self) -> dict[str, str]:
        """Every ref."""
        lines = self.fresh("for-each-ref", "--format=%(refname) %(objectname)").splitlines()
        return dict(line.split(" ") for line in lines)

    def line(self, sha: str) -> list[Commit]:
        """First-parent history, newest first."""
        lines = self.fixed("log", "--first-parent", "--format=%H|%P|%ce", sha).decode()
        split = (entry.split("|") for entry in lines.splitlines())
        return [Commit(s, tuple(parents.split()), email) for s, parents, email in split]

    def changes(self, old: str, new: str) -> list[Change]:
        """What differs between two commits."""
        lines = self.fixed("diff-tree", "-r", "--no-renames", old, new).decode().splitlines()
        found = []
        for line in lines:
            facts, path = line.split("\t")
            old_mode, new_mode, before, after, _ = facts.removeprefix(":").split(" ")
            found.append((old_mode, new_mode, before, after, path))
        return found

    def blob(self, name: str) -> bytes:
        """A blob, by its id or as `commit:path`."""
        return self.fixed("cat-file", "blob", name)

    def tree(self, sha: str) -> str:
        """The id of a commit's tree."""
        return self.fixed("rev-parse", f"{sha}^{{tree}}").decode().strip()

    def entries(self, sha: str) -> list[Entry]:
        """The embedded forge's merge requests, as a commit of its ref has them."""
        names = self.fixed("ls-tree", "-r", "--name-only", sha).decode().splitlines()
        return [json.loads(self.blob(f"{sha}:{name}")) for name in names]


@dataclass
class Oracle:
    """Judges a fleet's bare repository again and again; each commit once.

    `makers` are the logins of those who made the releases: their approvals count for nothing.
    """

    repository: Path
    makers: frozenset[str] = frozenset()
    _judged: set[str] = field(default_factory=set)

    @cached_property
    def git(self) -> Git:
        """The repository."""
        return Git(self.repository)

    def violations(self) -> tuple[str, ...]:
        """Everything wrong that is new since the last time."""
        return tuple(self._all())

    def _all(self) -> Iterator[str]:
        refs = self.git.refs()
        forge = refs.get(FORGE)
        for commit in self._new(forge):
            yield from _requests(self.git.entries(commit.sha))
        entries = self.git.entries(forge) if forge else []
        for commit in self._new(refs.get(MAIN)):
            if commit.parents and commit.committer == FAIRLEAD:
                yield from self._approved(commit, entries)
                yield from self._upwards(commit)
                yield from self._sites_only(commit)
        for ref, sha in refs.items():
            if ref.startswith(("refs/heads/promote/", "refs/heads/rollback/")):
                head = self.git.line(sha)[0]
                if sha not in self._judged and head.committer == FAIRLEAD:
                    self._judged.add(sha)
                    yield from self._sites_only(head)

    def _new(self, sha: str | None) -> list[Commit]:
        found = [c for c in self.git.line(sha) if c.sha not in self._judged] if sha else []
        self._judged |= {c.sha for c in found}
        return found

    # --- S1 ------------------------------------------------------------------------------

    def _approved(self, commit: Commit, entries: list[Entry]) -> Iterator[str]:
        before = commit.parents[0]
        paths = [change[4] for change in self.git.changes(before, commit.sha)]
        touched = {m.group(1) for path in paths if (m := _ENVIRONMENT.fullmatch(path))}
        rules = yaml.safe_load(self.git.blob(f"{before}:fleet.yaml"))
        for environment in rules["environments"]:
            approvals = environment.get("approvals", {})
            required = approvals.get("required", 0)
            if environment["name"] not in touched or not required:
                continue
            people = {p for group in approvals["from"] for p in rules["groups"][group]}
            merged = [e for e in entries if e["merge_sha"] == commit.sha]
            shown = f"S1: {commit.sha[:12]} changes {environment['name']}"
            if len(commit.parents) != 2 or not merged:
                yield f"{shown} and is no merge of a merge request"
            elif merged[0]["head"] != commit.parents[1]:
                yield f"{shown} with another head than its merge request's"
            elif len(self._agreed(merged[0]) & people) < required:
                yield f"{shown} with fewer than {required} approvals"

    def _agreed(self, entry: Entry) -> set[str]:
        approvals, contributors = entry["approvals"], entry["contributors"]
        assert isinstance(approvals, list)
        assert isinstance(contributors, list)
        here = {a["person"] for a in approvals if a["sha"] == entry["head"] and not a["bot"]}
        return here - self.makers - {*contributors, entry["author"]}

    # --- S4 ------------------------------------------------------------------------------

    def _upwards(self, commit: Commit) -> Iterator[str]:
        for *_, before, after, path in self.git.changes(commit.parents[0], commit.sha):
            if not _OVERLAY.fullmatch(path) or set(before) == {"0"} or set(after) == {"0"}:
                continue
            old, new = (self._versions(blob) for blob in (before, after))
            for name in old.keys() & new.keys():
                if _order(new[name]) < _order(old[name]):
                    yield f"S4: {commit.sha[:12]} takes {name} down in {path}"

    def _versions(self, blob: str) -> dict[str, str]:
        overlay = yaml.safe_load(self.git.blob(blob))
        return {image["name"]: str(image["newTag"]) for image in overlay["images"]}

    # --- S5 ------------------------------------------------------------------------------

    def _sites_only(self, commit: Commit) -> Iterator[str]:
        for old_mode, new_mode, before, after, path in self.git.changes(
            commit.parents[0], commit.sha
        ):
            shown = f"S5: {commit.sha[:12]} changes {path}"
            if not _ENVIRONMENT.fullmatch(path):
                yield f"{shown}, which no environment owns alone"
            elif {old_mode, new_mode} != {"100644"}:
                yield f"{shown} from mode {old_mode} to {new_mode}"
            elif not _same_but_sites(self.git.blob(before), self.git.blob(after)):
                yield f"{shown} beside its sites"


def _same_but_sites(before: bytes, after: bytes) -> bool:
    old, new = before.split(b"\n"), after.split(b"\n")
    if len(old) != len(new):
        return False
    for one, other in zip(old, new, strict=True):
        matches = _SITE.fullmatch(one), _SITE.fullmatch(other)
        if one != other and (
            not matches[0] or not matches[1] or matches[0].group(1) != matches[1].group(1)
        ):
            return False
    return True


def _order(tag: str) -> tuple[object, ...]:
    """Nothing released is below a build, a build below a version."""
    build = _BUILD.fullmatch(tag)
    if tag == "0.0.0-unreleased":
        return (0,)
    if build:
        return (1, build.group(1))
    version = parse(tag)
    assert version is not None, tag
    return (2, version.precedence)


# --- S9 -------------------------------------------------------------------------------------------


def _requests(entries: list[Entry]) -> Iterator[str]:
    open_ = [str(e["source_branch"]) for e in entries if e["state"] == "open"]
    lasting = [str(e["source_branch"]) for e in entries if e["state"] != "closed"]
    for target, count in Counter(tuple(b.split("/")[1:3]) for b in open_).items():
        if count > 1:
            yield f"S9: {count} merge requests are open for {'/'.join(target)}"
    for branch, count in Counter(lasting).items():
        if count > 1:
            yield f"S9: {count} merge requests for {branch}"


# --- S16 ------------------------------------------------------------------------------------------


def inconstant(ticked: Ticked, now: datetime) -> tuple[str, ...]:
    """Whether deciding again, on the observation or on its JSON, gives another plan."""
    found = []
    if decide(ticked.observation, now) != ticked.plan:
        found.append("S16: the same observation gives another plan")
    if decide(from_json(to_json(ticked.observation)), now) != ticked.plan:
        found.append("S16: the observation read from JSON gives another plan")
    return tuple(found)
