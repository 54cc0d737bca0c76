"""Where Flux, given the same policy and the same tags, would pick something else. Pure.

Flux takes for a version what has two dots, so it never sees `v1.0` and takes `v1.0-rc.1` by
accident; and it compares numbers as float64.

Charts have rules of their own: a version that is spelled as the range is comes first, and of equal
versions the one that was created last.

Source: shared/reference/flux.md section 2.1; image-reflector-controller, the numerical policy;
source-controller, getChartVersion of both of its chart repositories; Helm, Tags of its registry
client.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

from gitops.selection import Pick, TagPolicy
from gitops.tags import NOT_A_NUMBER, FilteredPolicy, NumericalPolicy, RangePolicy, number_in
from gitops.version import parse, precedence_of

_Value = Callable[[str], str]
_NEVER = datetime.min.replace(tzinfo=UTC)


def flux_says(policy: TagPolicy, pick: Pick) -> str | None:
    """What Flux makes of the tags instead of this pick; None where it agrees, or nothing is picked.

    The pick must be this policy's. The text names tags as they are: neutralise it before showing.
    """
    if pick.tag is None:
        return None
    inner, value = _unfiltered(policy)
    match inner:
        case RangePolicy(template=None):
            return _of_a_version(policy, pick, pick.tag, value)
        case NumericalPolicy():
            return _of_a_number(pick, pick.tag, value, policy.outranked)
        case _:
            return None


def flux_says_of_chart(
    policy: RangePolicy, pick: Pick, created: Mapping[str, datetime | None] | None
) -> str | None:
    """What Flux makes of a chart's versions instead of this pick; None where it agrees.

    Args:
        policy: the range of a HelmRelease or HelmChart.
        pick: this policy's.
        created: when each version was, None where the index does not say so; None as a whole for
            charts in a registry.
    """
    spelled = policy.constraint.text
    if spelled in pick.passed_over and parse(spelled) is not None:
        return f"Flux picks {spelled}, which is spelled as the range is"
    if pick.tag is None or pick.tag == spelled:
        return None
    if created is None and pick.tag.startswith("v"):
        seen = (tag for tag in _eligible(pick, policy.outranked) if not tag.startswith("v"))
        instead = policy.pick(filter(_has_two_dots, seen)).tag or "nothing"
        return f"of charts in a registry Flux reads none with a leading v; it picks {instead}"
    said = flux_says(policy, pick)
    return said or _later(policy, pick, pick.tag, created or {})


def _later(
    policy: RangePolicy, pick: Pick, tag: str, created: Mapping[str, datetime | None]
) -> str | None:
    precedence = precedence_of(tag)
    newest, at = tag, created.get(tag) or _NEVER
    for other in filter(_has_two_dots, _eligible(pick, policy.outranked)):
        when = created.get(other) or _NEVER
        if when > at and precedence_of(other) == precedence:
            newest, at = other, when
    return None if newest == tag else f"Flux picks {newest}, the same version, created later"


def _unfiltered(policy: TagPolicy) -> tuple[TagPolicy, _Value]:
    if not isinstance(policy, FilteredPolicy):
        return policy, lambda tag: tag
    extract = policy.filter.extractor()
    return policy.policy, lambda tag: extract(tag) or ""


def _of_a_version(policy: TagPolicy, pick: Pick, tag: str, value: _Value) -> str | None:
    version = parse(value(tag))
    if version is None or version.parts != 2:
        return None
    if _has_two_dots(value(tag)):
        final = f"{version.major}.{version.minor}"
        return (
            f"Flux reads {tag} by accident, for the dot in its prerelease; it will never read "
            f"{final} itself, which has two parts"
        )
    seen = (other for other in _eligible(pick, policy.outranked) if _has_two_dots(value(other)))
    instead = policy.pick(seen).tag or "nothing"
    return f"Flux does not read {tag}, which has two parts; it picks {instead}"


def _of_a_number(pick: Pick, tag: str, value: _Value, outranked: str) -> str | None:
    for other, reason in pick.passed_over.items():
        if reason == NOT_A_NUMBER:
            return f"Flux picks nothing, because of {other}, which is no number"
    exact, rounded = number_in(value(tag)), float(value(tag))
    if exact is None or len(exact.as_tuple().digits) <= sys.float_info.dig:
        return None
    for other in _eligible(pick, outranked):
        if float(value(other)) == rounded and number_in(value(other)) != exact:
            return f"Flux cannot tell {tag} from {other}: as float64 they are equal"
    return None


def _eligible(pick: Pick, outranked: str) -> Iterator[str]:
    return (tag for tag, reason in pick.passed_over.items() if reason == outranked)


def _has_two_dots(text: str) -> bool:
    return text.count(".") >= 2
