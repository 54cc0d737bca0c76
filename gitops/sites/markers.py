r"""`$imagepolicy` markers: comments that declare what Flux's image automation writes in a scalar.

The marker stands behind the scalar, on its last line, and is the whole comment: one JSON object
with one key, `# {"$imagepolicy": "NAMESPACE:POLICY"}`, perhaps with `:tag`, `:digest` or `:name`.
In a flow collection a comma may stand before it. Flux reads no other form, and none at a block
scalar, an empty value, an alias, in a document that is a list or in a file with a `%YAML` line.

Source: https://fluxcd.io/flux/guides/image-update/#configure-image-update-for-custom-resources
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from gitops.document import Address, Document, Scalar
from gitops.errors import Place
from gitops.events import decode
from gitops.sites.image import normalise, parse_reference
from gitops.sites.model import UNNAMED, Manifest, Part, Site, Skipped

SCREEN = b"$imagepolicy"

_MARKER = re.compile(
    r"(?:[ \t]*,)?[ \t]+#[ \t]*\{[ \t]*\"\$imagepolicy\"[ \t]*:[ \t]*"
    r"\"(?P<policy>[^\":/\\]+:[^\":/\\]+)(?::(?P<part>tag|digest|name))?\"[ \t]*\}[ \t]*"
    r"(?=[\r\n]|\Z)"
)
_MENTION = re.compile(r"\$imagepolicy")
_DIRECTIVE = re.compile(r"^%YAML", re.MULTILINE)
_LINES = re.compile(r"\r\n?|\n")
_PARTS = {None: Part.REFERENCE, "tag": Part.TAG, "digest": Part.DIGEST, "name": Part.NAME}


class Declared(NamedTuple):
    """A scalar's address in its document, what it holds and the policy that writes it."""

    address: Address
    part: Part
    policy: str


class Markers:
    """The markers of one file."""

    def __init__(self, path: str, data: bytes) -> None:
        self._path = path
        self._text = decode(path, data)
        self._directive = _DIRECTIVE.search(self._text) is not None
        self._used: set[int] = set()

    def declared(self, document: Document) -> Iterator[Declared]:
        """The scalars of a document that have a marker."""
        if self._directive or isinstance(document.branches.get(()), range):
            return
        for address, scalar in document.scalars.items():
            found = _MARKER.match(self._text, scalar.end) if self._may_have(scalar) else None
            if found:
                self._used.add(self._text.index("$", found.start()))
                yield Declared(address, _PARTS[found["part"]], found["policy"])

    def skipped(self) -> Iterator[Skipped]:
        """The markers that no scalar has, once `declared` was asked of every document."""
        line, counted = 1, 0
        for found in _MENTION.finditer(self._text):
            if found.start() not in self._used:
                # From the last one on, not from the top: a file may hold very many.
                line += len(_LINES.findall(self._text, counted, found.start()))
                counted = found.start()
                reason = "an $imagepolicy marker that Flux does not read in this place or form"
                yield Skipped(Place(self._path, line), reason)

    def _may_have(self, scalar: Scalar) -> bool:
        return (
            scalar.style not in {"literal", "folded"}
            and scalar.start < scalar.end
            and not (scalar.style == "plain" and self._text[scalar.start] == "*")
        )


def with_markers(
    sites: list[Site], declared: list[Declared], manifests: Sequence[Manifest]
) -> Iterator[Site]:
    """The sites of a document, those that markers declare among them.

    Where a site did not say what it holds or of what, its marker does.
    """
    markers = {each.address: each for each in declared}
    for site in sites:
        marker = markers.pop(site.address, None)
        if marker is None:
            yield site
        else:
            part = marker.part if site.part is Part.VERSION else site.part
            yield replace(site, part=part, policy=marker.policy)
    objects = {manifest.prefix: manifest for manifest in manifests}
    for marker in markers.values():
        prefix = marker.address
        while prefix and prefix not in objects:
            prefix = prefix[:-1]
        # What stands beside the items of a list belongs to the list.
        manifest = objects.get(prefix) or Manifest(manifests[0].document)
        site = manifest.site(marker.address[len(manifest.prefix) :], marker.part, UNNAMED)
        artifact = _artifact(site)
        beside = f"{manifest.group(*marker.address[len(manifest.prefix) : -1])}#{marker.policy}"
        yield replace(site, policy=marker.policy, group=beside, artifact=artifact)


def _artifact(site: Site) -> str:
    """The image that a marked scalar names itself; `UNNAMED` for a tag or a digest."""
    if site.part not in {Part.REFERENCE, Part.NAME}:
        return UNNAMED
    reference = parse_reference(site.value)
    return normalise(reference.repository) if reference else UNNAMED
