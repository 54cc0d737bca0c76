"""What workloads say: which are an app's, how they are, and which images they name."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from bot.adapters import flux_workloads
from bot.adapters.flux_objects import Inventory
from bot.adapters.flux_workload_objects import Workload
from bot.model import Readiness
from tests.unit.flux_shapes import ANOTHER, DIGEST, IMAGE, cluster, condition, workload

READY, NOT_READY = Readiness.READY, Readiness.NOT_READY
RECONCILING = Readiness.RECONCILING
WEB = ("Deployment", "shop", "web")


def inventory(*ids: str) -> Inventory:
    return msgspec.convert({"entries": [{"id": each} for each in ids]}, Inventory)


def test_an_inventory_names_workloads_among_other_things() -> None:
    found = inventory(
        "shop_web_apps_Deployment",
        "shop_nightly_batch_CronJob",
        "shop_web__Service",
        "_shop__Namespace",
        "shop_web_example.com_Deployment",
        "shop_reader__role_rbac.authorization.k8s.io_RoleBinding",
        "nonsense",
        "",
    )
    assert flux_workloads.listed(found) == {WEB, ("CronJob", "shop", "nightly")}
    assert flux_workloads.listed(None) == frozenset()


def test_a_release_without_an_inventory_is_known_by_its_labels() -> None:
    labels = {
        "helm.toolkit.fluxcd.io/name": "web",
        "helm.toolkit.fluxcd.io/namespace": "shop",
    }
    mine = workload(change={"metadata": {"labels": labels}})
    read = cluster(workloads={WEB: mine, ("Deployment", "shop", "other"): workload()})
    assert flux_workloads.labelled(read, ("shop", "web")) == {WEB}


DEPLOYMENTS: dict[str, tuple[Mapping[str, Any], Readiness, str]] = {
    "available": ({}, READY, ""),
    "not looked at yet": (
        {"metadata": {"generation": 6}},
        RECONCILING,
        "Deployment shop/web: its newest generation was not observed yet",
    ),
    "its rollout has failed": (
        {
            "status": {
                "conditions": [
                    condition("Available", "True"),
                    condition("Progressing", "False", "ProgressDeadlineExceeded", "timed out"),
                ]
            }
        },
        NOT_READY,
        "Deployment shop/web: timed out",
    ),
    "it broke after it was ready": (
        {
            "status": {
                "availableReplicas": 0,
                "conditions": [condition("Available", "False", "MinimumReplicasUnavailable")],
            }
        },
        NOT_READY,
        "Deployment shop/web: MinimumReplicasUnavailable",
    ),
    "nothing of it is there": (
        {"status": {"availableReplicas": 0, "conditions": []}},
        NOT_READY,
        "Deployment shop/web: none of its Pods is available",
    ),
    "scaled to nothing": (
        {
            "spec": {"replicas": 0},
            "status": {
                "replicas": 0,
                "updatedReplicas": 0,
                "availableReplicas": 0,
                "conditions": [],
            },
        },
        READY,
        "",
    ),
    "its old Pods go on while no new one comes": (
        {"status": {"replicas": 3, "updatedReplicas": 1}},
        RECONCILING,
        "Deployment shop/web: 1 of 3 Pods are of its newest version",
    ),
    "one old Pod goes on beside the new ones": (
        {"status": {"replicas": 3}},
        RECONCILING,
        "Deployment shop/web: 2 of 3 Pods are of its newest version",
    ),
    "its rollout is paused": (
        {"status": {"updatedReplicas": 0}},
        RECONCILING,
        "Deployment shop/web: 0 of 2 Pods are of its newest version",
    ),
    "its last new Pod never comes": (
        {
            "status": {
                "availableReplicas": 1,
                "conditions": [
                    condition("Available", "True"),
                    condition("Progressing", "True", "ReplicaSetUpdated"),
                ],
            }
        },
        RECONCILING,
        "Deployment shop/web: 1 of 2 Pods are available",
    ),
    "one Pod is being replaced": ({"status": {"availableReplicas": 1}}, READY, ""),
}


@pytest.mark.parametrize("row", DEPLOYMENTS.values(), ids=DEPLOYMENTS)
def test_a_deployment(row: tuple[Mapping[str, Any], Readiness, str]) -> None:
    change, readiness, reason = row
    found = flux_workloads.state({WEB: workload(change=change)})
    assert (found.readiness, found.reason) == (readiness, reason)


def daemons(wanted: int, there: int, newest: int | None = None) -> dict[str, int]:
    updated = {"updatedNumberScheduled": wanted if newest is None else newest}
    counts = {"desiredNumberScheduled": wanted, "numberAvailable": there, **updated}
    return {"observedGeneration": 5, **counts}


OTHERS: dict[str, tuple[str, Mapping[str, Any], Readiness]] = {
    "every Pod of a StatefulSet": ("StatefulSet", {"readyReplicas": 2}, READY),
    "some Pods of a StatefulSet": ("StatefulSet", {"readyReplicas": 1}, RECONCILING),
    "no Pod of a StatefulSet": ("StatefulSet", {"readyReplicas": 0}, NOT_READY),
    "an old Pod of a StatefulSet": ("StatefulSet", {"updatedReplicas": 1}, RECONCILING),
    "every Pod of a DaemonSet": ("DaemonSet", daemons(3, 3), READY),
    "some Pods of a DaemonSet": ("DaemonSet", daemons(3, 2), RECONCILING),
    "no Pod of a DaemonSet": ("DaemonSet", daemons(3, 0), NOT_READY),
    "an old Pod of a DaemonSet": ("DaemonSet", daemons(3, 3, 2), RECONCILING),
    "a DaemonSet without nodes": ("DaemonSet", daemons(0, 0), READY),
    "a CronJob": ("CronJob", {"observedGeneration": 0}, READY),
    "a Job that runs": ("Job", {"observedGeneration": 0, "conditions": []}, READY),
    "a Job that failed": ("Job", {"conditions": [condition("Failed", "True")]}, NOT_READY),
}


@pytest.mark.parametrize("row", OTHERS.values(), ids=OTHERS)
def test_other_workloads(row: tuple[str, Mapping[str, Any], Readiness]) -> None:
    kind, status, readiness = row
    found = flux_workloads.state({(kind, "shop", "web"): workload(change={"status": status})})
    assert found.readiness is readiness


def test_only_what_names_a_time_tells_of_a_break() -> None:
    timeless = workload(change={"status": {"conditions": []}})
    assert flux_workloads.continuous({})
    assert flux_workloads.continuous({WEB: workload(), ("CronJob", "shop", "n"): timeless})
    assert not flux_workloads.continuous({WEB: timeless})
    assert not flux_workloads.continuous({WEB: workload(), ("StatefulSet", "shop", "db"): timeless})


def test_what_is_not_there_or_could_not_be_read_is_named() -> None:
    # A Job may go when it is done.
    wanted = [WEB, ("Job", "shop", "migrate")]
    assert flux_workloads.absent(wanted, cluster()) == ()
    assert flux_workloads.unread(wanted, cluster()).readiness is READY
    gone = cluster(workloads={})
    assert flux_workloads.absent(wanted, gone) == ("Deployment shop/web is not there",)
    assert flux_workloads.unread(wanted, gone).readiness is READY
    unread = cluster(workloads={}, unread={"Deployment": "forbidden"})
    assert flux_workloads.absent(wanted, unread) == ()
    found = flux_workloads.unread(wanted, unread)
    assert (found.readiness, found.reason) == (
        Readiness.UNKNOWN,
        "Deployment shop/web could not be read: forbidden",
    )


def said(*images: str, repository: str = IMAGE) -> flux_workloads.Said:
    found = {("Deployment", "shop", f"web-{n}"): workload(each) for n, each in enumerate(images)}
    return flux_workloads.said(found, [repository])


def test_images_are_called_as_pins_call_them() -> None:
    assert said(f"{IMAGE}:1.2.3@{DIGEST}").digests == {IMAGE: DIGEST}
    assert said(f"nginx@{DIGEST}", repository="docker.io/library/nginx").digests == {
        "docker.io/library/nginx": DIGEST
    }
    assert said(f"REGISTRY.example.com/shop/web@{DIGEST}").digests == {IMAGE: DIGEST}
    assert said(f"registry.example.com/shop/other@{DIGEST}") == flux_workloads.Said()
    assert said("not an image at all!") == flux_workloads.Said()


def test_a_tag_is_told_only_where_there_is_no_digest() -> None:
    assert (said(f"{IMAGE}:1.2.3").tags, said(f"{IMAGE}:1.2.3").digests) == ({IMAGE: "1.2.3"}, {})
    assert (said(IMAGE).tags, said(IMAGE).digests) == ({}, {})


def test_workloads_that_disagree_are_drift_and_neither_is_believed() -> None:
    found = said(f"{IMAGE}@{DIGEST}", f"{IMAGE}@{ANOTHER}")
    assert found.digests == {}
    assert found.drift == (
        f"Deployment shop/web-0, container app: {IMAGE} is {DIGEST}",
        f"Deployment shop/web-1, container app: {IMAGE} is {ANOTHER}",
    )
    same = said(f"{IMAGE}:1.2.3@{DIGEST}", f"{IMAGE}@{DIGEST}")
    assert (same.digests, same.drift) == ({IMAGE: DIGEST}, ())
    places = tuple(f"Deployment shop/web-{n}, container app" for n in range(2))
    assert same.places == {IMAGE: places}


def test_init_containers_and_cron_jobs_count() -> None:
    inner = {"spec": {"initContainers": [{"name": "wait", "image": f"{IMAGE}@{DIGEST}"}]}}
    beside = workload("busybox", {"spec": {"template": inner}})
    assert flux_workloads.said({WEB: beside}, [IMAGE]).digests == {IMAGE: DIGEST}
    job = {"jobTemplate": {"spec": {"template": inner}}}
    cron = msgspec.convert({"metadata": {"name": "n"}, "spec": job}, Workload)
    assert flux_workloads.said({("CronJob", "shop", "n"): cron}, [IMAGE]).digests == {IMAGE: DIGEST}
