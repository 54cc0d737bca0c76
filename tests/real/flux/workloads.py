"""In place of kubelet, scheduler and the controllers of Kubernetes: whether workloads run.

It writes the status of Deployments, StatefulSets, Jobs, PersistentVolumeClaims and ResourceQuotas,
as the real ones do and as Flux's health checks read it. How a workload fares depends on its images,
as the test says. No Pod is made.

Source: kubernetes.io/docs/concepts/workloads/controllers/deployment, "Deployment status"; kstatus,
pkg/kstatus/README.md, "Status".
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tests.real.flux.api import Object
from tests.real.flux.conditions import conditions, now
from tests.real.flux.player import Player
from tests.real.flux.server import ApiServer

APPS = "apps/v1"


class Fate(Enum):
    """How the containers of an image fare, the best first."""

    HEALTHY = "healthy"
    CRASHES = "crashes after a while"
    NEVER_READY = "never ready"


@dataclass(frozen=True)
class Verdict:
    """What becomes of an image.

    Attributes:
        fate: see there.
        after: seconds until an image that crashes does; seconds until the Deployment of one that
            never gets ready is given up, None for never. Kubernetes gives up after
            `spec.progressDeadlineSeconds`, ten minutes unless it says otherwise.
    """

    fate: Fate
    after: float | None = None


HEALTHY = Verdict(Fate.HEALTHY)


class Workloads(Player):
    """Plays the workloads of one API server while it is entered.

    `verdicts` may be changed at any time: by an image's tag or digest, with what stands before it
    (`:1.2.3`, `@sha256:...`) or all of the image. What no entry ends is healthy. Where several
    containers differ the worst counts.
    """

    def __init__(self, server: ApiServer) -> None:
        super().__init__(server)
        self.verdicts: dict[str, Verdict] = {}
        self._since: dict[tuple[str, int], float] = {}
        self._ran: set[str] = set()

    # --- how ------------------------------------------------------------------------------------

    def _look(self) -> None:
        for found in self._api.listed(APPS, "DaemonSet", fresh=False):
            raise AssertionError(f"nobody plays the DaemonSet {found['metadata']['name']}")
        for found in self._api.listed(APPS, "Deployment", fresh=False):
            if found["spec"].get("paused"):
                raise AssertionError(f"a paused Deployment: {found['metadata']['name']}")
            self._tell(found, self._deployment(found))
        for found in self._api.listed(APPS, "StatefulSet", fresh=False):
            update = found["spec"]["updateStrategy"]
            held_back = update.get("rollingUpdate", {}).get("partition")
            if update.get("type") != "RollingUpdate" or held_back:
                raise AssertionError(f"a StatefulSet that updates otherwise: {update}")
            self._tell(found, self._stateful_set(found))
        for found in self._api.listed("batch/v1", "Job", fresh=False):
            self._tell(found, self._job(found))
        for found in self._api.listed("v1", "ResourceQuota", fresh=False):
            hard = found["spec"]["hard"]
            # Nobody counts; what was never counted would be refused.
            self._tell(found, {"hard": hard, "used": dict.fromkeys(hard, "0")})
        for found in self._api.listed("v1", "PersistentVolumeClaim", fresh=False):
            asked = found["spec"]["resources"]["requests"]
            modes = found["spec"]["accessModes"]
            self._tell(found, {"phase": "Bound", "capacity": asked, "accessModes": modes})

    def _deployment(self, found: Object) -> dict[str, Any]:
        count, verdict, age = self._fares(found)
        available = ("Available", True, "MinimumReplicasAvailable", "has minimum availability")
        missing = ("Available", False, "MinimumReplicasUnavailable", "no minimum availability")
        complete = ("Progressing", True, "NewReplicaSetAvailable", "has successfully progressed")
        rolling = found["spec"]["strategy"]["type"] == "RollingUpdate"
        updated = ready = count
        if verdict.fate is Fate.NEVER_READY:
            # One Pod of the new version is tried while those of the old one go on.
            keeps = rolling and found["metadata"]["uid"] in self._ran
            updated, ready = min(1, count), count if keeps else 0
            given_up = verdict.after is not None and age >= verdict.after
            complete = (
                ("Progressing", False, "ProgressDeadlineExceeded", "has timed out progressing")
                if given_up
                else ("Progressing", True, "ReplicaSetUpdated", "is progressing")
            )
        elif _crashed(verdict, age):
            ready = 0
        else:
            self._ran.add(found["metadata"]["uid"])
        enough = available if ready or not count else missing
        replicas = max(updated, ready + (verdict.fate is Fate.NEVER_READY and count > 0))
        return {
            "observedGeneration": found["metadata"]["generation"],
            "replicas": replicas,
            "updatedReplicas": updated,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "unavailableReplicas": replicas - ready,
            "conditions": conditions(found, enough, complete),
        }

    def _stateful_set(self, found: Object) -> dict[str, Any]:
        count, verdict, age = self._fares(found)
        bad = verdict.fate is Fate.NEVER_READY or _crashed(verdict, age)
        ready = max(count - 1, 0) if bad else count
        updated = min(1, count) if bad else count
        name = f"{found['metadata']['name']}-{found['metadata']['generation']}"
        return {
            "observedGeneration": found["metadata"]["generation"],
            "replicas": count,
            "readyReplicas": ready,
            "availableReplicas": ready,
            "currentReplicas": count if not bad else count - updated,
            "updatedReplicas": updated,
            "currentRevision": name if not bad else f"{name}-before",
            "updateRevision": name,
        }

    def _job(self, found: Object) -> dict[str, Any]:
        count, verdict, _ = self._fares(found)
        if verdict.fate is not Fate.HEALTHY:
            raise AssertionError(f"a Job that is not healthy: {found['metadata']['name']}")
        began = found.get("status", {}).get("startTime", now())
        done = [
            (kind, True, "CompletionsReached", "") for kind in ("SuccessCriteriaMet", "Complete")
        ]
        return {
            "startTime": began,
            "completionTime": found.get("status", {}).get("completionTime", began),
            "succeeded": count,
            "conditions": conditions(found, *done),
        }

    def _fares(self, found: Object) -> tuple[int, Verdict, float]:
        """How many Pods it wants, what becomes of them, and for how many seconds it is known."""
        meta, spec = found["metadata"], found["spec"]
        key = (meta["uid"], meta["generation"])
        age = time.monotonic() - self._since.setdefault(key, time.monotonic())
        worst = max(
            (self._verdict(image) for image in images(found)),
            key=lambda verdict: list(Fate).index(verdict.fate),
        )
        return spec.get("replicas", spec.get("completions", 1)), worst, age

    def _verdict(self, image: str) -> Verdict:
        fitting = (each for ending, each in self.verdicts.items() if image.endswith(ending))
        return next(fitting, HEALTHY)


def images(found: Object) -> Iterator[str]:
    """What the containers of a workload run."""
    pod = found["spec"]["template"]["spec"]
    for containers in ("initContainers", "containers"):
        yield from (each["image"] for each in pod.get(containers, ()))


def _crashed(verdict: Verdict, age: float) -> bool:
    return verdict.fate is Fate.CRASHES and age >= (verdict.after or 0)
