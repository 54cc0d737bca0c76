"""The second level: which bytes the Pods of an app report that they run. Pure.

A Pod counts while it starts what its workload says now, so a rollout is no contradiction. Where two
of them run different bytes of one tag, somebody has moved the tag: that is live drift.

Source: Kubernetes API reference, core/v1, ContainerStatus: `imageID`. With an index a runtime names
that or the manifest of its own platform.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from bot.adapters.flux_workload_objects import Pod, Workload
from bot.adapters.flux_workloads import Identity
from gitops.sites.image import normalise, parse_reference

_DIGEST = re.compile(r"@(sha256:[0-9a-f]{64})$", re.ASCII)
_OVER = frozenset({"Succeeded", "Failed"})


def running(
    found: Mapping[Identity, Workload], pods: Sequence[Pod], repositories: Collection[str]
) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """The digest of each repository on which all Pods agree, and a text for each that does not."""
    told: dict[str, dict[str, list[str]]] = {}
    for pod in pods:
        workload = found.get(_owner(pod, found) or ("", "", ""))
        if workload is None or pod.metadata.deletion_timestamp or pod.status.phase in _OVER:
            continue
        for container, repository, digest in _digests(pod, workload):
            if repository in repositories:
                place = f"Pod {pod.metadata.namespace}/{pod.metadata.name}, container {container}"
                told.setdefault(repository, {}).setdefault(digest, []).append(place)
    agreed = {name: next(iter(digests)) for name, digests in told.items() if len(digests) == 1}
    drift = (
        f"{place}: {name} runs {digest}"
        for name, digests in told.items()
        if len(digests) > 1
        for digest, places in digests.items()
        for place in places
    )
    return agreed, tuple(sorted(drift))


def _owner(pod: Pod, found: Mapping[Identity, Workload]) -> Identity | None:
    """The workload that made a Pod; None where none of these did."""
    owner = next((each for each in pod.metadata.owner_references if each.controller), None)
    if owner is None:
        return None
    namespace, above = pod.metadata.namespace, owner.name.rpartition("-")[0]
    names = {
        "ReplicaSet": [("Deployment", namespace, above)],
        "Job": [("Job", namespace, owner.name), ("CronJob", namespace, above)],
    }.get(owner.kind, [(owner.kind, namespace, owner.name)])
    return next((each for each in names if each in found), None)


def _digests(pod: Pod, workload: Workload) -> Iterator[tuple[str, str, str]]:
    """Container, repository and digest of what a Pod runs as its workload says."""
    wanted = {each.name: each.image for each in workload.containers}
    started = {each.name: each.image for each in pod.spec.every}
    for status in pod.status.every:
        image = started.get(status.name, "")
        reference, digest = parse_reference(image), _DIGEST.search(status.image_id)
        if digest and reference and wanted.get(status.name) == image:
            yield status.name, normalise(reference.repository), digest.group(1)
