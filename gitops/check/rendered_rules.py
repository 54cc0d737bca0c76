"""Every rule of rendered output, asked of all that a fleet renders."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial

from gitops.check import (
    availability,
    certificates,
    connections,
    images,
    mounts,
    pod_security,
    references,
    sealing,
    tracing,
    workloads,
)
from gitops.check.finding import Finding, Severity
from gitops.check.network import network
from gitops.check.rendered import RenderedFindings, RenderedRule, found, subjects
from gitops.errors import Place
from gitops.fleet import Fleet
from gitops.rendering.builds import builds_of
from gitops.rendering.model import Builder, Failed
from gitops.rendering.rendering import rendering

RENDERED_RULES: tuple[RenderedRule, ...] = (
    *workloads.RULES,
    *availability.RULES,
    *connections.RULES,
    *certificates.RULES,
    *references.RULES,
    *mounts.RULES,
    *sealing.RULES,
    *tracing.RULES,
    *pod_security.RULES,
    *images.RULES,
)


def rendered_findings(
    builder: Builder,
    seen: Callable[[], object] = lambda: None,
    more: Iterable[RenderedRule] = (),
) -> RenderedFindings:
    """The rules of rendered output and `more`, with a kustomize to render by.

    Raises:
        Unavailable: when it is asked, as the builder does.
    """
    return partial(_found, builder, seen, (*RENDERED_RULES, *more))


def _found(
    builder: Builder,
    seen: Callable[[], object],
    rules: tuple[RenderedRule, ...],
    fleet: Fleet,
    known: Iterable[Finding],
) -> Iterator[Finding]:
    done = rendering(fleet, builder, builds_of(fleet), seen)
    yield from _failures(done.failed, known)
    every = subjects(fleet, done)
    yield from found(rules, every)
    clusters = {id(each.around): each.around for each in every}
    for around in clusters.values():
        yield from network(around.objects, complete=around.complete)


def _failures(failed: Iterable[Failed], known: Iterable[Finding]) -> Iterator[Finding]:
    """FL002: a build that kustomize refuses, where no other rule has told why already."""
    told = {each.place.path for each in known if each.severity is Severity.ERROR}
    for each in failed:
        if not each.refused and told.isdisjoint(each.build.files):
            error = each.error
            place = error.place or Place(each.build.directory)
            yield Finding("FL002", Severity.ERROR, place, error.message, error.hint)
