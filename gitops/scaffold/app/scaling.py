"""How many pods an app has, and how many of them may be away at once."""

import json
from collections.abc import Iterator, Sequence

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Autoscaler, Strategy
from gitops.scaffold.answers.app_trigger import Credential, Trigger
from gitops.scaffold.answers.names import ALL
from gitops.scaffold.app.parts import (
    COMPONENT,
    LABELS,
    NAME,
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
    asked = answers.scaling.trigger
    if asked is not None and asked.credentials:
        yield Resource("trigger-authentication.yaml", _login(answers.name, asked.credentials))


def _autoscaler(answers: AppAnswers, kind: Autoscaler, name: str, prefix: str) -> Resource:
    least, most = answers.scaling.bounds.get(ALL, _BOUNDS)
    fewest, greatest = _FIELDS[kind]
    values: Values = {
        **labelled(name, answers.name),
        ("spec", "scaleTargetRef", "name"): name,
        ("spec", fewest): least,
        ("spec", greatest): most,
    }
    if answers.scaling.trigger is not None:
        data = _triggered(answers.name, answers.scaling.trigger, values)
        return Resource(f"{prefix}scaled-object.yaml", data)
    file = "autoscaler" if kind is Autoscaler.HPA else "scaled-object"
    return Resource(f"{prefix}{file}.yaml", filled(f"app/{file}.yaml", values))


def _triggered(app: str, asked: Trigger, values: Values) -> bytes:
    first: Address = ("spec", "triggers", 0)
    said: dict[Address, str | int | bool] = {**values, (*first, "type"): asked.type}
    gone: list[Address] = []
    if asked.credentials:
        said[(*first, "authenticationRef", "name")] = app
    else:
        gone.append((*first, "authenticationRef"))
    text = filled("app/scaled-object-trigger.yaml", said, dropped=gone).decode()
    # Only a scaler knows its keys; KEDA takes each value as a text.
    head, _, _ = text.partition("        key: value\n")
    lines = (f"        {key}: {json.dumps(value)}\n" for key, value in asked.metadata.items())
    return f"{head}{''.join(lines)}".encode()


def _login(app: str, credentials: Sequence[Credential]) -> bytes:
    refs: Address = ("spec", "secretTargetRef")
    values: dict[Address, str] = {NAME: app, (*LABELS, PART_OF): app}
    for index, each in enumerate(credentials):
        values[(*refs, index, "parameter")] = each.parameter
        values[(*refs, index, "name")] = each.secret
        values[(*refs, index, "key")] = each.key
    return filled("app/trigger-authentication.yaml", values, grown={refs: len(credentials)})


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
