"""The objects that a build gives, and why another gives none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from gitops.errors import InvalidInput, Place
from gitops.reach import Reached
from gitops.tree import Tree

Builder = Callable[[Tree, Sequence[str], Callable[[], object]], Iterator[bytes | InvalidInput]]
"""Kustomize: for each of these directories of a tree what it prints, or why it fails.

It calls its last argument after each.
"""


@dataclass(frozen=True)
class Object:
    """One object as Flux would apply it.

    `place` is where its source names it; where that is not known (it is generated), the
    kustomization.yaml of the build. `text` is its YAML.
    """

    data: Mapping[str, object] = field(repr=False)
    place: Place
    text: str = field(default="", repr=False)

    @cached_property
    def kind(self) -> str:
        """Its kind; "" where it has none, as with all of these."""
        return _text(self.data.get("kind"))

    @cached_property
    def api_version(self) -> str:
        """Its group and version."""
        return _text(self.data.get("apiVersion"))

    @cached_property
    def name(self) -> str:
        """`metadata.name`."""
        return _text(self._metadata.get("name"))

    @cached_property
    def namespace(self) -> str:
        """`metadata.namespace`."""
        return _text(self._metadata.get("namespace"))

    @property
    def group(self) -> str:
        """Its API group; "" is the core's."""
        group, slash, _ = self.api_version.partition("/")
        return group if slash else ""

    @property
    def title(self) -> str:
        """Kind and name, for a person."""
        return f"{self.kind} {self.name}"

    def at(self, *steps: str | int) -> object:
        """What stands at an address; None where nothing does."""
        return at(self.data, *steps)

    def text_at(self, *steps: str | int) -> str:
        """The text at an address; "" where there is none."""
        return _text(self.at(*steps))

    def mapping_at(self, *steps: str | int) -> Mapping[str, object]:
        """The mapping at an address; an empty one where there is none."""
        value = self.at(*steps)
        return value if isinstance(value, Mapping) else {}

    @property
    def _metadata(self) -> Mapping[str, object]:
        metadata = self.data.get("metadata")
        return metadata if isinstance(metadata, Mapping) else {}


@dataclass(frozen=True)
class Output:
    """What one build of one cluster gives.

    `app` is whose build it is, None where it is nobody's or several apps share it. `path` is the
    directory, from the repository's root. `unknown` are the variables, as they stand in the
    objects, whose values only the cluster knows.
    """

    environment: str
    cluster: str
    app: str | None
    path: str
    objects: tuple[Object, ...]
    build: Reached | None = field(default=None, compare=False, repr=False)
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Failed:
    """A build that gives nothing, and why.

    `refused` is true where kustomize was not asked: Flux, which may fetch, could build it.
    """

    environment: str
    cluster: str
    build: Reached
    error: InvalidInput
    refused: bool = False


def at(value: object, *steps: str | int) -> object:
    """What stands at an address below a value; None where nothing does."""
    for step in steps:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
