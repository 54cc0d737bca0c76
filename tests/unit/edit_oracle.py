"""Whether an edit did what was asked and nothing else, judged without any code of `gitops`.

PyYAML composes the file before and after into trees of nodes; its scanner gives the spans of the
scalars without anchors and tags. Any editor can be judged by it, so the benchmark of fidelity does.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

Address = tuple[str | int, ...]
Site = tuple[int, Address]
"""A document, from 0, and an address in it."""

# The pure parser refuses some tabs that libyaml and Go's readers take.
LOADER = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader

YAML = "tag:yaml.org,2002:"
TEXTS = frozenset({f"{YAML}str", f"{YAML}int", f"{YAML}float", f"{YAML}timestamp", f"{YAML}value"})
"""What an editor of versions may turn into a string."""

_CORE = re.compile(
    r"~|null|Null|NULL|true|True|TRUE|false|False|FALSE|[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)|"
)
"""What is no string to YAML 1.2. Source: YAML 1.2.2, section 10.3.2."""

_NO_NAME = re.compile(r"!(?=\s)")
"""The tag that says: by its kind alone, so a quoted scalar is a string."""

_STRING_TAG = re.compile(r"!!str|!<tag:yaml.org,2002:str>")


@dataclass(frozen=True)
class Written:
    """A scalar as it is written.

    `properties` are its anchor and tag with what stands behind them. `start` and `end` count code
    points of the whole text. `shared` says that it is reached through
    an alias too, or lies under a key that occurs twice or merges.
    """

    node: ScalarNode
    properties: str
    start: int
    end: int
    shared: bool

    @property
    def ordinary(self) -> bool:
        """Whether every editor should be able to replace it: one text or number in one line."""
        if self.shared or self.empty or self.node.style in {"|", ">"}:
            return False
        return self.node.tag in TEXTS and "!!int" not in self.properties

    @property
    def number_in_yaml_1_2(self) -> bool:
        """Whether YAML 1.2 takes it for a number, a boolean or null."""
        plain = not self.node.style and not _STRING_TAG.search(self.properties)
        return plain and _CORE.fullmatch(self.node.value) is not None

    @property
    def empty(self) -> bool:
        return self.start == self.end


class Reading:
    """A YAML text as PyYAML reads it.

    Raises:
        yaml.YAMLError: it is none.
    """

    def __init__(self, data: bytes) -> None:
        self.text = data.decode()
        # libyaml does not count a byte-order mark: it is left out, and counted here.
        source = self.text.removeprefix("\ufeff")
        self._shift = len(self.text) - len(source)
        self.roots: list[Node] = list(yaml.compose_all(source, Loader=LOADER))
        tokens = yaml.scan(source, Loader=LOADER)
        self._starts = {
            token.end_mark.index: token.start_mark.index
            for token in tokens
            if isinstance(token, yaml.ScalarToken)
        }
        self.scalars: dict[Site, Written] = {}
        self.aliases: set[Site] = set()
        for index, root in enumerate(self.roots):
            self._walk(index, root, source)

    def _walk(self, document: int, root: Node, source: str) -> None:
        parents = Counter(id(child) for node in _nodes(root) for _, child in _children(node))
        seen: set[int] = set()

        def visit(address: Address, node: Node, *, shared: bool) -> None:
            if id(node) in seen:
                self.aliases.add((document, address))
                return
            seen.add(id(node))
            shared = shared or parents[id(node)] > 1
            if isinstance(node, ScalarNode):
                end = node.end_mark.index
                start = self._starts.get(end, end)
                properties = source[node.start_mark.index : start]
                if node.style and _NO_NAME.search(properties):
                    # libyaml forgets this tag and the quotes with it; Go's readers do not.
                    node.tag = f"{YAML}str"
                self.scalars[document, address] = Written(
                    node, properties, start + self._shift, end + self._shift, shared
                )
                return
            keys = Counter(key for key, _ in _children(node))
            for key, child in _children(node):
                visit((*address, key), child, shared=shared or keys[key] > 1 or key == "<<")

        visit((), root, shared=False)


def judge(before: bytes, after: bytes, wanted: Mapping[Site, str]) -> str | None:
    """What is wrong with an edit after which the scalars at these sites should be these texts.

    None: nothing is. `before` has to be YAML.
    """
    old = Reading(before)
    try:
        new = Reading(after)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return f"is no YAML any more: {error}"
    for site in wanted:
        written = old.scalars.get(site)
        if written is None or written.shared or site not in new.scalars:
            return f"{site} is not written in one place"
        if written.node.tag not in TEXTS:
            return f"{site} was no text but {written.node.tag}"
        if new.scalars[site].number_in_yaml_1_2:
            return f"{site} is no string to YAML 1.2"
    if len(old.roots) != len(new.roots):
        return "there are other documents"
    texts = {id(old.scalars[site].node): text for site, text in wanted.items()}
    pairs: dict[int, Node] = {}
    for root, now in zip(old.roots, new.roots, strict=True):
        fault = _compare(root, now, texts, pairs)
        if fault is not None:
            return fault
    if _outside(old, wanted) != _outside(new, wanted):
        return "bytes beside the scalars differ"
    return None


def _outside(reading: Reading, sites: Mapping[Site, str]) -> list[str]:
    """The text but for these scalars, piece by piece."""
    pieces = []
    done = 0
    for written in sorted((reading.scalars[site] for site in sites), key=lambda each: each.start):
        pieces.append(reading.text[done : written.start])
        done = written.end
    return [*pieces, reading.text[done:]]


def _compare(old: Node, new: Node, texts: Mapping[int, str], pairs: dict[int, Node]) -> str | None:
    """What differs although it should not, or the other way round."""
    if id(old) in pairs:
        return None if pairs[id(old)] is new else "an alias was resolved"
    pairs[id(old)] = new
    place = f"line {old.start_mark.line + 1}"
    if isinstance(old, ScalarNode) and isinstance(new, ScalarNode):
        return _differs(old, new, texts.get(id(old)), place)
    if type(old) is not type(new):
        return f"{place}: another kind of node"
    if old.tag != new.tag or len(old.value) != len(new.value):
        return f"{place}: other members, or another tag"
    for one, other in zip(_members(old), _members(new), strict=True):
        fault = _compare(one, other, texts, pairs)
        if fault is not None:
            return fault
    return None


def _differs(old: ScalarNode, new: ScalarNode, text: str | None, place: str) -> str | None:
    if text is None:
        same = (old.tag, old.value, old.style) == (new.tag, new.value, new.style)
        return None if same else f"{place}: {old.value!r} became {new.value!r}, unasked"
    if new.value != text:
        return f"{place}: became {new.value!r}, not {text!r}"
    if new.tag != f"{YAML}str":
        return f"{place}: {text!r} is no string"
    # The pure parser says None for plain and libyaml says "".
    if (new.style or "") not in ({old.style} if old.style else {"", '"'}):
        return f"{place}: other quotes"
    return None


def _children(node: Node) -> list[tuple[str | int, Node]]:
    if isinstance(node, MappingNode):
        return [(_key(key), value) for key, value in node.value]
    return list(enumerate(node.value)) if isinstance(node, SequenceNode) else []


def _key(node: Node) -> str:
    return node.value if isinstance(node, ScalarNode) else f"at {node.start_mark.index}"


def _members(node: Node) -> list[Node]:
    if isinstance(node, MappingNode):
        return [each for pair in node.value for each in pair]
    return list(node.value)


def _nodes(root: Node) -> Iterator[Node]:
    """Every node once, however often it is referred to."""
    todo, seen = [root], {id(root)}
    while todo:
        node = todo.pop()
        yield node
        for _, child in _children(node):
            if id(child) not in seen:
                seen.add(id(child))
                todo.append(child)
