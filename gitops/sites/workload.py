"""Sites of workloads: the images of containers and init containers.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
"""

from collections.abc import Iterator

from gitops.document import Address
from gitops.sites.image import normalise, parse_reference
from gitops.sites.model import Manifest, Part, Site

SCREEN = b"ontainers"
"""The end of `containers` and `initContainers`."""

_TEMPLATE: Address = ("spec", "template", "spec")
_POD_SPECS: dict[tuple[str, str], Address] = {
    ("", "Pod"): ("spec",),
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("batch", "Job"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", *_TEMPLATE),
}


def sites(manifest: Manifest) -> Iterator[Site]:
    """The image of every container that names a tag or a digest."""
    group, slash, _ = manifest.api_version.partition("/")
    pod = _POD_SPECS.get((group if slash else "", manifest.kind))
    if pod is None:
        return
    for containers in ("initContainers", "containers"):
        for index in manifest.keys(*pod, containers):
            address = (*pod, containers, index, "image")
            reference = parse_reference(manifest.text(*address) or "")
            if reference and (reference.tag or reference.digest):
                artifact = normalise(reference.repository)
                yield manifest.site(address, Part.REFERENCE, artifact)
