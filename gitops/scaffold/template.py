"""Templates: YAML files that are valid and work as they are, filled in place.

The scalars are replaced by the same `edit` that promotes; lists grow by repeating their first item.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from gitops.document import Address, Document, documents
from gitops.edit import Replacement, replace

Values = Mapping[Address, str]


@cache
def template(name: str) -> bytes:
    """A template as it is, by its path below `templates/`."""
    return files("gitops.scaffold").joinpath("templates", name).read_bytes()


def filled(
    name: str,
    *values: Values,
    grown: Mapping[Address, int] | None = None,
    dropped: tuple[Address, ...] = (),
) -> bytes:
    """A template with scalars replaced: one mapping for each of its documents.

    In the first document the lists at the addresses of `grown` get so many items, and the scalars
    at `dropped` lose their line. A value is the boolean it says where the template has a boolean.
    """
    data = template(name)
    for address, count in (grown or {}).items():
        data = _grown(name, data, address, count)
    for address in dropped:
        data = _without(name, data, address)
    wanted = [
        Replacement(document, address, text)
        for document, of_document in enumerate(values)
        for address, text in of_document.items()
    ]
    return replace(name, data, wanted)


def _grown(name: str, data: bytes, address: Address, count: int) -> bytes:
    """The file with the only item of a list repeated, so that there are `count` of them."""
    lines = data.decode().splitlines(keepends=True)
    first, last = _lines(documents(name, data)[0], (*address, 0))
    item = lines[first - 1 : last]
    return "".join([*lines[: first - 1], *(item * count), *lines[last:]]).encode()


def _without(name: str, data: bytes, address: Address) -> bytes:
    lines = data.decode().splitlines(keepends=True)
    first, last = _lines(documents(name, data)[0], address)
    return "".join([*lines[: first - 1], *lines[last:]]).encode()


def _lines(document: Document, address: Address) -> tuple[int, int]:
    """The first and the last line of a node, counted from 1."""
    found = [
        place.line
        for at, place in document.places.items()
        if at[: len(address)] == address and place.line is not None
    ]
    return min(found), max(found)
