"""One `Registry` over several: where an artifact lies says which of them is asked.

Each answers for its own alone: a Helm repository that is silent is no image's trouble.
"""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from bot.model import Gap, Manifest, Reference
from bot.ports import Registry
from gitops.artifact_sources import GIT, IN_HELM

Item = TypeVar("Item", str, Reference)
Answer = TypeVar("Answer")


class Registries:
    """Image registries, Helm repositories and git repositories as one `Registry`."""

    def __init__(self, images: Registry, charts: Registry, git: Registry) -> None:
        self._images = images
        self._charts = charts
        self._git = git

    def tags(self, repositories: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """Every tag of each repository, sorted; a Gap unless the list is known to be whole."""
        return self._each(repositories, lambda name: name, lambda own, some: own.tags(some))

    def resolve(
        self, references: Collection[Reference]
    ) -> Mapping[Reference, Manifest | Gap | None]:
        """What each reference names now; None when its place says that it is not there."""
        return self._each(
            references, lambda one: one.repository, lambda own, some: own.resolve(some)
        )

    def _each(
        self,
        items: Collection[Item],
        place: Callable[[Item], str],
        ask: Callable[[Registry, Collection[Item]], Mapping[Item, Answer]],
    ) -> dict[Item, Answer]:
        """Ask all of them at once, each for its own items."""
        parts: dict[Registry, list[Item]] = {}
        for item in items:
            parts.setdefault(self._of(place(item)), []).append(item)
        with ThreadPoolExecutor(max_workers=3) as pool:
            answers = list(pool.map(ask, parts, parts.values()))
        return {item: answer for part in answers for item, answer in part.items()}

    def _of(self, place: str) -> Registry:
        if place.startswith(GIT):
            return self._git
        return self._charts if IN_HELM in place else self._images
