"""What must hold of a fleet repository's history, told from its bare repository alone.

It reads git's objects and the embedded forge's own records, and shares nothing with the code that
decides. The layout is that of the scenarios' fleets: one overlay for each app and environment.

S1 guarded files change by Fairlead only as the merge of a head with the approvals that the target
branch asked for before it; S4 no version goes down but by the merge of a rollback, and none goes up
again while its hold stands; S5 Fairlead's commits change sites and nothing else, of a rollback its
hold too, and a person's verb one stop; S9 at most one open merge request for an app and
environment, and never two for one promotion; S15 nothing is delivered in a freeze; S16 the same
observation gives the same plan.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

import yaml

from bot.decide import decide
from bot.observation import from_json, to_json
from bot.tick import Ticked
from gitops.version import parse
from tests.simulation.history import Change, Commit, Entry, Git

FAIRLEAD = "fairlead@localhost"
FORGE = "refs/fairlead/forge"
MAIN = "refs/heads/main"

_ENVIRONMENT = re.compile(r"(?:apps/[^/]+/envs|clusters)/([^/]+)/.+")
_OVERLAY = re.compile(r"apps/([^/]+)/envs/([^/]+)/kustomization\.yaml")
_STOP = re.compile(r"\.fairlead/(?:holds/[^/]+/[^/]+|freezes/[^/]+)\.yaml")
_BACK = re.compile(r"^Fairlead-Rollback: (\{.*\})$", re.MULTILINE)
_SITE = re.compile(rb"(\s*(?:- )?(?:newTag|digest|suspend): )\S.*")
_BUILD = re.compile(r"main-[0-9a-f]{7}-([0-9]{14})")


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
        yield from _both(entries)
        for commit in self._new(refs.get(MAIN)):
            if commit.parents and commit.committer == FAIRLEAD:
                yield from self._approved(commit, entries)
                yield from self._upwards(commit)
                yield from self._sites_only(commit)
                yield from self._stopped(commit)
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
        rules = yaml.load(self.git.blob(f"{before}:fleet.yaml"), yaml.CSafeLoader)
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
                if _order(new[name]) < _order(old[name]) and not self._back(commit):
                    yield f"S4: {commit.sha[:12]} takes {name} down in {path}"

    def _back(self, commit: Commit) -> bool:
        """Whether the commit, or what it merges, says that it is a rollback."""
        return any(_BACK.search(self.git.message(s)) for s in (commit.sha, *commit.parents[1:]))

    def _versions(self, blob: str) -> dict[str, str]:
        overlay = yaml.load(self.git.blob(blob), yaml.CSafeLoader)
        return {image["name"]: str(image["newTag"]) for image in overlay["images"]}

    # --- stops ---------------------------------------------------------------------------

    def _stopped(self, commit: Commit) -> Iterator[str]:
        """Deliveries against a stop that the target branch said before them."""
        before = commit.parents[0]
        for *_, path in self.git.changes(before, commit.sha):
            target = _OVERLAY.fullmatch(path)
            if target is None:
                continue
            app, environment = target.groups()
            for place in (environment, "_all"):
                if self._stands(f"{before}:.fairlead/freezes/{place}.yaml", commit.at):
                    yield f"S15: {commit.sha[:12]} delivers {path} in a freeze"
            hold = f"{before}:.fairlead/holds/{environment}/{app}.yaml"
            if self._stands(hold, commit.at) and not self._back(commit):
                yield f"S4: {commit.sha[:12]} delivers {path}, which is on hold"

    def _stands(self, name: str, at: datetime) -> bool:
        sha, _, path = name.partition(":")
        if not self.git.fixed("ls-tree", sha, path):
            return False
        until = yaml.load(self.git.blob(name), yaml.CSafeLoader).get("until")
        return until is None or at <= until

    # --- S5 ------------------------------------------------------------------------------

    def _sites_only(self, commit: Commit) -> Iterator[str]:
        found = self.git.changes(commit.parents[0], commit.sha)
        stops = [change[4] for change in found if _STOP.fullmatch(change[4])]
        if stops and len(found) == 1 and not self._back(commit):
            return
        for old_mode, new_mode, before, after, path in found:
            if path in stops and self._back(commit) and path in self._holds(found):
                continue
            shown = f"S5: {commit.sha[:12]} changes {path}"
            if not _ENVIRONMENT.fullmatch(path):
                yield f"{shown}, which no environment owns alone"
            elif {old_mode, new_mode} != {"100644"}:
                yield f"{shown} from mode {old_mode} to {new_mode}"
            elif not _same_but_sites(self.git.blob(before), self.git.blob(after)):
                yield f"{shown} beside its sites"

    def _holds(self, found: list[Change]) -> set[str]:
        """The holds of what these changes are about."""
        targets = (m.groups() for change in found if (m := _OVERLAY.fullmatch(change[4])))
        return {f".fairlead/holds/{env}/{app}.yaml" for app, env in targets}


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
    """Of promotions and of rollbacks, each by itself: a person opens these, and the bot then closes
    what is in their way."""
    targets = (tuple(b.split("/")[:3]) for b in _branches(entries, "open"))
    for target, count in Counter(targets).items():
        if count > 1:
            yield f"S9: {count} merge requests are open for {'/'.join(target)}"
    lasting = [e for e in entries if e["state"] in {"open", "merged"} and _delivers(e)]
    for (branch, _), count in Counter((_branch(e), _returns(e, entries)) for e in lasting).items():
        if count > 1:
            yield f"S9: {count} merge requests for {branch}"


def _returns(entry: Entry, entries: list[Entry]) -> int:
    """How often its target was rolled back before: after each, a release may come once more."""
    place = _branch(entry).split("/")[1:3]
    back = (e for e in entries if _branch(e).startswith("rollback/") and e["state"] == "merged")
    return sum(_number(e) < _number(entry) and _branch(e).split("/")[1:3] == place for e in back)


def _number(entry: Entry) -> int:
    return int(str(entry["number"]))


def _branch(entry: Entry) -> str:
    return str(entry["source_branch"])


def _delivers(entry: Entry) -> bool:
    return _branch(entry).startswith(("promote/", "rollback/"))


def _both(entries: list[Entry]) -> Iterator[str]:
    """A promotion and a rollback, when the bot has run."""
    targets = {tuple(b.split("/")[:3]) for b in _branches(entries, "open")}
    for target, count in Counter(target[1:] for target in targets).items():
        if count > 1:
            yield f"S9: a promotion and a rollback are open for {'/'.join(target)}"


def _branches(entries: list[Entry], state: str) -> list[str]:
    """The branches that deliver a release and whose merge request is in this state."""
    return [_branch(e) for e in entries if e["state"] == state and _delivers(e)]


# --- S16 ------------------------------------------------------------------------------------------


def inconstant(ticked: Ticked, now: datetime) -> tuple[str, ...]:
    """Whether deciding again, on the observation or on its JSON, gives another plan."""
    found = []
    if decide(ticked.observation, now) != ticked.plan:
        found.append("S16: the same observation gives another plan")
    if decide(from_json(to_json(ticked.observation)), now) != ticked.plan:
        found.append("S16: the observation read from JSON gives another plan")
    return tuple(found)
