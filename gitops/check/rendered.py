"""What rules of rendered output are asked about: one build, within all of its cluster."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from gitops.check.finding import Finding
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.network.selector import read_selector
from gitops.reach import SHARED
from gitops.rendering.model import Object, Output
from gitops.rendering.rendering import Rendering

_FLUX_ITSELF = "/gotk-components.yaml"
"""What `flux bootstrap` writes: nobody here mends it."""


@dataclass(frozen=True)
class Around:
    """All that is applied to one cluster.

    `complete` is false where something may be there unseen: a build of it failed, or it is shared
    and nothing says by what.
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

    `environment` is SHARED where several share the cluster and it is none's alone; what is said of
    one of them then holds for some. `app` is None where it is nobody's or several apps share it.
    `path` is the directory that is built. `guarded` is true where approvals are needed, `last`
    where no environment comes after, `asleep` where Flux does not apply it yet. `around` has its
    own objects too.
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
    def where(self) -> str:
        """Its environment, for a person; of a shared cluster, that cluster."""
        return self.environment or f"the cluster {self.cluster}"

    @property
    def serious(self) -> bool:
        """Whether people depend on it: what needs approvals, or ends the way of a release."""
        return self.guarded or self.last


RenderedRule = Callable[[Rendered], Iterator[Finding]]

RenderedFindings = Callable[[Fleet, Iterable[Finding]], Iterator[Finding]]
"""Renders a fleet and tells what is found in it, beside what was found in its files."""


def subjects(fleet: Fleet, rendering: Rendering) -> tuple[Rendered, ...]:
    """Each build that gave objects, within its cluster."""
    partly = {each.build.root for each in rendering.failed} | _unstarted(fleet)
    every: dict[str, list[Object]] = {}
    for output in rendering.rendered:
        every.setdefault(_root(output), []).extend(output.objects)
    around = {root: Around(tuple(those), root not in partly) for root, those in every.items()}
    return tuple(_subject(fleet, output, around[_root(output)]) for output in rendering.rendered)


def _unstarted(fleet: Fleet) -> set[str]:
    """The environments' directories of a shared cluster, where no file says what Flux starts from.

    What others apply there is not known then.
    """
    found = {(build.environment, build.root) for build in fleet.reach.builds}
    return {root for name, root in found if root.endswith(f"/envs/{name}")}


def _root(output: Output) -> str:
    return output.build.root if output.build else output.cluster


def _subject(fleet: Fleet, output: Output, around: Around) -> Rendered:
    shared = output.environment == SHARED
    whose = fleet.reach.sharing(_root(output)) if shared else (output.environment,)
    own = output.build.kustomization if output.build else None
    return Rendered(
        environment=output.environment,
        cluster=output.cluster,
        app=output.app,
        path=output.path,
        objects=tuple(o for o in output.objects if not o.place.path.endswith(_FLUX_ITSELF)),
        guarded=any(_is_guarded(fleet, output.app, each) for each in whose),
        last=any(map(fleet.config.is_last, whose)),
        asleep=own is not None and own.spec.get("suspend") is True,
        around=around,
    )


def _is_guarded(fleet: Fleet, app: str | None, environment: str) -> bool:
    policy = fleet.config.policy(app or "", environment)
    if policy is not None:
        return policy.guarded
    config = fleet.config.environment(environment)
    return config is not None and config.approvals.required >= 1


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
