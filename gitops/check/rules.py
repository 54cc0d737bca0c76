"""Every rule, asked of one fleet."""

from collections.abc import Callable, Iterator

from gitops.check import editors, graph, inclusions, pins, policies
from gitops.check.finding import Finding
from gitops.fleet import Fleet
from gitops.tree import Tree

Rule = Callable[[Fleet], Iterator[Finding]]

RULES: tuple[Rule, ...] = (
    pins.apps,
    graph.builds,
    graph.clusters,
    graph.references,
    graph.stops,
    inclusions.inclusions,
    pins.pins,
    policies.soaks,
    policies.approvers,
    policies.makers,
    editors.schemas,
)
"""Codes: FL0xx what cannot be read or built, FL1xx versions, FL2xx policies."""


def findings(tree: Tree) -> tuple[Finding, ...]:
    """What every rule says of the fleet in a tree, each thing once, by place.

    Raises:
        InvalidInput: `fleet.yaml` is missing or wrong, so that nothing else can be told.
    """
    fleet = Fleet.read(tree)
    found = dict.fromkeys(finding for rule in RULES for finding in rule(fleet))
    return tuple(sorted(found, key=_order))


def _order(finding: Finding) -> tuple[str, int, int, str]:
    place = finding.place
    return place.path, place.line or 0, place.column or 0, finding.code
