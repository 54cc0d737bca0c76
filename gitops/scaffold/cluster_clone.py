"""The copy of an environment's files, or of a cluster's, and what of it needs a person's eyes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from gitops.config import ClusterConfig
from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold.cloning import (
    Renaming,
    below_directory,
    cloned,
    mentions,
    with_variables,
)
from gitops.scaffold.fleet_file import FLEET_FILE
from gitops.scaffold.reader_files import with_readers
from gitops.sites import is_yaml
from gitops.tree import Tree

_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Grown:
    """The tree with one more environment or cluster, and what a person should look at."""

    tree: Tree
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Clone:
    """The copies by path, by each original's path those of its copies, and what was left out."""

    files: Mapping[str, bytes]
    targets: Mapping[str, Sequence[str]]
    left_out: tuple[str, ...]


def clone(
    fleet: Fleet,
    like: str,
    siblings: Sequence[ClusterConfig],
    name: str,
    clusters: Mapping[str, str],
    overlays: Mapping[str, str],
) -> Clone:
    """Copies of overlays, and of a cluster's directory for each of these clusters.

    Args:
        fleet: what is copied from.
        like: the environment that is copied.
        siblings: those of its clusters that are copied.
        name: the environment that they are for.
        clusters: the directories of the new clusters, by their names; the first is like the first
            of `siblings`, and so on; the last of them serves for the rest.
        overlays: where each file of the environment goes.
    """
    environment = {f"envs/{like}": f"envs/{name}"} if name != like else {}
    words = _words(fleet, like, siblings[0].path, name)
    done = cloned(fleet.tree, overlays, Renaming(environment, words))
    files = dict(done.files)
    left_out = [*done.left_out]
    targets: dict[str, list[str]] = {old: [new] for old, new in overlays.items()}
    for index, (cluster, path) in enumerate(clusters.items()):
        sibling = siblings[min(index, len(siblings) - 1)]
        moved = below_directory(fleet.tree, sibling.path, path)
        renaming = Renaming({sibling.path: path, **environment}, words)
        own = cloned(fleet.tree, moved, renaming)
        files |= own.files
        left_out += own.left_out
        for old, new in moved.items():
            targets.setdefault(old, []).append(new)
        variables = f"{path}/cluster-vars.yaml"
        if variables in files:
            values = _values(variables, files[variables], like, (name, cluster))
            files[variables] = with_variables(variables, files[variables], values)
    whole = with_readers(fleet, name, siblings[0].path, clusters.values(), files)
    targets = {old: [each for each in new if each in whole] for old, new in targets.items()}
    return Clone(whole, targets, tuple(left_out))


def cluster_path(like: str, sibling: ClusterConfig, environment: str, name: str) -> str:
    """The directory of a new cluster, beside that of another.

    Raises:
        InvalidInput: the other's does not tell where it would be.
    """
    own = f"{like}/{sibling.name}"
    if sibling.path == own or sibling.path.endswith(f"/{own}"):
        return f"{sibling.path.removesuffix(own)}{environment}/{name}"
    if sibling.path.rpartition("/")[2] == like and environment != like:
        return f"{sibling.path.removesuffix(like)}{environment}"
    if sibling.path.rpartition("/")[2] == sibling.name and environment == like:
        return f"{sibling.path.removesuffix(sibling.name)}{name}"
    told_ = f"{sibling.path} does not tell where {name} of {environment} would lie"
    raise InvalidInput(told_, "copy it by hand, and name it in fleet.yaml", Place(FLEET_FILE))


def told(copy: Clone, like: str, name: str) -> Iterator[str]:
    """What of a copy needs a person's eyes."""
    for path in copy.left_out:
        yield f"{path} is encrypted and was not copied: encrypt one for {name}"
    places = list(mentions(copy.files, like)) if like != name else []
    if places:
        more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
        yield f"these lines for {name} still name {like}: {', '.join(places[:_SHOWN])}{more}"


def _values(path: str, data: bytes, like: str, new: tuple[str, str]) -> dict[str, str]:
    """What the variables of a new cluster say."""
    environment, cluster = new
    [document, *_] = documents(path, data)
    values = {"environment": environment, "cluster": cluster}
    domain = document.text("data", "domain")
    if domain is not None and environment != like:
        values["domain"] = f"{environment}.{domain.removeprefix(f'{like}.')}"
    return values


def _words(fleet: Fleet, like: str, path: str, name: str) -> dict[str, str]:
    """The names that tell an environment from others on the same cluster, with the new ones."""
    suffix = f"-{like}"
    if name == like or not path.endswith(f"/envs/{like}"):
        return {}
    names = {f"{app}{suffix}" for app in fleet.apps}
    for each, file in fleet.tree.below(path).items():
        if is_yaml(each) and file.regular:
            found = (document.name or "" for document in documents(each, file.data))
            names |= {found_name for found_name in found if found_name.endswith(suffix)}
    return {old: f"{old.removesuffix(suffix)}-{name}" for old in sorted(names)}
