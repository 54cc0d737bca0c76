"""Clusters as the bot sees them: a real API server each, with the role that the scaffold writes.

What controllers would write is written here, so that every state can be had at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bot.adapters.flux import AskedCluster, FluxClusters
from bot.adapters.flux_kubeconfig import Access
from bot.adapters.flux_lists import Extent
from bot.model import Health
from bot.secret import Secret
from gitops.carriers import Carried, Carrier
from tests.real.flux import crds
from tests.real.flux.api import Object
from tests.real.flux.conditions import now as written_now
from tests.real.flux.server import ApiServer

ROLE = (
    Path(__file__).resolve().parents[1] / "golden/fleets/gitlab/infrastructure/fairlead-reader/base"
)
POD_ROLE = Path(__file__).resolve().parents[2] / "gitops/scaffold/templates/bot/rbac-pods.yaml"
ACCOUNT = ("fairlead", "fairlead")
STRANGER = "stranger"

COMMIT, OTHER = "a" * 40, "b" * 40
DIGEST, ANOTHER = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
IMAGE = "registry.example.com/shop/web"
KUSTOMIZE = "kustomize.toolkit.fluxcd.io/v1"
APPLIER = Carrier(
    "Kustomization",
    "flux-system",
    "web",
    path="apps/web/envs/prod",
    source="GitRepository flux-system/flux-system",
)
INSTALLER = Carrier("HelmRelease", "shop", "web", chart="1.4.0")


def clock() -> datetime:
    return datetime.now(UTC)


@contextmanager
def cluster(directory: Path, shared: Path) -> Iterator[ApiServer]:
    """An API server that knows Flux, and the bot's account with its role."""
    with ApiServer(directory, {STRANGER: ["strangers"]}) as server:
        crds.teach(server.admin, crds.flux(shared))
        for name in ("namespace.yaml", "service-account.yaml", "rbac.yaml"):
            for each in server.admin.apply_all(_placed(ROLE / name)):
                assert each["metadata"]["name"] == "fairlead"
        for namespace in ("flux-system", "shop"):
            server.admin.apply(made("v1", "Namespace", namespace))
        yield server


def _placed(path: Path) -> str:
    """Its text, with the namespace that its kustomization.yaml gives."""
    text = path.read_text()
    account = "kind: ServiceAccount\nmetadata:\n"
    return text.replace(account, f"{account}  namespace: fairlead\n")


def access(server: ApiServer, token: str | None = None) -> Access:
    """The bot's, unless another token is given."""
    shown = server.service_account_token(*ACCOUNT) if token is None else token
    return Access(server.url, server.certificate, token=Secret(shown))


def made(version: str, kind: str, name: str, namespace: str = "", **more: Any) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **more}


def write(server: ApiServer, wanted: Object, status: Object) -> None:
    """An object, and its status, which has observed the object as it is now."""
    generation = server.admin.apply(wanted)["metadata"].get("generation", 0)
    told = [_observed(each, generation) for each in status.get("conditions", ())]
    observed = {**_observed(status, generation), "conditions": told}
    server.admin.apply_status({**wanted, "status": observed})


def _observed(told: Object, generation: int) -> Object:
    return {**told, "observedGeneration": generation} if "observedGeneration" in told else told


def ready(status: str = "True", message: str = "", **more: Any) -> Object:
    return {
        "type": "Ready",
        "status": status,
        "reason": "Told",
        "message": message,
        "lastTransitionTime": written_now(),
        **more,
    }


def kustomization(name: str = "web", **spec: Any) -> Object:
    source = {"kind": "GitRepository", "name": "flux-system"}
    wanted = {"interval": "1h", "prune": True, "path": "./apps/web/envs/prod", "sourceRef": source}
    return made(KUSTOMIZE, "Kustomization", name, "flux-system", spec={**wanted, **spec})


def applied(commit: str = COMMIT, **change: Any) -> Object:
    """The status of a Kustomization that has applied a commit and is ready."""
    revision = f"main@sha1:{commit}"
    return {
        "observedGeneration": 1,
        "conditions": [ready(observedGeneration=1)],
        "lastAppliedRevision": revision,
        "lastAttemptedRevision": revision,
        "inventory": {"entries": [{"id": "shop_web_apps_Deployment", "v": "v1"}]},
        **change,
    }


def deployment(image: str = f"{IMAGE}:1.2.3@{DIGEST}") -> Object:
    labels = {"app": "web"}
    pod = {
        "metadata": {"labels": labels},
        "spec": {"containers": [{"name": "app", "image": image}]},
    }
    spec = {"selector": {"matchLabels": labels}, "template": pod}
    return made("apps/v1", "Deployment", "web", "shop", spec=spec)


def available() -> Object:
    said = {"reason": "a", "message": "b", "lastTransitionTime": written_now()}
    return {
        "observedGeneration": 1,
        "replicas": 1,
        "updatedReplicas": 1,
        "readyReplicas": 1,
        "availableReplicas": 1,
        "conditions": [{"type": "Available", "status": "True", **said}],
    }


def release() -> Object:
    source = {"kind": "HelmRepository", "name": "charts"}
    chart = {"spec": {"chart": "web", "version": "1.4.0", "sourceRef": source}}
    spec = {"interval": "1h", "chart": chart}
    return made("helm.toolkit.fluxcd.io/v2", "HelmRelease", "web", "shop", spec=spec)


def installed(version: str = "1.4.0") -> Object:
    newest = {
        "name": "web",
        "namespace": "shop",
        "version": 2,
        "status": "deployed",
        "chartName": "web",
        "chartVersion": version,
        "configDigest": DIGEST,
        "digest": DIGEST,
        "firstDeployed": written_now(),
        "lastDeployed": written_now(),
    }
    return {
        "observedGeneration": 1,
        "conditions": [ready(observedGeneration=1)],
        "history": [newest],
        "helmChart": "flux-system/shop-web",
        "lastAttemptedConfigDigest": DIGEST,
    }


def source(kind: str = "GitRepository", name: str = "flux-system", **spec: Any) -> Object:
    wanted = {"interval": "1h", "url": "https://git.example.com/acme/fleet.git"}
    return made("source.toolkit.fluxcd.io/v1", kind, name, "flux-system", spec=spec or wanted)


def fetched(revision: str = f"main@sha1:{COMMIT}", digest: str = ANOTHER) -> Object:
    artifact = {
        "revision": revision,
        "digest": digest,
        "path": "a",
        "url": "http://a/a",
        "lastUpdateTime": written_now(),
    }
    return {"observedGeneration": 1, "conditions": [ready()], "artifact": artifact}


def settle(server: ApiServer) -> None:
    """An app by Kustomization and HelmRelease, healthy at `COMMIT`."""
    write(server, source(), fetched())
    chart = source("HelmChart", "shop-web", **release()["spec"]["chart"]["spec"], interval="1h")
    write(server, chart, fetched("1.4.0"))
    write(server, kustomization(), applied())
    write(server, deployment(), available())
    write(server, release(), installed())


def wanted(
    *carriers: Carrier, name: str = "eu", repositories: tuple[str, ...] = (IMAGE,)
) -> Carried:
    return Carried("prod", name, "web", carriers or (APPLIER,), repositories)


def asked(
    *found: Carried, extent: Extent | None = None, seconds: float = 60, **clusters: Access
) -> tuple[Health, ...]:
    """What the adapter says of these apps on these clusters."""
    limit = timedelta(seconds=seconds)
    named = [
        AskedCluster(name, lambda one=one: one, limit, extent or Extent())  # type: ignore[misc]
        for name, one in clusters.items()
    ]
    return FluxClusters(named, clock).health(found)


def pod() -> Object:
    """A Pod of the Deployment."""
    owner = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": "web-6d4cf56db6",
        "uid": "0f9b0b9e-0000-4000-8000-000000000000",
        "controller": True,
    }
    container = {"name": "app", "image": f"{IMAGE}:1.2.3"}
    found = made("v1", "Pod", "web-6d4cf56db6-x7x2n", "shop", spec={"containers": [container]})
    return {**found, "metadata": {**found["metadata"], "ownerReferences": [owner]}}


def runs(digest: str) -> Object:
    """The status of a Pod whose container runs these bytes."""
    status = {
        "name": "app",
        "image": f"{IMAGE}:1.2.3",
        "imageID": f"{IMAGE}@{digest}",
        "ready": True,
        "restartCount": 0,
    }
    return {"phase": "Running", "containerStatuses": [status]}
