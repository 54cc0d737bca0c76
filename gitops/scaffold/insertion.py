r"""Lines put into a YAML file, and the proof that nothing else changed.

    >>> data = b"a:\n  - x: 1 # kept\nb: 2\n"
    >>> with_item("a.yaml", data, ("a",), 1, "- y: 2\n")
    b'a:\n  - x: 1 # kept\n  - y: 2\nb: 2\n'

Every line that was there stays to the byte. A layout that is not understood is refused.
"""

import yaml

from gitops.document import Address, documents
from gitops.edit import shown
from gitops.errors import EditRefused, InvalidInput, Place
from gitops.scaffold.lines import found, last


def with_item(path: str, data: bytes, address: Address, index: int, item: str) -> bytes:
    """The file with one more item of a list of its first document, so that it has that index.

    Args:
        path: the file, for messages.
        data: its bytes.
        address: the list, which is written in block style and is not empty.
        index: from 1 to the list's length.
        item: the item with its dash, from the first column; it may begin with empty lines or
            comments.

    Raises:
        EditRefused: the list is written in a way in which nothing can be put into it.
        InvalidInput: the file is no YAML.
    """
    node = _block(path, data, address)
    if not isinstance(node, yaml.SequenceNode):
        raise _refused(path, data, address, "is no list")
    expected = documents(path, data)[0].data()
    before = node.value[index - 1]
    new = _alone(path, item)
    there = _at(expected, address)
    if not isinstance(there, list) or not isinstance(new, list):
        raise _refused(path, data, address, "is no list")
    there[index:index] = new
    return _put(path, data, (node.start_mark.column, last(before)), item, expected)


def with_entry(path: str, data: bytes, address: Address, key: str, entry: str) -> bytes:
    """The file with one more entry at the end of a mapping of its first document.

    Args:
        path: the file, for messages.
        data: its bytes.
        address: the mapping, which is written in block style, is not empty and has no such key.
        key: the entry's key.
        entry: the entry with its key, from the first column.

    Raises:
        EditRefused: the mapping has the key, or nothing can be put into it.
        InvalidInput: the file is no YAML.
    """
    node = _block(path, data, address)
    expected = documents(path, data)[0].data()
    there = _at(expected, address)
    new = _alone(path, entry)
    if not isinstance(there, dict) or not isinstance(new, dict) or key in there:
        raise _refused(path, data, address, f"has {key} already, or is no mapping")
    there[key] = new[key]
    return _put(path, data, (node.start_mark.column, last(node)), entry, expected)


def _block(path: str, data: bytes, address: Address) -> yaml.CollectionNode:
    """The list or mapping at an address, which is written line by line.

    Raises:
        EditRefused: it is not.
    """
    documents(path, data)
    try:
        node = found(path, data.decode(), 0, address)[1]
    except ValueError as error:
        raise EditRefused(f"there is no {shown(address)}", place=Place(path)) from error
    if not isinstance(node, yaml.CollectionNode) or node.flow_style or not node.value:
        raise _refused(path, data, address, "is not written line by line")
    return node


def _alone(path: str, text: str) -> object:
    """What a text says by itself.

    Raises:
        EditRefused: it leans on what is around it, as an alias does.
    """
    try:
        [document] = documents(path, text.encode())
    except InvalidInput as error:
        told = f"what would be put in cannot stand alone ({error.message})"
        raise EditRefused(told, "write it by hand", Place(path)) from error
    return document.data()


def _put(path: str, data: bytes, where: tuple[int, int], text: str, expected: object) -> bytes:
    """The file with a text after a line (from 0), indented, and proven to say what is expected."""
    column, line = where
    lines = data.decode().splitlines(keepends=True)
    while not lines[line].strip():
        line -= 1  # a block's last line may be empty
    end = "\r\n" if lines[line].endswith("\r\n") else "\n"
    if not lines[line].endswith("\n"):
        lines[line] += end
    more = [f"{' ' * column}{each}".rstrip() + end for each in text.splitlines()]
    edited = "".join([*lines[: line + 1], *more, *lines[line + 1 :]]).encode()
    old = documents(path, data)
    try:
        new = documents(path, edited)
        same = new[0].data() == expected and len(new) == len(old)
    except InvalidInput as error:
        told = f"what would be put in breaks the file ({error})"
        raise EditRefused(told, "write it by hand", Place(path, line + 1, 1)) from error
    if not same or [d.data() for d in new[1:]] != [d.data() for d in old[1:]]:
        told = "what would be put in changes something else"
        raise EditRefused(told, "write it by hand", Place(path, line + 1, 1))
    return edited


def _at(data: object, address: Address) -> object:
    for step in address:
        data = data[step] if isinstance(data, dict | list) else None  # type: ignore[index]
    return data


def _refused(path: str, data: bytes, address: Address, told: str) -> EditRefused:
    place = documents(path, data)[0].places.get(address, Place(path))
    return EditRefused(f"{shown(address)} {told}", "write it by hand", place)
