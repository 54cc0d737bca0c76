"""What stands beside a version in one mapping, under a key that no kind of object knows.

Charts have keys of their own: `sha` for the digest of an image, `name` for its repository. They are
no sites, since nobody can say what they hold. But a tag that leaves a digest behind in silence, or
an image that is left behind, would be worse than a word about it.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from gitops.bump.naming import Name
from gitops.bump.places import Move
from gitops.document import Address, documents
from gitops.errors import InvalidInput
from gitops.sites import UNNAMED, ArtifactKind, Part, Site, Skipped
from gitops.sites.links import is_variable
from gitops.tree import Tree

_DIGEST = re.compile(r"(?:sha(?:256|512):)?(?:[0-9a-f]{64}){1,2}")


def parted(tree: Tree, moves: Sequence[Move], sites: Iterable[Site]) -> Iterator[InvalidInput]:
    """The moves of a tag beside which a digest stands that would be left: one that is no site."""
    known = {(site.path, site.document, site.address) for site in sites}
    for site in (move.site for move in moves):
        # A variable stands among those of everything else.
        if site.kind is not ArtifactKind.IMAGE or site.part is not Part.TAG or is_variable(site):
            continue
        for address, value in _neighbours(tree, site):
            if (site.path, site.document, address) not in known and _DIGEST.fullmatch(value):
                told = f"beside it {address[-1]} says a digest, which would stay"
                yield InvalidInput(told, "write both by hand", site.place)


def unnamed(tree: Tree, sites: Iterable[Site], name: Name) -> Iterator[Skipped]:
    """The versions of images that are not named, and beside which the name stands nevertheless."""
    for site in sites:
        if site.artifact != UNNAMED or site.kind is not ArtifactKind.IMAGE:
            continue
        texts = {str(address[-1]): value for address, value in _neighbours(tree, site)}
        registry = texts.get("registry")
        of_registry = [f"{registry}/{text}" for text in texts.values()] if registry else []
        if any(map(name.says, [*texts.values(), *of_registry])):
            reason = f"stands beside {name.text}, and nothing says that it is its version"
            yield Skipped(site.place, reason)


def _neighbours(tree: Tree, site: Site) -> Iterator[tuple[Address, str]]:
    """The other texts in the mapping of a site, with their addresses."""
    found = documents(site.path, tree[site.path].data)
    document = next(each for each in found if each.index == site.document)
    *above, own = site.address
    for key in document.keys(*above):
        text = document.text(*above, key) if key != own else None
        if text:
            yield (*above, key), text
