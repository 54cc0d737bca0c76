"""A cluster with Flux: a real API server, the real kustomize-controller, and stand-ins beside.

What stands in says so in its module: `source_controller`, `helm`, `workloads`.
"""

from collections.abc import Callable, Collection, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Self

from tests.real.flux import crds
from tests.real.flux.api import Object, condition
from tests.real.flux.controller import NAMESPACE, KustomizeController
from tests.real.flux.helm import Helm
from tests.real.flux.server import ApiServer
from tests.real.flux.source_controller import REQUESTED, Remote, SourceController
from tests.real.flux.source_controller import VERSION as SOURCE
from tests.real.flux.workloads import Workloads

KUSTOMIZATION = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")


class Cluster:
    """Runs while it is entered.

    Args:
        directory: of its own; made where it is not there.
        shared: the reference material, for Flux's CRDs.
        remotes: see `SourceController`.
        people: see `ApiServer`.
    """

    def __init__(
        self,
        directory: Path,
        shared: Path,
        remotes: Mapping[str, Remote] | None = None,
        people: Mapping[str, Collection[str]] | None = None,
    ) -> None:
        self._directory = directory
        self._shared = shared
        self._remotes = remotes or {}
        self._people = people or {}
        self._open = ExitStack()
        self._requests = 0

    def __enter__(self) -> Self:
        with ExitStack() as opening:
            enter = opening.enter_context
            self.server = enter(ApiServer(self._directory / "server", self._people))
            self.api = self.server.admin
            crds.teach(self.api, crds.flux(self._shared))
            self.controller = enter(KustomizeController(self.server, self._directory / "flux"))
            sources = self._directory / "sources"
            self.sources = enter(SourceController(self.server, sources, self._remotes))
            self.helm = enter(Helm(self.server))
            self.workloads = enter(Workloads(self.server))
            self._open = opening.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def check(self) -> None:
        """Raise what ended a stand-in, if anything did: nothing would come any more."""
        for each in (self.sources, self.helm, self.workloads):
            each.loop.check()

    def follow(self, url: str, path: str, *, branch: str = "main", secret: str = "") -> None:
        """What `flux bootstrap` leaves: the source `flux-system`, and the Kustomization of a path.

        Args:
            secret: the name of the one with user and password, "" for a remote that needs none.
        """
        meta = {"name": NAMESPACE, "namespace": NAMESPACE}
        spec: dict[str, object] = {"interval": "1m", "url": url, "ref": {"branch": branch}}
        if secret:
            spec["secretRef"] = {"name": secret}
        source = {"apiVersion": SOURCE, "kind": "GitRepository", "metadata": meta, "spec": spec}
        self.api.apply(source)
        self.api.apply(kustomization(NAMESPACE, path, prune=True))

    def reconcile(self, name: str, namespace: str = NAMESPACE) -> None:
        """Have a Kustomization looked at now, as `flux reconcile kustomization` does."""
        self._requests += 1
        self.api.annotate(*KUSTOMIZATION, name, namespace, {REQUESTED: str(self._requests)})

    def ready(
        self, name: str, commit: str, *, namespace: str = NAMESPACE, seconds: float = 120.0
    ) -> Object:
        """A Kustomization, once it is Ready at a commit and its current generation."""

        def good(found: Object) -> bool:
            status, ready = found.get("status", {}), condition(found, "Ready")
            return (
                ready.get("status") == "True"
                and ready.get("observedGeneration") == found["metadata"]["generation"]
                and status.get("lastAppliedRevision", "").endswith(f":{commit}")
            )

        return self._wait(name, namespace, good, seconds)

    def failed(
        self, name: str, reason: str, *, namespace: str = NAMESPACE, seconds: float = 120.0
    ) -> Object:
        """A Kustomization, once it is not Ready for a reason."""

        def bad(found: Object) -> bool:
            ready = condition(found, "Ready")
            return ready.get("status") == "False" and ready.get("reason") == reason

        return self._wait(name, namespace, bad, seconds)

    def _wait(
        self, name: str, namespace: str, good: Callable[[Object], object], seconds: float
    ) -> Object:
        def checked(found: Object) -> object:
            self.check()
            return good(found)

        return self.api.wait(*KUSTOMIZATION, name, namespace, checked, seconds)


def kustomization(name: str, path: str, **spec: object) -> Object:
    """A Kustomization of the source `flux-system`, as it is applied."""
    wanted = {
        "interval": "10m",
        "path": path,
        "prune": True,
        "sourceRef": {"kind": "GitRepository", "name": NAMESPACE},
        **spec,
    }
    version, kind = KUSTOMIZATION
    meta = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": version, "kind": kind, "metadata": meta, "spec": wanted}
