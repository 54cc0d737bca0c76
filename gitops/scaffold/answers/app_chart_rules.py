"""Answers about an app of a chart that do not go together."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gitops.scaffold.answers.app_options import Kind, Preset, Strategy

if TYPE_CHECKING:
    from gitops.scaffold.answers.app import AppAnswers

Rule = Callable[["AppAnswers"], Iterator[tuple[bool, str, str]]]
"""Whether something is wrong, what it is, and its cure."""

_CHARTED = "the chart says what its pods are"


def _of_kind(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    charted, chart = answers.kind is not Kind.KUSTOMIZE, answers.chart
    yield (
        charted and chart is None,
        f"--kind {answers.kind} without a chart",
        "add --chart NAME --repository URL"
        if answers.kind is Kind.HELM
        else "add --chart oci://REGISTRY/CHART",
    )
    yield (
        not charted and chart is not None,
        "the chart of an app of the kind kustomize is used by nobody",
        "add --kind helm or --kind oci-chart",
    )


def _of_chart(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    chart = answers.chart
    if chart is None:
        return
    yield (
        (answers.kind is Kind.HELM) != (chart.repository is not None),
        f"--kind {answers.kind} takes its chart from elsewhere",
        "say --kind helm with --repository, --kind oci-chart without",
    )
    yield (
        bool(answers.images) and chart.version is None,
        "nothing says which version of the chart runs the image",
        "add --chart-version VERSION",
    )
    yield (
        not answers.images and chart.version is not None,
        "the chart is what is released, so its versions stand by environment",
        "write --version ENV=VERSION in place of --chart-version",
    )
    yield (
        not answers.images and answers.source is not None,
        "a chart has no builds: what is followed is a range of its versions",
        "write --range '>=1.0.0' in place of --source",
    )
    yield (
        len(answers.images) > 1,
        "a chart is given one image",
        "name one --image; the others are values of the chart",
    )


def _of_the_chart_alone(answers: "AppAnswers") -> Iterator[tuple[bool, str, str]]:
    if answers.chart is None:
        return
    said = [
        *(["--autoscale"] if answers.scaling.autoscaler else []),
        *(["--replicas"] if answers.scaling.replicas else []),
        *(["--expose"] if answers.traffic.expose else []),
        *(["--metrics"] if answers.metrics else []),
        *(["--tracing"] if answers.tracing else []),
        *(["--migrations"] if answers.migrations else []),
        *(["--rights"] if answers.rights else []),
        *(["--smoke"] if answers.smoke else []),
        *(["--database"] if answers.database else []),
        *(["--irsa"] if answers.roles else []),
        *(["--env"] if answers.variables else []),
        *(["--volume"] if answers.workload.volumes else []),
        *(["--preset"] if answers.workload.preset is not Preset.GENERIC else []),
        *(["--size"] if answers.workload.size else []),
        *(["--probe"] if answers.workload.probe else []),
        *(["--live or --ready"] if answers.workload.live or answers.workload.ready else []),
        *(["--command"] if answers.workload.command else []),
        *(["--strategy"] if answers.workload.strategy is not Strategy.ROLLING_UPDATE else []),
        *(["--log-parser"] if answers.workload.log_parser else []),
    ]
    told = f"{_CHARTED}: {said[0] if said else ''} changes nothing there"
    yield bool(said), told, "leave it out, and say it in the chart's values"


CHART_RULES: tuple[Rule, ...] = (_of_kind, _of_chart, _of_the_chart_alone)
