"""What a site is, and the object of a document that a kind's module reads its sites from."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath

from gitops.document import Address, Document, Scalar, is_boolean
from gitops.errors import Place

UNNAMED = ""
"""The artifact of a site whose file does not say it: the tag of an overlay's patch, for example."""

_INPUT = re.compile(r"<<[^<>]*>>")


class Part(StrEnum):
    """What of an artifact the scalar of a site holds.

    A TAG may be `TAG@sha256:...`; a REFERENCE is the whole `repository:tag[@digest]`, a NAME its
    repository alone. A CHART_VERSION may be a range too; a RANGE stands where only ranges do, an
    exact version being the narrowest. A GIT_REF is `refs/tags/TAG`. A VERSION is a version in a
    place that does not say of what: a variable, for example.
    """

    TAG = "tag"
    DIGEST = "digest"
    REFERENCE = "reference"
    CHART_VERSION = "chart version"
    SUSPEND = "suspend"
    RANGE = "range"
    COMMIT = "commit"
    GIT_REF = "git ref"
    VERSION = "version"
    NAME = "name"


class ArtifactKind(StrEnum):
    """What the artifact of a site is.

    Whatever else lies in an OCI registry (manifests for an OCIRepository) counts as an image.
    """

    IMAGE = "image"
    CHART = "chart"
    GIT = "git"


@dataclass(frozen=True, slots=True)
class Site:
    """One scalar in one file where a version is written.

    `artifact` is the image's normalised repository, the chart's name (its repository, where an
    OCIRepository has it) or the git source as `host/path`; `UNNAMED` when the file does not say it.
    Sites with one `group` speak of one artifact in one place and move together. `refusal` says why
    the scalar cannot be edited, None when it can.

    `source` is information: where a chart comes from, a URL or `HelmRepository NAMESPACE/NAME`;
    "" when nothing says it. `policy` is the `NAMESPACE:NAME` of the scalar's `$imagepolicy` marker.
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
    kind: ArtifactKind = ArtifactKind.IMAGE
    source: str = ""
    policy: str | None = None

    @property
    def place(self) -> Place:
        """Where a person finds it."""
        return Place(self.path, self.line, self.column)


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """A place that has or could have a version, and why it is no site."""

    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object of a document: the document itself, or an item of a list."""

    document: Document
    prefix: Address = ()
    api_version: str = field(init=False, compare=False)
    """`apiVersion`, "" when it is missing."""
    kind: str = field(init=False, compare=False)
    """`kind`, "" when it is missing."""
    title: str = field(init=False, compare=False)
    """The object as a person names it: `HelmRelease shop/payments`.

    One without a kind is named by its file: `values.yaml`.
    """

    def __post_init__(self) -> None:
        # Every kind of sites asks for them.
        object.__setattr__(self, "api_version", self.text("apiVersion") or "")
        object.__setattr__(self, "kind", self.text("kind") or "")
        object.__setattr__(self, "title", self._title())

    def text(self, *address: str | int) -> str | None:
        """The scalar's value at this address of the object; None when there is none."""
        plain = self.document.plain
        where = (*self.prefix, *address) if self.prefix else address
        return self.document.text(*where) if plain is None else plain.text(where)

    def keys(self, *address: str | int) -> tuple[str | int, ...]:
        """The keys or indexes at this address of the object; () when there are none."""
        return self.document.keys(*self.prefix, *address)

    def containers(self, *address: str | int) -> Iterator[tuple[Address, Collection[str | int]]]:
        """Every list and mapping at and below this address, with its indexes or keys."""
        above = len(self.prefix)
        for where, keys in self.document.containers(*self.prefix, *address):
            yield where[above:], keys

    def scalar(self, *address: str | int) -> Scalar | None:
        """The scalar at this address of the object; None for containers too."""
        return self.document.scalars.get((*self.prefix, *address))

    def _title(self) -> str:
        if not self.kind:
            return PurePosixPath(self.document.path).name
        name, namespace = self.text("metadata", "name"), self.text("metadata", "namespace")
        return f"{self.kind} {namespace + '/' if namespace else ''}{name or '(unnamed)'}"

    def group(self, *address: str | int) -> str:
        """The group of the sites of the image that stands at this address."""
        steps = "/".join(map(str, (*self.prefix, *address)))
        return f"{self.document.path}#{self.document.index}/{steps}"

    def place(self, *address: str | int) -> Place:
        """Where the node at this address of the object stands, or what it would stand in."""
        where = (*self.prefix, *address)
        while where not in self.document.places:
            where = where[:-1]
        return self.document.places[where]

    def skipped(self, address: Address, reason: str) -> Skipped:
        """That what stands at this address is no site."""
        return Skipped(self.place(*address), reason)

    def title_of(self, *reference: str | int) -> str:
        """The object that a reference (`sourceRef`) names, by default in its own namespace."""
        namespace = self.text(*reference, "namespace") or self.text("metadata", "namespace")
        name = self.text(*reference, "name")
        kind = self.text(*reference, "kind")
        return f"{kind} {f'{namespace}/' if namespace else ''}{name}" if kind and name else ""

    def site(
        self,
        address: Address,
        part: Part,
        artifact: str,
        *,
        within: Address = (),
        kind: ArtifactKind = ArtifactKind.IMAGE,
        source: str = "",
    ) -> Site:
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
            refusal=self.document.refusal or scalar.refusal or _why_not(scalar, part),
            kind=kind,
            source=source,
        )

    def image_sites(
        self,
        address: Address,
        parts: Mapping[str, Part],
        artifact: str,
        kind: ArtifactKind = ArtifactKind.IMAGE,
    ) -> Iterator[Site]:
        """The sites of one artifact whose versions stand under these keys of a mapping.

        An empty digest beside a tag is a place for one. An empty tag is somebody else's choice.
        """
        texts = {key: self.text(*address, key) for key in parts}
        if not any(texts.values()):
            return
        for key, part in parts.items():
            if texts[key] or (texts[key] == "" and part is Part.DIGEST):
                yield self.site((*address, key), part, artifact, within=address, kind=kind)


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


def variable_in(text: str) -> str | None:
    """The first variable in a text, `${VERSION}` or `<< inputs.tag >>`; None without one."""
    start = text.find("${")
    end = text.find("}", start) if start >= 0 else -1
    if end >= 0:
        return text[start : end + 1]
    found = _INPUT.search(text) if "<<" in text else None
    return found.group() if found else None


def _why_not(scalar: Scalar, part: Part) -> str | None:
    """Why no version can be written over what a scalar says; None when one can."""
    if part is not Part.SUSPEND and is_boolean(scalar):
        return "is read as true or false, not as text"
    found = variable_in(scalar.value)
    return f"holds {found}, which Flux fills in" if found else None
