"""Sites of an OCIRepository: `spec.ref`, where the digest wins over the range and it over the tag.

What lies there is a chart where the object says so (`layerSelector`) or a HelmRelease takes its
chart from it; else it is called an image.

Source: https://fluxcd.io/flux/components/source/ocirepositories/
"""

from collections.abc import Iterator

from gitops.document import Address
from gitops.sites.model import ArtifactKind, Manifest, Part, Site, Skipped
from gitops.sites.url import oci_repository

SCREEN = b"OCIRepository"

_REF: Address = ("spec", "ref")
_PARTS = {"tag": Part.TAG, "semver": Part.RANGE, "digest": Part.DIGEST}


def sites(manifest: Manifest) -> Iterator[Site]:
    """The tag, the range and the digest that it says."""
    if _is_oci_repository(manifest):
        artifact = oci_repository(manifest.text("spec", "url"))
        layer = manifest.text("spec", "layerSelector", "mediaType") or ""
        kind = ArtifactKind.CHART if ".helm." in layer else ArtifactKind.IMAGE
        yield from manifest.image_sites(_REF, _PARTS, artifact, kind)


def skipped(manifest: Manifest) -> Iterator[Skipped]:
    """One that follows `latest`, since it says no version."""
    complete = _is_oci_repository(manifest) and manifest.text("spec", "url")
    if complete and not any(manifest.text(*_REF, key) for key in _PARTS):
        yield manifest.skipped(_REF, "no version is written: Flux takes the tag latest")


def _is_oci_repository(manifest: Manifest) -> bool:
    return manifest.kind == "OCIRepository" and manifest.api_version.startswith(
        "source.toolkit.fluxcd.io/"
    )
