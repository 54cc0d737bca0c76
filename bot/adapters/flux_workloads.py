"""What the workloads of an app say: which images, and whether their Pods are there. Pure.

A Kustomization looks at the health of what it applied only when that changes; what breaks later is
told by the workload alone.

Source: kustomize-controller 1.9, `checkHealth`; Kubernetes API reference, apps/v1 and batch/v1;
cli-utils, kstatus.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain

from bot.adapters.flux_judging import Verdict, worst
from bot.adapters.flux_objects import Inventory, Name, condition
from bot.adapters.flux_read import ClusterRead
from bot.adapters.flux_workload_objects import Workload
from bot.model import Readiness
from gitops.sites.image import normalise, parse_reference

KINDS = ("CronJob", "DaemonSet", "Deployment", "Job", "StatefulSet")
_GROUPS = frozenset({"apps", "batch"})

_READY = Verdict(Readiness.READY)

_COMPLETE = "NewReplicaSetAvailable"
"""Why a Deployment is Progressing for as long as its newest rollout is complete."""

Identity = tuple[str, str, str]
"""Kind, namespace and name."""


@dataclass(frozen=True, slots=True)
class Said:
    """What specs say of images, by repository as pins call it: a digest, or the tag without one.

    `drift` names each place where workloads disagree; such a repository is in neither. `places` are
    where each repository stands.
    """

    digests: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    drift: tuple[str, ...] = ()
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def listed(inventory: Inventory | None) -> frozenset[Identity]:
    """The workloads of an inventory."""
    found = (each.id.split("_") for each in (inventory.entries if inventory else ()))
    return frozenset(
        (parts[3], parts[0], parts[1])
        for parts in found
        if len(parts) == 4 and parts[2] in _GROUPS and parts[3] in KINDS
    )


def labelled(read: ClusterRead, release: Name) -> frozenset[Identity]:
    """The workloads that bear the labels of a HelmRelease, which older ones list nowhere else."""
    return frozenset(
        identity
        for identity, each in read.workloads.items()
        if (each.metadata.labels.release_namespace, each.metadata.labels.release) == release
    )


def said(found: Mapping[Identity, Workload], repositories: Collection[str]) -> Said:
    """What these workloads say of the repositories that a pin calls so."""
    places: dict[str, dict[tuple[str | None, str | None], list[str]]] = {}
    for identity, workload in sorted(found.items()):
        for name, image in _images(workload):
            reference = parse_reference(image)
            repository = normalise(reference.repository) if reference else ""
            if reference and repository in repositories:
                value = (reference.tag, reference.digest)
                place = f"{_called(identity)}, container {name}"
                places.setdefault(repository, defaultdict(list))[value].append(place)
    digests: dict[str, str] = {}
    tags: dict[str, str] = {}
    drift: list[str] = []
    for repository, values in places.items():
        distinct = {digest or tag for tag, digest in values}
        if len(distinct) > 1:
            drift.extend(_disagreeing(repository, values))
            continue
        tag, digest = next(iter(values))
        if digest is not None:
            digests[repository] = digest
        elif tag is not None:
            tags[repository] = tag
    where = {name: tuple(chain(*values.values())) for name, values in places.items()}
    return Said(digests, tags, tuple(sorted(drift)), where)


def state(found: Mapping[Identity, Workload]) -> Verdict:
    """How the Pods of these workloads are, all together."""
    verdicts = []
    for identity, workload in sorted(found.items()):
        verdict = _state(identity[0], workload)
        told = f"{_called(identity)}: {verdict.reason}" if verdict.reason else ""
        verdicts.append(Verdict(verdict.readiness, told, verdict.since))
    return worst(verdicts)


def idle(found: Mapping[Identity, Workload]) -> tuple[str, ...]:
    """A text for each that shall have no Pods: nothing that it could say proves a release."""
    return tuple(
        f"{_called(identity)} is scaled to nothing: none of its Pods runs"
        for identity, workload in sorted(found.items())
        if identity[0] in {"Deployment", "StatefulSet"} and workload.spec.replicas == 0
    )


def continuous(found: Mapping[Identity, Workload]) -> bool:
    """Whether each would tell, by a time, of a break that nobody saw.

    A StatefulSet and a DaemonSet only count the Pods that there are now.
    """
    return all(
        kind not in {"DaemonSet", "StatefulSet"}
        and (kind != "Deployment" or condition(workload.status.conditions, "Available"))
        for (kind, _, _), workload in found.items()
    )


def unread(wanted: Iterable[Identity], read: ClusterRead) -> Verdict:
    """That they were all read, or why nobody can say how one of them is."""
    for identity in sorted(wanted):
        if identity[0] in read.unread:
            told = f"{_called(identity)} could not be read: {read.unread[identity[0]]}"
            return Verdict(Readiness.UNKNOWN, told)
    return _READY


def absent(wanted: Iterable[Identity], read: ClusterRead) -> tuple[str, ...]:
    """A text for each that Flux has applied, and that somebody has taken away since.

    Or Flux is about to: its inventory was read a moment before. Neither is the release's failure.
    """
    return tuple(
        f"{_called(identity)} is not there"
        for identity in sorted(wanted)
        # A Job with a ttlSecondsAfterFinished goes when it is done; Flux had waited for it.
        if identity not in read.workloads and identity[0] not in {"Job", *read.unread}
    )


def _called(identity: Identity) -> str:
    kind, namespace, name = identity
    return f"{kind} {namespace}/{name}"


def _images(workload: Workload) -> Iterator[tuple[str, str]]:
    for container in workload.containers:
        yield container.name, container.image


def _disagreeing(
    repository: str, values: Mapping[tuple[str | None, str | None], list[str]]
) -> Iterator[str]:
    for (tag, digest), places in values.items():
        for place in places:
            yield f"{place}: {repository} is {digest or tag or 'without a version'}"


def _state(kind: str, workload: Workload) -> Verdict:
    status = workload.status
    if kind == "Job":
        return _failed(workload, "Failed", "True")
    if kind == "CronJob":
        return Verdict(Readiness.READY)
    if status.observed_generation < workload.metadata.generation:
        return Verdict(Readiness.RECONCILING, "its newest generation was not observed yet")
    if kind == "DaemonSet":
        wanted, there = status.desired_number_scheduled, status.number_available
        found = _some(there, wanted, "available")
        return found if found != _READY else _newest(status.updated_number_scheduled, wanted)
    if kind == "StatefulSet":
        found = _some(status.ready_replicas, workload.spec.replicas, "ready")
        return (
            found if found != _READY else _newest(status.updated_replicas, workload.spec.replicas)
        )
    return _deployment(workload)


def _deployment(workload: Workload) -> Verdict:
    """A Deployment is Available by its old Pods too, for as long as its new ones never come."""
    status, wanted = workload.status, workload.spec.replicas
    for type_, bad in (("Progressing", "False"), ("Available", "False")):
        verdict = _failed(workload, type_, bad)
        if verdict.readiness is not Readiness.READY:
            return verdict
    if status.available_replicas == 0 < wanted:
        return Verdict(Readiness.NOT_READY, "none of its Pods is available")
    newest = _newest(status.updated_replicas, max(wanted, status.replicas))
    if newest != _READY:
        return newest
    progressing = condition(status.conditions, "Progressing")
    if progressing is not None and progressing.reason != _COMPLETE:
        return _some(status.available_replicas, wanted, "available")
    available = condition(status.conditions, "Available")
    return Verdict(Readiness.READY, "", available.last_transition_time if available else None)


def _newest(there: int, wanted: int) -> Verdict:
    """Reconciling until every Pod is made of what the spec says."""
    if there >= wanted:
        return _READY
    return Verdict(Readiness.RECONCILING, f"{there} of {wanted} Pods are of its newest version")


def _failed(workload: Workload, kind: str, bad: str) -> Verdict:
    found = condition(workload.status.conditions, kind)
    if found is None or found.status != bad:
        return Verdict(Readiness.READY)
    return Verdict(Readiness.NOT_READY, found.message or found.reason, found.last_transition_time)


def _some(there: int, wanted: int, word: str) -> Verdict:
    if there >= wanted:
        return Verdict(Readiness.READY)
    told = f"{there} of {wanted} Pods are {word}"
    return Verdict(Readiness.RECONCILING if there else Readiness.NOT_READY, told)
