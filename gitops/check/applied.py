"""The Flux Kustomizations of a cluster, as patches leave them and with variables filled in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from gitops.errors import Place
from gitops.inclusion.flux_objects import applies
from gitops.reach import Reached
from gitops.rendering.checkout import spec_of

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)(ms|s|m|h))")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(frozen=True, slots=True)
class Applied:
    """One Flux Kustomization; `specs` are the ways in which it may turn out, mostly one."""

    name: str
    namespace: str
    place: Place
    builds: tuple[Reached, ...]
    specs: tuple[Mapping[str, object], ...]

    @property
    def sure(self) -> Reached | None:
        """The one way in which it turns out; None where labels or variables leave several."""
        return self.builds[0] if len(self.builds) == 1 and not self.builds[0].guessed else None

    @property
    def key(self) -> tuple[str, str]:
        """Its namespace and name."""
        return self.namespace, self.name

    def all_have(self, field: str, *, value: object) -> bool:
        """Whether a field of its spec is this, however it turns out."""
        return all(spec.get(field) == value for spec in self.specs)

    def syncs(self, directory: str) -> bool:
        """Whether it applies a cluster's own directory, as `flux bootstrap` writes it."""
        return any(b.kustomization and applies(b.kustomization, directory) for b in self.builds)


def applied(builds: Iterable[Reached], namespace: str) -> tuple[Applied, ...]:
    """The Flux Kustomizations that are built in a cluster, each once.

    `namespace` is that of those whose files do not say it: whatever applies them gives them its.
    """
    found: dict[tuple[Place, int], list[Reached]] = {}
    for build in builds:
        if build.kustomization is not None:
            key = (build.kustomization.place, build.kustomization.document)
            found.setdefault(key, []).append(build)
    return tuple(
        Applied(
            name=those[0].given.fill(first.name),
            namespace=first.namespace or namespace,
            place=first.place,
            builds=tuple(those),
            specs=tuple(map(spec_of, those)),
        )
        for those in found.values()
        for first in (those[0].kustomization,)
        if first is not None
    )


def seconds(duration: object) -> float | None:
    """A Go duration (`1h30m`) in seconds; None where it is none."""
    if not isinstance(duration, str):
        return None
    parts = _DURATION.findall(duration)
    if not parts or "".join(n + u for n, u in parts) != duration:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
