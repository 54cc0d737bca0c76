"""The catalogue of platform components: which chart, what it needs, what it brings, what it asks.

Versions are facts that were read in the month that the catalogue says. It is part of the package,
so a fault in it is ours: reading raises ValueError, and a test reads it.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files

from gitops.document import Address, documents
from gitops.scaffold.catalog_reading import Fields


class State(StrEnum):
    """Whether a chart is kept up: by its people, no longer, or elsewhere."""

    CURRENT = "current"
    RETIRED = "retired"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart and where it lies.

    `repository` begins with `oci://`, to which the name is added, or is a Helm repository's URL.
    `version` is exact, None where nobody read one. `release` is the HelmRelease's name, and `after`
    that of the one that it waits for, None for nobody.
    """

    name: str
    repository: str
    version: str | None
    release: str
    after: str | None

    @property
    def oci(self) -> bool:
        """Whether it lies in a registry."""
        return self.repository.startswith("oci://")


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a template below `templates/component/`."""

    template: str
    address: Address


@dataclass(frozen=True, slots=True)
class Choice:
    """One of the answers that can be given: what it writes, needs, and leaves out of templates."""

    says: str
    needs: tuple[str, ...]
    drops: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """What a component has to be told, for each environment.

    `form` is what its answer looks like, one of `component_answers.FORMS`, and `like` an example,
    which is never written. `default` is None where there is none; `last` is the default where no
    environment comes after. `choices` are empty where any text of the form will do. It is asked
    `only` where one of those is answered to another ask, None for always. Without an answer the
    nodes of `without` go.
    """

    name: str
    about: str
    form: str
    like: str
    default: str | None
    last: str | None
    optional: bool
    choices: Mapping[str, Choice]
    only: tuple[str, tuple[str, ...]] | None
    into: tuple[Node, ...]
    without: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Component:
    """A platform component.

    `replacements` are components, named where it is retired or moved; `reason` says why, "" where
    it is current. `objects` are manifests beside its releases, `configuration` those that can be
    applied only once it runs. `excludes` cannot be on the same cluster. `guest_of` is the component
    whose namespace it is put into, None where it has its own. One without charts has objects alone.
    """

    name: str
    about: str
    state: State
    reason: str
    replacements: tuple[str, ...]
    charts: tuple[Chart, ...]
    namespace: str
    guest_of: str | None
    pod_security: str
    provides: tuple[str, ...]
    needs: tuple[str, ...]
    excludes: tuple[str, ...]
    objects: tuple[str, ...]
    configuration: tuple[str, ...]
    asks: Mapping[str, Ask]


@dataclass(frozen=True, slots=True)
class Catalog:
    """The components by name, the capabilities with what they mean, and the month of reading."""

    read: datetime.date
    capabilities: Mapping[str, str]
    components: Mapping[str, Component]

    def providers(self, capability: str) -> tuple[str, ...]:
        """The components that provide a capability, those that are kept up first."""
        found = [c for c in self.components.values() if capability in c.provides]
        return tuple(c.name for c in sorted(found, key=lambda c: c.state is not State.CURRENT))

    @property
    def month(self) -> str:
        """When it was read, as a person writes it."""
        return f"{self.read:%Y-%m}"


@cache
def catalog() -> Catalog:
    """The catalogue of this version of Fairlead."""
    return read_catalog(files("gitops.scaffold").joinpath("catalog.yaml").read_bytes())


def read_catalog(data: bytes) -> Catalog:
    """A catalogue from its file.

    Raises:
        ValueError: something in it is missing, of the wrong kind, or names what is not there.
        InvalidInput: it is no YAML, or a key occurs twice.
    """
    top = Fields("catalog.yaml", documents("catalog.yaml", data)[0].data())
    year, _, month = top.text("read").partition("-")
    capabilities = top.mapping("capabilities")
    components = {name: _component(name, each) for name, each in top.each("components")}
    top.done()
    named = {name: str(about) for name, about in capabilities.items()}
    found = Catalog(datetime.date(int(year), int(month), 1), named, components)
    faults = list(_faults(found))
    if faults:
        raise ValueError("; ".join(faults))
    return found


def _component(name: str, fields: Fields) -> Component:
    charts = tuple(map(_chart, fields.items("charts")))
    component = Component(
        name=name,
        about=fields.text("about"),
        state=State(fields.text("state", State.CURRENT)),
        reason=fields.text("reason", ""),
        replacements=fields.texts("replacements"),
        charts=charts,
        namespace=fields.text("namespace", name),
        guest_of=fields.text("guest-of", "") or None,
        pod_security=fields.text("pod-security", "restricted"),
        provides=fields.texts("provides"),
        needs=fields.texts("needs"),
        excludes=fields.texts("excludes"),
        objects=fields.texts("objects"),
        configuration=fields.texts("configuration"),
        asks={ask: _ask(ask, each) for ask, each in fields.each("asks")},
    )
    fields.done()
    return component


def _chart(fields: Fields) -> Chart:
    name = fields.text("name")
    chart = Chart(
        name=name,
        repository=fields.text("repository"),
        version=fields.text_or_null("version"),
        release=fields.text("release", name),
        after=fields.text("after", "") or None,
    )
    fields.done()
    return chart


def _ask(name: str, fields: Fields) -> Ask:
    only = next(iter(fields.mapping("only").items()), None)
    ask = Ask(
        name=name,
        about=fields.text("about"),
        form=fields.text("form", "text"),
        like=fields.text("like", ""),
        default=fields.text("default", "") or None,
        last=fields.text("last", "") or None,
        optional=fields.flag("optional"),
        choices={choice: _choice(choice, each) for choice, each in fields.each("choices")},
        only=(only[0], _one_or_several(only[1])) if only is not None else None,
        into=_nodes(fields, "into"),
        without=_nodes(fields, "without"),
    )
    fields.done()
    return ask


def _one_or_several(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else (str(value),)


def _choice(name: str, fields: Fields) -> Choice:
    choice = Choice(fields.text("says", name), fields.texts("needs"), _nodes(fields, "drops"))
    fields.done()
    return choice


def _nodes(fields: Fields, key: str) -> tuple[Node, ...]:
    return tuple(Node(str(path), tuple(address)) for path, *address in fields.addresses(key))


def _faults(found: Catalog) -> Iterator[str]:
    """What names something that is not there, or must be there and is not."""
    for component in found.components.values():
        yield from _own_faults(component)
        guests = (component.guest_of,) if component.guest_of is not None else ()
        for other in (*component.replacements, *component.excludes, *guests):
            if other not in found.components:
                yield f"{component.name} names {other}, which is no component"
        named = {*component.provides, *component.needs, *_chosen_needs(component)}
        for capability in sorted(named - found.capabilities.keys()):
            yield f"{component.name} names {capability}, which is no capability"
        for other in component.excludes:
            if other in found.components and (
                component.name not in found.components[other].excludes
            ):
                yield f"{component.name} excludes {other}, and not the other way round"


def _own_faults(component: Component) -> Iterator[str]:
    if not (component.charts or component.objects):
        yield f"{component.name} has neither a chart nor objects"
    if (component.state is State.CURRENT) == bool(component.replacements and component.reason):
        yield f"{component.name} is {component.state}: its replacements and reason do not fit"
    for ask in component.asks.values():
        if ask.only is not None:
            other, chosen = ask.only
            for choice in chosen:
                if other not in component.asks or choice not in component.asks[other].choices:
                    yield f"{component.name}: {ask.name} is asked only with {other}={choice}"
        if ask.default is not None and ask.choices and ask.default not in ask.choices:
            yield f"{component.name}: {ask.default} is no choice of {ask.name}"


def _chosen_needs(component: Component) -> set[str]:
    chosen = (c for ask in component.asks.values() for c in ask.choices.values())
    return {need for choice in chosen for need in choice.needs}
