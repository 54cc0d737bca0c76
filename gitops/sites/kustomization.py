"""Sites of a kustomization.yaml: its `images` and its `helmCharts`.

An entry's `name` is what it looks for, its `newName` what it puts there; the artifact is the
latter. Where both `newTag` and `digest` stand, the digest decides what runs. `helmCharts` has
charts with their versions, and a remote base its ref in a URL, which is not taken apart.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/images/
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from gitops.document import Address
from gitops.sites.image import normalise
from gitops.sites.model import UNNAMED, ArtifactKind, Manifest, Part, Site, Skipped
from gitops.sites.url import without_user

SCREEN = b"images"
CHARTS = b"helmCharts"
REMOTE = b"ref="

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


def chart_sites(manifest: Manifest) -> Iterator[Site]:
    """The version of every chart that kustomize itself renders."""
    for index in manifest.keys("helmCharts") if _is_kustomization(manifest) else ():
        entry = ("helmCharts", index)
        if manifest.text(*entry, "version"):
            name = manifest.text(*entry, "name") or UNNAMED
            version, kind = (*entry, "version"), ArtifactKind.CHART
            site = manifest.site(version, Part.CHART_VERSION, name, within=entry, kind=kind)
            yield replace(site, source=without_user(manifest.text(*entry, "repo")))


def skipped(manifest: Manifest) -> Iterator[Skipped]:
    """Remote bases, whose version stands inside a URL."""
    if not _is_kustomization(manifest):
        return
    for field in ("resources", "components", "bases"):
        for index in manifest.keys(field):
            url = manifest.text(field, index) or ""
            if "?" in url and "ref=" in url:
                yield manifest.skipped((field, index), "a version inside a URL is not read")


def _is_kustomization(manifest: Manifest) -> bool:
    """Whether kustomize reads it so; without an apiVersion the file's name says it."""
    if manifest.api_version:
        return manifest.api_version.startswith(_GROUP)
    return PurePosixPath(manifest.document.path).name in FILE_NAMES
