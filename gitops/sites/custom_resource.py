"""Sites of custom resources that take an image as text: `image: repository:tag` in their spec.

Operators run what their own kinds name (a database, a proxy, a runner), at any depth of `spec` and
under the key `image`, which is the one name for it that they share. Kubernetes' own kinds and
Flux's say otherwise where their images are.
"""

from collections.abc import Iterator

from gitops.sites.model import Manifest, Site
from gitops.sites.values import text_sites

SCREEN = b"image"

_OWN = (".fluxcd.io", "fluxcd.controlplane.io", ".k8s.io")


def sites(manifest: Manifest) -> Iterator[Site]:
    """Every `image` in the spec that names a tag or a digest."""
    group, slash, _ = manifest.api_version.partition("/")
    if manifest.kind and slash and "." in group and not group.endswith(_OWN):
        yield from text_sites(manifest, ("spec",), "image")
