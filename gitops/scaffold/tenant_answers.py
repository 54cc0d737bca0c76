"""What a person answers about a tenant: a team with namespaces of its own."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gitops.config.faults import nearest
from gitops.errors import InvalidInput
from gitops.scaffold.answers.names import LET_IN, SHARED, label, of_the_cluster

_QUANTITIES = {
    "cpu": (re.compile(r"[1-9][0-9]*m?"), "8 or 500m"),
    "memory": (re.compile(r"[1-9][0-9]*(?:Mi|Gi|Ti)"), "16Gi"),
}
_GROUP = re.compile(r"[^\s\"'\\$]+")


class Rights(StrEnum):
    """What a group may do in a tenant's namespaces.

    `develop` is a Role of ours, which reads, restarts and scales and sees no secrets; the others
    are the cluster's own ClusterRoles, of which `edit` and `admin` read secrets.
    """

    VIEW = "view"
    DEVELOP = "develop"
    EDIT = "edit"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Grant:
    """The rights of a group, in one environment or, where that is None, in all."""

    environment: str | None
    group: str
    rights: Rights


@dataclass(frozen=True, slots=True)
class TenantAnswers:
    """What `add tenant` needs to know.

    `namespaces` are the team's own, () for one of its name. `groups` are
    `[ENVIRONMENT:]GROUP=RIGHTS`, with groups as the cluster's API server knows them; for one that
    has a colon itself the environment is written too, `all` for every one. `cpu` and `memory` are
    what all pods of one namespace may request together.
    """

    name: str
    namespaces: Sequence[str] = ()
    groups: Sequence[str] = ()
    cpu: str = "8"
    memory: str = "16Gi"

    def __post_init__(self) -> None:
        label(self.name, "tenant")
        for name in self.namespaces:
            label(name, "namespace")
        for name in self.owned:
            if of_the_cluster(name):
                told = f"{name} is a namespace of the cluster itself"
                raise InvalidInput(told, "name another one with --namespace")
            if name in LET_IN:
                told = f"policies of apps let in what runs in the namespace {name}"
                hint = f"name another one with --namespace, for example {name}-team"
                raise InvalidInput(told, hint)
            if list(self.owned).count(name) > 1:
                raise InvalidInput(f"the namespace {name} is named twice", "name it once")
        for what, text in (("cpu", self.cpu), ("memory", self.memory)):
            pattern, example = _QUANTITIES[what]
            if not pattern.fullmatch(text):
                raise InvalidInput(f"--{what} {text} is no quantity", f"write it as {example}")

    @property
    def owned(self) -> tuple[str, ...]:
        """The team's namespaces."""
        return tuple(self.namespaces) or (self.name,)


def grants(texts: Sequence[str], environments: Sequence[str]) -> tuple[Grant, ...]:
    """Who may do what.

    Raises:
        InvalidInput: not of that form, no rights that can be given, or of an environment that is
            none.
    """
    return tuple(dict.fromkeys(_grant(text, environments) for text in texts))


def _grant(text: str, environments: Sequence[str]) -> Grant:
    name, equals, rights = text.rpartition("=")
    if not (equals and name and _GROUP.fullmatch(name)):
        hint = "write --group GROUP=view, or --group ENVIRONMENT:GROUP=view"
        raise InvalidInput(f"--group {text} is no group with its rights", hint)
    if rights not in list(Rights):
        raise InvalidInput(f"no rights {rights!r} can be given", nearest(rights, list(Rights)))
    environment, colon, group = name.partition(":")
    if not colon:
        return Grant(None, name, Rights(rights))
    if not group:
        hint = f"write --group {environment}:GROUP={rights}"
        raise InvalidInput(f"--group {text} names no group", hint)
    if environment == SHARED:
        return Grant(None, group, Rights(rights))
    if environment not in environments:
        # A group of an identity provider may be meant: it has a colon of its own.
        told = f"--group {text}: no cluster is that of an environment {environment!r} alone"
        near = nearest(environment, [*environments, SHARED])
        hint = f"{near}; for the group {name} everywhere write --group {SHARED}:{text}"
        raise InvalidInput(told, hint)
    return Grant(environment, group, Rights(rights))
