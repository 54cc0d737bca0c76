"""What the state branch says, read and verified: tags first seen, soaks, proofs, a halt."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model import Release, Target


class Origin(StrEnum):
    """How a release came into an environment."""

    PROMOTION = "promotion"
    ADOPTED = "adopted"
    """It ran there before Fairlead was set up."""
    OUTSIDE = "outside"
    """A person changed the pin."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A tag as it was first seen."""

    tag: str
    object: str
    commit: str
    first_seen: datetime


@dataclass(frozen=True, slots=True)
class Baseline:
    """A release found in an environment that no promotion brought; it opens no gate."""

    target: Target
    release: Release
    commit: str
    """The target branch's commit that last changed the pin."""
    origin: Origin


@dataclass(frozen=True, slots=True)
class Soak:
    """Since when a release is healthy on every cluster of an environment.

    `commit` is the target branch's commit that brought it; `confirmed` the last time at which the
    state branch was told that it still is. `clusters` are those of the environment that it speaks
    of, sorted; () in the record of a Fairlead that did not write them, which speaks of none.
    """

    target: Target
    identity: str
    commit: str
    start: datetime
    confirmed: datetime
    clusters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Restart:
    """A person let a release that failed its soak try again; `by` is the name that they gave."""

    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Failure:
    """A release turned unready in its soak, where `on_failure: hold` makes that final.

    `commit` is the target branch's commit that brought it; `reason` what the cluster said, on one
    line; `restarted` who let it try again, None while it counts.
    """

    target: Target
    identity: str
    version: str
    commit: str
    cluster: str
    reason: str
    at: datetime
    restarted: Restart | None = None


@dataclass(frozen=True, slots=True)
class Proof:
    """A release passed the exit gates of an environment."""

    target: Target
    release: Release
    commit: str
    """The target branch's commit that brought it."""
    soak_start: datetime
    soaked_at: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class Halt:
    """The bot writes nothing until a person clears this."""

    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """The state branch, read and verified.

    `sha` is None where there is no state branch; `replaces` are the heads of lost state branches
    that a person declared replaced; `rejected` says which records were ignored, and why; `cleared`
    are the reasons of halts that a person has ended.
    """

    sha: str | None
    halt: Halt | None = None
    seen: Mapping[str, Mapping[str, Seen]] = field(default_factory=dict)
    baselines: tuple[Baseline, ...] = ()
    soaks: tuple[Soak, ...] = ()
    failures: tuple[Failure, ...] = ()
    proofs: tuple[Proof, ...] = ()
    replaces: tuple[str, ...] = ()
    rejected: tuple[str, ...] = ()
    cleared: tuple[str, ...] = ()
    ours: bool = True
    """It was started for this fleet under this key; else none of its records can count."""
