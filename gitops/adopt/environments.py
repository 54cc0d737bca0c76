"""`inferred`: environments, their clusters and their order, from the directories of the clusters.

A name is read from a path, and an order only from names that everybody uses alike. What they do not
tell is not guessed: such an environment stands by itself, and the report says so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gitops.adopt.naming import labelled
from gitops.adopt.roots import Root
from gitops.config.faults import nearest
from gitops.errors import InvalidInput

_RANKS: Mapping[str, int] = {
    name: rank
    for rank, names in enumerate(
        (
            ("dev", "develop", "development"),
            ("test", "testing", "qa", "integration", "int"),
            ("uat", "stage", "staging", "acceptance"),
            ("preprod", "preproduction"),
            ("prod", "production", "live"),
        )
    )
    for name in names
}
"""Words in the name of an environment, by how far a release has come there."""

_PLACES = frozenset(
    {
        *("cluster", "clusters", "environments", "envs", "overlays", "infrastructure"),
        *("bootstrap", "config", "deploy", "deployment", "deployments", "sync"),
        *("flux", "flux-system", "gitops", "k8s", "kubernetes"),
    }
)
"""Segments of paths that name no environment."""

ONLY = "main"
"""The name of the only environment where no path names it."""


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment: its clusters' paths by name, what it comes after (None: nothing told), why.

    `words` are the segments of paths that are its own: a file of it is known by them.
    """

    name: str
    clusters: Mapping[str, str]
    after: str | None
    why: str
    words: frozenset[str]


def inferred(roots: Sequence[Root], after: Mapping[str, str]) -> tuple[Environment, ...]:
    """The environments of these clusters, in their order; `after` is what a person says of it.

    Raises:
        InvalidInput: `after` names no such environment, or leads in a circle.
    """
    named: dict[str, dict[str, str]] = {}
    for root in roots:
        environment, cluster = _named(root.path, only=len(roots) == 1)
        known = named.setdefault(environment, {})
        known[cluster if cluster not in known else labelled(root.path)] = root.path
    return ordered(named, after)


def ordered(
    named: Mapping[str, Mapping[str, str]], after: Mapping[str, str]
) -> tuple[Environment, ...]:
    """Environments with their clusters' paths, each behind the one that it comes after.

    Raises:
        InvalidInput: as `inferred`.
    """
    for name in (*after, *after.values()):
        if name not in named:
            raise InvalidInput(f"--after: there is no environment {name!r}", nearest(name, named))
    found = {
        name: Environment(name, clusters, *_after(name, named, after), _words(name, clusters))
        for name, clusters in named.items()
    }
    result: list[Environment] = []
    waiting = sorted(found.values(), key=lambda each: (_order(each.name), each.name))
    while waiting:
        done = {each.name for each in result}
        ready = next((e for e in waiting if e.after is None or e.after in done), None)
        if ready is None:
            told = " and ".join(e.name for e in waiting)
            raise InvalidInput(f"--after: {told} wait for each other", "let one come first")
        waiting.remove(ready)
        result.append(ready)
    return tuple(result)


def _after(
    name: str, named: Mapping[str, object], after: Mapping[str, str]
) -> tuple[str | None, str]:
    """What an environment comes after, and why that was taken."""
    if name in after:
        return after[name], "--after says so"
    if len(named) == 1:
        return None, "it is the only environment"
    rank = _rank(name)
    if rank is None:
        return None, f"its name tells no order; --after {name}=ENVIRONMENT would"
    lower = sorted({r for each in named if (r := _rank(each)) is not None and r < rank})
    if not lower:
        return None, "by its name it comes first"
    before = sorted(each for each in named if _rank(each) == lower[-1])
    if len(before) > 1:
        told = f"by its name it comes after one of {', '.join(before)}"
        return None, f"{told}; --after {name}=ENVIRONMENT says which"
    return before[0], "the names say so"


def _rank(name: str) -> int | None:
    """How far a release has come in an environment; None where the name does not tell."""
    ranks = {_RANKS[word] for word in (name, *re.split(r"[-_.]", name)) if word in _RANKS}
    if name.startswith(("pre-prod", "non-prod")):
        return _RANKS["preprod"] if name.startswith("pre") else None
    return ranks.pop() if len(ranks) == 1 else None


def _order(name: str) -> int:
    """Where an environment is listed: those without an order come last."""
    rank = _rank(name)
    return len(_RANKS) if rank is None else rank


def _named(path: str, *, only: bool) -> tuple[str, str]:
    """The names of the environment and of the cluster whose directory this is."""
    words = [word for word in path.split("/") if word.lower() not in _PLACES and word != "."]
    known = [word for word in words if _rank(labelled(word)) is not None]
    if len(known) == 1:
        rest = words[words.index(known[0]) + 1 :]
        environment = labelled(known[0])
        return environment, labelled("-".join(rest)) if rest else environment
    if words:
        name = labelled("-".join(words))
        return name, name
    name = ONLY if only else labelled(path)
    return name, name


def _words(name: str, clusters: Mapping[str, str]) -> frozenset[str]:
    segments = {word for path in clusters.values() for word in path.split("/")}
    return frozenset({name, *clusters, *(s for s in segments if s.lower() not in _PLACES)})
