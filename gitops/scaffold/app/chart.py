"""An app whose manifests are a chart's: where it comes from, its values and its release."""

from collections.abc import Iterator

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_config import Chart
from gitops.scaffold.app.parts import LABELS, NAME, PART_OF, Patch, Resource
from gitops.scaffold.template import filled
from gitops.version import UNRELEASED

Values = dict[Address, str | int | bool]

_CHART: Address = ("spec", "chart")
_REFERENCE: Address = ("spec", "chartRef")
_IMAGE: Address = ("spec", "values")


def chart_files(answers: AppAnswers) -> Iterator[Resource]:
    """The release and the source of its chart."""
    chart, app = answers.chart, answers.name
    if chart is None:
        return
    values: Values = {NAME: app, (*LABELS, PART_OF): app}
    release = dict(values)
    for index in (0, 1):
        release["spec", "valuesFrom", index, "name"] = f"{app}-values"
    if chart.repository is None:
        source: Values = {**values, ("spec", "url"): chart.name}
        yield Resource("chart.yaml", filled("app/chart-registry.yaml", source))
        release[(*_REFERENCE, "name")] = app
        gone = [_CHART]
    else:
        source = {**values, ("spec", "url"): chart.repository}
        yield Resource("chart.yaml", filled("app/chart-repository.yaml", source))
        release[(*_CHART, "spec", "chart")] = chart.name
        release[(*_CHART, "spec", "sourceRef", "name")] = app
        gone = [_REFERENCE]
    if not chart.tested:
        gone.append(("spec", "test"))
    yield Resource("release.yaml", filled("app/release.yaml", release, dropped=gone))


def version_files(answers: AppAnswers, chart: Chart) -> Iterator[Resource]:
    """What says the versions in one environment: patches of the release and of its chart."""
    name: Values = {NAME: answers.name}
    version = chart.version or UNRELEASED
    if chart.repository is None:
        values: Values = {**name, ("spec", "url"): chart.name, ("spec", "ref", "tag"): version}
        yield Resource("chart.yaml", filled("app/chart-registry-version.yaml", values))
    if chart.repository is None and not answers.images:
        return
    gone: list[Address] = []
    if chart.repository is None:
        gone.append(_CHART)
    else:
        name[(*_CHART, "spec", "chart")] = chart.name
        name[(*_CHART, "spec", "version")] = version
    if answers.images:
        name[(*_IMAGE, "image", "repository")] = answers.images[0]
    else:
        gone.append(_IMAGE)
    yield Resource("release.yaml", filled("app/release-version.yaml", name, dropped=gone))


def drift_patches(answers: AppAnswers) -> Iterator[Patch]:
    """In the last environment what others change in the cluster is put back."""
    if answers.chart is not None:
        data = filled("app/drift.yaml", {NAME: answers.name})
        yield Patch("drift.yaml", "HelmRelease", answers.name, data)
