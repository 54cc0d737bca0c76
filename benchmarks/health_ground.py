"""An API server with many apps on it, as Flux's controllers would leave them; nobody runs there."""

import re
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.real.flux import crds
from tests.real.flux.api import Api
from tests.real.flux.server import ADMINISTRATOR, ApiServer

BOT = "bot"
_WRITERS = 8
_COMMIT = "c" * 40
_TIME = "2026-01-05T10:00:00Z"
_READABLE = {
    "kustomize.toolkit.fluxcd.io": ["kustomizations"],
    "helm.toolkit.fluxcd.io": ["helmreleases"],
    "source.toolkit.fluxcd.io": ["*"],
    "apps": ["deployments", "statefulsets", "daemonsets"],
    "batch": ["cronjobs", "jobs"],
}
KUSTOMIZE, HELM = "kustomize.toolkit.fluxcd.io/v1", "helm.toolkit.fluxcd.io/v2"


@dataclass(frozen=True, slots=True)
class HealthGround:
    """The server, and a file with the token of someone who may only read."""

    server: ApiServer
    token: Path

    def cpu(self) -> float:
        """Seconds of CPU that the server has taken so far, by its own count; etcd's are its own."""
        text = self.server.admin.ask("GET", "/metrics").text
        told = re.search(r"^process_cpu_seconds_total (\S+)", text, flags=re.MULTILINE)
        return float(told.group(1)) if told else 0.0

    def lists(self) -> int:
        """How many lists of what health rests on the server has answered so far."""
        text = self.server.admin.ask("GET", "/metrics").text
        lines = re.findall(r"^apiserver_request_total\{([^}]*)\} (\d+)", text, flags=re.MULTILINE)
        groups = {f'group="{group}"' for group in _READABLE}
        return sum(
            int(count)
            for told, count in lines
            if 'verb="LIST"' in told and groups & set(told.split(","))
        )


@contextmanager
def ground(
    directory: Path, shared: Path, apps: int, environments: Sequence[str]
) -> Iterator[HealthGround]:
    """Every app in every environment: a Kustomization, a HelmRelease and a Deployment."""
    with ApiServer(directory, {BOT: ["bots"]}) as server:
        crds.teach(server.admin, crds.flux(shared))
        _allow(server.admin)
        for namespace in ("flux-system", *environments):
            server.admin.apply(_made("v1", "Namespace", namespace))
        _write(server.admin, *_source())
        mine = threading.local()

        def write(app: tuple[str, int]) -> None:
            if not hasattr(mine, "api"):
                mine.api = server.api(ADMINISTRATOR)
            for wanted, status in _app(*app):
                _write(mine.api, wanted, status)

        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(write, ((e, n) for e in environments for n in range(apps))))
        token = directory / "token"
        token.write_text(server.token(BOT))
        yield HealthGround(server, token)


def _allow(api: Api) -> None:
    rules = [
        {"apiGroups": [group], "resources": resources, "verbs": ["get", "list"]}
        for group, resources in _READABLE.items()
    ]
    version = "rbac.authorization.k8s.io/v1"
    api.apply(_made(version, "ClusterRole", BOT, rules=rules))
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": BOT}
    subject = {"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": BOT}
    api.apply(_made(version, "ClusterRoleBinding", BOT, roleRef=role, subjects=[subject]))


def _write(api: Api, wanted: dict[str, Any], status: dict[str, Any]) -> None:
    """Server-side apply of both, as the controllers do: so managedFields are there too."""
    api.apply(wanted)
    api.apply_status({**wanted, "status": status})


def _made(version: str, kind: str, name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def _told(kind: str, message: str) -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True",
        "reason": "Succeeded",
        "message": message,
        "lastTransitionTime": _TIME,
    }


def _flux(kind: str, message: str) -> dict[str, Any]:
    return {**_told(kind, message), "observedGeneration": 1}


def _source() -> tuple[dict[str, Any], dict[str, Any]]:
    spec = {"interval": "1m", "url": "https://git.example.com/acme/fleet.git"}
    wanted = _made(
        "source.toolkit.fluxcd.io/v1", "GitRepository", "flux-system", "flux-system", spec=spec
    )
    return wanted, {"observedGeneration": 1, "conditions": [_flux("Ready", "stored artifact")]}


def _app(environment: str, number: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    name, app = f"app-{number}-{environment}", f"app-{number}"
    kinds = ("_Service", "_ServiceAccount", "_ConfigMap", "networking.k8s.io_NetworkPolicy")
    more = ("apps_Deployment", "policy_PodDisruptionBudget", "autoscaling_HorizontalPodAutoscaler")
    ids = [f"{environment}_{name}_{each}" for each in (*kinds, *more)]
    entries = [{"id": each, "v": "v1"} for each in ids]
    source = {"kind": "GitRepository", "name": "flux-system"}
    spec = {
        "interval": "1h",
        "retryInterval": "2m",
        "timeout": "5m",
        "prune": True,
        "wait": True,
        "path": f"./apps/{app}/{environment}",
        "sourceRef": source,
    }
    revision = f"main@sha1:{_COMMIT}"
    attempt = {
        "digest": f"sha256:{'d' * 64}",
        "firstReconciled": _TIME,
        "lastReconciled": _TIME,
        "lastReconciledDuration": "1s",
        "lastReconciledStatus": "ReconciliationSucceeded",
        "totalReconciliations": 9,
        "metadata": {"revision": revision},
    }
    applied = {
        "observedGeneration": 1,
        "conditions": [
            _flux("Ready", f"Applied revision: {revision}"),
            _flux("Healthy", "Health check passed in 1s"),
        ],
        "lastAppliedRevision": revision,
        "lastAttemptedRevision": revision,
        "history": [attempt, {**attempt, "digest": f"sha256:{'e' * 64}"}],
        "inventory": {"entries": entries},
    }
    yield _made(KUSTOMIZE, "Kustomization", name, "flux-system", spec=spec), applied
    yield _release(environment, name, entries[-3:])
    yield _deployment(environment, name, app)


def _release(
    environment: str, name: str, entries: Sequence[dict[str, str]]
) -> tuple[dict[str, Any], dict[str, Any]]:
    chart = {
        "chart": "web",
        "version": "1.4.0",
        "sourceRef": {"kind": "HelmRepository", "name": "c"},
    }
    spec = {"interval": "1h", "chart": {"spec": chart}, "values": {"replicas": 2, "host": "a.b"}}
    deployed = {
        "name": name,
        "namespace": environment,
        "version": 2,
        "status": "deployed",
        "chartName": "web",
        "chartVersion": "1.4.0",
        "appVersion": "1.4.0",
        "configDigest": f"sha256:{'f' * 64}",
        "digest": f"sha256:{'a' * 64}",
        "firstDeployed": _TIME,
        "lastDeployed": _TIME,
    }
    status = {
        "observedGeneration": 1,
        "conditions": [_flux("Ready", "Helm upgrade succeeded"), _flux("Released", "Succeeded")],
        "history": [deployed, {**deployed, "version": 1, "status": "superseded"}],
        "helmChart": f"flux-system/{name}",
        "lastAttemptedConfigDigest": f"sha256:{'f' * 64}",
        "lastAttemptedRevision": "1.4.0",
        "inventory": {"entries": list(entries)},
    }
    return _made(HELM, "HelmRelease", name, environment, spec=spec), status


def _deployment(environment: str, name: str, app: str) -> tuple[dict[str, Any], dict[str, Any]]:
    labels = {"app.kubernetes.io/name": name}
    image = f"registry.example.com/shop/{app}:1.2.3@sha256:{'1' * 64}"
    container = {
        "name": "app",
        "image": image,
        "ports": [{"containerPort": 8080}],
        "resources": {"limits": {"memory": "128Mi"}, "requests": {"cpu": "10m"}},
    }
    pod = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod}
    status = {
        "observedGeneration": 1,
        "replicas": 2,
        "updatedReplicas": 2,
        "readyReplicas": 2,
        "availableReplicas": 2,
        "conditions": [
            _told("Available", "Deployment has minimum availability."),
            _told("Progressing", "ReplicaSet has successfully progressed."),
        ],
    }
    return _made("apps/v1", "Deployment", name, environment, spec=spec), status
