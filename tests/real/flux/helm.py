"""In place of Flux's helm-controller, and of source-controller for charts: Go can fetch neither.

No chart is fetched and nothing is installed: every source of charts is Ready, and a HelmRelease is
deployed at the version that it asks for as soon as it is seen, unless the test says that it fails.
What this proves is that the objects pass Flux's own CRDs and that Flux goes on behind them.

Source: fluxcd.io/flux/components/helm/helmreleases, "HelmRelease Status".
"""

import hashlib
import json
from typing import Any

from tests.real.flux.api import Object
from tests.real.flux.conditions import conditions, now
from tests.real.flux.player import Player
from tests.real.flux.server import ApiServer

RELEASE = ("helm.toolkit.fluxcd.io/v2", "HelmRelease")
SOURCE = "source.toolkit.fluxcd.io/v1"
_CHARTS = ("HelmRepository", "HelmChart", "OCIRepository")
_UNKNOWN = "0.0.0"


class Helm(Player):
    """Plays the HelmReleases and sources of charts of one API server while it is entered.

    `failing` may be changed at any time: the message of those that fail, by `namespace/name`.
    """

    def __init__(self, server: ApiServer) -> None:
        super().__init__(server)
        self.failing: dict[str, str] = {}

    # --- how ------------------------------------------------------------------------------------

    def _look(self) -> None:
        for kind in _CHARTS:
            for found in self._api.listed(SOURCE, kind, fresh=False):
                ready = conditions(found, ("Ready", True, "Succeeded", "played"), observed=True)
                self._observe(found, {"conditions": ready})
        for found in self._api.listed(*RELEASE, fresh=False):
            if not found["spec"].get("suspend"):
                self._observe(found, self._release(found))

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

    def _observe(self, found: Object, status: dict[str, Any]) -> None:
        self._tell(found, {**status, "observedGeneration": found["metadata"]["generation"]})


def _asked(entry: dict[str, Any]) -> tuple[str, str]:
    return entry["chartVersion"], entry["configDigest"]


def _digest(content: object) -> str:
    text = json.dumps(content, sort_keys=True)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
