"""A Helm repository on loopback: charts are published to it, and its index changes.

It answers conditional requests, compresses for those who ask, and may want a login.
"""

import gzip
import hashlib
import json
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bot.adapters.helm import HelmLimits
from bot.charts import Chart
from tests.unit.oci_stand_in import CANARY, IMPATIENT, QUICK, Asked, Said, StandIn

QUICK_HELM = HelmLimits(web=QUICK)
IMPATIENT_HELM = HelmLimits(web=IMPATIENT)
PATH = "/charts/stable"
LOGIN = "Basic " + b64encode(f"robot:{CANARY}".encode()).decode()


@dataclass
class ChartRepository:
    """What a Helm repository holds, and how it answers: a script for a `StandIn`.

    `entries` are as in `index.yaml`; `guarded` wants a login.
    """

    entries: dict[str, list[dict[str, object]]] = field(default_factory=dict)
    guarded: bool = False

    def publish(self, name: str, version: str, created: datetime | None = None) -> str:
        """Add a version in front; returns its digest as `sha256:...`."""
        digest = hashlib.sha256(f"{name} {version}".encode()).hexdigest()
        entry: dict[str, object] = {
            "apiVersion": "v2",
            "name": name,
            "version": version,
            "created": (created or datetime(2026, 3, 3, 10, tzinfo=UTC)).isoformat(),
            "digest": digest,
            "urls": [f"{name}-{version}.tgz"],
        }
        self.entries.setdefault(name, []).insert(0, entry)
        return f"sha256:{digest}"

    def __call__(self, asked: Asked) -> Said:
        if self.guarded and asked.headers.get("Authorization") != LOGIN:
            return Said(401, b"", {"WWW-Authenticate": "Basic"})
        if asked.path != f"{PATH}/index.yaml":
            return Said(404)
        body = self.index()
        tag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        if asked.headers.get("If-None-Match") == tag:
            return Said(304, b"", {"ETag": tag})
        headers = {"ETag": tag, "Content-Type": "application/yaml"}
        if "gzip" in asked.headers.get("Accept-Encoding", ""):
            return Said(200, gzip.compress(body), {**headers, "Content-Encoding": "gzip"})
        return Said(200, body, headers)

    def index(self) -> bytes:
        """`index.yaml` as it is now: JSON is YAML."""
        return json.dumps({"apiVersion": "v1", "entries": self.entries}, indent=1).encode()


def chart(stand_in: StandIn, name: str = "app") -> Chart:
    return Chart(f"{stand_in.url}{PATH}", name)
