"""Kyverno's patterns, as far as the policies that are scaffolded use them: a judge for tests.

Source: https://kyverno.io/docs/policy-types/cluster-policy/validate/, "Patterns", "Wildcards",
"Operators" and "Anchors".
"""

import re
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

_ANCHOR = re.compile(r"(=|X)\((.+)\)")


def complaints(policy: Mapping[str, Any], thing: Mapping[str, Any]) -> list[str]:
    """The names of a policy's rules that an object breaks; of those alone that are about it.

    A workload is judged by the pods that it makes, as Kyverno's rules for Pods are.

    Raises:
        ValueError: a rule has more than kinds and a pattern.
    """
    broken = []
    for rule in policy["spec"]["rules"]:
        if rule.keys() != {"name", "match", "validate"} or len(rule["match"]["any"]) != 1:
            raise ValueError(f"{rule['name']} is not understood here")
        kinds = rule["match"]["any"][0]["resources"]["kinds"]
        broken += [
            rule["name"]
            for each in _judged(thing, kinds)
            if not matches(rule["validate"]["pattern"], each)
        ]
    return broken


def _judged(thing: Mapping[str, Any], kinds: list[str]) -> Iterator[Mapping[str, Any]]:
    group, _, version = thing["apiVersion"].rpartition("/")
    full = f"{group}/{version}/{thing['kind']}" if group else thing["kind"]
    if any(fnmatchcase(full, kind) for kind in kinds):
        yield thing
    elif "Pod" in kinds:
        spec = thing.get("spec") or {}
        spec = (spec.get("jobTemplate") or {}).get("spec", spec) if isinstance(spec, dict) else {}
        template = spec.get("template")
        if isinstance(template, dict) and "containers" in (template.get("spec") or {}):
            yield template


def matches(pattern: Any, value: Any) -> bool:
    """Whether a value of an object is as a pattern wants it."""
    if isinstance(pattern, Mapping):
        if not isinstance(value, Mapping):
            return False
        return all(_entry(key, below, value) for key, below in pattern.items())
    if isinstance(pattern, list):
        [wanted] = pattern
        return isinstance(value, list) and all(matches(wanted, each) for each in value)
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if value is None or isinstance(value, Mapping | list):
        return False
    return any(
        all(_is(part.strip(), text) for part in either.split("&")) for either in pattern.split("|")
    )


def _entry(key: str, below: Any, value: Mapping[str, Any]) -> bool:
    anchor = _ANCHOR.fullmatch(key)
    if anchor is None:
        return key in value and matches(below, value[key])
    kind, name = anchor.groups()
    if kind == "X":
        return name not in value
    return name not in value or matches(below, value[name])


def _is(part: str, text: str) -> bool:
    part = part.strip()
    return not fnmatchcase(text, part[1:]) if part.startswith("!") else fnmatchcase(text, part)
