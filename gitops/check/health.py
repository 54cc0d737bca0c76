"""Settings that make what Flux says of an app's health worth nothing.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/#wait and
https://fluxcd.io/flux/components/helm/helmreleases/
"""

from collections.abc import Iterator

from gitops.carriers import carried
from gitops.check.applied import Applied, seconds
from gitops.check.declared import Cluster, Declared
from gitops.check.finding import Finding, Severity
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import KUSTOMIZATION, sequence

_HELM = "helm.toolkit.fluxcd.io"
_ACTIONS = ("install", "upgrade")
_READER = "fairlead"
"""The ServiceAccount of whoever reads the cluster, as the scaffolder calls it."""


def waiting(declared: Declared) -> Iterator[Finding]:
    """FL324: a Kustomization that brings an app and is ready as soon as it is applied."""
    for cluster in declared.clusters:
        idle = [each for each in cluster.applied if each.sure and not _waits(each)]
        apps = _carried(declared.fleet, cluster) if idle else {}
        for each in idle:
            if each.key in apps:
                told = f"Kustomization {each.name} is ready before {apps[each.key]} is: "
                told += "it waits for nothing, so that every release of it passes for healthy"
                hint = "write `wait: true`, or name `healthChecks`"
                if each.syncs(cluster.directory):
                    hint = "let a Flux Kustomization of its own bring it, which says `wait: true`"
                yield Finding("FL324", Severity.WARNING, each.place, told, hint)


def charts(declared: Declared) -> Iterator[Finding]:
    """FL325, FL326: a HelmRelease that is ready before its pods are, or never done with failing."""
    for thing in declared.every("HelmRelease", group=_HELM):
        for action in _ACTIONS:
            if not declared.untouched(thing, action):
                continue
            if thing.text("spec", action, "disableWait") == "true":
                told = f"an {action} of {thing.title} counts as done before anything is ready"
                place = thing.manifest.place("spec", action, "disableWait")
                yield Finding("FL325", Severity.WARNING, place, told, "remove `disableWait`")
            retries = thing.text("spec", action, "remediation", "retries") or ""
            if retries.startswith("-"):
                told = f"an {action} of {thing.title} that fails is undone and tried for ever, "
                told += "and never left as failed"
                place = thing.manifest.place("spec", action, "remediation", "retries")
                hint = "write how often, `retries: 3`, or `strategy: {name: RetryOnFailure}`"
                yield Finding("FL326", Severity.WARNING, place, told, hint)


def looks(declared: Declared) -> Iterator[Finding]:
    """FL327: who hears of health by commit statuses alone hears nothing during a soak."""
    for cluster in declared.clusters:
        environment = declared.fleet.config.environment(cluster.environment)
        soak = 0.0 if environment is None else environment.soak.total_seconds()
        if not soak or not _by_statuses(cluster):
            continue
        late = [each for each in cluster.applied if _interval(each) > soak]
        apps = _carried(declared.fleet, cluster) if late else {}
        for each in late:
            if each.key in apps:
                shown = each.specs[0].get("interval")
                told = f"Kustomization {each.name} looks at {apps[each.key]} every {shown}, and "
                told += f"{cluster.environment} lets a release soak for less: a crash is not seen"
                hint = "write an `interval` that is shorter, as 10m"
                yield Finding("FL327", Severity.WARNING, each.place, told, hint)


def _waits(each: Applied) -> bool:
    return all(
        spec.get("wait") is True or bool(sequence(spec.get("healthChecks"))) for spec in each.specs
    )


def _interval(each: Applied) -> float:
    return min((seconds(spec.get("interval")) or 0.0 for spec in each.specs), default=0.0)


def _by_statuses(cluster: Cluster) -> bool:
    """Whether Flux writes beside commits how it does there, and nobody may look for himself."""
    providers = cluster.of("Provider", group="notification.toolkit.fluxcd.io")
    writes = any("flux/" in (each.text("spec", "commitStatusExpr") or "") for each in providers)
    return writes and not any(each.name == _READER for each in cluster.of("ServiceAccount"))


def _carried(fleet: Fleet, cluster: Cluster) -> dict[tuple[str, str], str]:
    """The apps by namespace and name of the Kustomizations that bring them to a cluster.

    What is wrong with a pin is told elsewhere, and has to be mended first.
    """
    environment = fleet.config.environment(cluster.environment)
    if environment is None:
        return {}
    roots = {each.name: fleet.reach.roots(each.path.strip("/")) for each in environment.clusters}
    pins = {app: fleet.pin(environment.name, app) for app in fleet.apps}
    return {
        (carrier.namespace, carrier.name): app
        for app, pin in pins.items()
        if pin is not None and pin.problem is None
        for found in carried(fleet, environment.name, app)
        if cluster.directory in roots[found.cluster]
        for carrier in found.carriers
        if carrier.kind == KUSTOMIZATION
    }
