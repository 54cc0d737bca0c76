"""`add component`: something that apps rely on, in a fleet that is there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from gitops.config.faults import nearest
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold import capabilities
from gitops.scaffold.answers.names import SHARED
from gitops.scaffold.catalog import Catalog, Component, State, catalog
from gitops.scaffold.component_answers import (
    Asked,
    ComponentAnswers,
    Resolved,
    resolved,
    versions_of,
)
from gitops.scaffold.component_files import base_files, environment_files, flux_files
from gitops.scaffold.concerned import added
from gitops.scaffold.namespaces import SYSTEMS, refuse_namespaces
from gitops.scaffold.new import laid
from gitops.scaffold.placement import Placement, platform_placements, refuse_absent, refuse_names
from gitops.scaffold.registries import logged_in, logins
from gitops.tree import Tree


@dataclass(frozen=True, slots=True)
class Added:
    """The tree with a component, and what a person should know of it."""

    tree: Tree
    warnings: tuple[str, ...]


def add_component(tree: Tree, answers: ComponentAnswers, known: Catalog | None = None) -> Added:
    """A tree with a component on every cluster of the environments; the same when it is there.

    A version that has moved on since stays, unless one is answered. `known` is the catalogue, None
    for that of this version of Fairlead.

    Raises:
        InvalidInput: an answer is wrong or missing, the component is retired, a cluster lacks what
            it needs, a file is in the way, or nothing would apply it.
    """
    known = known or catalog()
    component = _component(known, answers)
    names = [component.name, f"{component.name}-config", component.namespace]
    done = added(tree, lambda part: _added(part, known, component, answers), names)
    return Added(done, _warnings(known, component, answers, new=done != tree))


def _added(tree: Tree, known: Catalog, component: Component, answers: ComponentAnswers) -> Tree:
    """As `add_component`, of a fleet or of the part of it that the component concerns."""
    fleet = Fleet.read(tree)
    refuse_absent(fleet)
    placements = _placements(fleet, answers)
    for where in placements:
        tree = capabilities.with_declared(tree, known, where, answers.capabilities)
    versions = versions_of(component, answers.versions)
    told = resolved(component, answers.settings, _asked(fleet, placements))
    for where in placements:
        _check_cluster(tree, known, told[where.environment], where)
    _refuse_namespace(fleet, component, placements)
    once = {**base_files(component, tuple(told.values()))}
    moved: dict[str, bytes] = {}
    for environment, own in told.items():
        files, charts = environment_files(component, own, environment, versions)
        once |= files
        moved |= charts
    for where in placements:
        applied = flux_files(component, told[where.environment], where, _after(tree, known, where))
        refuse_names(tree, where, {path: PurePosixPath(path).stem for path in applied})
        moved |= applied
    known_logins = logins(tree)
    once, moved = logged_in(once, known_logins), logged_in(moved, known_logins)
    kept = {p for p in moved if p in tree and not (answers.versions and p.endswith("chart.yaml"))}
    done = laid(tree, once | {p: data for p, data in moved.items() if p not in kept})
    _prove(done, component, placements)
    return done


def _component(known: Catalog, answers: ComponentAnswers) -> Component:
    component = known.components.get(answers.name)
    if component is None:
        told = f"the catalogue has no component {answers.name!r}"
        raise InvalidInput(told, nearest(answers.name, known.components))
    if component.state is not State.CURRENT and not answers.accept_retired:
        instead = " or ".join(component.replacements)
        hint = f"add {instead} instead, or say --accept-retired"
        raise InvalidInput(f"{component.name} is {component.state}: {component.reason}", hint)
    return component


def _placements(fleet: Fleet, answers: ComponentAnswers) -> tuple[Placement, ...]:
    """The clusters that get it.

    Raises:
        InvalidInput: an environment that is not there, or has no cluster of its own.
    """
    found = tuple(platform_placements(fleet))
    names = list(dict.fromkeys(where.environment for where in found))
    for environment in answers.environments:
        if environment in names:
            continue
        if environment in fleet.environments:
            told = f"{environment} shares its cluster with other environments"
            raise InvalidInput(told, f"write --environment {SHARED}, or leave it out")
        raise InvalidInput(f"no environment {environment!r}", nearest(environment, names))
    wanted = answers.environments or names
    return tuple(where for where in found if where.environment in wanted)


def _asked(fleet: Fleet, placements: Iterable[Placement]) -> list[Asked]:
    """Each environment once, in the fleet's order."""
    by_name: dict[str, list[Placement]] = {}
    for where in placements:
        by_name.setdefault(where.environment, []).append(where)
    return [
        Asked(
            name=name,
            last=name == SHARED or not fleet.config.followers(name),
            variables=frozenset.intersection(
                *(capabilities.variables(fleet.tree, where) for where in clusters)
            ),
        )
        for name, clusters in by_name.items()
    ]


def _check_cluster(tree: Tree, known: Catalog, told: Resolved, where: Placement) -> None:
    """Refuse a cluster that lacks something, or has what cannot be beside it.

    Raises:
        InvalidInput: it does.
    """
    component = told.component
    there = [c for c in capabilities.placed(tree, known, where) if c.name != component.name]
    for other in there:
        same = other.namespace == component.namespace and other.namespace not in SYSTEMS
        same = same and component.name != other.guest_of and component.guest_of != other.name
        if same or other.name in component.excludes:
            why = f": both are in the namespace {other.namespace}" if same else ""
            told_ = f"{where.cluster} of {where.environment} has {other.name}, beside which "
            hint = "add it to other environments with --environment, or remove the other first"
            raise InvalidInput(f"{told_}{component.name} cannot be{why}", hint)
    has = capabilities.declared(tree, where).union(*(c.provides for c in there))
    lacks = list(capabilities.missing(known, told.needs, has))
    if lacks:
        named = " ".join(f"--have {each.split()[0]}" for each in lacks)
        what = f"{component.name} needs what {where.cluster} of {where.environment} has not: "
        hint = f"add a component that brings it first; if the cluster has it by itself, say {named}"
        raise InvalidInput(what + "; ".join(lacks), hint)


def _refuse_namespace(fleet: Fleet, component: Component, placements: Iterable[Placement]) -> None:
    if component.namespace in SYSTEMS or component.guest_of is not None:
        return
    wanted = {where.path: [component.namespace] for where in placements}
    owner = f"the component {component.name}"
    refuse_namespaces(fleet, wanted, owner, "give the other another namespace")


def _after(tree: Tree, known: Catalog, where: Placement) -> Mapping[str, Sequence[str]]:
    """By capability the Kustomizations of a cluster after which it is there."""
    found: dict[str, list[str]] = {}
    for component in capabilities.placed(tree, known, where):
        name = f"{component.name}-config" if component.configuration else component.name
        for capability in component.provides:
            found.setdefault(capability, []).append(name)
    return found


def _prove(tree: Tree, component: Component, placements: Iterable[Placement]) -> None:
    """Refuse a result that no cluster would apply.

    Raises:
        InvalidInput: it is one, for example since the fleet's layout is another than `new` writes.
    """
    fleet = Fleet.read(tree)
    for environment in dict.fromkeys(where.environment for where in placements):
        path = f"infrastructure/{component.name}/envs/{environment}/kustomization.yaml"
        if environment != SHARED and environment not in fleet.reach.environments(path):
            told = f"nothing in {environment} would reach this file; nothing was written"
            hint = "let the clusters there apply the directory infrastructure/ below their own"
            raise InvalidInput(told, hint, Place(path))


def _warnings(
    known: Catalog, component: Component, answers: ComponentAnswers, *, new: bool
) -> tuple[str, ...]:
    told = []
    if component.state is not State.CURRENT:
        instead = " or ".join(component.replacements)
        told.append(f"{component.name} is {component.state}: {component.reason}; use {instead}")
    if new and component.charts and not answers.versions:
        told.append(f"the catalogue read its version in {known.month}: look for a newer one")
    return tuple(told)
