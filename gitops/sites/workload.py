"""Sites of workloads: the images of containers and init containers.

A Pod has them in its spec. Any other object has them where Deployments, Jobs and CronJobs do, in
`spec.template.spec` or `spec.jobTemplate.spec.template.spec`: an Argo Rollout or an OpenKruise
CloneSet takes the same pod template.

Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/
"""

from collections.abc import Iterator

from gitops.document import Address
from gitops.sites.image import normalise, parse_reference
from gitops.sites.model import Manifest, Part, Site

SCREEN = b"ontainers"
"""The end of `containers` and `initContainers`."""

_POD: tuple[Address, ...] = (("spec",),)
_TEMPLATE: Address = ("spec", "template", "spec")
_TEMPLATES: tuple[Address, ...] = (_TEMPLATE, ("spec", "jobTemplate", *_TEMPLATE))


def sites(manifest: Manifest) -> Iterator[Site]:
    """The image of every container that names a tag or a digest."""
    if not manifest.kind or not manifest.api_version:
        return
    core = "/" not in manifest.api_version
    for pod in _POD if core and manifest.kind == "Pod" else _TEMPLATES:
        for containers in ("initContainers", "containers"):
            for index in manifest.keys(*pod, containers):
                address = (*pod, containers, index, "image")
                reference = parse_reference(manifest.text(*address) or "")
                if reference and (reference.tag or reference.digest):
                    artifact = normalise(reference.repository)
                    yield manifest.site(address, Part.REFERENCE, artifact)
