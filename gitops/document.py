"""The YAML documents of a file: their identity, and every scalar's address and exact span.

    >>> [document] = documents("a.yaml", b"spec: {tag: '1.10'}  # kept")
    >>> document.text("spec", "tag")
    '1.10'

A document is read, never loaded: texts stay texts, and what is refused says where and why.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from yaml.events import DocumentStartEvent

from gitops.blocks import Skeleton
from gitops.errors import InvalidInput, Place
from gitops.events import PARSER, Parser, Position, decode, events, position_of
from gitops.lazy import Branches, Positions, Scalars
from gitops.nodes import NULLS, Address, Nodes, Scalar, Style
from gitops.outline import Outline
from gitops.plain import Plain, plain

__all__ = [
    "Address",
    "Document",
    "Scalar",
    "Skeleton",
    "Style",
    "documents",
    "is_boolean",
    "is_null",
]

MAX_DIGITS = 1_000
"""Of a whole number; a longer one stays text."""

_SMALL = 32 * 1024
_NOTHING: Mapping[Address, Place] = MappingProxyType({})
_BOOLEANS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", re.ASCII)
_ENCRYPTED = "ENC[AES256_GCM,"


class Places(Mapping[Address, Place]):
    """The place of every node of a document."""

    __slots__ = ("_path", "_positions", "_scalars")

    def __init__(
        self, path: str, positions: Mapping[Address, Position], scalars: Mapping[Address, Scalar]
    ) -> None:
        self._path = path
        self._positions = positions
        self._scalars = scalars

    def __getitem__(self, address: Address) -> Place:
        scalar = self._scalars.get(address)
        if scalar is not None:
            return Place(self._path, scalar.line, scalar.column)
        return Place(self._path, *self._positions[address])

    def __iter__(self) -> Iterator[Address]:
        yield from self._positions
        yield from self._scalars

    def __len__(self) -> int:
        return len(self._positions) + len(self._scalars)


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file; `index` counts from 0 and counts empty documents too.

    `scalars` holds every value that is no list and no mapping, aliases and merge keys followed;
    `places` every node; `branches` the keys of each mapping and the indexes (a range) of each list.
    `repeated` has the address of each key that occurs twice in its mapping, with the place of the
    last. `refusal` says why nothing in the document may be edited, None when it may.
    """

    path: str
    index: int
    line: int
    scalars: Mapping[Address, Scalar] = field(hash=False, repr=False)
    places: Mapping[Address, Place] = field(hash=False, repr=False)
    branches: Mapping[Address, dict[str, None] | range] = field(hash=False, repr=False)
    repeated: Mapping[Address, Place] = field(hash=False, repr=False)
    refusal: str | None = None
    plain: Plain | None = field(default=None, hash=False, repr=False, compare=False)
    """The same nodes, where they were read by lines: what is asked of them costs less."""

    @property
    def api_version(self) -> str | None:
        """`apiVersion`, None when absent."""
        return self.text("apiVersion")

    @property
    def kind(self) -> str | None:
        """`kind`, None when absent."""
        return self.text("kind")

    @property
    def name(self) -> str | None:
        """`metadata.name`, None when absent."""
        return self.text("metadata", "name")

    @property
    def namespace(self) -> str | None:
        """`metadata.namespace`, None when absent."""
        return self.text("metadata", "namespace")

    def text(self, *address: str | int) -> str | None:
        """The scalar's value at an address; None when absent, null, a list or a mapping."""
        if self.plain is not None:
            return self.plain.text(address)
        scalar = self.scalars.get(address)
        return None if scalar is None or is_null(scalar) else scalar.value

    def keys(self, *address: str | int) -> tuple[str | int, ...]:
        """The keys of the mapping, or the indexes of the list, at an address; () when absent."""
        if self.plain is not None:
            return self.plain.keys(address)
        return tuple(self.branches.get(address, ()))

    def containers(self, *address: str | int) -> Iterator[tuple[Address, Collection[str | int]]]:
        """Every list and mapping at and below an address with its indexes or keys, outer first."""
        if self.plain is not None:
            yield from self.plain.containers(address)
            return
        todo = [address]
        while todo:
            where = todo.pop()
            keys: Collection[str | int] | None = self.branches.get(where)
            if keys is not None:
                yield where, keys
                todo += [(*where, key) for key in reversed(tuple(keys))]

    def data(self) -> object:
        """The document as dict, list, str, int, bool and None, by the YAML 1.2 core schema.

        Floats and dates stay text, since a version is neither.

        Raises:
            InvalidInput: a key occurs twice in one mapping.
        """
        for address, place in self.repeated.items():
            raise InvalidInput(
                f"the key {address[-1]!r} occurs twice in one mapping", "keep one of them", place
            )
        return self._data(())

    def _data(self, address: Address) -> object:
        scalar = self.scalars.get(address)
        if scalar is not None:
            return _value(scalar)
        children = self.branches[address]
        if isinstance(children, range):
            return [self._data((*address, index)) for index in children]
        return {key: self._data((*address, key)) for key in children}


def is_null(scalar: Scalar) -> bool:
    """Whether YAML reads the scalar as null."""
    return scalar.tag is None and scalar.style == "plain" and scalar.value in NULLS


def is_boolean(scalar: Scalar) -> bool:
    """Whether the YAML 1.2 core schema reads the scalar as true or false."""
    return scalar.tag is None and scalar.style == "plain" and scalar.value in _BOOLEANS


def _value(scalar: Scalar) -> str | int | bool | None:
    if scalar.tag is not None or scalar.style != "plain":
        return scalar.value
    if is_null(scalar):
        return None
    text = scalar.value
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if len(text) <= MAX_DIGITS and _INTEGER.fullmatch(text):
        return int(text, 0) if text.startswith(("0o", "0x")) else int(text)
    return text


def documents(path: str, data: bytes) -> tuple[Document, ...]:
    """The documents of a file; empty ones are left out, and counted.

    Equal arguments give the same objects again, so asking twice costs nothing.

    Raises:
        InvalidInput: not YAML or not UTF-8, beyond a limit, an unknown or recursive alias, a key
            that is no scalar, a text in base64; with its place. Keys that occur twice are left to
            `Document.data`.
    """
    return _small(path, data) if len(data) <= _SMALL else _large(path, data)


def read(path: str, data: bytes, parser: Parser | None = None) -> tuple[Document, ...]:
    """`documents` afresh; by the events of `parser`, or, if None, in the quickest way there is."""
    if parser is None:
        found = plain(data)
        if found is not None:
            return tuple(_of_plain(path, each) for each in found)
    return _parsed(path, data, parser or PARSER)


def _of_plain(path: str, found: Plain) -> Document:
    scalars = Scalars(found)
    places = Places(path, Positions(found), scalars)
    return Document(
        path, found.index, found.line, scalars, places, Branches(found), _NOTHING, plain=found
    )


def _parsed(path: str, data: bytes, parser: Parser) -> tuple[Document, ...]:
    text = decode(path, data)
    encrypted = _ENCRYPTED in text or "sops" in text
    found = []
    starts = 0
    stream = events(path, text, parser)
    for event in stream:
        if not isinstance(event, DocumentStartEvent):
            continue
        starts += 1
        outline = Outline(path, text)
        outline.read(stream)
        nodes = outline.nodes
        root = nodes.scalars.get(())
        if root is None or root.start < root.end:
            refusal = _refusal(nodes) if encrypted else None
            if refusal is not None:
                nodes.refusals[()] = refusal
                nodes.spread_refusals()
            found.append(_document(nodes, starts - 1, position_of(event)[0], refusal))
    return tuple(found)


def _document(nodes: Nodes, index: int, line: int, refusal: str | None) -> Document:
    return Document(
        nodes.path,
        index,
        line,
        MappingProxyType(nodes.scalars),
        Places(nodes.path, nodes.positions, nodes.scalars),
        MappingProxyType(nodes.branches),
        MappingProxyType(nodes.repeated),
        refusal,
    )


# Two, so that a few large files never push out the many small ones.
_small = lru_cache(maxsize=20_000)(read)
_large = lru_cache(maxsize=64)(read)


def _refusal(nodes: Nodes) -> str | None:
    """Why a document that SOPS encrypted must not be edited, None when it did not.

    Source: https://getsops.io/docs/ (the MAC covers every value).
    """
    sealed = "mac" in nodes.branches.get(("sops",), ()) or any(
        scalar.value.startswith(_ENCRYPTED) for scalar in nodes.scalars.values()
    )
    return "is encrypted by SOPS, whose MAC an edit would break" if sealed else None
