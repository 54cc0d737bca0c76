"""Sites of a GitRepository: `spec.ref`; commit wins over name, range, tag and branch.

A branch is no version, and neither is a `name` of anything but a tag.

Source: https://fluxcd.io/flux/components/source/gitrepositories/
"""

from collections.abc import Iterator

from gitops.document import Address
from gitops.sites.model import ArtifactKind, Manifest, Part, Site, Skipped
from gitops.sites.url import git_source

SCREEN = b"GitRepository"

TAGS = "refs/tags/"

_REF: Address = ("spec", "ref")
_PARTS = {"tag": Part.TAG, "semver": Part.RANGE, "commit": Part.COMMIT}
_NAME: Address = (*_REF, "name")


def sites(manifest: Manifest) -> Iterator[Site]:
    """The tag, the range, the commit and the name of a tag that it says."""
    if not _is_git_repository(manifest):
        return
    artifact = git_source(manifest.text("spec", "url"))
    git = ArtifactKind.GIT
    yield from manifest.image_sites(_REF, _PARTS, artifact, git)
    if (manifest.text(*_NAME) or "").startswith(TAGS):
        yield manifest.site(_NAME, Part.GIT_REF, artifact, within=_REF, kind=git)


def skipped(manifest: Manifest) -> Iterator[Skipped]:
    """One that follows a branch."""
    if not _is_git_repository(manifest) or any(manifest.text(*_REF, key) for key in _PARTS):
        return
    name, branch = manifest.text(*_NAME), manifest.text(*_REF, "branch")
    if name and not name.startswith(TAGS):
        yield manifest.skipped(_NAME, f"follows {name}, which is no tag")
    elif branch and not name:
        yield manifest.skipped((*_REF, "branch"), f"follows the branch {branch}, no version")
    elif not name and manifest.text("spec", "url"):
        yield manifest.skipped(_REF, "no version is written: Flux takes the branch master")


def _is_git_repository(manifest: Manifest) -> bool:
    return manifest.kind == "GitRepository" and manifest.api_version.startswith(
        "source.toolkit.fluxcd.io/"
    )
