"""Whether a Kustomization or a HelmRelease is ready, and why not. Pure.

Ready alone says little: it may speak of an old generation, of another path, or of the release that
was there before Helm rolled back.

Source: Flux docs, Kustomization and HelmRelease, "Status"; kustomize-controller 1.9,
internal/controller/kustomization_controller.go; kstatus, "The Abnormal-True pattern".
"""

import posixpath
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.adapters.flux_objects import (
    Attempt,
    Condition,
    Kustomization,
    KustomizationSpec,
    Metadata,
    Release,
    ReleaseSpec,
    condition,
)
from bot.model import Readiness
from gitops.carriers import Carrier

_SUCCEEDED = "ReconciliationSucceeded"

_WAITING = frozenset({"DependencyNotReady", "HealthCheckCanceled", "SourceNotReady"})
"""Reasons of Ready=False that only say: not yet. Every new commit passes through the first two."""

_NOT_FETCHED = "ArtifactFailed"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is "" when ready; `since` None where the object names no time."""

    readiness: Readiness
    reason: str = ""
    since: datetime | None = None


_READY = Verdict(Readiness.READY)
_ORDER = (Readiness.NOT_READY, Readiness.UNKNOWN, Readiness.RECONCILING, Readiness.READY)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The worst of several, in their order; of equally good ones the one that is so since last.

    Without any: ready.
    """
    found = list(verdicts)
    for readiness in _ORDER:
        same = [each for each in found if each.readiness is readiness]
        if same:
            since = max((each.since for each in same if each.since), default=None)
            return Verdict(readiness, same[0].reason, since)
    return _READY


def kustomization(wanted: Carrier, found: Kustomization) -> Verdict:
    """How a Kustomization is; `since` counts from its first success after its last failure."""
    told = _stopped(found.metadata, found.spec) or _elsewhere(wanted, found)
    if told is not None:
        return told
    status = found.status
    read = _conditions(found.metadata, status.observed_generation, status.conditions)
    if read.readiness is not Readiness.READY:
        return read
    return Verdict(Readiness.READY, "", _succeeded(status.history) or read.since)


def release(wanted: Carrier, found: Release) -> Verdict:
    """How a HelmRelease is: what it says, and whether what is installed is what is wanted."""
    told = _stopped(found.metadata, found.spec)
    if told is not None:
        return told
    status = found.status
    remediated = condition(status.conditions, "Remediated")
    ready = condition(status.conditions, "Ready")
    if remediated is not None and remediated.status == "True":
        why = ready.message if ready is not None and ready.message else remediated.message
        return Verdict(
            Readiness.NOT_READY, f"rolled back by itself: {why}", remediated.last_transition_time
        )
    read = _conditions(found.metadata, status.observed_generation, status.conditions)
    return read if read.readiness is not Readiness.READY else _installed(wanted, found, read)


def _installed(wanted: Carrier, found: Release, read: Verdict) -> Verdict:
    status = found.status
    newest = status.history[0] if status.history else None
    if newest is None:
        return Verdict(Readiness.RECONCILING, "nothing is installed yet")
    if newest.status != "deployed":
        # Helm calls a release superseded only where a newer one took its place.
        failed = newest.status == "failed"
        readiness = Readiness.NOT_READY if failed else Readiness.RECONCILING
        return Verdict(readiness, f"Helm says {newest.status or 'nothing'} of its newest release")
    if wanted.chart is not None and _version(newest.chart_version) != _version(wanted.chart):
        told = f"chart {newest.chart_version} is installed, not {wanted.chart}"
        return Verdict(Readiness.RECONCILING, told)
    attempted = status.last_attempted_config_digest
    if attempted and newest.config_digest and attempted != newest.config_digest:
        return Verdict(Readiness.RECONCILING, "its values are not installed yet")
    return read


def _stopped(metadata: Metadata, spec: KustomizationSpec | ReleaseSpec) -> Verdict | None:
    if metadata.deletion_timestamp is not None:
        return Verdict(Readiness.RECONCILING, "it is being deleted", metadata.deletion_timestamp)
    if spec.kube_config is not None:
        return Verdict(Readiness.UNKNOWN, "it applies to another cluster, which is not asked")
    return Verdict(Readiness.UNKNOWN, "it is suspended") if spec.suspend else None


def _elsewhere(wanted: Carrier, found: Kustomization) -> Verdict | None:
    """That it applies something else than the fleet says; None where it does not."""
    path = _path(found.spec.path)
    if wanted.path is not None and path != _path(wanted.path):
        told = f"its path is {path}, and {_path(wanted.path)} in the fleet"
        return Verdict(Readiness.RECONCILING, told)
    reference = found.spec.source_ref
    namespace = reference.namespace or found.metadata.namespace
    source = f"{reference.kind} {namespace}/{reference.name}"
    if wanted.source is not None and source != wanted.source:
        told = f"its source is {source}, and {wanted.source} in the fleet"
        return Verdict(Readiness.RECONCILING, told)
    return None


def _conditions(metadata: Metadata, observed: int, conditions: tuple[Condition, ...]) -> Verdict:
    ready, stalled = condition(conditions, "Ready"), condition(conditions, "Stalled")
    if ready is None:
        return Verdict(Readiness.RECONCILING, "it was not reconciled yet")
    # A failure leaves the object's own observedGeneration where it was; its condition tells.
    known = {0, metadata.generation}
    if ready.observed_generation not in known or (
        ready.status == "True" and observed != metadata.generation
    ):
        told = f"generation {metadata.generation} was not observed yet"
        return Verdict(Readiness.RECONCILING, told)
    if stalled is not None and stalled.status == "True":
        return Verdict(
            Readiness.NOT_READY, f"stalled: {stalled.message}", stalled.last_transition_time
        )
    if ready.status == "False":
        return _refused(ready)
    if ready.status != "True":
        return Verdict(Readiness.RECONCILING, ready.message, ready.last_transition_time)
    going = condition(conditions, "Reconciling")
    if going is not None and going.status == "True":
        return Verdict(Readiness.RECONCILING, going.message, going.last_transition_time)
    return Verdict(Readiness.READY, "", ready.last_transition_time)


def _refused(ready: Condition) -> Verdict:
    since = ready.last_transition_time
    if ready.reason == _NOT_FETCHED:
        return Verdict(Readiness.RECONCILING, f"source not fetched: {ready.message}", since)
    if ready.reason in _WAITING:
        return Verdict(Readiness.RECONCILING, ready.message, since)
    return Verdict(Readiness.NOT_READY, ready.message or ready.reason, since)


def _succeeded(history: tuple[Attempt, ...]) -> datetime | None:
    """When the success that lasts began; None where the newest attempt was none.

    Ready itself turns Unknown at every reconciliation, and so says nothing of how long.
    """
    if not history or history[0].status != _SUCCEEDED:
        return None
    failed = (each.last for each in history if each.status != _SUCCEEDED)
    return max((history[0].first, *failed))


def _path(text: str) -> str:
    return posixpath.normpath(text.lstrip("/") or ".")


def _version(text: str) -> str:
    """A chart version without build metadata: Flux adds a digest to it where the chart is OCI's."""
    return text.removeprefix("v").partition("+")[0]
