"""Sites of an Argo CD Application or ApplicationSet: `targetRevision`, and images for its chart.

A `targetRevision` is a chart's version where the source has a `chart`. Of a git source it counts
where it is a full commit, `refs/tags/TAG`, a version or a range of versions; any other text is a
branch or a tag that nobody here can tell from one. Images are read from `helm.valuesObject` as in
a HelmRelease's values, and from `helm.parameters` whose name ends in `image.tag`, `image.digest`
or `image`. `helm.values` is text, and `kustomize.images` is in kustomize's own notation.

Source: https://argo-cd.readthedocs.io/en/stable/operator-manual/application.yaml
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from gitops.document import Address
from gitops.sites.git_repository import TAGS
from gitops.sites.image import normalise, parse_reference
from gitops.sites.model import UNNAMED, ArtifactKind, Manifest, Part, Site, Skipped, variable_in
from gitops.sites.url import git_source, without_user
from gitops.sites.values import ends_in_image, value_sites
from gitops.version import parse

SCREEN = b"argoproj.io/"

_SPECS: dict[str, Address] = {
    "Application": ("spec",),
    "ApplicationSet": ("spec", "template", "spec"),
}
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_RANGE = re.compile(r"[~^<>=!v0-9.*xX ,|+A-Za-z-]*[0-9*]")
_OPERATOR = re.compile(r"[~^<>=!*|]|\.[xX]\b| - ")
_PARTS = {"tag": Part.TAG, "digest": Part.DIGEST}


def sites(manifest: Manifest) -> Iterator[Site]:
    """The revisions and images of every source."""
    for source in _sources(manifest):
        yield from _revision(manifest, source)
        yield from value_sites(manifest, (*source, "helm", "valuesObject"))
        yield from _parameters(manifest, source)


def skipped(manifest: Manifest) -> Iterator[Skipped]:
    """Revisions that are no versions, and what is written as text in a text."""
    for source in _sources(manifest):
        at = (*source, "targetRevision")
        revision = manifest.text(*at)
        if revision and not manifest.text(*source, "chart") and not _git_part(revision):
            yield manifest.skipped(at, f"follows {revision}, which may be a branch")
        if manifest.text(*source, "helm", "values"):
            reason = "the values are text in a block: write them as valuesObject"
            yield manifest.skipped((*source, "helm", "values"), reason)
        images = (*source, "kustomize", "images")
        if manifest.keys(*images):
            yield manifest.skipped(images, "images in kustomize's notation are not read")


def _sources(manifest: Manifest) -> Iterator[Address]:
    root = _SPECS.get(manifest.kind)
    if root is None or not manifest.api_version.startswith("argoproj.io/"):
        return
    if manifest.keys(*root, "source"):
        yield (*root, "source")
    for index in manifest.keys(*root, "sources"):
        yield (*root, "sources", index)


def _revision(manifest: Manifest, source: Address) -> Iterator[Site]:
    at = (*source, "targetRevision")
    revision = manifest.text(*at)
    if not revision:
        return
    url, chart = manifest.text(*source, "repoURL"), manifest.text(*source, "chart")
    if chart:
        kind = ArtifactKind.CHART
        site = manifest.site(at, Part.CHART_VERSION, chart, within=source, kind=kind)
        yield replace(site, source=without_user(url))
        return
    part = _git_part(revision)
    if part:
        kind = ArtifactKind.GIT
        yield manifest.site(at, part, git_source(url), within=source, kind=kind)


def _git_part(revision: str) -> Part | None:
    """What a git source's revision is; None for a branch, or what may be one."""
    if _COMMIT.fullmatch(revision):
        return Part.COMMIT
    if revision.startswith(TAGS):
        return Part.GIT_REF
    if parse(revision) or variable_in(revision):
        return Part.TAG
    ranges = _RANGE.fullmatch(revision) and _OPERATOR.search(revision)
    return Part.RANGE if ranges else None


def _parameters(manifest: Manifest, source: Address) -> Iterator[Site]:
    """Images in `helm.parameters`, whose names are paths into the values."""
    parameters: Address = (*source, "helm", "parameters")
    told = {
        name: (index, manifest.text(*parameters, index, "value") or "")
        for index in manifest.keys(*parameters)
        if (name := manifest.text(*parameters, index, "name"))
    }
    for name, (index, value) in told.items():
        at = (*parameters, index, "value")
        above, _, key = name.rpartition(".")
        reference = parse_reference(value) if ends_in_image((key,)) else None
        if reference and (reference.tag or reference.digest):
            yield manifest.site(at, Part.REFERENCE, normalise(reference.repository))
        elif value and key in _PARTS and ends_in_image((above,)):
            artifact = _artifact(told, above)
            yield manifest.site(at, _PARTS[key], artifact, within=(*parameters, above))


def _artifact(told: dict[str, tuple[str | int, str]], above: str) -> str:
    """The image whose `repository` and `registry` stand beside a tag's parameter."""
    repository, registry = (
        told.get(f"{above}.{key}", ("", ""))[1] for key in ("repository", "registry")
    )
    if not repository:
        return UNNAMED
    return normalise(f"{registry}/{repository}" if registry else repository)
