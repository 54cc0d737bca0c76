"""Whether what a pod mounts is given to it: a volume of its own, or a claim.

Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/ and, for the names of the
claims that a StatefulSet makes, https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/.
"""

import re
from collections.abc import Iterator

from gitops.check.finding import Finding
from gitops.check.pods import Workload, told, workloads
from gitops.check.rendered import Around, Rendered, RenderedRule
from gitops.inclusion.flux_objects import mapping, sequence, text

_CLAIM = "PersistentVolumeClaim"


def mounts(rendered: Rendered) -> Iterator[Finding]:
    """FL827: a mount of a volume that the pod has not."""
    for workload in workloads(rendered):
        known = {*_named(workload.pod.get("volumes")), *_templates(workload)}
        for container in workload.containers:
            wanted = [
                *_named(container.at("volumeMounts")),
                *_named(container.at("volumeDevices")),
            ]
            for name in dict.fromkeys(wanted):
                if name not in known and "$" not in name:
                    said = f"the container {container.name} mounts {name}, which the pod has not"
                    hint = f"it has {', '.join(sorted(known)) or 'no volumes'}"
                    yield told("FL827", workload.about, said, hint)


def claims(rendered: Rendered) -> Iterator[Finding]:
    """FL828: a claim that nothing makes."""
    for workload in workloads(rendered):
        namespace = workload.about.namespace
        if not rendered.around.closed(namespace):
            continue
        for volume in map(mapping, sequence(workload.pod.get("volumes"))):
            name = text(mapping(volume.get("persistentVolumeClaim")).get("claimName"))
            if name and "$" not in name and not _made(rendered.around, namespace, name):
                said = f"mounts the claim {name}, which nothing here makes"
                hint = f"its pods wait for it: write the {_CLAIM}, or correct the name"
                yield told("FL828", workload.about, said, hint)


def _named(value: object) -> Iterator[str]:
    names = (text(mapping(each).get("name")) for each in sequence(value))
    yield from (name for name in names if name)


def _templates(workload: Workload) -> Iterator[str]:
    for each in sequence(workload.about.at("spec", "volumeClaimTemplates")):
        name = text(mapping(mapping(each).get("metadata")).get("name"))
        if name:
            yield name


def _made(around: Around, namespace: str, name: str) -> bool:
    if around.named(_CLAIM, namespace, name) is not None:
        return True
    sets = map(Workload, around.of("StatefulSet", namespace=namespace))
    return any(
        re.fullmatch(rf"{re.escape(f'{template}-{each.about.name}')}-\d+", name)
        for each in sets
        for template in _templates(each)
    )


RULES: tuple[RenderedRule, ...] = (mounts, claims)
