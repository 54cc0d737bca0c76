"""One more environment or cluster in `fleet.yaml`, every other byte as it was."""

import textwrap
from collections.abc import Mapping

import yaml

from gitops.config import FleetConfig
from gitops.document import Address
from gitops.edit import Replacement, replace
from gitops.errors import EditRefused, Place
from gitops.scaffold.fleet_file import FLEET_FILE
from gitops.scaffold.insertion import with_item
from gitops.scaffold.lines import found, last
from gitops.scaffold.template import filled

_LIST: Address = ("environments",)


def with_environment(
    data: bytes,
    fleet: FleetConfig,
    like: str,
    environment: tuple[str, str | None],
    clusters: Mapping[str, str],
) -> bytes:
    """The file with one more environment, whose rules are those of another.

    Args:
        data: the file.
        fleet: what it says.
        like: the environment whose rules it has.
        environment: its name, and the one that it comes after; None for that of `like`. Where
            `like` comes after nobody, it takes what was proven in that one.
        clusters: the directories of its clusters by their names.

    Raises:
        EditRefused: the file is written in a way in which nothing can be put into it.
    """
    names = [each.name for each in fleet.environments]
    name, after = environment
    index = names.index(like)
    first = fleet.environments[index].after is None
    if first and after is not None:
        text = filled("environment/after.yaml", {(0, "name"): name, (0, "after"): after}).decode()
    else:
        text = _alike(data, index, name, after)
    item = "\n" + _with_clusters(text, name, clusters)
    before = names.index(after) if after in names else index
    return with_item(FLEET_FILE, data, _LIST, max(before, index) + 1, item)


def with_cluster(data: bytes, fleet: FleetConfig, environment: str, name: str, path: str) -> bytes:
    """The file with one more cluster of an environment, behind the others.

    Raises:
        EditRefused: the file is written in a way in which nothing can be put into it.
    """
    index = [each.name for each in fleet.environments].index(environment)
    there = len(fleet.environments[index].clusters)
    item = textwrap.dedent("\n".join(_clusters(environment, {name: path}).splitlines()[1:])) + "\n"
    return with_item(FLEET_FILE, data, (*_LIST, index, "clusters"), there, item)


def _alike(data: bytes, index: int, name: str, after: str | None) -> str:
    """An environment's item, from the first column, as another."""
    text = data.decode()
    try:
        start, node = found(FLEET_FILE, text, 0, (*_LIST, index))
    except ValueError as error:
        told = "the environments are not written here"
        raise EditRefused(told, "write it by hand", Place(FLEET_FILE)) from error
    lines = text.splitlines()[start : last(node) + 1]
    flow = isinstance(node, yaml.CollectionNode) and node.flow_style
    if flow or not lines[0].lstrip().startswith("- ") or "\t" in "".join(lines):
        told = "the environments are not written line by line"
        raise EditRefused(told, "write it by hand", Place(FLEET_FILE, start + 1, 1))
    while not lines[-1].strip():
        lines.pop()
    item = _without_exits(textwrap.dedent("\n".join(lines)) + "\n")
    wanted = [Replacement(0, (0, "name"), name)]
    if after is not None:
        wanted.append(Replacement(0, (0, "after"), after))
    return replace(FLEET_FILE, item.encode(), wanted).decode()


def _without_exits(item: str) -> str:
    """The item without its soak: nothing comes after a new environment, so nothing waits for it."""
    for key in ("soak", "on_failure"):
        try:
            start, node = found(FLEET_FILE, item, 0, (0, key))
        except ValueError:
            continue
        lines = item.splitlines(keepends=True)
        item = "".join([*lines[:start], *lines[last(node) + 1 :]])
    return item


def _with_clusters(item: str, environment: str, clusters: Mapping[str, str]) -> str:
    """The item with other clusters."""
    start, node = found(FLEET_FILE, item, 0, (0, "clusters"))
    lines = item.splitlines(keepends=True)
    key = lines[start]
    indent = len(key) - len(key.lstrip(" -"))
    own = textwrap.dedent(_clusters(environment, clusters))
    head = key[:indent]
    block = textwrap.indent(own, " " * indent).splitlines(keepends=True)
    block[0] = head + block[0].lstrip()
    return "".join([*lines[:start], *block, *lines[last(node) + 1 :]])


def _clusters(environment: str, clusters: Mapping[str, str]) -> str:
    """The entry `clusters`: by name alone where their directories follow from it."""
    usual = all(path == f"clusters/{environment}/{name}" for name, path in clusters.items())
    grown: dict[Address, int] = {("clusters",): len(clusters)}
    if usual:
        values: dict[Address, str] = {
            ("clusters", index): name for index, name in enumerate(clusters)
        }
        return filled("fleet/clusters.yaml", values, grown=grown).decode()
    values = {}
    for index, (name, path) in enumerate(clusters.items()):
        values["clusters", index, "name"] = name
        values["clusters", index, "path"] = path
    return filled("fleet/clusters-shared.yaml", values, grown=grown).decode()
