"""What rules of rendered output are asked about: one build, within all of its cluster."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gitops.check.finding import Finding
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.network.selector import read_selector
from gitops.rendering.model import Object, Output
from gitops.rendering.rendering import Rendering

_FLUX_ITSELF = "/gotk-components.yaml"
"""What `flux bootstrap` writes: nobody here mends it."""


@dataclass(frozen=True)
class Around:
    """All that is applied to one cluster.

    `complete` is false where something may be there unseen: a build of it failed, or it is shared,
    and what others apply to it is no environment's.
    """

    objects: tuple[Object, ...] = ()
    complete: bool = True

    def of(self, *kinds: str, namespace: str | None = None) -> tuple[Object, ...]:
        """Those of these kinds; None is every namespace."""
        found = (each for kind in kinds for each in self._by_kind.get(kind, ()))
        return tuple(o for o in found if namespace is None or o.namespace == namespace)

    def named(self, kind: str, namespace: str, name: str) -> Object | None:
        """The object of a kind, a namespace and a name; None where nothing applies it."""
        return self._by_name.get((kind, namespace, name))

    def closed(self, namespace: str) -> bool:
        """Whether nothing else can bring objects into a namespace: no chart, no missing build."""
        charts = self.of("HelmRelease")
        targets = {o.text_at("spec", "targetNamespace") or o.namespace for o in charts}
        return self.complete and namespace not in targets

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[Object, ...]]:
        found: dict[str, list[Object]] = {}
        for each in self.objects:
            found.setdefault(each.kind, []).append(each)
        return {kind: tuple(those) for kind, those in found.items()}

    @cached_property
    def _by_name(self) -> Mapping[tuple[str, str, str], Object]:
        return {(o.kind, o.namespace, o.name): o for o in self.objects}


@dataclass(frozen=True)
class Rendered:
    """What one build applies to one cluster.

    `app` is None where it is nobody's or several apps share it. `path` is the directory that is
    built. `guarded` is true where approvals are needed, `last` where no environment comes after,
    `asleep` where Flux does not apply it yet. `around` has its own objects too.
    """

    environment: str
    cluster: str
    app: str | None
    path: str
    objects: tuple[Object, ...]
    guarded: bool = False
    last: bool = False
    asleep: bool = False
    around: Around = field(default_factory=Around)

    @property
    def serious(self) -> bool:
        """Whether people depend on it: what needs approvals, or ends the way of a release."""
        return self.guarded or self.last


RenderedRule = Callable[[Rendered], Iterator[Finding]]

RenderedFindings = Callable[[Fleet, Iterable[Finding]], Iterator[Finding]]
"""Renders a fleet and tells what is found in it, beside what was found in its files."""


def subjects(fleet: Fleet, rendering: Rendering) -> tuple[Rendered, ...]:
    """Each build that gave objects, within its cluster."""
    failed = {(each.environment, each.cluster) for each in rendering.failed}
    every: dict[tuple[str, str], list[Object]] = {}
    for output in rendering.rendered:
        every.setdefault((output.environment, output.cluster), []).extend(output.objects)
    partly = failed | _shared(fleet)
    around = {key: Around(tuple(those), key not in partly) for key, those in every.items()}
    return tuple(
        _subject(fleet, output, around[output.environment, output.cluster])
        for output in rendering.rendered
    )


def _shared(fleet: Fleet) -> set[tuple[str, str]]:
    """The environments that are a directory of a cluster, each with that cluster's name."""
    return {
        (environment.name, cluster.name)
        for environment in fleet.config.fleet.environments
        for cluster in environment.clusters
        if cluster.path.strip("/").endswith(f"/envs/{environment.name}")
    }


def _subject(fleet: Fleet, output: Output, around: Around) -> Rendered:
    config = fleet.config.environment(output.environment)
    policy = fleet.config.policy(output.app or "", output.environment)
    by_fleet = config is not None and config.approvals.required >= 1
    after = {each.after for each in fleet.config.fleet.environments if each.after}
    own = output.build.kustomization if output.build else None
    return Rendered(
        environment=output.environment,
        cluster=output.cluster,
        app=output.app,
        path=output.path,
        objects=tuple(o for o in output.objects if not o.place.path.endswith(_FLUX_ITSELF)),
        guarded=policy.guarded if policy is not None else by_fleet,
        last=bool(after) and output.environment not in after,
        asleep=own is not None and own.spec.get("suspend") is True,
        around=around,
    )


def selects(selector: object, labels: Mapping[str, object]) -> bool | None:
    """Whether a label selector selects these labels; None where it is none."""
    try:
        read = read_selector(selector, "selector")
    except InvalidInput:
        return None
    return read.selects({key: str(value) for key, value in labels.items()})


def found(rules: Iterable[RenderedRule], subjects: Iterable[Rendered]) -> Iterator[Finding]:
    """What every rule says of every build."""
    rules = tuple(rules)
    for subject in subjects:
        for rule in rules:
            yield from rule(subject)
