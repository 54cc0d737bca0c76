"""Flux objects as an API server tells them, for tests: healthy ones, changed where a test says.

Shapes as Flux 2.9 writes them, in our own words and with our own names.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from bot.adapters.flux_objects import Kustomization, Release, Source
from bot.adapters.flux_read import ClusterRead
from bot.adapters.flux_workload_objects import Pod, Workload
from gitops.carriers import Carried, Carrier

COMMIT, OTHER = "a" * 40, "b" * 40
DIGEST, ANOTHER = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
IMAGE = "registry.example.com/shop/web"
NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)

APPLIER = Carrier(
    "Kustomization",
    "flux-system",
    "web",
    path="apps/web/envs/prod",
    source="GitRepository flux-system/flux-system",
)
INSTALLER = Carrier("HelmRelease", "shop", "web", chart="1.4.0")


def ago(**given: float) -> str:
    """A time before `NOW`, as Kubernetes writes it."""
    return (NOW - timedelta(**given)).strftime("%Y-%m-%dT%H:%M:%SZ")


def condition(kind: str, status: str, reason: str = "Told", message: str = "", **more: Any) -> Any:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": ago(minutes=3),
        **more,
    }


def merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """One mapping over another, level by level; None takes a key away."""
    found = dict(one)
    for key, value in other.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, Mapping) and isinstance(found.get(key), Mapping):
            found[key] = merged(found[key], value)
        else:
            found[key] = value
    return found


def kustomization(change: Mapping[str, Any] | None = None) -> Kustomization:
    """The one that carries the app: applied at `COMMIT` two hours ago, and ready since."""
    healthy = {
        "metadata": {"name": "web", "namespace": "flux-system", "generation": 3},
        "spec": {
            "path": "./apps/web/envs/prod",
            "sourceRef": {"kind": "GitRepository", "name": "flux-system"},
        },
        "status": {
            "observedGeneration": 3,
            "conditions": [
                condition("Ready", "True", "ReconciliationSucceeded", observedGeneration=3),
                condition("Healthy", "True", "Succeeded", observedGeneration=3),
            ],
            "lastAppliedRevision": f"main@sha1:{COMMIT}",
            "lastAttemptedRevision": f"main@sha1:{COMMIT}",
            "history": [
                {
                    "digest": DIGEST,
                    "firstReconciled": ago(hours=2),
                    "lastReconciled": ago(minutes=3),
                    "lastReconciledStatus": "ReconciliationSucceeded",
                }
            ],
            "inventory": {"entries": [{"id": "shop_web_apps_Deployment", "v": "v1"}]},
        },
    }
    return msgspec.convert(merged(healthy, change or {}), Kustomization)


def release(change: Mapping[str, Any] | None = None) -> Release:
    """A HelmRelease at chart 1.4.0, deployed an hour ago."""
    healthy = {
        "metadata": {
            "name": "web",
            "namespace": "shop",
            "generation": 2,
            "labels": {
                "kustomize.toolkit.fluxcd.io/name": "web",
                "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
            },
        },
        "spec": {"chart": {"spec": {"chart": "web", "version": "1.4.0"}}},
        "status": {
            "observedGeneration": 2,
            "conditions": [
                condition("Ready", "True", "UpgradeSucceeded", observedGeneration=2),
                condition("Released", "True", "UpgradeSucceeded", observedGeneration=2),
            ],
            "history": [deployed(), deployed(chartVersion="1.3.0", status="superseded")],
            "helmChart": "flux-system/shop-web",
            "lastAttemptedConfigDigest": DIGEST,
            "inventory": {"entries": [{"id": "shop_web_apps_Deployment", "v": "v1"}]},
        },
    }
    return msgspec.convert(merged(healthy, change or {}), Release)


def deployed(**change: Any) -> dict[str, Any]:
    return {
        "chartName": "web",
        "chartVersion": "1.4.0",
        "status": "deployed",
        "configDigest": DIGEST,
        "lastDeployed": ago(hours=1),
        **change,
    }


def workload(image: str = f"{IMAGE}@{DIGEST}", change: Mapping[str, Any] | None = None) -> Workload:
    """A Deployment of one container, available."""
    healthy = {
        "metadata": {"name": "web", "namespace": "shop", "generation": 5},
        "spec": {
            "replicas": 2,
            "template": {"spec": {"containers": [{"name": "app", "image": image}]}},
        },
        "status": {
            "observedGeneration": 5,
            "replicas": 2,
            "updatedReplicas": 2,
            "availableReplicas": 2,
            "readyReplicas": 2,
            "conditions": [
                condition("Available", "True", lastTransitionTime=ago(hours=3)),
                condition("Progressing", "True", "NewReplicaSetAvailable"),
            ],
        },
    }
    return msgspec.convert(merged(healthy, change or {}), Workload)


def source(
    url: str = "https://git.example.com/acme/fleet.git", change: Mapping[str, Any] | None = None
) -> Source:
    """A source that was fetched."""
    healthy = {
        "metadata": {"name": "flux-system", "namespace": "flux-system", "generation": 1},
        "spec": {"url": url},
        "status": {
            "conditions": [condition("Ready", "True")],
            "artifact": {"revision": f"main@sha1:{COMMIT}", "digest": ANOTHER},
        },
    }
    return msgspec.convert(merged(healthy, change or {}), Source)


def wanted(
    *carriers: Carrier, repositories: tuple[str, ...] = (IMAGE,), problem: str = ""
) -> Carried:
    return Carried("prod", "prod-eu", "web", carriers, repositories, problem)


def cluster(
    *found: Kustomization | Release,
    workloads: Mapping[tuple[str, str, str], Workload] | None = None,
    sources: Mapping[tuple[str, str, str], Source] | None = None,
    unread: Mapping[str, str] | None = None,
    ahead: timedelta = timedelta(),
    pods: tuple[Pod, ...] = (),
) -> ClusterRead:
    """What a cluster told: these objects, and one healthy Deployment unless others are given."""
    return ClusterRead(
        NOW,
        ahead,
        {(o.metadata.namespace, o.metadata.name): o for o in found if isinstance(o, Kustomization)},
        {(o.metadata.namespace, o.metadata.name): o for o in found if isinstance(o, Release)},
        sources or {},
        {("Deployment", "shop", "web"): workload()} if workloads is None else workloads,
        pods,
        unread or {},
    )
