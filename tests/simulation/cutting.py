"""Ports that stop working at a chosen call: the process dies before or after it, or nobody answers.

Everything else is the real thing. Only calls with an effect are counted, in the order in which they
come; `Knife.calls` names them, so a run without a cut enumerates the places where one can be made.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from threading import Lock
from typing import TypeVar

from bot.forge import CommitStatus, Forge, MergeRequestText
from bot.model import Gap, MergeRequest
from bot.ports import Commit, Draft, Ledger, Ports, RefUpdate, Repository, StateChange
from bot.state import State
from gitops.errors import Unavailable
from gitops.tree import Tree

T = TypeVar("T")


class Crash(BaseException):
    """The process died here; nothing in it may run on."""


class Cut(StrEnum):
    """How a call is interrupted."""

    BEFORE = "before it"
    AFTER = "after it"
    REPLY_LOST = "with its reply lost"


@dataclass
class Knife:
    """Counts calls with an effect and cuts the one at index `at`; None cuts nothing."""

    at: int | None = None
    cut: Cut = Cut.BEFORE
    calls: list[str] = field(default_factory=list)
    _one: Lock = field(default_factory=Lock, init=False, repr=False)

    def through(self, name: str, effect: Callable[[], T]) -> T:
        """Make the call, unless this is where it is cut."""
        with self._one:  # a forge may be asked on several threads
            here = len(self.calls) == self.at
            self.calls.append(name)
        if here and self.cut is Cut.BEFORE:
            raise Crash(name)
        result = effect()
        if here and self.cut is Cut.AFTER:
            raise Crash(name)
        if here:
            raise Unavailable(f"no answer to {name}", service="the test")
        return result

    def ports(self, ports: Ports) -> Ports:
        """The same ports, with the knife between them and whoever calls."""
        return replace(
            ports,
            repository=CutRepository(ports.repository, self),
            forge=CutForge(ports.forge, self),
            ledger=CutLedger(ports.ledger, self),
        )


class CutRepository:
    """`bot.ports.Repository` before the real one."""

    def __init__(self, real: Repository, knife: Knife) -> None:
        self._real = real
        self._knife = knife
        self.fetch = real.fetch
        self.refs = real.refs
        self.head = real.head
        self.is_ancestor = real.is_ancestor
        self.merge_base = real.merge_base
        self.merged_tree = real.merged_tree

    def tree(self, sha: str) -> Tree:
        """Not cut."""
        return self._real.tree(sha)

    def commit(self, sha: str) -> Commit | None:
        """Not cut."""
        return self._real.commit(sha)

    def first_parents(self, sha: str, until: str | None = None) -> tuple[Commit, ...]:
        """Not cut."""
        return self._real.first_parents(sha, until)

    def last_change(self, sha: str, paths: Collection[str]) -> str | None:
        """Not cut."""
        return self._real.last_change(sha, paths)

    def write(self, drafts: Sequence[Draft]) -> tuple[str, ...]:
        """Cut."""
        return self._knife.through("repository.write", lambda: self._real.write(drafts))

    def push(self, updates: Sequence[RefUpdate]) -> None:
        """Cut."""
        names = ", ".join(u.ref for u in updates)
        self._knife.through(f"repository.push {names}", lambda: self._real.push(updates))


class CutForge:
    """`bot.ports.Forge` before the real one."""

    def __init__(self, real: Forge, knife: Knife) -> None:
        self._real = real
        self._knife = knife
        self.pushed_at_once = real.pushed_at_once
        self.opened_at_once = real.opened_at_once

    def merge_requests(self) -> tuple[MergeRequest, ...]:
        """Not cut."""
        return self._real.merge_requests()

    def login(self) -> str:
        """Not cut."""
        return self._real.login()

    def members(self, groups: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """Not cut."""
        return self._real.members(groups)

    def open(
        self,
        source_branch: str,
        target_branch: str,
        text: MergeRequestText,
        labels: Collection[str] = (),
        reviewers: Collection[str] = (),
    ) -> MergeRequest:
        """Cut."""
        return self._knife.through(
            f"forge.open {source_branch}",
            lambda: self._real.open(source_branch, target_branch, text, labels, reviewers),
        )

    def label(self, number: int, add: Collection[str], remove: Collection[str]) -> None:
        """Cut."""
        self._knife.through(f"forge.label {number}", lambda: self._real.label(number, add, remove))

    def request_reviews(self, number: int, people: Collection[str]) -> None:
        """Cut."""
        self._knife.through(
            f"forge.request_reviews {number}", lambda: self._real.request_reviews(number, people)
        )

    def post_status(self, head: str, branch: str, status: CommitStatus) -> None:
        """Cut."""
        self._knife.through(
            f"forge.post_status {head}", lambda: self._real.post_status(head, branch, status)
        )

    def cancel_automatic_merge(self, number: int) -> None:
        """Cut."""
        self._knife.through(
            f"forge.cancel_automatic_merge {number}",
            lambda: self._real.cancel_automatic_merge(number),
        )

    def describe(self, number: int, text: MergeRequestText) -> None:
        """Cut."""
        self._knife.through(f"forge.describe {number}", lambda: self._real.describe(number, text))

    def close(self, number: int, comment: str) -> None:
        """Cut."""
        self._knife.through(f"forge.close {number}", lambda: self._real.close(number, comment))

    def merge(self, number: int, head: str, message: str) -> str:
        """Cut."""
        return self._knife.through(
            f"forge.merge {number}", lambda: self._real.merge(number, head, message)
        )


class CutLedger:
    """`bot.ports.Ledger` before the real one."""

    def __init__(self, real: Ledger, knife: Knife) -> None:
        self._real = real
        self._knife = knife

    def seal(self, subject: str, content: bytes) -> str:
        """Not cut."""
        return self._real.seal(subject, content)

    def read(self) -> State:
        """Not cut."""
        return self._real.read()

    def write(self, expected: str | None, change: StateChange, now: datetime) -> str:
        """Cut."""
        return self._knife.through("ledger.write", lambda: self._real.write(expected, change, now))

    def start(self, replaces: tuple[str, ...], change: StateChange, now: datetime) -> str:
        """Cut."""
        return self._knife.through("ledger.start", lambda: self._real.start(replaces, change, now))


def effects(calls: Sequence[str]) -> Mapping[str, int]:
    """How often each kind of call was made."""
    kinds = [call.partition(" ")[0] for call in calls]
    return {kind: kinds.count(kind) for kind in sorted(set(kinds))}
