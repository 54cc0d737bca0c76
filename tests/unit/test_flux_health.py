"""One app's health, judged from what a cluster told of all its objects."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bot.adapters.flux_health import health, unknown
from bot.model import Gap, Health, Readiness
from tests.unit.flux_shapes import (
    ANOTHER,
    APPLIER,
    COMMIT,
    DIGEST,
    IMAGE,
    INSTALLER,
    NOW,
    OTHER,
    ago,
    cluster,
    condition,
    deployed,
    kustomization,
    release,
    source,
    wanted,
    workload,
)

WEB = ("Deployment", "shop", "web")
FLEET = ("GitRepository", "flux-system", "flux-system")


def test_a_healthy_app() -> None:
    assert health(wanted(APPLIER), cluster(kustomization())) == Health(
        "prod",
        "prod-eu",
        "web",
        COMMIT,
        Readiness.READY,
        NOW - timedelta(hours=2),
        NOW,
        {IMAGE: DIGEST},
        places={IMAGE: ("Deployment shop/web, container app",)},
        attempted=COMMIT,
    )


def test_a_healthy_app_with_a_release() -> None:
    found = health(wanted(APPLIER, INSTALLER), cluster(kustomization(), release()))
    assert (found.readiness, found.revision, found.message) == (Readiness.READY, COMMIT, "")
    assert found.since == NOW - timedelta(minutes=3)


REVISIONS: dict[str, tuple[Mapping[str, Any], str, Readiness]] = {
    "a branch": ({"lastAppliedRevision": f"main@sha1:{COMMIT}"}, COMMIT, Readiness.READY),
    "a detached head": ({"lastAppliedRevision": f"sha1:{COMMIT}"}, COMMIT, Readiness.READY),
    "an artifact with its origin": (
        {
            "lastAppliedRevision": f"latest@{DIGEST}",
            "lastAppliedOriginRevision": f"main@sha1:{COMMIT}",
        },
        COMMIT,
        Readiness.READY,
    ),
    "an artifact without its origin": (
        {"lastAppliedRevision": f"latest@{DIGEST}"},
        "",
        Readiness.UNKNOWN,
    ),
    "nothing applied": (
        {"lastAppliedRevision": "", "lastAttemptedRevision": f"main@sha1:{COMMIT}"},
        "",
        Readiness.RECONCILING,
    ),
    "what was attempted is not what is applied": (
        {"lastAttemptedRevision": f"main@sha1:{OTHER}"},
        COMMIT,
        Readiness.READY,
    ),
}


@pytest.mark.parametrize("row", REVISIONS.values(), ids=REVISIONS)
def test_the_commit_that_is_applied(row: tuple[Mapping[str, Any], str, Readiness]) -> None:
    status, revision, readiness = row
    found = health(wanted(APPLIER), cluster(kustomization({"status": status})))
    assert (found.revision, found.readiness) == (revision, readiness)
    assert bool(found.message) is (readiness is not Readiness.READY)


def test_a_failure_tells_the_commit_that_was_tried() -> None:
    failed = kustomization(
        {
            "status": {
                "conditions": [condition("Ready", "False", "HealthCheckFailed", "timeout")],
                "lastAttemptedRevision": f"main@sha1:{OTHER}",
            }
        }
    )
    found = health(wanted(APPLIER), cluster(failed))
    assert found.message == "Kustomization flux-system/web: timeout"
    assert (found.readiness, found.revision) == (Readiness.NOT_READY, COMMIT)
    assert found.attempted == OTHER


def test_an_artifact_tells_the_commit_that_was_tried_by_its_history() -> None:
    newest = {
        "firstReconciled": ago(hours=2),
        "lastReconciled": ago(minutes=1),
        "lastReconciledStatus": "HealthCheckFailed",
        "metadata": {"revision": f"latest@{DIGEST}", "originRevision": f"main@sha1:{OTHER}"},
    }
    status = {"lastAttemptedRevision": f"latest@{DIGEST}", "history": [newest]}
    assert health(wanted(APPLIER), cluster(kustomization({"status": status}))).attempted == OTHER
    status["lastAttemptedRevision"] = f"latest@{ANOTHER}"
    assert health(wanted(APPLIER), cluster(kustomization({"status": status}))).attempted == ""


def test_one_of_two_kustomizations_that_has_begun_tells_what_is_tried() -> None:
    second = replace(APPLIER, name="web-2")
    change = {
        "metadata": {"name": "web-2"},
        "status": {"lastAttemptedRevision": f"main@sha1:{OTHER}"},
    }
    found = health(wanted(APPLIER, second), cluster(kustomization(), kustomization(change)))
    assert (found.revision, found.attempted) == (COMMIT, OTHER)


def test_kustomizations_at_different_commits_are_reconciling() -> None:
    second = replace(APPLIER, name="web-2")
    change = {
        "metadata": {"name": "web-2"},
        "status": {"lastAppliedRevision": f"main@sha1:{OTHER}"},
    }
    found = health(wanted(APPLIER, second), cluster(kustomization(), kustomization(change)))
    assert (found.readiness, found.revision) == (Readiness.RECONCILING, "")
    assert found.message == "it is at several revisions: aaaaaaaaaaaa and bbbbbbbbbbbb"


def test_what_is_not_there_is_no_health() -> None:
    found = health(wanted(APPLIER), cluster())
    assert (found.readiness, found.revision) == (Readiness.UNKNOWN, "")
    assert found.message == "Kustomization flux-system/web: it is not there"


def test_a_kind_that_could_not_be_read_is_named() -> None:
    read = cluster(kustomization(), unread={"HelmRelease": "forbidden: no"})
    found = health(wanted(APPLIER, INSTALLER), read)
    assert (found.readiness, found.message) == (
        Readiness.UNKNOWN,
        "HelmRelease shop/web: forbidden: no",
    )
    assert found.gaps == (Gap("cluster prod-eu", "HelmReleases: forbidden: no"),)
    denied = replace(read, denied=frozenset({"HelmRelease"}))
    assert health(wanted(APPLIER, INSTALLER), denied).gaps[0].denied
    assert health(wanted(problem="two"), denied).gaps[0].denied
    assert health(wanted(APPLIER), cluster(kustomization())).gaps == ()


@pytest.mark.parametrize("told", ["two objects have one name", ""])
def test_an_app_of_which_nobody_knows_what_carries_it_is_never_healthy(told: str) -> None:
    found = health(wanted(problem=told), cluster(kustomization()))
    assert found == unknown(wanted(), NOW, told or "nobody says what carries it")
    assert found.readiness is Readiness.UNKNOWN


def test_a_workload_that_broke_after_flux_was_satisfied_speaks() -> None:
    broken = workload(change={"status": {"conditions": [condition("Available", "False")]}})
    found = health(wanted(APPLIER), cluster(kustomization(), workloads={WEB: broken}))
    assert (found.readiness, found.message) == (
        Readiness.NOT_READY,
        "Deployment shop/web: Told",
    )
    # Which commit is applied is known all the same.
    assert found.revision == COMMIT


def test_ready_counts_from_when_the_workload_came_back() -> None:
    back = workload(
        change={
            "status": {
                "conditions": [condition("Available", "True", lastTransitionTime=ago(minutes=1))]
            }
        }
    )
    found = health(wanted(APPLIER), cluster(kustomization(), workloads={WEB: back}))
    assert (found.readiness, found.since) == (Readiness.READY, NOW - timedelta(minutes=1))


def test_workloads_that_may_not_be_read_leave_the_app_unknown() -> None:
    read = cluster(kustomization(), workloads={}, unread={"Deployment": "forbidden: no"})
    found = health(wanted(APPLIER), read)
    assert (found.readiness, found.message) == (
        Readiness.UNKNOWN,
        "Deployment shop/web could not be read: forbidden: no",
    )


def test_a_release_without_inventory_needs_every_kind_of_workload() -> None:
    older = release({"status": {"inventory": None}})
    labels = {"helm.toolkit.fluxcd.io/name": "web", "helm.toolkit.fluxcd.io/namespace": "shop"}
    mine = {WEB: workload(change={"metadata": {"labels": labels}})}
    applier = kustomization({"status": {"inventory": None}})
    found = health(wanted(APPLIER, INSTALLER), cluster(applier, older, workloads=mine))
    assert (found.readiness, found.digests) == (Readiness.READY, {IMAGE: DIGEST})
    read = cluster(applier, older, workloads=mine, unread={"Job": "forbidden: no"})
    found = health(wanted(APPLIER, INSTALLER), read)
    assert (found.readiness, found.message) == (
        Readiness.UNKNOWN,
        "Jobs could not be read: forbidden: no",
    )


def test_live_drift_between_workloads_is_told() -> None:
    ids = [{"id": "shop_web_apps_Deployment"}, {"id": "shop_nightly_batch_CronJob"}]
    both = kustomization({"status": {"inventory": {"entries": ids}}})
    template = {"spec": {"containers": [{"name": "job", "image": f"{IMAGE}@{ANOTHER}"}]}}
    nightly = workload(change={"spec": {"jobTemplate": {"spec": {"template": template}}}})
    found = health(
        wanted(APPLIER),
        cluster(both, workloads={WEB: workload(), ("CronJob", "shop", "nightly"): nightly}),
    )
    assert found.digests == {}
    assert found.drift == (
        f"CronJob shop/nightly, container job: {IMAGE} is {ANOTHER}",
        f"Deployment shop/web, container app: {IMAGE} is {DIGEST}",
    )


def test_times_are_told_by_our_clock() -> None:
    ahead = timedelta(hours=1)
    found = health(wanted(APPLIER), cluster(kustomization(), ahead=ahead))
    assert found.since == NOW - timedelta(hours=3)
    assert (found.readiness, found.message) == (
        Readiness.READY,
        "its clock is 1:00:00 ahead of ours",
    )
    behind = health(wanted(APPLIER), cluster(kustomization(), ahead=-ahead))
    assert behind.since == NOW - timedelta(hours=1)
    assert behind.message == "its clock is 1:00:00 behind ours"
    slightly = health(wanted(APPLIER), cluster(kustomization(), ahead=timedelta(seconds=30)))
    assert (slightly.message, slightly.since) == ("", NOW - timedelta(hours=2, seconds=30))


def test_ready_never_began_after_we_looked() -> None:
    found = health(wanted(APPLIER), cluster(kustomization(), ahead=timedelta(hours=-3)))
    assert found.since == NOW


def test_a_source_that_is_not_fetched_is_told_beside_the_health() -> None:
    broken = source(
        change={"status": {"conditions": [condition("Ready", "False", message="no route")]}}
    )
    found = health(wanted(APPLIER), cluster(kustomization(), sources={FLEET: broken}))
    assert found.readiness is Readiness.READY
    assert found.message == "source not fetched: GitRepository flux-system: no route"
    fetched = health(wanted(APPLIER), cluster(kustomization(), sources={FLEET: source()}))
    assert fetched.message == ""


def test_a_workload_that_was_taken_away_is_drift_and_no_failure_of_the_release() -> None:
    found = health(wanted(APPLIER), cluster(kustomization(), workloads={}))
    assert (found.readiness, found.drift) == (
        Readiness.READY,
        ("Deployment shop/web is not there",),
    )
    assert health(wanted(APPLIER), cluster(kustomization())).drift == ()


def test_what_is_scaled_to_nothing_is_told() -> None:
    status = {"replicas": 0, "updatedReplicas": 0, "availableReplicas": 0}
    nothing = workload(change={"spec": {"replicas": 0}, "status": status})
    found = health(wanted(APPLIER), cluster(kustomization(), workloads={WEB: nothing}))
    assert found.readiness is Readiness.READY
    assert found.message == "Deployment shop/web is scaled to nothing: none of its Pods runs"


def test_pods_that_could_not_be_read_are_told() -> None:
    found = health(wanted(APPLIER), cluster(kustomization(), unread={"Pod": "forbidden: no"}))
    assert found.readiness is Readiness.READY
    assert found.message == "Pods could not be read: forbidden: no"
    assert health(wanted(APPLIER), cluster(kustomization())).message == ""


def test_the_chart_that_is_installed_is_told_as_its_pin_calls_it() -> None:
    chart = source("", {"status": {"artifact": {"revision": "1.4.0", "digest": ANOTHER}}})
    read = cluster(
        kustomization(), release(), sources={("HelmChart", "flux-system", "shop-web"): chart}
    )
    found = health(wanted(APPLIER, INSTALLER, repositories=("web",)), read)
    assert (found.tags, found.digests) == ({"web": "1.4.0"}, {"web": ANOTHER})
    newer = source("", {"status": {"artifact": {"revision": "1.5.0", "digest": ANOTHER}}})
    read = cluster(
        kustomization(), release(), sources={("HelmChart", "flux-system", "shop-web"): newer}
    )
    found = health(wanted(APPLIER, INSTALLER, repositories=("web",)), read)
    assert (found.tags, found.digests) == ({"web": "1.4.0"}, {})


def test_the_chart_of_an_oci_repository_is_told_by_its_repository() -> None:
    place = "registry.example.com/charts/web"
    newest = deployed(chartVersion="1.4.0+111111111111", ociDigest=DIGEST)
    installed = release(
        {
            "spec": {"chart": None, "chartRef": {"kind": "OCIRepository", "name": "web"}},
            "status": {"history": [newest]},
        }
    )
    read = cluster(
        kustomization(),
        installed,
        sources={("OCIRepository", "shop", "web"): source(f"oci://{place}")},
    )
    found = health(wanted(APPLIER, INSTALLER, repositories=(place,)), read)
    assert (found.readiness, found.tags, found.digests) == (
        Readiness.READY,
        {place: "1.4.0"},
        {place: DIGEST},
    )


def test_a_git_source_of_the_app_is_an_artifact_and_says_no_fleet_commit() -> None:
    own = replace(APPLIER, name="own", path=None, source=None)
    labels = {
        "kustomize.toolkit.fluxcd.io/name": "web",
        "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
    }
    applied = kustomization(
        {
            "metadata": {"name": "own", "labels": labels},
            "spec": {"sourceRef": {"name": "app"}},
            "status": {"lastAppliedRevision": f"v1.2.3@sha1:{OTHER}"},
        }
    )
    read = cluster(
        kustomization(),
        applied,
        sources={("GitRepository", "flux-system", "app"): source("ssh://git@git.example.com/a/b")},
    )
    found = health(wanted(own, repositories=("git.example.com/a/b",)), read)
    assert (found.readiness, found.revision) == (Readiness.READY, COMMIT)
    assert found.digests == {"git.example.com/a/b": f"sha1:{OTHER}"}
    assert found.tags == {"git.example.com/a/b": "v1.2.3"}


def test_a_release_alone_is_at_the_commit_of_what_applied_it() -> None:
    found = health(wanted(INSTALLER), cluster(kustomization(), release()))
    assert (found.readiness, found.revision) == (Readiness.READY, COMMIT)
    orphan = health(wanted(INSTALLER), cluster(release()))
    assert (orphan.readiness, orphan.message) == (
        Readiness.UNKNOWN,
        "no Kustomization says which commit is applied",
    )


def test_what_flux_says_is_cut_where_it_has_no_end() -> None:
    failed = kustomization(
        {"status": {"conditions": [condition("Ready", "False", message="x" * 20_000)]}}
    )
    assert len(health(wanted(APPLIER), cluster(failed)).message) == 2000
