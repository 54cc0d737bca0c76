"""`survey`: every site of every YAML file of a tree, and what is none and why.

The verbs `sites` and `bump` show and move what it finds. It needs no configuration and no reach.
"""

from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from gitops.document import Document, documents, read
from gitops.edit import why_not_editable
from gitops.errors import InvalidInput, Place
from gitops.sites.flux_kustomization import others
from gitops.sites.kinds import KINDS, Kind
from gitops.sites.links import SCREENS, Fact, Links, Naming, said
from gitops.sites.markers import SCREEN, Markers, with_markers
from gitops.sites.model import Manifest, Site, Skipped, manifests, variable_in
from gitops.tree import File

_REMEMBERED = 65_536
"""Files. A bot surveys a fleet again at each commit, and most of it is unchanged."""

_SMALL = 32 * 1024
"""Bytes: a larger file is surveyed each time, so that few files cannot fill the memory."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What a tree holds: its sites by path and place, and what was skipped, likewise sorted.

    A site may carry a `refusal`: it is a version, and cannot be edited in place.
    """

    sites: tuple[Site, ...]
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    """What one file or document holds; `perhaps` are sites if another file says so.

    `variables` hold a variable in place of a version, and `told` is what its objects say: both are
    for the sites of other files.
    """

    sites: Sequence[Site] = ()
    perhaps: Sequence[Site] = ()
    skipped: Sequence[Skipped] = ()
    variables: Sequence[Site] = ()
    told: Sequence[Fact | Naming] = ()


_NOTHING = _Found()


def is_yaml(path: str) -> bool:
    """Whether Flux and kustomize read the file as manifests when they look at a directory."""
    return path.endswith((".yaml", ".yml")) or path.rpartition("/")[2] == "Kustomization"


def survey(
    tree: Mapping[str, File], seen: Callable[[], object] = lambda: None, *, remember: bool = True
) -> Survey:
    """Every site of every YAML file of a tree or a part of one, and what was skipped.

    `seen` is called after each of the tree's files, so that somebody can say how far it is. With
    `remember` what a file holds is kept, so that it costs little to survey a tree of which most was
    surveyed before. Without, the files' documents are let go too as soon as they are surveyed; they
    take much more memory than the files, and only an edit asks for them again.

    Nothing is raised: a file that cannot be read is skipped, as are a symlink, what SOPS encrypted
    and a version that is a variable.
    """
    links = Links()
    sites: list[Site] = []
    perhaps: list[Site] = []
    skipped: list[Skipped] = []
    for path, file in tree.items():
        if is_yaml(path):
            found = _of_file(path, file, remember=remember)
            links.read(found.told)
            for site in found.variables:
                links.read_variable(site)
            sites += found.sites
            perhaps += found.perhaps
            skipped += found.skipped
        seen()
    sites += [site for site in perhaps if links.fills(site)]
    sites.sort(key=lambda site: (site.path, site.line, site.column))
    skipped.sort(key=_in_order)
    return Survey(tuple(links.linked(sites)), tuple(skipped))


def _in_order(skipped: Skipped) -> tuple[str, int, int, str]:
    place = skipped.place
    return place.path, place.line or 0, place.column or 0, skipped.reason


def _of_file(path: str, file: File, *, remember: bool) -> _Found:
    reason = why_not_editable(file)
    if reason is not None:
        return _Found(skipped=(Skipped(Place(path), reason),))
    if remember and len(file.data) <= _SMALL:
        return _kept(path, file.data)
    return _of_data(path, file.data, documents if remember else read)


@lru_cache(maxsize=_REMEMBERED)
def _kept(path: str, data: bytes) -> _Found:
    return _of_data(path, data, documents)


def _of_data(
    path: str, data: bytes, reader: Callable[[str, bytes], tuple[Document, ...]]
) -> _Found:
    if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return _Found(skipped=(Skipped(Place(path), "cannot be read: not UTF-8 text but UTF-16"),))
    kinds = tuple([kind for kind in KINDS if kind.screen in data and kind.files(path)])
    marked = SCREEN in data
    if not kinds and not marked and not any(screen in data for screen in SCREENS):
        return _NOTHING
    try:
        found = reader(path, data)
    except InvalidInput as error:
        unread = Skipped(error.place or Place(path), f"cannot be read: {error.message}")
        return _Found(skipped=(unread,))
    markers = Markers(path, data) if marked else None
    parts = [_of_document(document, kinds, markers) for document in found]
    if markers is not None:
        parts.append(_Found(skipped=tuple(markers.skipped())))
    return parts[0] if len(parts) == 1 else _together(parts)


def _together(parts: Sequence[_Found]) -> _Found:
    return _Found(
        [each for part in parts for each in part.sites],
        [each for part in parts for each in part.perhaps],
        [each for part in parts for each in part.skipped],
        [each for part in parts for each in part.variables],
        [each for part in parts for each in part.told],
    )


def _of_document(document: Document, kinds: tuple[Kind, ...], markers: Markers | None) -> _Found:
    objects = [each for m in manifests(document) for each in with_embedded(m)]
    found = {site.address: site for m in objects for kind in kinds for site in kind.sites(m)}
    all_sites: Iterable[Site] = found.values()
    if markers is not None:
        all_sites = with_markers(list(all_sites), list(markers.declared(document)), objects)
    sites: list[Site] = []
    unfilled: list[Site] = []
    for site in all_sites:
        (unfilled if variable_in(site.value) else sites).append(site)
    if document.refusal is not None:
        at = Skipped(Place(document.path, document.line, 1), document.refusal)
        return _Found(skipped=(at,)) if sites or unfilled else _NOTHING
    told = [each for m in objects for each in said(m)]
    skipped = [each for m in objects for kind in kinds for each in kind.skipped(m)]
    skipped += [Skipped(site.place, str(site.refusal)) for site in unfilled]
    perhaps = [site for m in objects for site in others(m)]
    if perhaps:
        known = {site.address for site in (*sites, *unfilled)}
        perhaps = [site for site in perhaps if site.address not in known]
    return _Found(sites, perhaps, skipped, unfilled, told)


def with_embedded(manifest: Manifest) -> Iterator[Manifest]:
    """An object, behind the objects that a ResourceSet has in it."""
    if manifest.kind == "ResourceSet":
        resources = ("spec", "resources")
        group = manifest.api_version.partition("/")[0]
        for index in manifest.keys(*resources) if group == "fluxcd.controlplane.io" else ():
            yield Manifest(manifest.document, (*manifest.prefix, *resources, index))
    yield manifest
