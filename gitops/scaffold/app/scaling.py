"""How many pods an app has, and how many of them may be away at once."""

from collections.abc import Iterator

from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Autoscaler, Strategy
from gitops.scaffold.answers.app_workload import ALL
from gitops.scaffold.app.parts import (
    COMPONENT,
    PART_OF,
    Patch,
    Resource,
    is_cron,
    labelled,
    pods_of,
)
from gitops.scaffold.app.patches import numbers
from gitops.scaffold.template import Values, filled

_BOUNDS = (2, 6)
_FIELDS = {
    Autoscaler.HPA: ("minReplicas", "maxReplicas"),
    Autoscaler.KEDA: ("minReplicaCount", "maxReplicaCount"),
}
_KINDS = {Autoscaler.HPA: "HorizontalPodAutoscaler", Autoscaler.KEDA: "ScaledObject"}


def scaling(answers: AppAnswers) -> Iterator[Resource]:
    """Disruption budgets and autoscalers."""
    for pods in pods_of(answers):
        if is_cron(answers):
            return
        if answers.workload.strategy is not Strategy.RECREATE:
            match: tuple[str, ...] = ("spec", "selector", "matchLabels")
            values: Values = {
                **labelled(pods.name, answers.name),
                (*match, PART_OF): answers.name,
                (*match, COMPONENT): pods.role,
            }
            data = filled("app/pod-disruption-budget.yaml", values)
            yield Resource(f"{pods.prefix}pod-disruption-budget.yaml", data)
        if answers.scaling.autoscaler is not None:
            yield _autoscaler(answers, answers.scaling.autoscaler, pods.name, pods.prefix)


def _autoscaler(answers: AppAnswers, kind: Autoscaler, name: str, prefix: str) -> Resource:
    least, most = answers.scaling.bounds.get(ALL, _BOUNDS)
    fewest, greatest = _FIELDS[kind]
    values: Values = {
        **labelled(name, answers.name),
        ("spec", "scaleTargetRef", "name"): name,
        ("spec", fewest): least,
        ("spec", greatest): most,
    }
    file = "autoscaler" if kind is Autoscaler.HPA else "scaled-object"
    return Resource(f"{prefix}{file}.yaml", filled(f"app/{file}.yaml", values))


def bounds_patches(answers: AppAnswers, environment: str) -> Iterator[Patch]:
    """Other bounds of the autoscalers in one environment."""
    kind, found = answers.scaling.autoscaler, answers.scaling.bounds.get(environment)
    if kind is None or found is None:
        return
    changed = {f"/spec/{f}": count for f, count in zip(_FIELDS[kind], found, strict=True)}
    for pods in pods_of(answers):
        yield Patch(f"{pods.prefix}scale.yaml", _KINDS[kind], pods.name, numbers(changed))


def replicas(answers: AppAnswers, environment: str) -> dict[str, int]:
    """How many pods each workload has in an environment, where that was said."""
    count = answers.scaling.replicas.get(environment)
    return {} if count is None else {pods.name: count for pods in pods_of(answers)}
