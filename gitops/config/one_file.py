"""One file of the configuration: its bytes, its one document, its header, and its model."""

from collections.abc import Mapping
from typing import TypeVar

from pydantic import ValidationError

from gitops.config.faults import Fault, first, nearest, of_validation
from gitops.config.schema import API_VERSION, Model
from gitops.document import Document, documents
from gitops.errors import InvalidInput, Place
from gitops.tree import File

_HEADER = ("apiVersion", "kind")

_M = TypeVar("_M", bound=Model)


def regular(path: str, file: File) -> bytes:
    """The bytes of an ordinary file.

    Raises:
        InvalidInput: it is none, or was not read.
    """
    if not file.regular:
        told = file.unread or "is a symlink or submodule"
        raise InvalidInput(told, "make it an ordinary file", Place(path))
    return file.data


def document_of(path: str, data: bytes) -> Document:
    """The one document of a file.

    Raises:
        InvalidInput: there is none, or a second one.
    """
    found = documents(path, data)
    if not found:
        raise InvalidInput("the file is empty", "write the configuration", Place(path, 1, 1))
    if len(found) > 1:
        place = Place(path, found[1].line, 1)
        raise InvalidInput("a second document", "keep one document in this file", place)
    return found[0]


def model_of(document: Document, kind: str, model: type[_M]) -> _M:
    """A document as a model, its header read and left out.

    Raises:
        InvalidInput: with the place of the first thing wrong.
    """
    data = document.data()
    if not isinstance(data, dict):
        raise InvalidInput(
            "is no mapping", "write `key: value`", Place(document.path, document.line, 1)
        )
    error = first(document, _header_faults(data, kind))
    if error is not None:
        raise error
    try:
        return model.model_validate({k: v for k, v in data.items() if k not in _HEADER})
    except ValidationError as invalid:
        error = first(document, of_validation(model, invalid))
        if error is None:
            raise
        raise error from None


def _header_faults(data: Mapping[str, object], kind: str) -> list[Fault]:
    wanted = {"apiVersion": API_VERSION, "kind": kind}
    faults = []
    for key, value in wanted.items():
        if key not in data:
            near = nearest(key, [k for k in data if k not in wanted])
            cure = near if near.startswith("did") else f"add `{key}: {value}`"
            faults.append(Fault((key,), f"`{key}` is missing", cure))
        elif data[key] != value:
            told = f"`{key}: {data[key]}` is not what this file holds"
            faults.append(Fault((key,), told, f"write `{key}: {value}`"))
    return faults
