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
    """A file or directory as the kustomization names it, relative to its own directory."""

    field: str
    target: str
    includes: Includes
    place: Place


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
    """Whether labels or annotations decide as well, which is not followed."""


@dataclass(frozen=True, slots=True)
class Inclusion:
    """What one kustomization.yaml brings in, and what it patches."""

    links: tuple[Link, ...]
    patches: tuple[PatchEntry, ...]


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
_GENERATORS = ("configMapGenerator", "secretGenerator")
_REMOTE = re.compile(r"[a-z][a-z0-9+]*::?//|git@|[^/]+@[^/]+:|[^?]*\?(?:ref|version|timeout)=")


@lru_cache(maxsize=16_384)
def read_kustomization(path: str, data: bytes) -> Inclusion:
    """The inclusion that a kustomization.yaml writes down; remote resources are left out.

    Raises:
        InvalidInput: it is no YAML within the limits.
    """
    links: list[Link] = []
    patches: list[PatchEntry] = []
    for document in documents(path, data):
        links.extend(_links(document))
        patches.extend(read_patches(document, ("patches",)))
        patches.extend(read_patches(document, ("patchesJson6902",)))
        patches.extend(_merges(document))
    return Inclusion(tuple(links), tuple(patches))


def read_patches(document: Document, field: Address) -> Iterator[PatchEntry]:
    """The patches of a list such as `patches`, in a kustomization.yaml or a Flux Kustomization."""
    for index in document.keys(*field):
        entry = (*field, index)
        keys = [str(key) for key in document.keys(*entry, "target")]
        target = {key: document.text(*entry, "target", key) or "" for key in keys}
        yield PatchEntry(
            target=target or None,
            text=document.text(*entry, "patch"),
            file=document.text(*entry, "path"),
            place=document.places[entry],
            selects=any(key.endswith("Selector") for key in keys),
        )


def _links(document: Document) -> Iterator[Link]:
    for pattern, includes in _TARGETS:
        for address in _expand(document, pattern):
            yield from _link(document, address, includes)
    for generator in _GENERATORS:
        for field in (("files", _ANY), ("envs", _ANY), ("env",)):
            for address in _expand(document, (generator, _ANY, *field)):
                yield from _link(document, address, Includes.TEXT)


def _link(document: Document, address: Address, includes: Includes) -> Iterator[Link]:
    target = document.text(*address)
    if not target or "\n" in target or _REMOTE.match(target):
        return
    if "files" in address:
        # `key=path` names the key under which the file's text goes.
        target = target.rpartition("=")[2]
    yield Link(str(address[0]), target, includes, document.places[address])


def _expand(document: Document, pattern: Address) -> list[Address]:
    """The addresses in the document that a pattern with `*` for list indexes stands for."""
    found: list[Address] = [()]
    for step in pattern:
        if step == _ANY:
            found = [(*address, key) for address in found for key in document.keys(*address)]
        else:
            found = [(*address, step) for address in found]
    return found


def _merges(document: Document) -> Iterator[PatchEntry]:
    for index in document.keys("patchesStrategicMerge"):
        address = ("patchesStrategicMerge", index)
        entry = document.text(*address) or ""
        text, file = (entry, None) if "\n" in entry else (None, entry)
        yield PatchEntry(None, text, file, document.places[address])
