"""Manifests taken apart, as the API server would: what it refuses is refused here.

Flux applies on the server's side, where a field that the schema has not is an error, never ignored.
In every optional field null means that it is missing.
Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/
"""

from collections.abc import Mapping, Sequence, Set
from typing import Any

from gitops.errors import InvalidInput

Manifest = Mapping[str, Any]

PROTOCOLS = frozenset({"TCP", "UDP", "SCTP"})
DEFAULT_NAMESPACE = "default"

_SHOWN = 60
"""Characters of a wrong value in a message."""


def mapping(value: object, where: str) -> Manifest:
    """A mapping with texts for keys; an empty one where it is missing.

    Raises:
        InvalidInput: it is something else.
    """
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise InvalidInput(f"{where} is no mapping: {shown(value)}")
    return value


def fields(value: object, where: str, known: Set[str]) -> Manifest:
    """A mapping that has none but these fields.

    Raises:
        InvalidInput: it is no mapping, or has another field.
    """
    found = mapping(value, where)
    for name in found:
        if name not in known:
            raise InvalidInput(f"{where} has a field that is not known: {shown(name)}")
    return found


def items(value: object, where: str) -> Sequence[Any]:
    """A list; an empty one where it is missing.

    Raises:
        InvalidInput: it is something else.
    """
    if value is None:
        return ()
    if not isinstance(value, list | tuple):
        raise InvalidInput(f"{where} is no list: {shown(value)}")
    return value


def text(value: object, where: str) -> str:
    """A text.

    Raises:
        InvalidInput: it is something else, or empty.
    """
    if not isinstance(value, str) or not value:
        raise InvalidInput(f"{where} is no text: {shown(value)}")
    return value


def labels(value: object, where: str) -> dict[str, str]:
    """Labels, or the `matchLabels` of a selector: texts to texts.

    Raises:
        InvalidInput: they are something else.
    """
    found = mapping(value, where)
    for name, said in found.items():
        if not isinstance(said, str):
            raise InvalidInput(f"{where}: {shown(name)} is no text: {shown(said)}")
    return dict(found)


def port_number(value: object, where: str) -> int:
    """A port, 1 to 65535.

    Raises:
        InvalidInput: it is something else.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65_535:
        raise InvalidInput(f"{where} is no port: {shown(value)}")
    return value


def protocol(value: object, where: str) -> str:
    """A protocol; TCP where it is missing.

    Raises:
        InvalidInput: it is none of `PROTOCOLS`.
    """
    if value is None:
        return "TCP"
    if not isinstance(value, str) or value not in PROTOCOLS:
        raise InvalidInput(f"{where} is no protocol: {shown(value)}")
    return value


def identity(data: Manifest) -> tuple[str, str]:
    """Namespace and name of an object; the namespace is `default` where none is written.

    Raises:
        InvalidInput: its metadata has no name.
    """
    metadata = mapping(data.get("metadata"), "metadata")
    namespace = metadata.get("namespace")
    namespace = DEFAULT_NAMESPACE if namespace is None else text(namespace, "metadata.namespace")
    return namespace, text(metadata.get("name"), "metadata.name")


def shown(value: object) -> str:
    """A wrong value for a message, cut short."""
    said = value if isinstance(value, str) and value else repr(value)
    return said if len(said) <= _SHOWN else f"{said[:_SHOWN]}..."
