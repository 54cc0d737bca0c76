"""Every rule, asked of one fleet."""

from collections.abc import Callable, Iterator

from gitops.check import (
    declared_rules,
    editors,
    graph,
    inclusions,
    pins,
    policies,
    source_rules,
    stop_files,
    unnamed_clusters,
)
from gitops.check.finding import Finding
from gitops.fleet import Fleet

Rule = Callable[[Fleet], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    pins.apps,
    graph.builds,
    graph.clusters,
    graph.references,
    unnamed_clusters.unnamed_clusters,
    graph.stops,
    stop_files.stop_files,
    inclusions.inclusions,
    pins.pins,
    policies.soaks,
    policies.failures,
    policies.approvers,
    policies.makers,
    editors.schemas,
    source_rules.source_files,
    declared_rules.declared,
)


def found(fleet: Fleet, seen: Callable[[], object] = lambda: None) -> tuple[Finding, ...]:
    """What every rule says of a fleet, each thing once, by place; nothing is suppressed.

    `seen` is called after each of the `RULES`, so that somebody can say how far it is.
    """
    every: dict[Finding, None] = {}
    for rule in RULES:
        every.update(dict.fromkeys(rule(fleet)))
        seen()
    return tuple(sorted(every, key=in_order))


def in_order(finding: Finding) -> tuple[str, int, int, str]:
    """How findings are sorted: by place, then by code."""
    place = finding.place
    return place.path, place.line or 0, place.column or 0, finding.code
