"""What HelmReleases say of their chart and of what happens when it fails.

Source: https://fluxcd.io/flux/components/helm/helmreleases/
"""

from collections.abc import Iterator

from gitops.check.declared import Declared
from gitops.check.finding import Finding, Severity

_GROUP = "helm.toolkit.fluxcd.io"
_CURES = ("remediation", "strategy")
_BY_DEFAULT = b"DefaultToRetryOnFailure"
"""The feature gate of helm-controller that makes retrying the default."""


def charts(declared: Declared) -> Iterator[Finding]:
    """FL314: both of `chart` and `chartRef`, or neither."""
    for thing in declared.every("HelmRelease", group=_GROUP):
        both = [field for field in ("chart", "chartRef") if thing.has("spec", field)]
        if len(both) != 1 and declared.untouched(thing, "chart"):
            told = "`spec.chart` and `spec.chartRef`" if both else "neither `chart` nor `chartRef`"
            hint = "the API server takes exactly one of the two"
            yield Finding("FL314", Severity.ERROR, thing.place, f"{thing.title} has {told}", hint)


def failures(declared: Declared) -> Iterator[Finding]:
    """FL315: an install or upgrade that fails once and is left so."""
    if any(_BY_DEFAULT in file.data for file in declared.fleet.tree.values() if file.regular):
        return
    for thing in declared.every("HelmRelease", group=_GROUP):
        left = [
            action
            for action in ("install", "upgrade")
            if not any(thing.has("spec", action, cure) for cure in _CURES)
        ]
        if left and declared.untouched(thing, *left, *_CURES):
            told = f"when an {' or '.join(left)} of {thing.title} fails, it is not tried again"
            hint = "write `strategy: {name: RetryOnFailure}` below "
            hint += " and ".join(f"`{action}`" for action in left)
            yield Finding("FL315", Severity.WARNING, thing.place, told, hint)
