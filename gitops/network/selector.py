"""Label selectors.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/ and
https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/label-selector/.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gitops.errors import InvalidInput
from gitops.network.fields import fields, items, labels, shown, text


class Operator(StrEnum):
    """What a requirement asks of the label with its key."""

    IN = "In"
    NOT_IN = "NotIn"
    EXISTS = "Exists"
    DOES_NOT_EXIST = "DoesNotExist"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition. `values` are what In and NotIn compare with, and empty for the others."""

    key: str
    operator: Operator
    values: frozenset[str] = frozenset()

    def met(self, by: Mapping[str, str]) -> bool:
        """Whether these labels meet it; NotIn is met where there is no such label."""
        match self.operator:
            case Operator.IN:
                return by.get(self.key) in self.values
            case Operator.NOT_IN:
                return by.get(self.key) not in self.values
            case Operator.EXISTS:
                return self.key in by
            case Operator.DOES_NOT_EXIST:
                return self.key not in by


@dataclass(frozen=True, slots=True)
class Selector:
    """All of its requirements must be met; one without any selects everything."""

    requirements: tuple[Requirement, ...] = ()

    def selects(self, by: Mapping[str, str]) -> bool:
        """Whether it selects what has these labels."""
        return all(requirement.met(by) for requirement in self.requirements)

    def __str__(self) -> str:
        said = (
            f"{each.key}={next(iter(each.values))}"
            if each.operator is Operator.IN and len(each.values) == 1
            else f"{each.key} {each.operator} {sorted(each.values) or ''}".rstrip()
            for each in self.requirements
        )
        return ",".join(said) or "everything"


def read_selector(value: object, where: str) -> Selector:
    """A label selector as the API server takes it; one that is missing selects everything.

    Raises:
        InvalidInput: the API server refuses it.
    """
    found = fields(value, where, {"matchLabels", "matchExpressions"})
    equal = labels(found.get("matchLabels"), f"{where}.matchLabels")
    expressions = items(found.get("matchExpressions"), f"{where}.matchExpressions")
    return Selector(
        (
            *(Requirement(key, Operator.IN, frozenset({said})) for key, said in equal.items()),
            *(_requirement(each, f"{where}.matchExpressions") for each in expressions),
        )
    )


def _requirement(value: object, where: str) -> Requirement:
    found = fields(value, where, {"key", "operator", "values"})
    key = text(found.get("key"), f"{where}.key")
    said = found.get("operator")
    if said not in tuple(Operator):
        raise InvalidInput(f"{where}.operator is none: {shown(said)}")
    operator = Operator(said)
    values = items(found.get("values"), f"{where}.values")
    for each in values:
        if not isinstance(each, str):
            raise InvalidInput(f"{where}.values has what is no text: {shown(each)}")
    if bool(values) is not (operator in {Operator.IN, Operator.NOT_IN}):
        wrong = "takes no values" if values else "needs values"
        raise InvalidInput(f"{where}: {operator} {wrong}")
    return Requirement(key, operator, frozenset(values))
