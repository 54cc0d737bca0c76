"""What a site is, and the object of a document that a kind's module reads its sites from."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from gitops.document import Address, Document, Scalar
from gitops.errors import Place

UNNAMED = ""
"""The artifact of a site whose file does not say it: the tag of an overlay's patch, for example."""

_VARIABLE = re.compile(r"\$\{[^}]*\}")


class Part(StrEnum):
    """What of an artifact the scalar of a site holds.

    A TAG may be `TAG@sha256:...`; a REFERENCE is the whole `repository:tag[@digest]`.
    """

    TAG = "tag"
    DIGEST = "digest"
    REFERENCE = "reference"
    CHART_VERSION = "chart version"
    SUSPEND = "suspend"


@dataclass(frozen=True, slots=True)
class Site:
    """One scalar in one file where a version is written.

    `artifact` is the image's normalised repository or the chart's name, `UNNAMED` when the file
    does not say it. Sites with one `group` speak of one image in one place and move together.
    `refusal` says why the scalar cannot be edited, None when it can.
    """

    path: str
    document: int
    address: Address
    line: int
    column: int
    part: Part
    artifact: str
    object: str
    value: str
    group: str
    refusal: str | None

    @property
    def place(self) -> Place:
        """Where a person finds it."""
        return Place(self.path, self.line, self.column)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a document: the document itself, or an item of a list."""

    document: Document
    prefix: Address = ()

    def text(self, *address: str | int) -> str | None:
        """The scalar's value at this address of the object; None when there is none."""
        return self.document.text(*self.prefix, *address)

    def keys(self, *address: str | int) -> tuple[str | int, ...]:
        """The keys or indexes at this address of the object; () when there are none."""
        return self.document.keys(*self.prefix, *address)

    def scalar(self, *address: str | int) -> Scalar | None:
        """The scalar at this address of the object; None for containers too."""
        return self.document.scalars.get((*self.prefix, *address))

    @property
    def api_version(self) -> str:
        """`apiVersion`, "" when it is missing."""
        return self.text("apiVersion") or ""

    @property
    def kind(self) -> str:
        """`kind`, "" when it is missing."""
        return self.text("kind") or ""

    @property
    def title(self) -> str:
        """The object as a person names it: `HelmRelease shop/payments`."""
        name, namespace = self.text("metadata", "name"), self.text("metadata", "namespace")
        return f"{self.kind} {namespace + '/' if namespace else ''}{name or '(unnamed)'}"

    def group(self, *address: str | int) -> str:
        """The group of the sites of the image that stands at this address."""
        steps = "/".join(str(step) for step in (*self.prefix, *address))
        return f"{self.document.path}#{self.document.index}/{steps}"

    def site(self, address: Address, part: Part, artifact: str, *, within: Address = ()) -> Site:
        """The site at an address known to hold a scalar; `within` is the address of its group."""
        where = (*self.prefix, *address)
        scalar = self.document.scalars[where]
        return Site(
            path=self.document.path,
            document=self.document.index,
            address=where,
            line=scalar.line,
            column=scalar.column,
            part=part,
            artifact=artifact,
            object=self.title,
            value=scalar.value,
            group=self.group(*(within or address)),
            refusal=self.document.refusal or scalar.refusal or _variable(scalar.value),
        )

    def image_sites(
        self, address: Address, parts: Mapping[str, Part], artifact: str
    ) -> Iterator[Site]:
        """The sites of one image whose tag and digest stand under these keys of a mapping.

        An empty digest beside a tag is a place for one. An empty tag is somebody else's choice.
        """
        texts = {key: self.text(*address, key) for key in parts}
        if not any(texts.values()):
            return
        for key, part in parts.items():
            if texts[key] or (texts[key] == "" and part is Part.DIGEST):
                yield self.site((*address, key), part, artifact, within=address)


def manifests(document: Document) -> tuple[Manifest, ...]:
    """The objects of a document; the items where it is a list, `kind: PodList` for example."""
    return tuple(_expanded(Manifest(document)))


def _expanded(manifest: Manifest) -> Iterator[Manifest]:
    """The object, or what kustomize takes out of it: lists may hold lists."""
    items = manifest.keys("items") if manifest.kind.endswith("List") else ()
    if not items:
        yield manifest
    for index in items:
        yield from _expanded(Manifest(manifest.document, (*manifest.prefix, "items", index)))


def without_namespace(title: str) -> str:
    """`HelmRelease payments` for `HelmRelease shop/payments`."""
    kind, _, name = title.partition(" ")
    return f"{kind} {name.rpartition('/')[2]}"


def _variable(value: str) -> str | None:
    found = _VARIABLE.search(value)
    return f"holds {found.group()}, which Flux fills in" if found else None
