"""Where versions are written.

`sites_of` reads what a pin can be made of, `survey` everything; `kinds` says which kinds of objects
there are, with one module for each.
"""

from collections.abc import Mapping
from functools import lru_cache

from gitops.document import Address, documents
from gitops.sites import helm_release
from gitops.sites.image import Reference, normalise, parse_reference, split_tag
from gitops.sites.kinds import PINNED
from gitops.sites.model import (
    UNNAMED,
    ArtifactKind,
    Manifest,
    Part,
    Site,
    Skipped,
    manifests,
    without_namespace,
)
from gitops.sites.surveying import Survey, is_yaml, survey
from gitops.sites.url import git_source

__all__ = [
    "UNNAMED",
    "Address",
    "ArtifactKind",
    "Manifest",
    "Part",
    "Reference",
    "Site",
    "Skipped",
    "Survey",
    "git_source",
    "is_yaml",
    "manifests",
    "names_of",
    "normalise",
    "parse_reference",
    "sites_of",
    "split_tag",
    "survey",
    "without_namespace",
]

_REMEMBERED = 65_536
"""Files. A fleet of 10,000 files is read again every minute, and most of it is unchanged."""


@lru_cache(maxsize=_REMEMBERED)
def sites_of(path: str, data: bytes) -> tuple[Site, ...]:
    """Every site of a file that a pin can be made of, in the order of its documents.

    That is what runs an app's image. What else a file says of versions (the ref of a source, a
    variable, a marker) is in its `survey` only.

    Raises:
        InvalidInput: the file looks as if it held sites and is no YAML within the limits.
    """
    kinds = [kind for kind in PINNED if kind.may_be_in(path, data)]
    if not kinds or not is_yaml(path):
        return ()
    return tuple(
        site
        for document in documents(path, data)
        for manifest in manifests(document)
        for kind in kinds
        for site in kind.sites(manifest)
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
