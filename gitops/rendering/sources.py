"""Where the source of a rendered object stands, so that a finding can point there."""

from collections.abc import Iterator, Mapping
from functools import lru_cache

from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.reach import Reach, Reached
from gitops.sites import is_yaml
from gitops.tree import Tree

_APPLIED = (": resources -> ", ": bases -> ", ": everything below -> ")
"""How the last step to a file reads whose objects are applied; a patch only changes one."""

_Key = tuple[str, str]


class Sources:
    """The objects that the files of one build hold, by kind and name."""

    def __init__(self, tree: Tree, reach: Reach, build: Reached) -> None:
        self._build = build
        self._places: dict[_Key, Place] = {}
        self._names: dict[str, list[str]] = {}
        for path in sorted(build.files):
            chain = reach.paths.get(path, {}).get(build.environment, ())
            if not is_yaml(path) or not chain or not any(step in chain[-1] for step in _APPLIED):
                continue
            for (kind, name), place in _objects(path, tree[path].data).items():
                if (kind, name) not in self._places:
                    self._places[kind, name] = place
                    self._names.setdefault(kind, []).append(name)

    def place(self, kind: str, name: str) -> Place:
        """Where an object is named; where nobody wrote it, the kustomization of the build.

        A prefix or a suffix, and a hash, may have been added to the name.
        """
        exact = self._places.get((kind, name))
        if exact is not None:
            return exact
        within = [each for each in self._names.get(kind, ()) if each and each in name]
        if within:
            return self._places[kind, max(within, key=len)]
        return self.kustomization

    @property
    def kustomization(self) -> Place:
        """The kustomization.yaml that is built; without one, the directory."""
        build = self._build
        own = build.view.kustomization(build.directory) if build.view else None
        real = build.view.file(own) if build.view and own else None
        return Place(real or build.directory)


@lru_cache(maxsize=16_384)
def _objects(path: str, data: bytes) -> Mapping[_Key, Place]:
    return dict(_read(path, data))


def _read(path: str, data: bytes) -> Iterator[tuple[_Key, Place]]:
    try:
        found = documents(path, data)
    except InvalidInput:
        return
    for document in found:
        if document.kind and document.name is not None:
            yield (document.kind, document.name), document.places["metadata", "name"]
        for index in document.keys("items"):
            kind = document.text("items", index, "kind")
            name = document.text("items", index, "metadata", "name")
            if kind and name is not None:
                place = document.places["items", index, "metadata", "name"]
                yield (kind, name), place
