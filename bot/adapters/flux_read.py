"""What one cluster told in one reading of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.adapters.flux_objects import Kustomization, Name, Release, Source
from bot.adapters.flux_workload_objects import Pod, Workload


@dataclass(frozen=True, slots=True)
class ClusterRead:
    """What one cluster told, all of it by lists that were read to their end.

    `sources` and `workloads` are by kind, namespace and name. `unread` says why a kind could not be
    read, and `denied` of which of these credentials are the reason; a kind that was not needed is
    in neither. `pods` are none where they were not asked for.
    `ahead` is how far the cluster's clock is ahead of ours, and `observed` when the last answer
    came, by ours.
    """

    observed: datetime
    ahead: timedelta = timedelta()
    kustomizations: Mapping[Name, Kustomization] = field(default_factory=dict)
    releases: Mapping[Name, Release] = field(default_factory=dict)
    sources: Mapping[tuple[str, str, str], Source] = field(default_factory=dict)
    workloads: Mapping[tuple[str, str, str], Workload] = field(default_factory=dict)
    pods: tuple[Pod, ...] = ()
    unread: Mapping[str, str] = field(default_factory=dict)
    denied: frozenset[str] = frozenset()
