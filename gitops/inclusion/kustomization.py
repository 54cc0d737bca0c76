"""What a kustomization.yaml includes.

Source: https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/, and for the older
fields `api/types/kustomization.go` of kustomize.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from gitops.document import Address, Document, documents
from gitops.errors import Place


class Includes(StrEnum):
    """What kustomize does with the thing that is named."""

    RESOURCES = "resources"
    COMPONENT = "component"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Link:
    """A file or directory as the kustomization names it, relative to its own directory.

    With `optional` it looks like something else than a path, and is one where a file is there.
    """

    field: str
    target: str
    includes: Includes
    place: Place
    optional: bool = False


@dataclass(frozen=True, slots=True)
class PatchEntry:
    """One patch: its text or the file that holds it, and the objects it is for.

    `target` is None where the patch names its object itself.
    """

    target: Mapping[str, str] | None
    text: str | None
    file: str | None
    place: Place
    selects: bool = False
    """Whether labels, annotations or the API version decide too, which is not followed."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What one kustomization.yaml brings in, what it patches, and how it renames.

    `opens` is true where it may write into Flux objects in a way that is not followed.
    """

    links: tuple[Link, ...]
    patches: tuple[PatchEntry, ...]
    namespace: str | None = None
    prefix: str = ""
    suffix: str = ""
    opens: bool = False


_ANY = "*"
_TARGETS: tuple[tuple[Address, Includes], ...] = (
    (("resources", _ANY), Includes.RESOURCES),
    (("bases", _ANY), Includes.RESOURCES),
    (("components", _ANY), Includes.COMPONENT),
    (("generators", _ANY), Includes.RESOURCES),
    (("transformers", _ANY), Includes.RESOURCES),
    (("validators", _ANY), Includes.RESOURCES),
    (("crds", _ANY), Includes.TEXT),
    (("configurations", _ANY), Includes.TEXT),
    (("openapi", "path"), Includes.TEXT),
    (("patchesStrategicMerge", _ANY), Includes.TEXT),
    (("patchesJson6902", _ANY, "path"), Includes.TEXT),
    (("patches", _ANY, "path"), Includes.TEXT),
    (("replacements", _ANY, "path"), Includes.TEXT),
    (("helmCharts", _ANY, "valuesFile"), Includes.TEXT),
    (("helmCharts", _ANY, "additionalValuesFiles", _ANY), Includes.TEXT),
    (("helmChartInflationGenerator", _ANY, "values"), Includes.TEXT),
)
_WORKLOADS = frozenset(
    ["CronJob", "DaemonSet", "Deployment", "HelmRelease", "Ingress", "Job", "Service"]
)
"""What replacements mostly write into; a kind that is not here may be a pattern for Flux's."""
PLUGINS = frozenset({"generators", "transformers", "validators"})
"""Fields whose files, or texts, configure what kustomize then runs."""
_GENERATORS = ("configMapGenerator", "secretGenerator")
_REMOTE = re.compile(r"[a-z][a-z0-9+]*::?//|git@|[^/]+@[^/]+:|[^?]*\?(?:ref|version|timeout)=")


@lru_cache(maxsize=16_384)
def read_kustomization(path: str, data: bytes) -> Inclusion:
    """The inclusion that a kustomization.yaml writes down; remote resources are optional links.

    Raises:
        InvalidInput: it is no YAML within the limits.
    """
    read = Inclusion((), ())
    for document in documents(path, data):
        patches = (
            *read_patches(document, ("patches",)),
            *read_patches(document, ("patchesJson6902",)),
            *_merges(document),
        )
        read = Inclusion(
            (*read.links, *_links(document)),
            (*read.patches, *patches),
            document.text("namespace") or read.namespace,
            document.text("namePrefix") or read.prefix,
            document.text("nameSuffix") or read.suffix,
            read.opens or _opens(document),
        )
    return read


def opens_flux(path: str, data: bytes) -> bool:
    """Whether a file of `transformers` or `replacements` may write into Flux objects.

    Raises:
        InvalidInput: it is no YAML within the limits.
    """
    return any(_opens_by(document, data) for document in documents(path, data))


def _opens_by(document: Document, data: bytes) -> bool:
    kind = document.kind or ""
    if kind.startswith("Patch") and document.keys("target"):
        return _may_select(document, ("target",))
    if kind.startswith(("Patch", "Replacement")):
        # What it patches may be in a file of its own.
        return b"Kustomization" in data or document.text("path") is not None
    top = document.keys()
    return _replaces(document, ()) or any(_replaces(document, (index,)) for index in top)


def _opens(document: Document) -> bool:
    """Whether replacements or transformers written in the kustomization itself may do so."""
    inline = (
        document.text(field, index) or ""
        for field in ("transformers", "generators")
        for index in document.keys(field)
    )
    return any("\n" in text and "Kustomization" in text for text in inline) or any(
        _replaces(document, ("replacements", index)) for index in document.keys("replacements")
    )


def _replaces(document: Document, entry: Address) -> bool:
    """Whether a replacement writes into the spec of something that may be a Flux object."""
    for index in document.keys(*entry, "targets"):
        target = (*entry, "targets", index)
        fields = (*target, "fieldPaths")
        texts = [document.text(*fields, at) or "" for at in document.keys(*fields)]
        writes = any(text.startswith("spec") for text in texts)
        if writes and _may_select(document, (*target, "select")):
            return True
    return False


def _may_select(document: Document, target: Address) -> bool:
    kind = document.text(*target, "kind")
    return kind is None or kind not in _WORKLOADS


def read_patches(document: Document, field: Address) -> Iterator[PatchEntry]:
    """The patches of a list such as `patches`, in a kustomization.yaml or a Flux Kustomization."""
    for entry in _expand(document, (*field, _ANY)):
        keys = [str(key) for key in document.keys(*entry, "target")]
        target = {key: document.text(*entry, "target", key) or "" for key in keys}
        yield PatchEntry(
            target=target or None,
            text=document.text(*entry, "patch"),
            file=document.text(*entry, "path"),
            place=document.places[entry],
            selects=any(key.endswith("Selector") or key == "version" for key in keys),
        )


def _links(document: Document) -> Iterator[Link]:
    # Most fields are absent, and a fleet has thousands of kustomizations.
    there = {name.casefold() for name in map(str, document.keys())}
    for pattern, includes in _TARGETS:
        if str(pattern[0]).casefold() not in there:
            continue
        for address in _expand(document, pattern):
            yield from _link(document, address, includes)
    for generator in (name for name in _GENERATORS if name.casefold() in there):
        for field in (("files", _ANY), ("envs", _ANY), ("env",)):
            for address in _expand(document, (generator, _ANY, *field)):
                yield from _link(document, address, Includes.TEXT)


def _link(document: Document, address: Address, includes: Includes) -> Iterator[Link]:
    target = document.text(*address)
    if not target:
        return
    if "\n" in target:
        yield from _inline(document, address, target)
        return
    if any(str(step).casefold() == "files" for step in address):
        # `key=path` names the key under which the file's text goes.
        target = target.rpartition("=")[2]
    remote = _REMOTE.match(target) is not None
    yield Link(_field(address), target, includes, document.places[address], remote)


def _inline(document: Document, address: Address, content: str) -> Iterator[Link]:
    """What a plugin's configuration or a patch that is written here may name."""
    if _field(address) in PLUGINS:
        for inner in documents(document.path, content.encode()):
            for name in file_names(inner):
                yield Link(
                    _field(address), name, Includes.TEXT, document.places[address], optional=True
                )


def _field(address: Address) -> str:
    """The field a link stands in, as kustomize spells it."""
    known = {str(pattern[0]).casefold(): str(pattern[0]) for pattern, _ in _TARGETS}
    return known.get(str(address[0]).casefold(), str(address[0]))


def file_names(document: Document) -> Iterator[str]:
    """Every text in a plugin's configuration that may be the name of a file: `NAME`, `KEY=NAME`."""
    for scalar in document.scalars.values():
        if scalar.value and "\n" not in scalar.value:
            yield scalar.value.rpartition("=")[2] or scalar.value


def _expand(document: Document, pattern: Address) -> list[Address]:
    """The addresses in the document that a pattern with `*` for list indexes stands for.

    kustomize reads `Resources` as `resources`, since Go's JSON does.
    """
    found: list[Address] = [()]
    for step in pattern:
        if step == _ANY:
            found = [(*address, key) for address in found for key in document.keys(*address)]
        else:
            found = [
                (*address, key)
                for address in found
                for key in document.keys(*address)
                if str(key).casefold() == str(step).casefold()
            ]
    return found


def _merges(document: Document) -> Iterator[PatchEntry]:
    for address in _expand(document, ("patchesStrategicMerge", _ANY)):
        entry = document.text(*address) or ""
        text, file = (entry, None) if "\n" in entry else (None, entry)
        yield PatchEntry(None, text, file, document.places[address])
