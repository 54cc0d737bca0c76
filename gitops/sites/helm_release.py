"""Sites of a HelmRelease: the chart's version, and images in its values.

Charts differ in how they take an image. Two shapes are read, at any depth: a mapping with
`repository` and `tag` or `digest` (and perhaps `registry`), and a text `repository:tag[@digest]`
under a key that ends in `image`. A mapping `image` with a tag and no repository is the patch of an
overlay: its artifact is named elsewhere.

Source: https://fluxcd.io/flux/components/helm/helmreleases/
"""

from collections.abc import Iterator, Mapping

from gitops.document import Address
from gitops.sites.image import normalise, parse_reference
from gitops.sites.model import UNNAMED, Manifest, Part, Site

SCREEN = b"HelmRelease"

_CHART: Address = ("spec", "chart", "spec")
_VALUES: Address = ("spec", "values")
_PARTS: Mapping[str, Part] = {"tag": Part.TAG, "digest": Part.DIGEST}


def sites(manifest: Manifest) -> Iterator[Site]:
    """The chart's version and every image in the values that names a tag or a digest."""
    if not _is_helm_release(manifest):
        return
    version = (*_CHART, "version")
    if manifest.text(*version) and _has_versions(manifest):
        yield manifest.site(
            version, Part.CHART_VERSION, manifest.text(*_CHART, "chart") or UNNAMED, within=_CHART
        )
    for address in _containers(manifest, _VALUES):
        yield from _of_mapping(manifest, address)
        yield from _of_texts(manifest, address)


def names(manifest: Manifest) -> Iterator[tuple[Address, str]]:
    """The address of every image and chart in it whose artifact it names, with that artifact."""
    if not _is_helm_release(manifest):
        return
    chart = manifest.text(*_CHART, "chart")
    if chart and _has_versions(manifest):
        yield _CHART, chart
    for address in _containers(manifest, _VALUES):
        artifact = _artifact(manifest, address)
        if artifact:
            yield address, artifact


def _is_helm_release(manifest: Manifest) -> bool:
    group = manifest.api_version.partition("/")[0]
    return manifest.kind == "HelmRelease" and group == "helm.toolkit.fluxcd.io"


def _has_versions(manifest: Manifest) -> bool:
    """A chart from git or a bucket is what lies there, whatever `version` says."""
    return manifest.text(*_CHART, "sourceRef", "kind") not in {"GitRepository", "Bucket"}


def _containers(manifest: Manifest, root: Address) -> Iterator[Address]:
    """Every mapping and list at and below `root`, outer ones first, in the order of the text."""
    waiting = [root]
    while waiting:
        address = waiting.pop()
        keys = manifest.keys(*address)
        if keys:
            yield address
            waiting.extend((*address, key) for key in reversed(keys))


def _artifact(manifest: Manifest, address: Address) -> str | None:
    """The image that the mapping at `address` names by `repository`; None when it names none."""
    repository = manifest.text(*address, "repository")
    if not repository or "://" in repository:
        return None
    registry = manifest.text(*address, "registry")
    return normalise(f"{registry}/{repository}" if registry else repository)


def _of_mapping(manifest: Manifest, address: Address) -> Iterator[Site]:
    artifact = _artifact(manifest, address)
    if artifact is None:
        if "repository" in manifest.keys(*address) or not _ends_in_image(address):
            return
        artifact = UNNAMED
    yield from manifest.image_sites(address, _PARTS, artifact)


def _of_texts(manifest: Manifest, address: Address) -> Iterator[Site]:
    for key in manifest.keys(*address):
        text = manifest.text(*address, key)
        if text and _ends_in_image((key,)):
            reference = parse_reference(text)
            if reference and (reference.tag or reference.digest):
                artifact = normalise(reference.repository)
                yield manifest.site((*address, key), Part.REFERENCE, artifact)


def _ends_in_image(address: Address) -> bool:
    return str(address[-1]).lower().endswith("image")
