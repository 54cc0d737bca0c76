"""Every rule about what a fleet's files declare: FL112, FL3xx, FL5xx and FL6xx."""

from collections.abc import Callable, Iterator

from gitops.check import (
    charts,
    enforcement,
    flux_order,
    flux_overlap,
    flux_references,
    flux_settings,
    flux_variables,
    health,
    helm_releases,
    markers,
    origins,
    tenancy,
    unused_variables,
)
from gitops.check.declared import Declared
from gitops.check.finding import Finding
from gitops.fleet import Fleet

_RULES: tuple[Callable[[Declared], Iterator[Finding]], ...] = (
    flux_references.sources,
    flux_references.config_maps,
    flux_references.borders,
    flux_order.circles,
    flux_order.patience,
    flux_overlap.overlaps,
    flux_overlap.names,
    flux_overlap.moved,
    flux_settings.required,
    flux_settings.settings,
    flux_settings.suspended,
    flux_settings.branches,
    flux_variables.variables,
    unused_variables.unused,
    helm_releases.charts,
    helm_releases.failures,
    health.waiting,
    health.charts,
    health.looks,
    markers.markers,
    origins.insecure,
    origins.legacy,
    origins.unsigned,
    origins.access,
    charts.moving,
    charts.retired,
    tenancy.rights,
    tenancy.bindings,
    tenancy.secrets,
    tenancy.accounts,
    tenancy.namespaces,
    enforcement.enforcement,
)


def declared(fleet: Fleet) -> Iterator[Finding]:
    """What its files declare, and what is wrong with that."""
    every = Declared.of(fleet)
    for rule in _RULES:
        yield from rule(every)
