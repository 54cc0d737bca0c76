"""Which bytes the Pods of an app report, and what it means when they differ."""

from typing import Any

import msgspec
import pytest

from bot.adapters.flux_health import health
from bot.adapters.flux_pods import running
from bot.adapters.flux_workload_objects import Pod
from tests.unit.flux_shapes import (
    ANOTHER,
    APPLIER,
    DIGEST,
    IMAGE,
    cluster,
    kustomization,
    wanted,
    workload,
)

WEB = ("Deployment", "shop", "web")
TAGGED = f"{IMAGE}:1.2.3"


def pod(
    name: str = "web-6d4cf56db6-x7x2n",
    image: str = TAGGED,
    image_id: str = f"{IMAGE}@{DIGEST}",
    *,
    owner: tuple[str, str] = ("ReplicaSet", "web-6d4cf56db6"),
    phase: str = "Running",
    **metadata: Any,
) -> Pod:
    kind, made_by = owner
    found = {
        "metadata": {
            "name": name,
            "namespace": "shop",
            "ownerReferences": [{"kind": kind, "name": made_by, "controller": True}],
            **metadata,
        },
        "spec": {"containers": [{"name": "app", "image": image}]},
        "status": {"phase": phase, "containerStatuses": [{"name": "app", "imageID": image_id}]},
    }
    return msgspec.convert(found, Pod)


def told(*pods: Pod, image: str = TAGGED) -> tuple[dict[str, str], tuple[str, ...]]:
    agreed, drift = running({WEB: workload(image)}, pods, [IMAGE])
    return dict(agreed), drift


def test_the_pods_of_a_workload_tell_which_bytes_run() -> None:
    assert told(pod(), pod("web-6d4cf56db6-zzzzz")) == ({IMAGE: DIGEST}, ())
    assert told() == ({}, ())


NOT_COUNTED = {
    "of another workload": pod(owner=("ReplicaSet", "other-6d4cf56db6")),
    "of nobody": pod(ownerReferences=[]),
    "of one that is not its controller": pod(
        ownerReferences=[{"kind": "ReplicaSet", "name": "web-6d4cf56db6"}]
    ),
    "of the rollout before": pod(image=f"{IMAGE}:1.2.2", image_id=f"{IMAGE}@{ANOTHER}"),
    "on its way out": pod(image_id=f"{IMAGE}@{ANOTHER}", deletionTimestamp="2026-01-05T11:00:00Z"),
    "over": pod(image_id=f"{IMAGE}@{ANOTHER}", phase="Succeeded"),
    "that has not started": pod(image_id=""),
    "whose node knows its own id alone": pod(image_id=DIGEST),
}


@pytest.mark.parametrize("other", NOT_COUNTED.values(), ids=NOT_COUNTED)
def test_a_pod_that_does_not_count(other: Pod) -> None:
    assert told(other) == ({}, ())
    assert told(pod(), other) == ({IMAGE: DIGEST}, ())


def test_a_tag_that_was_moved_is_live_drift() -> None:
    moved = pod("web-6d4cf56db6-zzzzz", image_id=f"docker-pullable://{IMAGE}@{ANOTHER}")
    assert told(pod(), moved) == (
        {},
        (
            f"Pod shop/web-6d4cf56db6-x7x2n, container app: {IMAGE} runs {DIGEST}",
            f"Pod shop/web-6d4cf56db6-zzzzz, container app: {IMAGE} runs {ANOTHER}",
        ),
    )


OWNERS = {
    ("StatefulSet", "shop", "db"): ("StatefulSet", "db"),
    ("DaemonSet", "shop", "agent"): ("DaemonSet", "agent"),
    ("Job", "shop", "migrate"): ("Job", "migrate"),
    ("CronJob", "shop", "nightly"): ("Job", "nightly-29012345"),
}


@pytest.mark.parametrize("identity", OWNERS, ids=lambda identity: identity[0])
def test_pods_are_found_by_who_made_them(identity: tuple[str, str, str]) -> None:
    agreed, _ = running({identity: workload(TAGGED)}, [pod(owner=OWNERS[identity])], [IMAGE])
    assert agreed == {IMAGE: DIGEST}


def test_health_tells_them_on_a_level_of_their_own() -> None:
    read = cluster(kustomization(), workloads={WEB: workload(TAGGED)}, pods=(pod(),))
    found = health(wanted(APPLIER), read)
    assert (found.digests, found.tags, found.running) == ({}, {IMAGE: "1.2.3"}, {IMAGE: DIGEST})
