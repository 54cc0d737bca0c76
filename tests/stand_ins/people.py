"""Accounts, their tokens, and groups of them, whatever a forge calls them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, IntEnum
from typing import Any


class Access(IntEnum):
    """What a member may do; the numbers are GitLab's.

    Source: GitLab, "Members API: Roles".
    """

    NONE = 0
    GUEST = 10
    PLANNER = 15
    REPORTER = 20
    DEVELOPER = 30
    MAINTAINER = 40
    OWNER = 50
    ADMINISTRATOR = 60


class Tier(Enum):
    """What was paid for."""

    FREE = "free"
    PREMIUM = "premium"


@dataclass(eq=False)
class Person:
    """An account of a human or a bot; `of_project` is the project that a project's bot is for."""

    id: int
    login: str
    name: str
    email: str
    created: datetime
    bot: bool = False
    administrator: bool = False
    state: str = "active"
    of_project: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)


@dataclass(eq=False)
class Token:
    """`scopes` are in the face's words; empty: whatever its owner may."""

    id: int
    owner: Person
    text: str
    name: str
    scopes: frozenset[str]
    created: datetime
    expires: str | None = None
    revoked: bool = False


@dataclass(eq=False)
class Group:
    """People and projects; a subgroup's members are those of its parents too."""

    id: int
    path: str
    name: str
    created: datetime
    parent: "Group | None" = None
    members: dict[int, Access] = field(default_factory=dict)
    labels: list["Label"] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def full_path(self) -> str:
        """`PARENT/CHILD`."""
        return f"{self.parent.full_path}/{self.path}" if self.parent else self.path

    @property
    def lineage(self) -> "list[Group]":
        """This one and its parents, nearest first."""
        return [self, *(self.parent.lineage if self.parent else [])]


@dataclass(eq=False)
class Label:
    """A label of a project or a group."""

    id: int
    name: str
    color: str
    description: str | None = None
    subscribers: set[int] = field(default_factory=set)
