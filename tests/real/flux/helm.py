"""In place of Flux's helm-controller, and of source-controller for charts: Go can fetch neither.

No chart is fetched and nothing is installed: every source of charts is Ready, and a HelmRelease is
deployed at the version that it asks for as soon as it is seen, unless the test says that it fails.
What this proves is that the objects pass Flux's own CRDs and that Flux goes on behind them.

Source: fluxcd.io/flux/components/helm/helmreleases, "HelmRelease Status".
"""

import hashlib
import json
from typing import Any, Self

from tests.real.flux.api import Object
from tests.real.flux.conditions import conditions, now
from tests.real.flux.loop import Loop
from tests.real.flux.server import ADMINISTRATOR, ApiServer

RELEASE = ("helm.toolkit.fluxcd.io/v2", "HelmRelease")
SOURCE = "source.toolkit.fluxcd.io/v1"
_CHARTS = ("HelmRepository", "HelmChart", "OCIRepository")
_EVERY = 0.4
_UNKNOWN = "0.0.0"


class Helm:
    """Plays the HelmReleases and sources of charts of one API server while it is entered.

    `failing` may be changed at any time: the message of those that fail, by `namespace/name`.
    """

    def __init__(self, server: ApiServer) -> None:
        self.failing: dict[str, str] = {}
        self._api = server.api(ADMINISTRATOR)
        self.loop = Loop(self._look, _EVERY)

    def __enter__(self) -> Self:
        self.loop.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.loop.__exit__()
        finally:
            self._api.close()

    # --- how ------------------------------------------------------------------------------------

    def _look(self) -> None:
        for kind in _CHARTS:
            for found in self._api.listed(SOURCE, kind, fresh=False):
                ready = conditions(found, ("Ready", True, "Succeeded", "played"), observed=True)
                self._tell(found, {"conditions": ready})
        for found in self._api.listed(*RELEASE, fresh=False):
            if not found["spec"].get("suspend"):
                self._tell(found, self._release(found))

    def _release(self, found: Object) -> dict[str, Any]:
        meta, spec = found["metadata"], found["spec"]
        digest = _digest(spec.get("values", {}))
        status: dict[str, Any] = {
            "lastAttemptedGeneration": meta["generation"],
            "lastAttemptedConfigDigest": digest,
        }
        failure = self.failing.get(f"{meta['namespace']}/{meta['name']}")
        if failure is not None:
            failed = ("UpgradeFailed", failure)
            wanted = (("Ready", False, *failed), ("Released", False, *failed))
            return {**status, "conditions": conditions(found, *wanted, observed=True)}
        name = spec.get("releaseName", meta["name"])
        version, history = self._version(found), found.get("status", {}).get("history", [])
        status["lastAttemptedRevision"] = version
        if not history or _asked(history[0]) != (version, digest):
            number = history[0]["version"] + 1 if history else 1
            first = {
                "name": name,
                "namespace": spec.get("targetNamespace", meta["namespace"]),
                "version": number,
                "status": "deployed",
                "chartName": name,
                "chartVersion": version,
                "configDigest": digest,
                "digest": _digest([meta["uid"], number]),
                "firstDeployed": history[0]["firstDeployed"] if history else now(),
                "lastDeployed": now(),
            }
            history = [first, *({**old, "status": "superseded"} for old in history)]
        done = "InstallSucceeded" if history[0]["version"] == 1 else "UpgradeSucceeded"
        said = f"Helm release {meta['namespace']}/{name}.v{history[0]['version']} is deployed"
        wanted = (("Ready", True, done, said), ("Released", True, done, said))
        return {
            **status,
            "history": history,
            "conditions": conditions(found, *wanted, observed=True),
        }

    def _version(self, found: Object) -> str:
        """The chart's version, as exactly as the object or its source says it."""
        spec = found["spec"]
        if "chart" in spec:
            return str(spec["chart"]["spec"].get("version", _UNKNOWN))
        kind, name = spec["chartRef"]["kind"], spec["chartRef"]["name"]
        namespace = spec["chartRef"].get("namespace", found["metadata"]["namespace"])
        source = self._api.get(SOURCE, kind, name, namespace)
        if source is None:
            return _UNKNOWN
        if kind == "OCIRepository":
            return str(source["spec"].get("ref", {}).get("tag", _UNKNOWN))
        return str(source["spec"].get("version", _UNKNOWN))

    def _tell(self, found: Object, status: dict[str, Any]) -> None:
        meta = found["metadata"]
        status["observedGeneration"] = meta["generation"]
        before = found.get("status", {})
        if all(before.get(key) == value for key, value in status.items()):
            return
        place = self._api.place(found["apiVersion"], found["kind"], meta["name"], meta["namespace"])
        media = "application/merge-patch+json"
        answer = self._api.ask("PATCH", f"{place}/status", {"status": status}, media=media)
        # Flux may have pruned it in between.
        if answer.status_code != 404:
            answer.raise_for_status()


def _asked(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["chartVersion"], entry["configDigest"]


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
