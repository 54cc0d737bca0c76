"""`rendering`: the builds of a fleet, made by kustomize and finished as Flux finishes them."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.inclusion.flux_objects import mapping
from gitops.reach import SHARED, Reached
from gitops.rendering.builds import Owners, builds_of, cluster_of
from gitops.rendering.checkout import Checkout, checkout
from gitops.rendering.model import Builder, Failed, Object, Output
from gitops.rendering.sources import Sources
from gitops.rendering.variables import Key, Variables, filled, strict_roots
from gitops.tree import Tree

_BETWEEN = re.compile(r"^---[ \t]*\n", re.MULTILINE)
_NOTHING: tuple[str, ...] = ()
_DISABLED = re.compile(r"kustomize\.toolkit\.fluxcd\.io/substitute[\"']?: *[\"']?disabled")


@dataclass(frozen=True)
class Rendering:
    """What came of some builds, in their order: `rendered` and `failed`."""

    rendered: tuple[Output, ...]
    failed: tuple[Failed, ...]


@dataclass(frozen=True)
class _Raw:
    """What kustomize printed for a build, object by object, before variables are filled in."""

    build: Reached
    texts: tuple[str, ...]


def rendering(
    fleet: Fleet,
    builder: Builder,
    builds: Sequence[Reached],
    seen: Callable[[], object] = lambda: None,
) -> Rendering:
    """What Flux would apply for these builds.

    The ConfigMaps whose data are filled in are looked for in these builds only, and in those of
    the same clusters that they need.

    Args:
        fleet: the fleet that the builds are of.
        builder: kustomize.
        builds: see `builds_of`.
        seen: called after each build.

    Raises:
        Unavailable: as the builder does.
    """
    suppliers = _suppliers(fleet, builds)
    raws, failures, asked = _printed(fleet.tree, (builds, suppliers), builder, seen)
    strict = strict_roots(fleet.tree, {build.root for build in builds})
    owners = Owners(fleet)
    rendered: list[Output] = []
    for raw, known in _in_turn([raws[id(b)] for b in (*builds, *suppliers) if id(b) in raws]):
        if not any(raw.build is each for each in builds):
            continue
        try:
            rendered.append(_rendered(fleet, owners, raw, known, raw.build.root in strict))
        except InvalidInput as error:
            failures[id(raw.build)] = error
    order = {id(build): number for number, build in enumerate(builds)}
    rendered.sort(key=lambda each: order[id(each.build)])
    failed = tuple(
        Failed(
            build.environment,
            cluster_of(fleet, build),
            build,
            failures[id(build)],
            refused=id(build) not in asked,
        )
        for build in builds
        if id(build) in failures
    )
    return Rendering(tuple(rendered), failed)


def _suppliers(fleet: Fleet, builds: Sequence[Reached]) -> list[Reached]:
    """Other builds of the same clusters that may apply a ConfigMap which one of these wants."""
    needed: dict[str, set[bytes]] = {}
    for build in builds:
        names = {name.encode() for _, name in Variables.of(build).wanted}
        needed.setdefault(build.root, set()).update(names)
    chosen = {id(build) for build in builds}
    return [
        build
        for build in builds_of(fleet)
        if id(build) not in chosen and _names(fleet, build, needed.get(build.root, set()))
    ]


def _names(fleet: Fleet, build: Reached, names: set[bytes]) -> bool:
    return any(name in fleet.tree[path].data for path in build.files for name in names)


def _printed(
    tree: Tree,
    groups: Iterable[Sequence[Reached]],
    builder: Builder,
    seen: Callable[[], object],
) -> tuple[dict[int, _Raw], dict[int, InvalidInput], set[int]]:
    """What kustomize says of each build, by the build's id, and of which it was asked at all.

    Each group is laid out by itself: many builds are supplied alike, and a builder that remembers
    knows their suppliers again.
    """
    raws: dict[int, _Raw] = {}
    failures: dict[int, InvalidInput] = {}
    asked: set[int] = set()
    for group in filter(None, groups):
        laid = checkout(tree, group)
        found, failed = _raw(laid, group, builder, seen)
        raws |= found
        failures |= failed
        targets = zip(group, laid.targets, strict=True)
        asked |= {id(build) for build, target in targets if isinstance(target, str)}
    return raws, failures, asked


def _raw(
    laid: Checkout,
    builds: Sequence[Reached],
    builder: Builder,
    seen: Callable[[], object],
) -> tuple[dict[int, _Raw], dict[int, InvalidInput]]:
    """What kustomize says of each build, by the build's id."""
    paths = [target for target in laid.targets if isinstance(target, str)]
    answers = iter(builder(laid.tree, paths, seen))
    raws: dict[int, _Raw] = {}
    failures: dict[int, InvalidInput] = {}
    for build, target in zip(builds, laid.targets, strict=True):
        answer = next(answers) if isinstance(target, str) else target
        if isinstance(answer, InvalidInput):
            place = None if answer.place is None else Place(laid.named(answer.place.path))
            failures[id(build)] = (
                InvalidInput(laid.named(answer.message), answer.hint, place)
                if isinstance(target, str)
                else answer
            )
        else:
            texts = _BETWEEN.split(answer.decode(errors="replace"))
            raws[id(build)] = _Raw(build, tuple(text for text in texts if text.strip()))
    return raws, failures


def _in_turn(
    raws: Iterable[_Raw],
) -> Iterator[tuple[_Raw, Mapping[Key, Mapping[str, str]]]]:
    """The builds, each with the ConfigMaps of its cluster, those first that need none."""
    waiting = list(raws)
    known: dict[str, dict[Key, Mapping[str, str]]] = {}
    while waiting:
        ready = [
            raw
            for raw in waiting
            if set(Variables.of(raw.build).wanted) <= known.get(raw.build.root, {}).keys()
        ]
        # What waits for a ConfigMap that nobody applies is taken as it stands.
        for raw in ready or waiting:
            there = known.setdefault(raw.build.root, {})
            yield raw, there
            there.update(_config_maps(raw, Variables.of(raw.build), there))
        taken = {id(raw) for raw in ready or waiting}
        waiting = [raw for raw in waiting if id(raw) not in taken]


def _config_maps(
    raw: _Raw, variables: Variables, known: Mapping[Key, Mapping[str, str]]
) -> Iterator[tuple[Key, Mapping[str, str]]]:
    for text in raw.texts:
        if "kind: ConfigMap" not in text:
            continue
        done = (
            text if variables.idle else filled(text, variables.substitution(known), strict=False)[0]
        )
        try:
            found = _object(done, Place(raw.build.directory))
        except InvalidInput:
            continue
        if found.kind == "ConfigMap":
            pairs = mapping(found.data.get("data")).items()
            data = {key: value.replace("\n", "") for key, value in pairs if isinstance(value, str)}
            yield (found.namespace, found.name), data


def _rendered(
    fleet: Fleet,
    owners: Owners,
    raw: _Raw,
    known: Mapping[Key, Mapping[str, str]],
    strict: bool,  # noqa: FBT001 - said once, right above
) -> Output:
    build = raw.build
    variables = Variables.of(build)
    substitution = variables.substitution(known)
    sources = Sources(fleet.tree, fleet.reach, build)
    elsewhere = _told_elsewhere(fleet, build)
    objects: list[Object] = []
    unknown: dict[str, None] = {}
    for text in raw.texts:
        done, left = text, _NOTHING
        if not variables.idle and not _DISABLED.search(text):
            try:
                done, left = filled(text, substitution, strict=strict)
            except InvalidInput as error:
                raise InvalidInput(error.message, error.hint, _declared(build)) from error
        unknown.update(dict.fromkeys(left))
        found = _object(done, sources.kustomization)
        place = sources.place(found.kind, found.name)
        if place.path not in elsewhere:
            objects.append(replace(found, place=place))
    apps = owners.of(build)
    return Output(
        environment=build.environment,
        cluster=cluster_of(fleet, build),
        app=next(iter(apps)) if len(apps) == 1 else None,
        path=build.directory,
        objects=tuple(objects),
        build=build,
        unknown=tuple(unknown),
    )


def _told_elsewhere(fleet: Fleet, build: Reached) -> frozenset[str]:
    """What a shared cluster's Flux takes together, and each environment's directory has alone."""
    if build.environment != SHARED:
        return frozenset()
    starts = (b for b in fleet.reach.builds if b.kustomization is None and b.cluster != b.root)
    return frozenset().union(*(start.files for start in starts if start.root == build.root))


def _declared(build: Reached) -> Place:
    return build.kustomization.place if build.kustomization else Place(build.directory)


def _object(text: str, place: Place) -> Object:
    """An object from its text.

    Raises:
        InvalidInput: it is none, for example since a variable's value broke it.
    """
    try:
        found = [each.data() for each in documents(place.path, text.encode(errors="replace"))]
    except InvalidInput as error:
        told = f"what is rendered is no YAML: {error.message}"
        raise InvalidInput(told, "look at the values of variables", place) from error
    if len(found) != 1 or not isinstance(found[0], Mapping):
        raise InvalidInput("what is rendered is no object", place=place)
    return Object(found[0], place, text)
