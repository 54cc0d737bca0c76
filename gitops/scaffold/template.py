"""Templates: files that are valid and work as they are, filled in place.

A YAML template holds every option; what the answers do not ask for is dropped from it, lists grow
by repeating their only item, and the scalars are replaced by the same `edit` that promotes.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final, TypeVar

import yaml

from gitops.document import Address, documents
from gitops.edit import Replacement, replace, shown
from gitops.errors import InvalidInput
from gitops.scaffold.lines import found, last

Values = Mapping[Address, str | int | bool]

_WORD = re.compile(r"@([A-Z][A-Z_]*)@")
_NUMBER = "tag:yaml.org,2002:int"


TEMPLATE: Final = 1
"""The version of the templates. It grows when one changes after a release of Fairlead.

What the former version had otherwise is then kept in `templates/history/VERSION/`, under the same
names, and the recipes go on filling both.
"""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of one version: `changed` are those that are not as in `templates/`."""

    version: int = TEMPLATE
    changed: Mapping[str, bytes] = field(default_factory=dict)

    def used(self, recipe: Callable[[], _T]) -> _T:
        """What a recipe makes of these templates."""
        token = _USED.set(self)
        try:
            return recipe()
        finally:
            _USED.reset(token)


# The recipes name templates in a hundred places, and only `update` ever wants those of another
# version: none of these places shall have to hand on which.
_USED: ContextVar[Templates | None] = ContextVar("_USED", default=None)


@cache
def templates_of(version: int) -> Templates:
    """The templates as they were in a version, from 1 to `TEMPLATE`."""
    changed: dict[str, bytes] = {}
    for later in reversed(range(version, TEMPLATE)):
        root = files("gitops.scaffold").joinpath("templates", "history", str(later))
        changed |= dict(_below(root, ""))
    return Templates(version, changed)


def _below(directory: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for each in directory.iterdir():
        if each.is_dir():
            yield from _below(each, f"{prefix}{each.name}/")
        else:
            yield f"{prefix}{each.name}", each.read_bytes()


def template(name: str) -> bytes:
    """A template as it is, by its path below `templates/`."""
    used = _USED.get()
    changed = used.changed.get(name) if used is not None else None
    return _newest(name) if changed is None else changed


@cache
def _newest(name: str) -> bytes:
    return files("gitops.scaffold").joinpath("templates", name).read_bytes()


def worded(name: str, words: Mapping[str, str]) -> bytes:
    """A template that is no YAML, with `words` in place of its `@NAME@`.

    Raises:
        ValueError: the template has a word that was not given, or not one that was.
    """
    text = template(name).decode()
    wanted = set(_WORD.findall(text))
    if wanted != set(words):
        raise ValueError(f"{name} has the words {sorted(wanted)}, given were {sorted(words)}")
    return _WORD.sub(lambda found: words[found[1]], text).encode()


def filled(
    name: str,
    *values: Values,
    grown: Mapping[Address, int] | None = None,
    dropped: Sequence[Address] = (),
) -> bytes:
    """A YAML template with its scalars replaced: one mapping for each of its documents.

    Of the first document, first the nodes at `dropped` go, each with the comment lines right above
    it (addresses are the template's own); then the lists at `grown` get so many items; `values` are
    at the addresses that are left. An int or a bool stands where the template has one.

    Raises:
        ValueError: the template has no such node, or one that cannot be dropped, grown or filled.
        EditRefused: a text that cannot stand in YAML.
    """
    data = _without(name, template(name), dropped)
    for address, count in (grown or {}).items():
        data = _grown(name, data, address, count)
    for document, of_document in enumerate(values):
        for address, value in of_document.items():
            if isinstance(value, int) and not isinstance(value, bool):
                data = _numbered(name, data, document, address, value)
    wanted = [
        Replacement(
            document,
            address,
            value if isinstance(value, str) else str(value).lower(),
            boolean=isinstance(value, bool),
        )
        for document, of_document in enumerate(values)
        for address, value in of_document.items()
        if isinstance(value, str | bool)
    ]
    return replace(name, data, wanted)


def _without(name: str, data: bytes, dropped: Sequence[Address]) -> bytes:
    """The file without these nodes of its first document, and proven to have every other."""
    if not dropped:
        return data
    lines = data.decode().splitlines(keepends=True)
    gone = {number for address in dropped for number in _lines(name, data, address, lines)}
    left = "".join(line for number, line in enumerate(lines) if number not in gone).encode()
    expected = documents(name, data)[0].data()
    for address in sorted(dropped, key=_backwards, reverse=True):
        _remove(expected, address)
    told = f"{name}: {', '.join(map(shown, dropped))} cannot be dropped line by line"
    try:
        data_left = documents(name, left)[0].data()
    except (InvalidInput, IndexError) as error:
        raise ValueError(told) from error
    if data_left != expected:
        raise ValueError(told)
    return left


def _backwards(address: Address) -> tuple[tuple[int, str], ...]:
    """Of the items of one list the last goes first, so that the others keep their indexes."""
    return tuple((step, "") if isinstance(step, int) else (0, step) for step in address)


def _remove(data: object, address: Address) -> None:
    for step in address[:-1]:
        data = data[step] if isinstance(data, dict | list) else None  # type: ignore[index]
    if isinstance(data, dict | list):
        del data[address[-1]]  # type: ignore[arg-type]


def _grown(name: str, data: bytes, address: Address, count: int) -> bytes:
    """The file with the only item of a list repeated, so that there are `count` of them."""
    if count < 1:
        raise ValueError(f"{name}: {shown(address)} cannot have {count} items; drop the list")
    lines = data.decode().splitlines(keepends=True)
    found = sorted(_lines(name, data, (*address, 0), lines))
    item = lines[found[0] : found[-1] + 1]
    return "".join([*lines[: found[0]], *(item * count), *lines[found[-1] + 1 :]]).encode()


def _numbered(name: str, data: bytes, document: int, address: Address, number: int) -> bytes:
    """The file with another number in the place of one."""
    text = data.decode()
    _, node = found(name, text, document, address)
    if not isinstance(node, yaml.ScalarNode) or node.tag != _NUMBER:
        raise ValueError(f"{name}: {shown(address)} is no whole number")
    return f"{text[: node.start_mark.index]}{number}{text[node.end_mark.index :]}".encode()


def _lines(name: str, data: bytes, address: Address, lines: Sequence[str]) -> Iterator[int]:
    """The lines of an entry of a mapping or an item of a list, with the comment above it."""
    start, node = found(name, data.decode(), 0, address)
    first = start
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    yield from range(first, last(node) + 1)
