"""The Flux objects that decide what a cluster takes from the fleet, and what carries it there.

Source: https://fluxcd.io/flux/components/kustomize/api/v1/,
https://fluxcd.control-plane.io/operator/fluxinstance/ and the ArtifactGenerator's specification in
fluxcd/source-watcher.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache

from gitops.document import documents
from gitops.errors import Place
from gitops.inclusion.kustomization import PatchEntry, read_patches
from gitops.inclusion.source import from_root
from gitops.sites.model import Part, Site, manifests

_SCREEN = re.compile(
    rb"\.fluxcd\.|FluxInstance|apiVersion[\"']?\s*:[^\n]*\\|!!(?:b|%)|!<|(?m:^%TAG)"
)
"""Stands in every file with one of the kinds below, however its apiVersion is written."""

KUSTOMIZATION = "Kustomization"
GENERATOR = "ArtifactGenerator"
INSTANCE = "FluxInstance"
RELEASE = "HelmRelease"
GROUPS = {
    KUSTOMIZATION: "kustomize.toolkit.fluxcd.io",
    GENERATOR: "source.extensions.fluxcd.io",
    INSTANCE: "fluxcd.controlplane.io",
}
"""The API group of each kind that decides what else is taken."""

_RELEASES = {RELEASE: "helm.toolkit.fluxcd.io"}


@dataclass(frozen=True, slots=True)
class SourceRef:
    """A Flux source as an object names it. `namespace` is None where no text says it.

    A NUL in a name or a namespace stands for a variable's value, which can be any.
    """

    kind: str
    name: str
    namespace: str | None

    def may_be(self, other: "SourceRef") -> bool:
        """Whether both can be one object, where an unsaid namespace can be any."""
        return (
            self.kind == other.kind
            and _may_equal(self.name, other.name)
            and _may_equal(self.namespace, other.namespace)
        )


@dataclass(frozen=True, slots=True)
class FluxObject:
    """A Flux object as its file writes it, or as patches have changed it.

    `suspend` is the site of `spec.suspend`, None where it is not written. `labels` are its file's,
    as is `written`, its name before any prefix or suffix.
    """

    kind: str
    name: str
    namespace: str | None
    spec: Mapping[str, object]
    place: Place
    document: int
    patches: tuple[PatchEntry, ...] = ()
    suspend: Site | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    written: str = ""

    @property
    def group(self) -> str:
        """Its API group."""
        return {**GROUPS, **_RELEASES}[self.kind]

    @property
    def path(self) -> str:
        """`spec.path` as written, `.` (the source's root) where it is missing."""
        path = self.spec.get("path")
        return path if isinstance(path, str) and path else "."

    @property
    def source(self) -> SourceRef | None:
        """`spec.sourceRef`; None where it is not written."""
        return source_ref(self.spec.get("sourceRef"), self.namespace)

    @property
    def components(self) -> tuple[str, ...]:
        """`spec.components`: directories relative to `path`."""
        return tuple(
            text for text in sequence(self.spec.get("components")) if isinstance(text, str)
        )

    def with_spec(self, spec: Mapping[str, object]) -> "FluxObject":
        """The same object after a patch."""
        return replace(self, spec=spec)


@lru_cache(maxsize=65_536)
def flux_objects(path: str, data: bytes) -> tuple[FluxObject, ...]:
    """The Flux Kustomizations, ArtifactGenerators and FluxInstances of a file.

    Raises:
        InvalidInput: the file looks as if it held some and cannot be read, with the place.
    """
    if _SCREEN.search(data) is None:
        return ()
    return tuple(_read(path, data, GROUPS))


@lru_cache(maxsize=65_536)
def helm_releases(path: str, data: bytes) -> tuple[FluxObject, ...]:
    """The HelmReleases of a file.

    Raises:
        InvalidInput: as `flux_objects`.
    """
    return tuple(_read(path, data, _RELEASES))


def _read(path: str, data: bytes, groups: Mapping[str, str]) -> Iterator[FluxObject]:
    for document in documents(path, data):
        found: object = None
        for manifest in manifests(document):
            group = manifest.api_version.partition("/")[0]
            if groups.get(manifest.kind) != group:
                continue
            found = document.data() if found is None else found
            spec = _at(found, (*manifest.prefix, "spec"))
            labels = _at(found, (*manifest.prefix, "metadata", "labels"))
            suspend = manifest.scalar("spec", "suspend")
            name = manifest.text("metadata", "name") or ""
            yield FluxObject(
                kind=manifest.kind,
                name=name,
                namespace=manifest.text("metadata", "namespace"),
                spec=mapping(spec),
                place=document.places.get((*manifest.prefix, "metadata", "name"))
                or Place(path, document.line, 1),
                document=document.index,
                patches=tuple(read_patches(document, (*manifest.prefix, "spec", "patches"))),
                suspend=manifest.site(("spec", "suspend"), Part.SUSPEND, "") if suspend else None,
                labels={key: str(value) for key, value in mapping(labels).items()},
                written=name,
            )


def own_source(objects: Sequence[FluxObject], directory: str) -> SourceRef:
    """The fleet's own sync source in the cluster whose directory this is.

    It is what the Flux Kustomization that applies the directory itself names (gotk-sync.yaml), or
    what a FluxInstance syncs; where neither is written down, `flux bootstrap`'s own name for it.
    """
    for found in objects:
        if found.kind == INSTANCE and found.spec.get("sync"):
            sync = mapping(found.spec["sync"])
            namespace = found.namespace or "flux-system"
            name = text(sync.get("name")) or namespace
            return SourceRef(text(sync.get("kind")) or "GitRepository", name, namespace)
    return next(
        (o.source for o in objects if applies(o, directory) and o.source is not None),
        SourceRef("GitRepository", "flux-system", "flux-system"),
    )


def applies(found: FluxObject, directory: str) -> bool:
    """Whether it is a Flux Kustomization of exactly this directory, as gotk-sync.yaml holds it."""
    return found.kind == KUSTOMIZATION and from_root(found.path)[0] == directory


def source_ref(value: object, namespace: str | None) -> SourceRef | None:
    """A reference to a source; `namespace` is that of the object it stands in."""
    ref = mapping(value)
    kind, name = text(ref.get("kind")), text(ref.get("name"))
    if kind is None or name is None:
        return None
    return SourceRef(kind, name, text(ref.get("namespace")) or namespace)


def mapping(value: object) -> Mapping[str, object]:
    """`value` where it is a mapping, else an empty one."""
    return value if isinstance(value, Mapping) else {}


def sequence(value: object) -> Sequence[object]:
    """`value` where it is a list, else an empty one."""
    return value if isinstance(value, list | tuple) else ()


def text(value: object) -> str | None:
    """`value` where it is a text that is not empty."""
    return value if isinstance(value, str) and value else None


def _may_equal(one: str | None, other: str | None) -> bool:
    return one == other or None in {one, other} or "\0" in f"{one}{other}"


def _at(value: object, address: Sequence[str | int]) -> object:
    for step in address:
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            value = mapping(value).get(str(step))
    return value
