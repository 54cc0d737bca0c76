"""One reading of the health of many apps, in a process of its own.

Arguments: the API server's URL, the PEM file of its authority, a file with a token, the number of
apps, and the environments' names, which share the cluster.
"""

import json
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.adapters.flux import AskedCluster, FluxClusters
from bot.adapters.flux_kubeconfig import given
from gitops.carriers import Carried, Carrier

url, authority, token, apps, *environments = sys.argv[1:]


def carried(environment: str, number: int) -> Carried:
    """What `benchmarks.health_ground` made of an app."""
    name = f"app-{number}-{environment}"
    carriers = (
        Carrier("HelmRelease", environment, name, chart="1.4.0"),
        Carrier("Kustomization", "flux-system", name, path=f"apps/app-{number}/{environment}"),
    )
    return Carried(
        environment, "here", name, carriers, (f"registry.example.com/shop/app-{number}",)
    )


wanted = [carried(each, n) for each in environments for n in range(int(apps))]
access = given(url, Path(token), Path(authority), None)
asked = AskedCluster("here", lambda: access, timedelta(minutes=5))
clusters = FluxClusters([asked], lambda: datetime.now(UTC))
began, used = time.perf_counter(), time.process_time()
found = clusters.health(wanted)
print(
    json.dumps(
        {
            "seconds": time.perf_counter() - began,
            "cpu": time.process_time() - used,
            "states": Counter(str(each.readiness) for each in found),
            "digests": sum(len(each.digests) for each in found),
            "messages": sorted({each.message for each in found})[:3],
        }
    )
)
