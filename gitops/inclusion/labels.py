"""Label selectors as kustomize reads them in the target of a patch.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
"""

import re
from collections.abc import Mapping

_SET = re.compile(r"(?P<key>\S+)\s+(?P<not>not)?in\s*\((?P<values>[^()]*)\)")
_EQUAL = re.compile(r"(?P<key>[^!=\s]+)\s*(?P<not>!)?={1,2}\s*(?P<value>\S*)")
_EXISTS = re.compile(r"(?P<not>!)?\s*(?P<key>[^!=\s()]+)")
_COMMA = re.compile(r",(?![^()]*\))")


def selects(selector: str, labels: Mapping[str, str]) -> bool | None:
    """Whether a selector matches labels; None where it cannot be read. "" matches everything."""
    found = [_requires(part.strip(), labels) for part in _COMMA.split(selector) if part.strip()]
    return None if None in found else all(found)


def _requires(part: str, labels: Mapping[str, str]) -> bool | None:
    """One requirement. `!=` and `notin` hold for an object without that label, too."""
    if match := _SET.fullmatch(part):
        values = {value.strip() for value in match["values"].split(",")}
        return (labels.get(match["key"]) in values) is not bool(match["not"])
    if match := _EQUAL.fullmatch(part):
        return (labels.get(match["key"]) == match["value"]) is not bool(match["not"])
    if match := _EXISTS.fullmatch(part):
        return (match["key"] in labels) is not bool(match["not"])
    return None
