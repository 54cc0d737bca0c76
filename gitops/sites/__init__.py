"""Where versions are written: one module per kind of object.

Each module has `sites(manifest)`, which yields nothing for objects that are not its own, and
`SCREEN`: bytes that stand in every text with such a site. A further kind is one further line in
`_KINDS`.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache

from gitops.document import Address, documents
from gitops.sites import helm_release, kustomization, workload
from gitops.sites.image import Reference, normalise, parse_reference, split_tag
from gitops.sites.model import UNNAMED, Manifest, Part, Site, manifests, without_namespace

__all__ = [
    "UNNAMED",
    "Address",
    "Manifest",
    "Part",
    "Reference",
    "Site",
    "is_yaml",
    "manifests",
    "names_of",
    "normalise",
    "parse_reference",
    "sites_of",
    "split_tag",
    "without_namespace",
]

_KINDS: tuple[tuple[bytes, Callable[[Manifest], Iterator[Site]]], ...] = (
    (helm_release.SCREEN, helm_release.sites),
    (kustomization.SCREEN, kustomization.sites),
    (workload.SCREEN, workload.sites),
)
_REMEMBERED = 65_536
"""Files. A fleet of 10,000 files is read again every minute, and most of it is unchanged."""


def is_yaml(path: str) -> bool:
    """Whether Flux and kustomize read the file as manifests when they look at a directory."""
    return path.endswith((".yaml", ".yml")) or path.rpartition("/")[2] == "Kustomization"


@lru_cache(maxsize=_REMEMBERED)
def sites_of(path: str, data: bytes) -> tuple[Site, ...]:
    """Every site of a file, in the order of its documents.

    Raises:
        InvalidInput: the file looks as if it held sites and is no YAML within the limits.
    """
    kinds = [sites for screen, sites in _KINDS if screen in data]
    if not kinds or not is_yaml(path):
        return ()
    return tuple(
        site
        for document in documents(path, data)
        for manifest in manifests(document)
        for sites in kinds
        for site in sites(manifest)
    )


@lru_cache(maxsize=_REMEMBERED)
def names_of(path: str, data: bytes) -> Mapping[tuple[str, Address], str]:
    """The artifacts that a file's HelmReleases name, by the object and the address they stand at.

    They name the artifacts of `UNNAMED` sites: `Site.object` and `Site.address` without its last
    step. The object stands there with its namespace, and once more without it.

    Raises:
        InvalidInput: as `sites_of`.
    """
    if not is_yaml(path) or helm_release.SCREEN not in data:
        return {}
    return {
        (title, address): artifact
        for document in documents(path, data)
        for manifest in manifests(document)
        for address, artifact in helm_release.names(manifest)
        for title in (without_namespace(manifest.title), manifest.title)
    }
