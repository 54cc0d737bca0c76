"""What Flux Kustomizations say of how they are applied.

Source: https://fluxcd.io/flux/components/kustomize/kustomizations/
"""

from collections.abc import Iterator

from gitops.check.applied import Applied, seconds
from gitops.check.declared import Declared
from gitops.check.finding import Finding, Severity
from gitops.check.things import Thing
from gitops.errors import Place
from gitops.inclusion.flux_objects import SourceRef, sequence
from gitops.version import UNRELEASED

_FLOOR = 60.0
"""Seconds between two looks; what users of clusters with many objects settle for at least."""

_PATIENT = 600.0
"""Seconds: an interval beyond it is too long to wait for a second try."""

_REQUIRED = {
    "Kustomization": ("interval", "prune", "sourceRef"),
    "HelmRelease": ("interval",),
    "GitRepository": ("interval", "url"),
    "OCIRepository": ("interval", "url"),
    "HelmRepository": ("url",),
    "Bucket": ("interval", "bucketName", "endpoint"),
}
"""Source: the CRDs of Flux 2.9, `required` below `spec`."""

_SUSPENDABLE = frozenset({*_REQUIRED, "HelmChart", "ImageRepository", "ImageUpdateAutomation"})
_FLUX = ".toolkit.fluxcd.io"


def required(declared: Declared) -> Iterator[Finding]:
    """FL308: an object without a field that the API server asks for."""
    for thing in declared.every(*_REQUIRED):
        missing = [name for name in _REQUIRED[thing.kind] if not thing.has("spec", name)]
        if missing and thing.group.endswith(_FLUX) and declared.untouched(thing, *missing):
            told = f"{thing.title} has no {' and no '.join(f'`spec.{name}`' for name in missing)}"
            hint = "the API server refuses it, and with it all that is applied together: write it"
            yield Finding("FL308", Severity.ERROR, thing.place, told, hint)


def suspended(declared: Declared) -> Iterator[Finding]:
    """FL317: what Flux leaves alone, but for apps that wait for their first release (FL101)."""
    waiting = _unreleased(declared)
    for thing in declared.every(*_SUSPENDABLE):
        if not thing.group.endswith(_FLUX) or thing.text("spec", "suspend") != "true":
            continue
        if thing.place not in waiting:
            told = f"{thing.title} is suspended: nothing that is written here happens"
            place = thing.manifest.place("spec", "suspend")
            yield Finding("FL317", Severity.INFO, place, told, "remove `suspend` when it may go on")


def _unreleased(declared: Declared) -> frozenset[Place]:
    """Where the Kustomizations stand that `add app` suspended."""
    tree, unreleased = declared.fleet.tree, UNRELEASED.encode()
    return frozenset(
        build.kustomization.place
        for build in declared.fleet.reach.builds
        if build.kustomization is not None and build.kustomization.spec.get("suspend") is True
        if any(unreleased in tree[path].data for path in build.files)
    )


def settings(declared: Declared) -> Iterator[Finding]:
    """FL305, FL309 to FL312: of each Flux Kustomization."""
    every = [(cluster, each) for cluster in declared.clusters for each in cluster.applied]
    for cluster, each in every:
        waits = each.all_have("wait", value=True)
        if waits and all(sequence(spec.get("healthChecks")) for spec in each.specs):
            told = f"Kustomization {each.name} has `wait: true`, so its `healthChecks` are ignored"
            yield Finding("FL305", Severity.WARNING, each.place, told, "keep one of the two")
        if each.all_have("prune", value=False):
            told = f"Kustomization {each.name} does not prune: what is deleted here stays there"
            yield Finding("FL309", Severity.INFO, each.place, told, "write `prune: true`")
        if not each.syncs(cluster.directory):
            yield from _patience(each)
    yield from _floors(declared)


def _patience(each: Applied) -> Iterator[Finding]:
    """FL310, FL311: both are by default as long as the interval."""
    interval = min((seconds(spec.get("interval")) or 0.0 for spec in each.specs), default=0.0)
    if interval <= _PATIENT:
        return
    shown = each.specs[0].get("interval")
    if each.all_have("retryInterval", value=None):
        told = f"Kustomization {each.name} has no `retryInterval`: what fails is tried again "
        told += f"after {shown}, unless a commit comes"
        yield Finding("FL310", Severity.INFO, each.place, told, "write `retryInterval: 2m`")
    if each.all_have("timeout", value=None):
        told = f"Kustomization {each.name} has no `timeout`: it may hang for {shown}"
        yield Finding("FL311", Severity.INFO, each.place, told, "write `timeout: 5m`")


def _floors(declared: Declared) -> Iterator[Finding]:
    for thing in declared.every("Kustomization", "HelmRelease"):
        interval = seconds(thing.text("spec", "interval"))
        if interval is not None and interval < _FLOOR and thing.group.endswith(_FLUX):
            shown = thing.text("spec", "interval")
            told = f"{thing.title} is applied every {shown}, whether or not anything changed"
            place = thing.manifest.place("spec", "interval")
            hint = "write 10m or more: what is committed is applied at once all the same"
            yield Finding("FL312", Severity.WARNING, place, told, hint)


def branches(declared: Declared) -> Iterator[Finding]:
    """FL318: a cluster reads another branch than the one that releases are merged into."""
    branch = declared.fleet.config.fleet.branch
    for cluster in declared.clusters:
        for thing in cluster.of("GitRepository", group="source.toolkit.fluxcd.io"):
            namespace = thing.namespace or cluster.own.namespace
            if cluster.own != SourceRef(thing.kind, thing.name, namespace):
                continue
            if not declared.untouched(thing, "ref", "branch"):
                continue
            follows = _followed(thing)
            if follows != f"the branch {branch}":
                told = f"the cluster follows {follows}, and releases are merged into {branch}"
                place = thing.manifest.place("spec", "ref")
                hint = f"write `branch: {branch}`, or correct `branch` in fleet.yaml"
                yield Finding("FL318", Severity.WARNING, place, told, hint)


def _followed(thing: Thing) -> str:
    """What a GitRepository reads. Source: its API; commit, name, semver and tag come first."""
    for key in ("commit", "name", "semver", "tag"):
        value = thing.text("spec", "ref", key)
        if value:
            branch = value.removeprefix("refs/heads/")
            return f"the branch {branch}" if key == "name" and branch != value else f"{key} {value}"
    return f"the branch {thing.text('spec', 'ref', 'branch') or 'master'}"
