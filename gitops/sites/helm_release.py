"""Sites of a HelmRelease: its chart's version, the images in its values and in its postRenderers.

Which shapes of an image are read in the values says `values`. What `valuesFrom` names is not read:
it lies in a ConfigMap or a Secret, often of another tool.

Source: https://fluxcd.io/flux/components/helm/helmreleases/
"""

from collections.abc import Iterator

from gitops.document import Address
from gitops.sites.kustomization import image_entries
from gitops.sites.model import UNNAMED, ArtifactKind, Manifest, Part, Site, Skipped
from gitops.sites.values import value_names, value_sites

SCREEN = b"HelmRelease"

_CHART: Address = ("spec", "chart", "spec")
_VALUES: Address = ("spec", "values")
UNVERSIONED = frozenset({"GitRepository", "Bucket"})
"""Kinds of sources whose chart is what lies there, whatever version is asked for."""


def sites(manifest: Manifest) -> Iterator[Site]:
    """The chart's version and every image that names a tag or a digest."""
    if not _is_helm_release(manifest):
        return
    yield from chart_sites(manifest, _CHART)
    yield from value_sites(manifest, _VALUES)
    renderers: Address = ("spec", "postRenderers")
    for index in manifest.keys(*renderers):
        yield from image_entries(manifest, (*renderers, index, "kustomize", "images"))


def names(manifest: Manifest) -> Iterator[tuple[Address, str]]:
    """The address of every image and chart in it whose artifact it names, with that artifact."""
    if not _is_helm_release(manifest):
        return
    chart = manifest.text(*_CHART, "chart")
    if chart and _has_versions(manifest, _CHART):
        yield _CHART, chart
    yield from value_names(manifest, _VALUES)


def skipped(manifest: Manifest) -> Iterator[Skipped]:
    """A chart without versions, and the values that lie elsewhere."""
    if not _is_helm_release(manifest):
        return
    yield from chart_skipped(manifest, _CHART)
    for index in manifest.keys("spec", "valuesFrom"):
        at: Address = ("spec", "valuesFrom", index)
        what = f"{manifest.text(*at, 'kind') or 'object'} {manifest.text(*at, 'name') or ''}"
        yield manifest.skipped(at, f"the values in the {what.strip()} are not read")


def chart_sites(manifest: Manifest, address: Address) -> Iterator[Site]:
    """The version of a chart template, or of a HelmChart's spec, at `address`."""
    version = (*address, "version")
    if manifest.text(*version) and _has_versions(manifest, address):
        chart = manifest.text(*address, "chart") or UNNAMED
        source = manifest.title_of(*address, "sourceRef")
        kind = ArtifactKind.CHART
        yield manifest.site(
            version, Part.CHART_VERSION, chart, within=address, kind=kind, source=source
        )


def chart_skipped(manifest: Manifest, address: Address) -> Iterator[Skipped]:
    """A chart at `address` whose version is what lies in its source."""
    if not _has_versions(manifest, address):
        source = manifest.title_of(*address, "sourceRef")
        reason = f"the chart comes from {source}: its version is the one that lies there"
        yield manifest.skipped((*address, "chart"), reason)


def chart_reference(manifest: Manifest) -> str:
    """The object that has the chart (`OCIRepository shop/payments`), "" where none is named."""
    there = _is_helm_release(manifest) and manifest.text("spec", "chartRef", "name")
    return manifest.title_of("spec", "chartRef") if there else ""


def _is_helm_release(manifest: Manifest) -> bool:
    if manifest.kind != "HelmRelease":
        return False
    return manifest.api_version.partition("/")[0] == "helm.toolkit.fluxcd.io"


def _has_versions(manifest: Manifest, address: Address) -> bool:
    """A chart from git or a bucket is what lies there, whatever `version` says."""
    return manifest.text(*address, "sourceRef", "kind") not in UNVERSIONED
