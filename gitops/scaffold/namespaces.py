"""Whose a namespace is: two owners would each make it, and each remove it."""

from collections.abc import Iterable, Mapping

from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.scaffold.capabilities import placed
from gitops.scaffold.catalog import catalog
from gitops.scaffold.placement import Placement, app_placements, platform_placements

SYSTEMS = frozenset({"flux-system", "kube-system"})
"""Namespaces that every cluster has, and that several components may share."""


def refuse_namespaces(
    fleet: Fleet, wanted: Mapping[str, Iterable[str]], owner: str, hint: str
) -> None:
    """Refuse a namespace that somebody else has on the same cluster.

    Args:
        fleet: the fleet as it is.
        wanted: the namespaces by the directory of their cluster.
        owner: who wants them, as `the app payments`; what is his already is no matter.
        hint: what to do instead.

    Raises:
        InvalidInput: one is taken.
    """
    for where in platform_placements(fleet):
        taken = _taken(fleet, where)
        for name in wanted.get(where.path, ()):
            if taken.get(name, owner) != owner:
                told = f"the namespace {name} on {where.cluster} is that of {taken[name]}"
                raise InvalidInput(told, hint)


def refuse_app_namespaces(fleet: Fleet, app: str) -> None:
    """Refuse an app whose namespace a component or a tenant has.

    Raises:
        InvalidInput: one of them has it.
    """
    wanted: dict[str, list[str]] = {}
    for where in app_placements(fleet):
        own = where.path.removesuffix(f"/envs/{where.environment}")
        wanted.setdefault(own, []).append(where.named(app))
    refuse_namespaces(fleet, wanted, f"the app {app}", "give the app another name")


def _taken(fleet: Fleet, where: Placement) -> dict[str, str]:
    """The namespaces of a cluster, each with whose it is."""
    taken = {}
    for path in fleet.tree.below("tenants"):
        _, tenant, *rest = path.split("/")
        if rest[:1] == ["base"] and len(rest) == 3 and rest[2] == "namespace.yaml":
            taken[rest[1]] = f"the tenant {tenant}"
    for component in placed(fleet.tree, catalog(), where):
        if component.namespace not in SYSTEMS and component.guest_of is None:
            taken[component.namespace] = f"the component {component.name}"
    for at in app_placements(fleet):
        if at.path == where.path or at.path.startswith(f"{where.path}/envs/"):
            for app in fleet.apps:
                taken[at.named(app)] = f"the app {app}"
    return taken
