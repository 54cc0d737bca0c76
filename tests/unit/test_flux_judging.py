"""Each state of a Kustomization and of a HelmRelease, row by row: how it is, and in what words."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot.adapters import flux_judging
from bot.adapters.flux_judging import Verdict, worst
from bot.model import Readiness
from tests.unit.flux_shapes import (
    ANOTHER,
    APPLIER,
    INSTALLER,
    NOW,
    ago,
    condition,
    deployed,
    kustomization,
    release,
)

READY, NOT_READY = Readiness.READY, Readiness.NOT_READY
RECONCILING, UNKNOWN = Readiness.RECONCILING, Readiness.UNKNOWN


def ready(status: str, reason: str, message: str, **more: Any) -> dict[str, Any]:
    told = condition("Ready", status, reason, message, **more)
    return {"status": {"conditions": [told]}}


def stalled(failed: str, reason: str, message: str) -> dict[str, Any]:
    told = condition("Ready", "False", failed, "a"), condition("Stalled", "True", reason, message)
    return {"status": {"conditions": list(told)}}


EITHER: dict[str, tuple[Mapping[str, Any], Readiness, str]] = {
    "ready": ({}, READY, ""),
    "suspended": ({"spec": {"suspend": True}}, UNKNOWN, "it is suspended"),
    "for another cluster": (
        {"spec": {"kubeConfig": {"secretRef": {"name": "eu"}}}},
        UNKNOWN,
        "it applies to another cluster, which is not asked",
    ),
    "never reconciled": ({"status": None}, RECONCILING, "it was not reconciled yet"),
}
"""What is judged alike of a Kustomization and of a HelmRelease."""

KUSTOMIZATIONS: dict[str, tuple[Mapping[str, Any], Readiness, str]] = {
    **EITHER,
    "being deleted": (
        {"metadata": {"deletionTimestamp": ago(minutes=1)}},
        RECONCILING,
        "it is being deleted",
    ),
    "another path": (
        {"spec": {"path": "./apps/web/envs/stage"}},
        RECONCILING,
        "its path is apps/web/envs/stage, and apps/web/envs/prod in the fleet",
    ),
    "another source": (
        {"spec": {"sourceRef": {"name": "tenant"}}},
        RECONCILING,
        (
            "its source is GitRepository flux-system/tenant, and "
            "GitRepository flux-system/flux-system in the fleet"
        ),
    ),
    "a source of another namespace": (
        {"spec": {"sourceRef": {"namespace": "tenant"}}},
        RECONCILING,
        (
            "its source is GitRepository tenant/flux-system, and "
            "GitRepository flux-system/flux-system in the fleet"
        ),
    ),
    "ready at an old generation": (
        {"metadata": {"generation": 4}},
        RECONCILING,
        "generation 4 was not observed yet",
    ),
    "failed at an old generation": (
        {
            "metadata": {"generation": 4},
            **ready("False", "HealthCheckFailed", "old", observedGeneration=3),
        },
        RECONCILING,
        "generation 4 was not observed yet",
    ),
    "ready, said of an old generation": (
        ready("True", "ReconciliationSucceeded", "", observedGeneration=2),
        RECONCILING,
        "generation 3 was not observed yet",
    ),
    "failed": (
        ready("False", "HealthCheckFailed", "timeout waiting for: [Deployment/shop/web]"),
        NOT_READY,
        "timeout waiting for: [Deployment/shop/web]",
    ),
    "failed without a word": (ready("False", "BuildFailed", ""), NOT_READY, "BuildFailed"),
    "stalled": (
        stalled("InvalidCELExpression", "InvalidCELExpression", "b"),
        NOT_READY,
        "stalled: b",
    ),
    "reconciling": (
        ready("Unknown", "Progressing", "Reconciliation in progress"),
        RECONCILING,
        "Reconciliation in progress",
    ),
    "ready, and about to be reconciled": (
        {
            "status": {
                "conditions": [
                    condition("Ready", "True"),
                    condition("Reconciling", "True", message="Building manifests"),
                ]
            }
        },
        RECONCILING,
        "Building manifests",
    ),
    "waiting for a dependency": (
        ready("False", "DependencyNotReady", "dependency 'flux-system/db' is not ready"),
        RECONCILING,
        "dependency 'flux-system/db' is not ready",
    ),
    "cancelled for a newer commit": (
        ready("False", "HealthCheckCanceled", "New reconciliation triggered"),
        RECONCILING,
        "New reconciliation triggered",
    ),
    "source not fetched": (
        ready("False", "ArtifactFailed", "Source artifact not found"),
        RECONCILING,
        "source not fetched: Source artifact not found",
    ),
}


@pytest.mark.parametrize("row", KUSTOMIZATIONS.values(), ids=KUSTOMIZATIONS)
def test_a_kustomization(row: tuple[Mapping[str, Any], Readiness, str]) -> None:
    change, readiness, reason = row
    found = flux_judging.kustomization(APPLIER, kustomization(change))
    assert (found.readiness, found.reason) == (readiness, reason)


def test_a_kustomization_whose_source_and_path_the_fleet_does_not_say_is_believed() -> None:
    wanted = replace(APPLIER, path=None, source=None)
    elsewhere = kustomization({"spec": {"path": "./x", "sourceRef": {"name": "y"}}})
    assert flux_judging.kustomization(wanted, elsewhere).readiness is READY


@pytest.mark.parametrize("written", ["", ".", "./", "/"])
def test_the_root_has_several_spellings(written: str) -> None:
    wanted = replace(APPLIER, path=".")
    found = kustomization({"spec": {"path": written}})
    assert flux_judging.kustomization(wanted, found).readiness is READY


def attempt(first: str, last: str, status: str = "ReconciliationSucceeded") -> dict[str, str]:
    return {"firstReconciled": first, "lastReconciled": last, "lastReconciledStatus": status}


HISTORIES: dict[str, tuple[list[dict[str, str]], datetime]] = {
    "one success": ([attempt(ago(hours=2), ago(minutes=1))], NOW - timedelta(hours=2)),
    "a failure before it": (
        [
            attempt(ago(hours=2), ago(minutes=1)),
            attempt(ago(hours=3), ago(minutes=50), "HealthCheckFailed"),
        ],
        NOW - timedelta(minutes=50),
    ),
    "a failure long before": (
        [
            attempt(ago(hours=2), ago(minutes=1)),
            attempt(ago(hours=9), ago(hours=5), "HealthCheckFailed"),
        ],
        NOW - timedelta(hours=2),
    ),
    "none: by Ready itself": ([], NOW - timedelta(minutes=3)),
    "a newest one that failed: by Ready itself": (
        [attempt(ago(hours=2), ago(minutes=1), "ReconciliationFailed")],
        NOW - timedelta(minutes=3),
    ),
}


@pytest.mark.parametrize("row", HISTORIES.values(), ids=HISTORIES)
def test_ready_counts_from_the_first_success_after_the_last_failure(
    row: tuple[list[dict[str, str]], datetime],
) -> None:
    history, since = row
    found = flux_judging.kustomization(APPLIER, kustomization({"status": {"history": history}}))
    assert found == Verdict(READY, "", since)


RELEASES: dict[str, tuple[Mapping[str, Any], Readiness, str]] = {
    **EITHER,
    "ready at an old generation": (
        {"metadata": {"generation": 3}},
        RECONCILING,
        "generation 3 was not observed yet",
    ),
    "failed": (
        ready("False", "UpgradeFailed", "context deadline exceeded"),
        NOT_READY,
        "context deadline exceeded",
    ),
    "rolled back by itself": (
        {
            "status": {
                "conditions": [
                    condition("Ready", "False", "RollbackSucceeded", "rolled back to 1.3.0"),
                    condition("Remediated", "True", "RollbackSucceeded", "to 1.3.0"),
                ],
                "history": [deployed(chartVersion="1.3.0")],
            }
        },
        NOT_READY,
        "rolled back by itself: rolled back to 1.3.0",
    ),
    "out of retries": (
        stalled("UpgradeFailed", "RetriesExceeded", "no more retries"),
        NOT_READY,
        "stalled: no more retries",
    ),
    "the chart is not there yet": (
        ready("False", "SourceNotReady", "HelmChart 'flux-system/shop-web' is not ready"),
        RECONCILING,
        "HelmChart 'flux-system/shop-web' is not ready",
    ),
    "nothing installed": (
        {"status": {"history": []}},
        RECONCILING,
        "nothing is installed yet",
    ),
    "ready, while the newest release failed": (
        {"status": {"history": [deployed(status="failed")]}},
        NOT_READY,
        "Helm says failed of its newest release",
    ),
    "ready, while the newest release is pending": (
        {"status": {"history": [deployed(status="pending-upgrade")]}},
        RECONCILING,
        "Helm says pending-upgrade of its newest release",
    ),
    "another chart version": (
        {"status": {"history": [deployed(chartVersion="1.3.0")]}},
        RECONCILING,
        "chart 1.3.0 is installed, not 1.4.0",
    ),
    "the chart's version with the digest that Flux adds": (
        {"status": {"history": [deployed(chartVersion="1.4.0+0123456789ab")]}},
        READY,
        "",
    ),
    "other values": (
        {"status": {"lastAttemptedConfigDigest": ANOTHER}},
        RECONCILING,
        "its values are not installed yet",
    ),
}


@pytest.mark.parametrize("row", RELEASES.values(), ids=RELEASES)
def test_a_helm_release(row: tuple[Mapping[str, Any], Readiness, str]) -> None:
    change, readiness, reason = row
    found = flux_judging.release(INSTALLER, release(change))
    assert (found.readiness, found.reason) == (readiness, reason)


def test_a_chart_that_the_fleet_leaves_open_may_be_of_any_version() -> None:
    found = release({"status": {"history": [deployed(chartVersion="9.9.9")]}})
    assert flux_judging.release(replace(INSTALLER, chart=None), found).readiness is READY
    assert flux_judging.release(INSTALLER, found).readiness is RECONCILING


def test_the_worst_of_several_speaks_and_of_equals_the_latest() -> None:
    early, late = NOW - timedelta(hours=1), NOW
    one, other = Verdict(READY, "", early), Verdict(READY, "", late)
    waiting, failed = Verdict(RECONCILING, "waits"), Verdict(NOT_READY, "fails", early)
    assert worst([one, other]) == Verdict(READY, "", late)
    assert worst([one, waiting, Verdict(UNKNOWN, "who knows")]).reason == "who knows"
    assert worst([waiting, failed, one]) == failed
    assert worst([]) == Verdict(READY)
