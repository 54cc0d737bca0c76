"""What several rules need to know of a fleet's files."""

from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import FluxObject, flux_objects
from gitops.reach import SHARED
from gitops.sites import is_yaml
from gitops.tree import Tree


def directories_of(tree: Tree) -> frozenset[str]:
    """Every directory of a tree, its root as `.` and as ""."""
    found = {".", ""}
    for path in tree:
        above = path.rpartition("/")[0]
        while above not in found:
            found.add(above)
            above = above.rpartition("/")[0]
    return frozenset(found)


def faulty(fleet: Fleet) -> frozenset[str]:
    """The files that FL002 tells of: those that cannot be read are among them."""
    return frozenset(
        path
        for environment in (*fleet.environments, SHARED)
        for _, errors in fleet.inventory.faulty_builds(environment)
        for path in errors
    )


def objects_of(fleet: Fleet) -> tuple[FluxObject, ...]:
    """The Flux objects of the reached files that can be read."""
    unread = faulty(fleet)
    return tuple(
        found
        for path in fleet.reach.paths
        if is_yaml(path) and path not in unread
        for found in flux_objects(path, fleet.tree[path].data)
    )
