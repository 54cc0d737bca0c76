"""The files of a component: its releases, what an environment adds, and how Flux applies them."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.resources import files

from gitops.document import Address, Document, documents
from gitops.errors import InvalidInput
from gitops.scaffold.catalog import Chart, Component, State
from gitops.scaffold.component_answers import Resolved
from gitops.scaffold.namespaces import SYSTEMS
from gitops.scaffold.placement import Placement
from gitops.scaffold.template import Values, filled

Files = dict[str, bytes]

_NAME: Address = ("metadata", "name")
_NAMESPACE: Address = ("metadata", "namespace")


def base_files(component: Component, told: Sequence[Resolved]) -> Files:
    """What is alike in every environment.

    Raises:
        InvalidInput: an answer that decides about it is not the same in all of them.
    """
    root = f"infrastructure/{component.name}"
    found = dict(_base(component, told, f"{root}/base"))
    shared = [name for name in component.configuration if not _differs(component, name)]
    found |= _configuration(component, told[0], shared, f"{root}/config/base", [])
    return found


def environment_files(
    component: Component, told: Resolved, environment: str, versions: Mapping[str, str]
) -> tuple[Files, Files]:
    """What an environment adds: first what was answered, then the charts with their versions."""
    root = f"infrastructure/{component.name}"
    own = f"{root}/envs/{environment}"
    written: Files = {}
    charts: Files = {}
    for chart in component.charts:
        charts[_own(component, chart, "chart")] = _chart(component, chart, versions[chart.release])
        patch = _patch(component, chart, told)
        if patch is not None:
            written[_own(component, chart, "values")] = patch
    index = _environment([*charts], [*written])
    result = {f"{own}/{name}": data for name, data in written.items()}
    result[f"{own}/kustomization.yaml"] = index
    if component.configuration:
        differing = [name for name in component.configuration if _differs(component, name)]
        above = ["../../base"] if len(differing) < len(component.configuration) else []
        there = f"{root}/config/envs/{environment}"
        result |= _configuration(component, told, differing, there, above)
    return result, {f"{own}/{name}": data for name, data in charts.items()}


def flux_files(
    component: Component,
    told: Resolved,
    where: Placement,
    after: Mapping[str, Sequence[str]],
) -> Files:
    """The Flux Kustomizations on one cluster.

    `after` are, by capability, those after which it is there.
    """
    first = sorted({name for need in told.needs for name in after.get(need, ())})
    path = f"./infrastructure/{component.name}"
    there = f"{where.path}/infrastructure/{component.name}"
    own = f"{path}/envs/{where.environment}"
    found = {f"{there}.yaml": _flux(where, component.name, own, first)}
    if component.configuration:
        name = f"{component.name}-config"
        own = f"{path}/config/envs/{where.environment}"
        found[f"{there}-config.yaml"] = _flux(where, name, own, [component.name])
    return found


def _base(component: Component, told: Sequence[Resolved], root: str) -> Iterator[tuple[str, bytes]]:
    names = []
    if component.namespace not in SYSTEMS and component.guest_of is None:
        names.append("namespace.yaml")
        yield f"{root}/namespace.yaml", _namespace(component)
    helm = next((chart for chart in component.charts if not chart.oci), None)
    if helm is not None:
        names.append("repository.yaml")
        values = {**_named(component, component.name), ("spec", "url"): helm.repository}
        yield f"{root}/repository.yaml", filled("component/repository.yaml", values)
    for name in component.objects:
        names.append(name)
        template = f"objects/{component.name}/{name}"
        yield f"{root}/{name}", _same(template, told)
    for chart in component.charts:
        names.append(_own(component, chart, "release"))
        yield f"{root}/{names[-1]}", _release(component, chart, told)
    yield f"{root}/kustomization.yaml", _index("component/base.yaml", names)


def _namespace(component: Component) -> bytes:
    labels: Address = ("metadata", "labels")
    values = {
        _NAME: component.namespace,
        (*labels, "app.kubernetes.io/name"): component.name,
        (*labels, "pod-security.kubernetes.io/enforce"): component.pod_security,
    }
    return filled("component/namespace.yaml", values)


def _release(component: Component, chart: Chart, told: Sequence[Resolved]) -> bytes:
    values = {
        **_named(component, chart.release),
        ("spec", "chartRef", "kind"): "OCIRepository" if chart.oci else "HelmChart",
        ("spec", "chartRef", "name"): chart.release,
    }
    dropped: tuple[Address, ...] = (("spec", "dependsOn"),)
    if chart.after is not None:
        values["spec", "dependsOn", 0, "name"] = chart.after
        dropped = ()
    head = filled("component/release.yaml", values, dropped=dropped)
    template = f"values/{chart.release}.yaml"
    body = b"  values:\n" + _indented(_same(template, told)) if _exists(template) else b""
    return _warning(component) + head + body


def _warning(component: Component) -> bytes:
    """Why nobody should begin with it, for whoever reads the release."""
    if component.state is State.CURRENT:
        return b""
    told = f"# {component.state.upper()}: {component.reason}.\n"
    return f"{told}# Use {' or '.join(component.replacements)} instead.\n".encode()


def _chart(component: Component, chart: Chart, version: str) -> bytes:
    values = _named(component, chart.release)
    if chart.oci:
        values["spec", "url"] = f"{chart.repository}/{chart.name}"
        values["spec", "ref", "tag"] = version
        return filled("component/oci-chart.yaml", values)
    values["spec", "chart"] = chart.name
    values["spec", "version"] = version
    values["spec", "sourceRef", "name"] = component.name
    return filled("component/helm-chart.yaml", values)


def _patch(component: Component, chart: Chart, told: Resolved) -> bytes | None:
    """The values of a release that an environment has of its own; None where there are none."""
    template = f"environment/{chart.release}.yaml"
    if not _exists(template):
        return None
    data = _answered(template, told)
    if data is None:
        return None
    head = filled("component/patch.yaml", _named(component, chart.release))
    return head + b"spec:\n  values:\n" + _indented(data)


def _environment(charts: Sequence[str], patches: Sequence[str]) -> bytes:
    resources = ["../../base", *charts]
    values: dict[Address, str] = {("resources", i): name for i, name in enumerate(resources)}
    grown: dict[Address, int] = {("resources",): len(resources)}
    if not patches:
        gone: tuple[Address, ...] = (("patches",),)
        return filled("component/environment.yaml", values, grown=grown, dropped=gone)
    values |= {("patches", index, "path"): name for index, name in enumerate(patches)}
    grown["patches",] = len(patches)
    return filled("component/environment.yaml", values, grown=grown)


def _configuration(
    component: Component, told: Resolved, names: Sequence[str], root: str, above: Sequence[str]
) -> Files:
    """Manifests that can be applied only once the component runs; nothing where there are none."""
    if not (names or above):
        return {}
    found = {}
    for name in names:
        data = _answered(f"configuration/{component.name}/{name}", told)
        if data is None:
            raise ValueError(f"nothing is left of {name} of {component.name}")
        found[f"{root}/{name}"] = data
    found[f"{root}/kustomization.yaml"] = _index("component/configuration.yaml", [*above, *names])
    return found


def _differs(component: Component, name: str) -> bool:
    """Whether what is answered decides about a manifest."""
    template = f"configuration/{component.name}/{name}"
    nodes = [
        node
        for ask in component.asks.values()
        for node in (
            *ask.into,
            *ask.without,
            *(drop for choice in ask.choices.values() for drop in choice.drops),
        )
    ]
    return any(node.template == template for node in nodes)


def _flux(where: Placement, name: str, path: str, first: Sequence[str]) -> bytes:
    template = "component/flux.yaml"
    values: dict[Address, str] = {_NAME: name, ("spec", "path"): path}
    after: Address = ("spec", "dependsOn")
    if not first:
        return where.filled(template, values, after)
    values |= {(*after, index, "name"): each for index, each in enumerate(first)}
    return where.filled(template, values, grown={after: len(first)})


def _same(template: str, told: Sequence[Resolved]) -> bytes:
    """A template that all environments share.

    Raises:
        InvalidInput: they were answered differently.
    """
    found = {_answered(template, each) for each in told}
    data = next(iter(found))
    if len(found) > 1 or data is None:
        component = told[0].component
        asks = [
            name for name in component.asks if len({each.answers.get(name) for each in told}) > 1
        ]
        what = f"{' and '.join(asks)} of {component.name} cannot differ between environments"
        raise InvalidInput(what, "answer for all of them at once, without ENVIRONMENT:")
    return data


def _answered(template: str, told: Resolved) -> bytes | None:
    """A template with what was answered; None where nothing is left of it."""
    name = f"component/{template}"
    [document] = documents(name, filled(name))
    dropped = _closed(document, told.dropped(template))
    if () in dropped:
        return None
    return filled(name, told.values(template), dropped=dropped)


def _closed(document: Document, dropped: Sequence[Address]) -> tuple[Address, ...]:
    """What goes, where a mapping or a list of which nothing is left goes too."""
    gone = set(dropped)
    for address in sorted(document.branches, key=len, reverse=True):
        keys = document.keys(*address)
        if keys and all((*address, key) in gone for key in keys):
            gone.add(address)
    return tuple(a for a in sorted(gone, key=str) if not gone & {a[:n] for n in range(len(a))})


def _index(template: str, names: Sequence[str]) -> bytes:
    values: Values = {("resources", index): name for index, name in enumerate(names)}
    return filled(template, values, grown={("resources",): len(names)})


def _named(component: Component, name: str) -> dict[Address, str]:
    return {_NAME: name, _NAMESPACE: component.namespace}


def _own(component: Component, chart: Chart, what: str) -> str:
    """The name of a file of one chart; it says which where there are several."""
    return f"{what}.yaml" if len(component.charts) == 1 else f"{chart.release}-{what}.yaml"


def _indented(data: bytes) -> bytes:
    lines = data.decode().splitlines(keepends=True)
    return "".join(f"    {line}" if line.strip() else line for line in lines).encode()


def _exists(template: str) -> bool:
    return files("gitops.scaffold").joinpath("templates", "component", template).is_file()
