"""Sites of a kustomization.yaml: its `images`.

An entry's `name` is what it looks for, its `newName` what it puts there; the artifact is the
latter. Where both `newTag` and `digest` stand, the digest decides what runs.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from gitops.document import Address
from gitops.sites.image import normalise
from gitops.sites.model import Manifest, Part, Site

SCREEN = b"images"

FILE_NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""In the order in which kustomize looks for them."""

_GROUP = "kustomize.config.k8s.io/"
_PARTS = {"newTag": Part.TAG, "digest": Part.DIGEST}


def sites(manifest: Manifest) -> Iterator[Site]:
    """`newTag` and `digest` of every entry that says one of them."""
    if _is_kustomization(manifest):
        yield from image_entries(manifest, ("images",))


def image_entries(manifest: Manifest, address: Address) -> Iterator[Site]:
    """The sites of a list of kustomize's image entries, wherever it stands."""
    for index in manifest.keys(*address):
        entry = (*address, index)
        name = manifest.text(*entry, "newName") or manifest.text(*entry, "name")
        if name:
            yield from manifest.image_sites(entry, _PARTS, normalise(name))


def _is_kustomization(manifest: Manifest) -> bool:
    """Whether kustomize reads it so; without an apiVersion the file's name says it."""
    if manifest.api_version:
        return manifest.api_version.startswith(_GROUP)
    return PurePosixPath(manifest.document.path).name in FILE_NAMES
