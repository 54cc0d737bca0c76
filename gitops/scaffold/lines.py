"""Which lines of a YAML file a node takes: whole lines are what is left out of it, or put in."""

import yaml

from gitops.document import Address
from gitops.edit import shown


def found(name: str, text: str, document: int, address: Address) -> tuple[int, yaml.Node]:
    """The line (from 0) where an entry or an item begins, with its key or dash, and its node.

    Raises:
        ValueError: there is no such document, or no such node.
    """
    for index, root in enumerate(yaml.compose_all(text, yaml.CSafeLoader)):
        if index == document and root is not None:
            return _below(name, root, address)
    raise ValueError(f"{name} has no document {document}")


def last(node: yaml.Node) -> int:
    """The last line (from 0) of a node; a block's own end mark is where the next one begins."""
    if isinstance(node, yaml.MappingNode | yaml.SequenceNode) and not node.flow_style:
        children = [child for entry in node.value for child in _nodes(entry)]
        return max(map(last, children), default=node.start_mark.line)
    block = isinstance(node, yaml.ScalarNode) and node.style in {"|", ">"}
    return node.end_mark.line - 1 if block else node.end_mark.line


def _below(name: str, root: yaml.Node, address: Address) -> tuple[int, yaml.Node]:
    line, node = root.start_mark.line, root
    for step in address:
        entries: dict[str | int, tuple[yaml.Node, yaml.Node]] = {}
        if isinstance(node, yaml.MappingNode):
            entries = {key.value: (key, value) for key, value in node.value}
        elif isinstance(node, yaml.SequenceNode):
            entries = {index: (item, item) for index, item in enumerate(node.value)}
        if step not in entries:
            raise ValueError(f"{name} has no {shown(address)}")
        key, node = entries[step]
        line = key.start_mark.line
    return line, node


def _nodes(entry: yaml.Node | tuple[yaml.Node, yaml.Node]) -> tuple[yaml.Node, ...]:
    return entry if isinstance(entry, tuple) else (entry,)
