"""A policy's verdict over many tags: what is eligible, what is picked, and why the rest is not.

Pure, and linear in the number of tags but for the sorting in `select`. Tags come from whoever may
push one, and there may be a million of them.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

_COSIGN: Final = re.compile(r"sha256-[0-9a-f]{64}(?:\.(?:sig|att|sbom))?")
_SIGNATURE: Final = "a signature, attestation or bill of materials"


class Rank(Protocol):
    """What eligible tags of one policy are ordered by; the highest is picked."""

    def __lt__(self, other: Any, /) -> bool:
        """Whether the other is preferred."""
        ...


Judge = Callable[[str], Rank | str]
"""A tag's rank, or why it is passed over. Never raises for a tag's text."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A tag that was not chosen; `reason` never repeats the tag's own text."""

    tag: str
    reason: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What a policy made of the tags; each tag is in one of the two, once."""

    eligible: tuple[str, ...]
    """Newest first; tags of one rank by their text, descending."""
    passed_over: tuple[PassedOver, ...]
    """In the order in which they were given."""

    @property
    def picked(self) -> str | None:
        """The newest eligible tag; None when there is none."""
        return self.eligible[0] if self.eligible else None


@dataclass(frozen=True, slots=True)
class Pick:
    """The one tag that a policy takes; each other tag is in `passed_over`, once."""

    tag: str | None
    """None when no tag is eligible."""
    passed_over: Mapping[str, str]
    """Tag -> reason, in the order in which they were given."""


class TagPolicy(Protocol):
    """A rule that chooses among tags."""

    __slots__ = ()

    def judge(self) -> Judge:
        """How one tag is judged; made once for a list."""
        ...

    @property
    def outranked(self) -> str:
        """Why an eligible tag is not the pick."""
        return "not above the pick"

    def select(self, tags: Iterable[str]) -> Selection:
        """Judge every tag once, however often it is given. Never raises for a tag's text."""
        return _select(tags, self.judge())

    def pick(self, tags: Iterable[str]) -> Pick:
        """The first of what `select` finds eligible, at a fraction of its memory."""
        return _pick(tags, self.judge(), self.outranked)


def _select(tags: Iterable[str], judge: Judge) -> Selection:
    ranked: list[tuple[Rank, str]] = []
    passed_over: list[PassedOver] = []
    for tag in dict.fromkeys(tags):
        signed = tag.startswith("sha256-") and _COSIGN.fullmatch(tag)
        verdict = _SIGNATURE if signed else judge(tag)
        if isinstance(verdict, str):
            passed_over.append(PassedOver(tag, verdict))
        else:
            ranked.append((verdict, tag))
    ranked.sort(reverse=True)
    return Selection(tuple(tag for _, tag in ranked), tuple(passed_over))


def _pick(tags: Iterable[str], judge: Judge, outranked: str) -> Pick:
    reasons: dict[str, str] = {}
    shared: dict[str, str] = {}  # a million reasons are a few texts
    best: tuple[Rank, str] | None = None
    for tag in tags:
        if tag in reasons:
            continue
        signed = tag.startswith("sha256-") and _COSIGN.fullmatch(tag)
        verdict = _SIGNATURE if signed else judge(tag)
        if isinstance(verdict, str):
            reasons[tag] = shared.setdefault(verdict, verdict)
            continue
        reasons[tag] = outranked
        ranked = (verdict, tag)
        if best is None or best < ranked:
            best = ranked
    if best is None:
        return Pick(None, reasons)
    del reasons[best[1]]
    return Pick(best[1], reasons)
