"""The HelmReleases of a build. What they are decides nothing about what else is built.

So they are read when somebody asks for them, which few do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gitops.inclusion.flux_objects import RELEASE, FluxObject, helm_releases
from gitops.inclusion.patches import Layer, patched

_SCREEN = RELEASE.encode()


@dataclass(frozen=True)
class Releases:
    """Those of one file, as one build applies them: `layers` are the innermost first."""

    path: str
    data: bytes = field(repr=False)
    layers: Sequence[Layer] = field(repr=False)

    @cached_property
    def objects(self) -> tuple[FluxObject, ...]:
        """As patches leave them; several where labels decide how one turns out.

        Raises:
            InvalidInput: the file or a patch cannot be read.
        """
        found = helm_releases(self.path, self.data)
        return tuple(each for release in found for each in patched(release, self.layers))


def releases(path: str, data: bytes, layers: Sequence[Layer]) -> tuple[Releases, ...]:
    """Those of a file, () where it surely has none."""
    return (Releases(path, data, tuple(layers)),) if _SCREEN in data else ()
