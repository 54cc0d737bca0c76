"""The pods of an app: Deployments, StatefulSets or CronJobs, and the Services before them."""

from collections.abc import Iterator

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Expose, Probe, Strategy
from gitops.scaffold.app.annotating import annotated
from gitops.scaffold.app.containers import Filled, Filling, ported, probed, started
from gitops.scaffold.app.hosts import HOSTNAME, host
from gitops.scaffold.app.parts import (
    COMPONENT,
    LABELS,
    NAME,
    OWN_NAME,
    PART_OF,
    Pods,
    Resource,
    headless,
    is_cron,
    labelled,
    pods_of,
)
from gitops.scaffold.app.presets import metrics_port, probe
from gitops.scaffold.template import filled


def workloads(answers: AppAnswers) -> Iterator[Resource]:
    """What runs the app's images."""
    for pods in pods_of(answers):
        if is_cron(answers):
            yield Resource(f"{pods.prefix}cronjob.yaml", _cronjob(answers, pods))
            continue
        if answers.workload.preset.keeps:
            yield Resource("stateful-set.yaml", _stateful_set(answers, pods))
            yield Resource("service-headless.yaml", _headless(answers, pods))
        else:
            yield Resource(f"{pods.prefix}deployment.yaml", _deployment(answers, pods))
        # Flagger makes the Services of what it delivers.
        if answers.workload.strategy is Strategy.CANARY:
            continue
        if answers.workload.preset.serves:
            yield Resource(f"{pods.prefix}service.yaml", _service(answers, pods))


def _cronjob(answers: AppAnswers, pods: Pods) -> bytes:
    made = started(answers, pods, ("spec", "jobTemplate", "spec", "template"))
    made.values["spec", "schedule"] = str(answers.workload.schedule)
    return made.written("app/cronjob.yaml")


def _deployment(answers: AppAnswers, pods: Pods) -> bytes:
    made = started(answers, pods, ("spec", "template"))
    made.values["spec", "selector", "matchLabels", OWN_NAME] = pods.name
    recreate = answers.workload.strategy is Strategy.RECREATE
    if recreate:
        made.values["spec", "strategy", "type"] = "Recreate"
        made.dropped.append(("spec", "strategy", "rollingUpdate"))
    if answers.scaling.autoscaler is not None:
        made.dropped.append(("spec", "replicas"))
    elif recreate:
        made.values["spec", "replicas"] = 1
    ported(answers, made)
    probed(answers, made)
    _mounted(answers, pods, made)
    return made.written("app/deployment.yaml")


def _stateful_set(answers: AppAnswers, pods: Pods) -> bytes:
    made = started(answers, pods, ("spec", "template"))
    made.values["spec", "selector", "matchLabels", OWN_NAME] = pods.name
    made.values["spec", "serviceName"] = headless(pods.name)
    for index in (0, 1):
        spread: Address = (*made.spec, "topologySpreadConstraints", index)
        made.values[(*spread, "labelSelector", "matchLabels", OWN_NAME)] = pods.name
    ported(answers, made)
    probed(answers, made)
    claims, mounts = ("spec", "volumeClaimTemplates"), (*made.container, "volumeMounts")
    found = answers.workload.volumes
    made.grown |= {claims: len(found), mounts: len(found)}
    for index, each in enumerate(found):
        claim: Address = (*claims, index)
        made.values[(*claim, *LABELS, PART_OF)] = answers.name
        made.values[(*claim, *NAME)] = each.name
        made.values[(*claim, "spec", "resources", "requests", "storage")] = each.size
        made.values[(*mounts, index, "name")] = each.name
        made.values[(*mounts, index, "mountPath")] = each.path
    return made.written("app/stateful-set.yaml")


def _headless(answers: AppAnswers, pods: Pods) -> bytes:
    values: Filling = {**labelled(headless(pods.name), answers.name)}
    values[(*LABELS, COMPONENT)] = pods.role
    values["spec", "selector", OWN_NAME] = pods.name
    values["spec", "ports", 0, "port"] = answers.port
    return filled("app/service-headless.yaml", values)


def _mounted(answers: AppAnswers, pods: Pods, made: Filled) -> None:
    """The volumes of the app's first workload; its claims are in `ground`."""
    mounts, volumes = (*made.container, "volumeMounts"), (*made.spec, "volumes")
    found = answers.workload.volumes if pods.first else ()
    if not found:
        made.dropped += [(*mounts, 0), (*volumes, 0)]
        return
    made.grown |= {mounts: len(found), volumes: len(found)}
    for index, each in enumerate(found):
        made.values[(*mounts, index, "name")] = each.name
        made.values[(*mounts, index, "mountPath")] = each.path
        made.values[(*volumes, index, "name")] = each.name
        claim: Address = (*volumes, index, "persistentVolumeClaim", "claimName")
        made.values[claim] = f"{answers.name}-{each.name}"


def _service(answers: AppAnswers, pods: Pods) -> bytes:
    values: Filling = {**labelled(pods.name, answers.name), (*LABELS, COMPONENT): pods.role}
    values["spec", "selector", OWN_NAME] = pods.name
    gone: list[Address] = []
    if pods.first and answers.traffic.expose is Expose.LOAD_BALANCER:
        values["metadata", "annotations", HOSTNAME] = host(answers)
    else:
        gone += [("metadata", "annotations"), ("spec", "type")]
    plain = probe(answers) is Probe.TCP and answers.workload.strategy is not Strategy.CANARY
    if plain and answers.traffic.expose is None:
        # Whoever speaks no HTTP expects the usual port: a database's is in the URL of its callers.
        values["spec", "ports", 0, "port"] = answers.port
    metrics = metrics_port(answers)
    outside = pods.first and answers.traffic.expose is Expose.LOAD_BALANCER
    if metrics is None or outside:
        # Figures are for the cluster alone: a PodMonitor reads them from the pods.
        gone.append(("spec", "ports", 1))
    else:
        values["spec", "ports", 1, "port"] = metrics
    data = filled("app/service.yaml", values, dropped=gone)
    return annotated(answers, "service.yaml", data) if outside else data
