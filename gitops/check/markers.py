"""Whether `$imagepolicy` markers stand behind the images that their policies look at.

Source: https://fluxcd.io/flux/guides/image-update/
"""

from collections.abc import Iterator, Mapping

from gitops.check.declared import Declared
from gitops.check.finding import Finding, Severity
from gitops.sites import UNNAMED, ArtifactKind, normalise

_GROUP = "image.toolkit.fluxcd.io"
_MARKER = b"$imagepolicy"

Key = tuple[str, str]
"""Namespace and name."""


def markers(declared: Declared) -> Iterator[Finding]:
    """FL112: a marker whose policy is for another image."""
    images = _images(declared)
    for path in declared.fleet.reach.paths if images else ():
        if _MARKER not in declared.fleet.tree[path].data:
            continue
        for site in declared.fleet.inventory.below(path):
            namespace, _, name = (site.policy or "").partition(":")
            image = images.get((namespace, name))
            if image is None or site.kind is not ArtifactKind.IMAGE or site.artifact == UNNAMED:
                continue
            if site.artifact != image:
                told = f"{site.artifact} has the marker of the ImagePolicy {name}, which looks at "
                told += image
                hint = "correct the marker, or what the policy looks at"
                yield Finding("FL112", Severity.WARNING, site.place, told, hint)


def _images(declared: Declared) -> Mapping[Key, str]:
    """The image of each policy whose files say everything about it."""
    repositories: dict[Key, str | None] = {}
    for thing in declared.every("ImageRepository", group=_GROUP):
        image = thing.text("spec", "image") or ""
        key = (thing.namespace or "", thing.name)
        known = image and "${" not in image and declared.untouched(thing, "image")
        # Two of one name are for two clusters, perhaps with two images.
        repositories[key] = normalise(image) if known and key not in repositories else None
    found: dict[Key, str] = {}
    for thing in declared.every("ImagePolicy", group=_GROUP):
        namespace = thing.namespace or ""
        where = thing.text("spec", "imageRepositoryRef", "namespace") or namespace
        scanned = repositories.get((where, thing.text("spec", "imageRepositoryRef", "name") or ""))
        if scanned and namespace and declared.untouched(thing, "imageRepositoryRef"):
            found[namespace, thing.name] = scanned
    return found
