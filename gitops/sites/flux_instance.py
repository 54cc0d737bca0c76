"""Sites of a FluxInstance: the version of Flux, and the ref that it syncs from.

`spec.distribution.version` is an exact version or a range of Flux's own releases, so its artifact
is Flux's git source. `spec.sync.ref` is a git ref, or the tag or digest of an OCI artifact; a tag
without a digit is a name that moves.

Source: https://fluxcd.control-plane.io/operator/fluxinstance/
"""

from collections.abc import Iterator

from gitops.document import Address
from gitops.sites.git_repository import TAGS
from gitops.sites.model import ArtifactKind, Manifest, Part, Site, Skipped
from gitops.sites.url import git_source, oci_repository

SCREEN = b"FluxInstance"

FLUX = "github.com/fluxcd/flux2"

_VERSION: Address = ("spec", "distribution", "version")
_ARTIFACT: Address = ("spec", "distribution", "artifact")
_REF: Address = ("spec", "sync", "ref")
_MUTABLE = frozenset({"latest", "latest-stable"})


def sites(manifest: Manifest) -> Iterator[Site]:
    """The version of Flux, and a ref that is a tag or a digest."""
    if not _is_instance(manifest):
        return
    git = ArtifactKind.GIT
    if manifest.text(*_VERSION):
        yield manifest.site(_VERSION, Part.VERSION, FLUX, kind=git)
    ref, url = manifest.text(*_REF), manifest.text("spec", "sync", "url")
    if not ref or _why_not(manifest, ref):
        return
    if _source_kind(manifest) == "OCIRepository":
        part = Part.DIGEST if ref.startswith("sha256:") else Part.TAG
        yield manifest.site(_REF, part, oci_repository(url))
    else:
        yield manifest.site(_REF, Part.GIT_REF, git_source(url), kind=git)


def skipped(manifest: Manifest) -> Iterator[Skipped]:
    """A ref that moves by itself, and the artifact with the manifests of Flux."""
    if not _is_instance(manifest):
        return
    ref, artifact = manifest.text(*_REF), manifest.text(*_ARTIFACT)
    reason = _why_not(manifest, ref) if ref else None
    if reason:
        yield manifest.skipped(_REF, reason)
    if artifact:
        reason = f"{artifact} belongs to the Flux operator, which comes with it"
        yield manifest.skipped(_ARTIFACT, reason)


def _why_not(manifest: Manifest, ref: str) -> str | None:
    """Why a sync ref is no version; None when it is one."""
    match _source_kind(manifest):
        case "GitRepository":
            if not ref.startswith(TAGS):
                return f"follows {ref}, which is no tag"
            # As `latest` of a registry: `refs/tags/production` is moved from commit to commit.
            versioned = any(c.isdigit() for c in ref)
            return None if versioned else f"follows {ref}, which is no version"
        case "OCIRepository":
            return f"follows {ref}, which is no version" if ref in _MUTABLE else None
        case kind:
            return f"a {kind} has no versions"


def _source_kind(manifest: Manifest) -> str:
    return manifest.text("spec", "sync", "kind") or "GitRepository"


def _is_instance(manifest: Manifest) -> bool:
    return manifest.kind == "FluxInstance" and manifest.api_version.startswith(
        "fluxcd.controlplane.io/"
    )
