"""Images in the values of a chart.

Charts differ in how they take an image. Two shapes are read, at any depth: a mapping with
`repository` and `tag` or `digest` (and perhaps `registry`), and a text `repository:tag[@digest]`
under a key that ends in `image`. A mapping `image` with a tag and no repository is the patch of an
overlay: its artifact is named elsewhere. Under a key that ends in `image`, `version` is read where
there is no `tag`.

A file is a chart's values by its name: `values.yaml`, `values-prod.yaml`. It has no `kind`.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache

from gitops.document import Address, Skeleton
from gitops.sites.image import normalise, parse_reference
from gitops.sites.model import UNNAMED, Manifest, Part, Site

SCREEN = b"mage"
"""The end of `image` and `fooImage`; with them `repository` need not be looked for."""

_Container = tuple[Address, Collection[str | int]]
_PARTS: Mapping[str, Part] = {"tag": Part.TAG, "digest": Part.DIGEST}
_VERSIONED: Mapping[str, Part] = {"version": Part.TAG, "digest": Part.DIGEST}
_FILE = re.compile(r"(?:.*/)?values[^/]*\.ya?ml", re.DOTALL)


def is_values_file(path: str) -> bool:
    """Whether a file holds a chart's values, going by its name."""
    return _FILE.fullmatch(path) is not None


def file_sites(manifest: Manifest) -> Iterator[Site]:
    """The images in a file of values."""
    if is_values_file(manifest.document.path) and not manifest.kind:
        yield from value_sites(manifest, ())


def value_sites(manifest: Manifest, root: Address) -> Iterator[Site]:
    """Every image at and below `root` that names a tag or a digest."""
    for address, keys in _telling(manifest, root):
        yield from _of_mapping(manifest, address, keys)
        yield from _of_texts(manifest, address, filter(_is_image, keys))


def text_sites(manifest: Manifest, root: Address, key: str) -> Iterator[Site]:
    """Every text `repository:tag[@digest]` under such a key at and below `root`."""
    for address, keys in manifest.containers(*root):
        if key in keys:
            yield from _of_texts(manifest, address, (key,))


def value_names(manifest: Manifest, root: Address) -> Iterator[tuple[Address, str]]:
    """The address of every image at and below `root` whose artifact is named there, with it."""
    for address, keys in _telling(manifest, root):
        artifact = _artifact(manifest, address) if "repository" in keys else None
        if artifact:
            yield address, artifact


def ends_in_image(address: Address) -> bool:
    """Whether the last key says that an image stands there."""
    return bool(address) and _is_image(str(address[-1]))


@lru_cache(maxsize=4_096)
def _is_image(key: str | int) -> bool:
    return str(key).lower().endswith("image")


class _Alike:
    """Where to look in a manifest, equal to that in any other that differs in its scalars alone."""

    __slots__ = ("key", "manifest", "root")

    def __init__(self, skeleton: Skeleton, manifest: Manifest, root: Address) -> None:
        self.key = (skeleton, manifest.prefix, root)
        self.manifest: Manifest | None = manifest
        self.root = root

    def __hash__(self) -> int:
        return hash(self.key)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Alike) and self.key == other.key


def _telling(manifest: Manifest, root: Address) -> tuple[_Container, ...]:
    """Every mapping and list at and below `root` in which an image can be, outer ones first."""
    plain = manifest.document.plain
    if plain is None:
        return _found(manifest, root)
    return _in_alike(_Alike(plain.skeleton, manifest, root))


@lru_cache(maxsize=256)
def _in_alike(alike: _Alike) -> tuple[_Container, ...]:
    # Where to look is remembered. The document would be too.
    manifest, alike.manifest = alike.manifest, None
    return _found(manifest, alike.root) if manifest else ()


def _found(manifest: Manifest, root: Address) -> tuple[_Container, ...]:
    return tuple(
        (address, keys)
        for address, keys in manifest.containers(*root)
        if "repository" in keys or ends_in_image(address) or any(map(_is_image, keys))
    )


def _artifact(manifest: Manifest, address: Address) -> str | None:
    """The image that the mapping at `address` names by `repository`; None when it names none."""
    repository = manifest.text(*address, "repository")
    if not repository or "://" in repository:
        return None
    registry = manifest.text(*address, "registry")
    return normalise(f"{registry}/{repository}" if registry else repository)


def _of_mapping(
    manifest: Manifest, address: Address, keys: Collection[str | int]
) -> Iterator[Site]:
    named = "repository" in keys
    artifact = _artifact(manifest, address) if named else None
    if artifact is None:
        if named or not ends_in_image(address):
            return
        artifact = UNNAMED
    versioned = artifact and ends_in_image(address) and not manifest.text(*address, "tag")
    yield from manifest.image_sites(address, _VERSIONED if versioned else _PARTS, artifact)


def _of_texts(manifest: Manifest, address: Address, keys: Iterable[str | int]) -> Iterator[Site]:
    for key in keys:
        text = manifest.text(*address, key)
        if text:
            reference = parse_reference(text)
            if reference and (reference.tag or reference.digest):
                artifact = normalise(reference.repository)
                yield manifest.site((*address, key), Part.REFERENCE, artifact)
