"""What a person answers about a component, checked against what the catalogue asks."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from gitops.config.faults import nearest
from gitops.document import Address
from gitops.errors import InvalidInput
from gitops.scaffold.catalog import Ask, Chart, Component, Node
from gitops.sites import parse_reference

_ORIGIN = r"(?:https|ssh|oci)://[A-Za-z0-9*._~/@:-]+"

FORMS: Mapping[str, tuple[re.Pattern[str], str]] = {
    "text": (re.compile(r"[A-Za-z0-9][A-Za-z0-9._@/-]{0,252}"), "a name"),
    "name": (re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"), "a name"),
    "arn": (re.compile(r"arn:[a-z-]+:[a-z0-9-]+:[a-z0-9-]*:[0-9]{12}:[A-Za-z0-9/_+=,.@-]+"), "ARN"),
    "email": (re.compile(r"[^\s@\"'<>]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}"), "an e-mail address"),
    "url": (re.compile(r"https://[A-Za-z0-9.-]+(?::[0-9]+)?(?:/[A-Za-z0-9._~/-]*)?"), "a URL"),
    "region": (re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]+"), "a region"),
    "bucket": (re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]"), "a bucket"),
    "vpc": (re.compile(r"vpc-[0-9a-f]{8,17}"), "a VPC"),
    "image": (re.compile(r"[a-z0-9][a-zA-Z0-9._/:@-]+"), "an image with its version"),
    "service": (
        re.compile(r"[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})+"),
        "NAME.NAMESPACE",
    ),
    "origins": (re.compile(rf"{_ORIGIN}(?: \| {_ORIGIN})*"), "addresses of sources"),
    "hours": (re.compile(r"[1-9][0-9]*h(?:[0-9]+m)?(?:[0-9]+s)?"), "a time in hours"),
}
"""What an answer can be: what it has to match, and what it is called."""

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_EXACT = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+(?:[-+][0-9A-Za-z.+-]+)?")


@dataclass(frozen=True, slots=True)
class ComponentAnswers:
    """What `add component` needs to know.

    `versions` are `VERSION` for the only chart, or `CHART=VERSION`. `environments` are those that
    get it, () for all. `settings` are `[ENVIRONMENT:]KEY=VALUE`. `capabilities` are those that the
    clusters have by themselves.
    """

    name: str
    versions: Sequence[str] = ()
    environments: Sequence[str] = ()
    settings: Sequence[str] = ()
    capabilities: Sequence[str] = ()
    accept_retired: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """An environment whose answers are wanted.

    `last` is true where no environment comes after. `variables` are those that all clusters of it
    can fill in.
    """

    name: str
    last: bool
    variables: frozenset[str]


@dataclass(frozen=True, slots=True)
class Resolved:
    """What a component is told in one environment: its answers, defaults among them."""

    component: Component
    answers: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs(self) -> frozenset[str]:
        """The capabilities that it needs, with those of what was chosen."""
        chosen = (
            need
            for name, answer in self.answers.items()
            if answer in self.component.asks[name].choices
            for need in self.component.asks[name].choices[answer].needs
        )
        return frozenset((*self.component.needs, *chosen))

    def values(self, template: str) -> dict[Address, str]:
        """What is written into a template."""
        found: dict[Address, str] = {}
        for name, answer in self.answers.items():
            ask = self.component.asks[name]
            says = ask.choices[answer].says if ask.choices else answer
            found |= {node.address: says for node in ask.into if node.template == template}
        return found

    def dropped(self, template: str) -> tuple[Address, ...]:
        """What goes from a template."""
        return tuple(node.address for node in self._dropped() if node.template == template)

    def _dropped(self) -> Iterator[Node]:
        for name, ask in self.component.asks.items():
            if name not in self.answers:
                yield from ask.without
            elif ask.choices:
                yield from ask.choices[self.answers[name]].drops


def resolved(
    component: Component, settings: Sequence[str], environments: Sequence[Asked]
) -> dict[str, Resolved]:
    """What a component is told, by environment.

    Raises:
        InvalidInput: an answer is missing, of another form, or to what was not asked; all that are
            missing are told at once.
    """
    given = _given(component, settings, [each.name for each in environments])
    found = {}
    missing: dict[str, Ask] = {}
    for environment in environments:
        own = {**given.get(None, {}), **given.get(environment.name, {})}
        answers, unanswered = _answered(component, own, environment)
        found[environment.name] = Resolved(component, answers)
        missing |= {ask.name: ask for ask in unanswered}
    if missing:
        raise _missing(component, missing.values())
    return found


def versions_of(component: Component, texts: Sequence[str]) -> dict[str, str]:
    """The version of each chart, by its release.

    Raises:
        InvalidInput: one is missing, no exact version, or of a chart that the component has not.
    """
    given: dict[str, str] = {}
    names = [chart.name for chart in component.charts]
    for text in texts:
        chart, equals, version = text.rpartition("=")
        if not names:
            raise InvalidInput(f"{component.name} has no chart", "leave out --version")
        if not equals and len(names) > 1:
            hint = "write " + " ".join(f"--version {name}=VERSION" for name in names)
            raise InvalidInput(f"{component.name} has {len(names)} charts", hint)
        if equals and chart not in names:
            raise InvalidInput(f"{component.name} has no chart {chart!r}", nearest(chart, names))
        if not _EXACT.fullmatch(version):
            told = f"{version!r} is no exact version of a chart"
            raise InvalidInput(told, "write it as 1.2.3: what runs shall change in git alone")
        given[chart or names[0]] = version
    return {chart.release: given.get(chart.name) or _read(chart) for chart in component.charts}


def _read(chart: Chart) -> str:
    if chart.version is None:
        told = f"the catalogue has no version of the chart {chart.name}"
        where = f"{chart.repository}/{chart.name}" if chart.oci else chart.repository
        raise InvalidInput(told, f"add --version VERSION; {where} has them")
    return chart.version


def _given(
    component: Component, settings: Sequence[str], environments: Sequence[str]
) -> dict[str | None, dict[str, str]]:
    """The answers as they were given: by environment, None for all of them."""
    found: dict[str | None, dict[str, str]] = {}
    for text in settings:
        key, equals, value = text.partition("=")
        environment, colon, name = key.rpartition(":")
        if not (equals and value and name) or (colon and not environment):
            hint = "write --set KEY=VALUE, or --set ENVIRONMENT:KEY=VALUE"
            raise InvalidInput(f"--set {text} is no answer", hint)
        if colon and environment not in environments:
            told = f"{component.name} is added to no environment {environment!r}"
            raise InvalidInput(told, nearest(environment, environments))
        if name not in component.asks:
            told = f"{component.name} asks for no {name!r}"
            hint = nearest(name, component.asks) if component.asks else "leave out --set"
            raise InvalidInput(told, hint)
        found.setdefault(environment or None, {})[name] = value
    return found


def _answered(
    component: Component, given: Mapping[str, str], environment: Asked
) -> tuple[dict[str, str], list[Ask]]:
    """The answers for one environment, and the asks that have none."""
    answers: dict[str, str] = {}
    missing: list[Ask] = []
    for name, ask in component.asks.items():
        if ask.only is not None and answers.get(ask.only[0]) not in ask.only[1]:
            if name in given and ask.only[0] not in {each.name for each in missing}:
                chosen = " or ".join(ask.only[1])
                told = f"{component.name} asks for {name} only with {ask.only[0]}={chosen}"
                raise InvalidInput(told, f"leave out --set {name}=...")
            continue
        default = (ask.last if environment.last else None) or ask.default
        answer = given.get(name, default)
        if answer is not None:
            _check(ask, answer, environment)
            answers[name] = answer
        elif not ask.optional:
            missing.append(ask)
    return answers, missing


def _check(ask: Ask, answer: str, environment: Asked) -> None:
    if ask.choices:
        if answer not in ask.choices:
            told = f"{answer!r} is none of the choices of {ask.name}"
            raise InvalidInput(told, nearest(answer, ask.choices))
        return
    variable = _VARIABLE.fullmatch(answer)
    if variable is not None:
        if variable[1] not in environment.variables:
            told = f"not every cluster of {environment.name} has the variable {variable[1]}"
            raise InvalidInput(told, "add it to their cluster-vars.yaml first")
        return
    pattern, what = FORMS[ask.form]
    reference = parse_reference(answer) if ask.form == "image" else None
    versioned = reference is not None and bool(reference.digest or reference.tag)
    if not pattern.fullmatch(answer) or (ask.form == "image" and not versioned):
        told = f"{ask.name}: {answer!r} is no {what.removeprefix('an ').removeprefix('a ')}"
        raise InvalidInput(told, f"write it as {ask.like}")


def _missing(component: Component, asks: Iterable[Ask]) -> InvalidInput:
    asks = tuple(asks)
    told = "; ".join(f"{ask.name}, {_wanted(ask)}" for ask in asks)
    flags = " ".join(f"--set {ask.name}={_example(ask)}" for ask in asks)
    return InvalidInput(f"{component.name} has to be told {told}", f"add for example {flags}")


def _wanted(ask: Ask) -> str:
    return f"{ask.about} ({', '.join(ask.choices)})" if ask.choices else ask.about


def _example(ask: Ask) -> str:
    return next(iter(ask.choices)) if ask.choices else ask.like
