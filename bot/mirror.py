"""What the fleet's mirror says of commits: fleets, pins, branches, merges.

Everything here is a function of shas, so it is remembered for as long as the process lives.
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from bot.compose import draft, planned_tree
from bot.describe import Promoted, read_message
from bot.model import Health, MergeRequest, Target
from bot.observation import Branch, PinFacts, Report, Running
from bot.plan import Promotion
from bot.ports import Repository
from gitops.artifact_sources import ArtifactSource, ArtifactSources
from gitops.carriers import Carried, carried
from gitops.config import StopFile, is_stop, read_stops
from gitops.errors import InvalidInput, Unavailable
from gitops.fleet import Fleet, Pin, Pinned
from gitops.tree import changes

_SHA = re.compile(r"(?:.*@sha1:|.*/)?([0-9a-f]{40})")


class Mirror:
    """Questions about commits of one fleet repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._verified: set[tuple[str, str]] = set()
        # What a tick asks of the target's head it asks of one reading.
        self._tree = lru_cache(maxsize=2)(repository.tree)
        self.fleet = lru_cache(maxsize=64)(self._read_fleet)
        self.pins = lru_cache(maxsize=64)(self._read_pins)
        self._authentic = lru_cache(maxsize=4096)(self._is_authentic)
        self.carried_out = lru_cache(maxsize=65536)(self._is_carried_out)
        self.carried = lru_cache(maxsize=2)(self._read_carried)
        self.awaiting = lru_cache(maxsize=2)(self._read_awaiting)
        self.stops = lru_cache(maxsize=64)(self._read_stops)

    def _read_fleet(self, sha: str) -> Fleet:
        return Fleet.read(self._tree(sha))

    def _read_pins(self, sha: str) -> tuple[PinFacts, ...]:
        fleet = self.fleet(sha)
        sources = ArtifactSources(fleet)
        found = []
        for app in fleet.apps:
            for environment in fleet.environments:
                pin = fleet.pin(environment, app)
                if pin is not None:
                    found.append(_facts(pin, sources.of(pin)))
        return tuple(found)

    def _read_carried(self, sha: str) -> tuple[Carried, ...]:
        """What brings each app to its clusters, of every pin that says a version."""
        fleet = self.fleet(sha)
        targets = (pin.target for pin in self.pins(sha) if not pin.unreleased)
        return tuple(each for t in targets for each in carried(fleet, *_key(t)))

    def _read_awaiting(self, sha: str) -> tuple[Carried, ...]:
        """What will bring each app to its clusters, of every pin without a version yet."""
        fleet = self.fleet(sha)
        targets = (pin.target for pin in self.pins(sha) if pin.unreleased)
        return tuple(each for t in targets for each in carried(fleet, *_key(t)))

    # --- stops -----------------------------------------------------------------------------------

    def _read_stops(self, sha: str) -> tuple[StopFile, ...]:
        return read_stops(self._tree(sha))

    def added_stops(self, head: str, target_head: str) -> tuple[StopFile, ...]:
        """The stops that a branch adds, where it does nothing else; () for any other branch."""
        base = self._repository.merge_base(head, target_head)
        if base is None:
            return ()
        try:
            old, new = self._repository.tree(base), self._repository.tree(head)
        except Unavailable:
            # Whoever may push can make a branch that is too large to read.
            return ()
        changed = changes(old, new)
        if not all(before is None and is_stop(path) for path, (before, _) in changed.items()):
            return ()
        return tuple(s for s in self.stops(head) if s.path in changed)

    # --- merges ----------------------------------------------------------------------------------

    def wrong_merges(self, merged: Sequence[MergeRequest], head: str) -> tuple[str, ...]:
        """Merges on the target branch whose tree is not git's merge of their parents (S7)."""
        found = []
        for merge_request in merged:
            key = (merge_request.merge_sha or "", merge_request.head)
            if key in self._verified or not self._repository.is_ancestor(key[0], head):
                continue
            problem = self.wrong_merge(*key)
            if problem is None:
                self._verified.add(key)
            else:
                found.append(f"!{merge_request.number}: {problem}")
        return tuple(found)

    def wrong_merge(self, merge_sha: str, head: str) -> str | None:
        """Why a merge is not what git makes of its first parent and the head; None if it is.

        Raises:
            Unavailable: the mirror does not hold it yet.
        """
        commit = self._repository.commit(merge_sha)
        if commit is None:
            raise Unavailable(
                f"the merge {merge_sha[:12]} cannot be read yet", service="fleet repository"
            )
        if not commit.parents:
            return f"the merge {merge_sha[:12]} has no parent"
        expected = self._repository.merged_tree(commit.parents[0], head)
        if expected != commit.tree:
            return (
                f"the merge {merge_sha[:12]} does not hold what git computes from "
                f"{commit.parents[0][:12]} and the approved head {head[:12]}"
            )
        return None

    def _is_carried_out(self, sha: str, promoted: Promoted) -> bool:
        """Whether a commit changes its first parent by just what its message claims.

        Merge, squash and direct commit alike; anything else that is in it makes its message the
        word of whoever wrote it.
        """
        commit = self._repository.commit(sha)
        if commit is None or not commit.parents or not promoted.promotions:
            return False
        try:
            planned = planned_tree(self.fleet(commit.parents[0]), promoted.claimed())
        except InvalidInput:
            return False
        return planned == self._repository.tree(sha)

    # --- health ----------------------------------------------------------------------------------

    def reports(
        self, health: Sequence[Health], running: Sequence[Running], head: str
    ) -> tuple[Report, ...]:
        """Health reports joined with what their revisions contain."""
        by_target = {r.target: r for r in running}
        return tuple(
            self._report(entry, by_target.get(Target(entry.environment, entry.app)), head)
            for entry in health
        )

    def _report(self, health: Health, running: Running | None, head: str) -> Report:
        target = Target(health.environment, health.app)
        known, contains, content = self._at(health.revision, target, running, head)
        tried = contains
        if health.attempted not in {"", health.revision}:
            _, tried, then = self._at(health.attempted, target, running, head)
            tried = tried and then == self._content(head, target)
        return Report(health, contains, content, known or not health.revision, tried)

    def _at(
        self, text: str, target: Target, running: Running | None, head: str
    ) -> tuple[bool, bool, tuple[Pinned, ...] | None]:
        """Whether a revision is on the target branch, holds what runs, and what the pin says."""
        match = _SHA.fullmatch(text)
        revision = match.group(1) if match else ""
        if not revision or not self._repository.is_ancestor(revision, head):
            return False, False, None
        contains = running is not None and self._repository.is_ancestor(running.commit, revision)
        return True, contains, self._content(revision, target)

    def _content(self, revision: str, target: Target) -> tuple[Pinned, ...] | None:
        try:
            pins = self.pins(revision)
        except InvalidInput:
            return None
        return next((p.content for p in pins if p.target == target and not p.problem), None)

    # --- promotion branches ----------------------------------------------------------------------

    def branch(self, name: str, head: str, target_head: str, state: str | None) -> Branch:
        """A promotion branch, judged against what Fairlead would write."""
        commit = self._repository.commit(head)
        if commit is None:
            return Branch(name, head)
        told = read_message(commit.message)
        if len(commit.parents) != 1 or len(told.promotions) != 1:
            return Branch(name, head)
        (promotion,) = told.claimed()
        base = commit.parents[0]
        try:
            authentic = name == promotion.branch and self._authentic(head)
            drift = self.drift(promotion, base, target_head) if authentic else ((), True)
        except Unavailable:
            # Whoever may push can make a base that is too large to read: their trouble alone.
            return Branch(name, head)
        touched, same_sites = drift
        return Branch(
            name,
            head,
            promotion.target,
            promotion.release,
            told.state,
            base,
            authentic=authentic,
            on_target=self._repository.is_ancestor(base, target_head),
            touched=touched,
            same_sites=same_sites,
            state_known=told.state is not None
            and state is not None
            and self._repository.is_ancestor(told.state, state),
            rollback=told.rollback,
        )

    def _is_authentic(self, head: str) -> bool:
        """Whether the commit is the one that Fairlead writes for what it claims, to the byte."""
        commit = self._repository.commit(head)
        told = read_message(commit.message) if commit else None
        if commit is None or told is None or len(commit.parents) != 1:
            return False
        base = self._repository.commit(commit.parents[0])
        if base is None or len(told.promotions) != 1:
            return False
        try:
            again = draft(base, self.fleet(base.sha), told.claimed(), told.state)
        except InvalidInput:
            return False
        return self._repository.write([again])[0] == head

    def drift(
        self, promotion: Promotion, base: str, target_head: str
    ) -> tuple[tuple[str, ...], bool]:
        """Files of the plan that the target changed since, and whether the sites are the same."""
        target = promotion.target
        old, present = self.fleet(base), self.fleet(target_head)
        planned = planned_tree(old, [promotion])
        paths = list(changes(old.tree, planned))
        touched = tuple(p for p in paths if old.tree.get(p) != present.tree.get(p))
        before, after = old.pin(*_key(target)), present.pin(*_key(target))
        return touched, _sites(before) == _sites(after)


def _key(target: Target) -> tuple[str, str]:
    return target.environment, target.app


def _sites(pin: Pin | None) -> set[tuple[str, int, object]]:
    return {(s.path, s.document, s.address) for s in pin.sites} if pin else set()


def _facts(pin: Pin, sources: Sequence[ArtifactSource]) -> PinFacts:
    return PinFacts(
        Target(pin.environment, pin.app),
        pin.content,
        pin.unreleased,
        tuple(p.repository for p in pin.content if pin.takes_digest(p.repository)),
        tuple(sorted({s.path for s in pin.sites})),
        str(pin.problem) if pin.problem else None,
        tuple((s.artifact, s.place) for s in sources if s.problem is None),
        tuple((s.artifact, s.problem) for s in sources if s.problem is not None),
    )
