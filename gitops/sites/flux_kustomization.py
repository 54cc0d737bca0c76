"""Sites of Flux's own Kustomization: `spec.images`, and variables that are called a version.

A key of `postBuild.substitute` is called one by its last word: VERSION, TAG, DIGEST or IMAGE, in
any case, words being set apart by `_`, `-`, `.` or a capital (`appVersion`). `API_VERSION`,
`MIN_VERSION`, `MAX_VERSION`, `TLS_VERSION` and `IP_VERSION` are none. An IMAGE counts where its
value is a reference with a tag or a digest, a DIGEST where it is one, the others where the value is
one word with a digit in it. What the version is of, the file does not say, an IMAGE apart. `others`
has the variables with another name; `survey` takes those that stand elsewhere for a whole version.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

import re
from collections.abc import Iterator

from gitops.document import Address
from gitops.sites.image import normalise, parse_reference
from gitops.sites.kustomization import image_entries
from gitops.sites.model import UNNAMED, Manifest, Part, Site, Skipped

SCREEN = b"images"
SUBSTITUTE_SCREEN = b"substitute"

_SUBSTITUTE: Address = ("spec", "postBuild", "substitute")
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_OTHER = frozenset({"api", "min", "max", "tls", "ip"})
_VALUE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]*", re.ASCII)
_DIGEST = re.compile(r"sha(?:256|512):[0-9a-f]{64,128}")


def sites(manifest: Manifest) -> Iterator[Site]:
    """The tag and the digest of every entry of `spec.images`."""
    if _is_kustomization(manifest):
        yield from image_entries(manifest, ("spec", "images"))


def substitute_sites(manifest: Manifest) -> Iterator[Site]:
    """Every variable that is called a version and has one."""
    if not _is_kustomization(manifest):
        return
    for key in manifest.keys(*_SUBSTITUTE):
        value = manifest.text(*_SUBSTITUTE, key)
        found = _read(str(key), value) if value else None
        if found:
            yield manifest.site((*_SUBSTITUTE, key), *found)


def others(manifest: Manifest) -> Iterator[Site]:
    """Every variable with one word for a value that is not called a version."""
    if not _is_kustomization(manifest):
        return
    for key in manifest.keys(*_SUBSTITUTE):
        value = manifest.text(*_SUBSTITUTE, key)
        if value and not _read(str(key), value) and _VALUE.fullmatch(value):
            yield manifest.site((*_SUBSTITUTE, key), Part.VERSION, UNNAMED)


def substitute_skipped(manifest: Manifest) -> Iterator[Skipped]:
    """Variables whose values lie elsewhere."""
    if not _is_kustomization(manifest):
        return
    for index in manifest.keys("spec", "postBuild", "substituteFrom"):
        at: Address = ("spec", "postBuild", "substituteFrom", index)
        what = f"{manifest.text(*at, 'kind') or 'object'} {manifest.text(*at, 'name') or ''}"
        yield manifest.skipped(at, f"the variables in the {what.strip()} are not read")


def _read(key: str, value: str) -> tuple[Part, str] | None:
    """Part and artifact of a variable; None when it is not called a version or has none."""
    words = [word.lower() for word in _WORD.findall(key)]
    last = words[-1] if words else ""
    if last == "image":
        reference = parse_reference(value)
        if reference is None or not (reference.tag or reference.digest):
            return None
        return Part.REFERENCE, normalise(reference.repository)
    if last == "digest":
        return (Part.DIGEST, UNNAMED) if _DIGEST.fullmatch(value) else None
    if last not in {"version", "tag"} or not _OTHER.isdisjoint(words[-2:-1]):
        return None
    tag, _, digest = value.partition("@")
    if not _VALUE.fullmatch(tag) or not any(c.isdigit() for c in tag):
        return None
    if digest and not _DIGEST.fullmatch(digest):
        return None
    return (Part.TAG if last == "tag" else Part.VERSION), UNNAMED


def _is_kustomization(manifest: Manifest) -> bool:
    return manifest.kind == "Kustomization" and manifest.api_version.startswith(
        "kustomize.toolkit.fluxcd.io/"
    )
