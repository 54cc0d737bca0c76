"""Whether an app stays there while a node goes, a release comes and the load grows."""

from collections.abc import Iterator, Mapping, Sequence

from gitops.check.finding import Finding
from gitops.check.pods import SCALED, Workload, told, workloads, workloads_around
from gitops.check.rendered import Rendered, RenderedRule, selects
from gitops.inclusion.flux_objects import mapping, sequence
from gitops.rendering.model import Object

_ZONE = "topology.kubernetes.io/zone"
_KEPT_AT_MOST = 20


def replicas(rendered: Rendered) -> Iterator[Finding]:
    """FL806: one pod alone where people depend on it. FL807: Recreate with several."""
    for workload in workloads(rendered):
        if workload.kind not in SCALED:
            continue
        recreated = workload.about.at("spec", "strategy", "type") == "Recreate"
        scalers = [*_scalers(rendered, workload)]
        count = workload.replicas
        alone = count == 1 or workload.about.at("spec", "replicas") is None
        if rendered.serious and alone and not scalers and not recreated:
            said = f"has one pod in {rendered.where}: it is away whenever that one is"
            yield told("FL806", workload.about, said, "write `replicas: 2`, or more")
        if recreated and count is not None and count > 1:
            said = f"stops all {count} pods at once at each release"
            hint = "take RollingUpdate, or one replica where only one may write"
            yield told("FL807", workload.about, said, hint)


def scalers(rendered: Rendered) -> Iterator[Finding]:
    """FL812 to FL815: what an autoscaler scales, and from where on."""
    seen: dict[tuple[str, str], str] = {}
    for scaler in (o for o in rendered.objects if _target(o) is not None):
        target = _target(scaler) or ("", "")
        kind, name = target
        about = rendered.around.named(kind, scaler.namespace, name)
        if kind in SCALED and about is None and rendered.around.closed(scaler.namespace):
            said = f"scales the {kind} {name}, which is not there"
            yield told("FL812", scaler, said, "correct `scaleTargetRef`")
        if target in seen and seen[target] != scaler.kind:
            said = f"scales the {kind} {name}, which a {seen[target]} scales too"
            yield told("FL814", scaler, said, "keep one of them: KEDA makes an autoscaler itself")
        seen[target] = scaler.kind
        least = scaler.at("spec", _LEAST[scaler.kind])
        if rendered.serious and (least is None or least in {0, 1}):
            said = f"may leave one pod alone in {rendered.where}"
            yield told("FL815", scaler, said, f"write `{_LEAST[scaler.kind]}: 2`, or more")
        if about is not None and about.at("spec", "replicas") is not None:
            said = f"says `replicas`, and the {scaler.kind} {scaler.name} scales it"
            hint = "remove `replicas`: Flux would set it back each time"
            yield told("FL813", about, said, hint)


_LEAST = {"HorizontalPodAutoscaler": "minReplicas", "ScaledObject": "minReplicaCount"}


def _target(scaler: Object) -> tuple[str, str] | None:
    """Kind and name of what is scaled; None where the object is no autoscaler."""
    if scaler.kind not in _LEAST:
        return None
    kind = scaler.text_at("spec", "scaleTargetRef", "kind") or "Deployment"
    return kind, scaler.text_at("spec", "scaleTargetRef", "name")


def _scalers(rendered: Rendered, workload: Workload) -> Iterator[Object]:
    about = workload.about
    for each in rendered.around.of(*_LEAST, namespace=about.namespace):
        if _target(each) == (about.kind, about.name):
            yield each


def budgets(rendered: Rendered) -> Iterator[Finding]:
    """FL816: a budget for no pod. FL817: one that never lets a pod go."""
    for budget in (o for o in rendered.objects if o.kind == "PodDisruptionBudget"):
        there = workloads_around(rendered, budget.namespace)
        selector = budget.at("spec", "selector")
        covered = [w for w in there if selector and selects(selector, w.labels)]
        if not covered:
            if rendered.around.closed(budget.namespace):
                yield told("FL816", budget, "selects no pod", "correct its selector")
            continue
        most, least = budget.at("spec", "maxUnavailable"), budget.at("spec", "minAvailable")
        count = sum(_guaranteed(rendered, workload) for workload in covered)
        if most in (0, "0%") or (least is not None and _at_least(least, count) >= count):
            said = f"lets no pod go: {_said(most, least)}, and there are {count}"
            hint = "say `maxUnavailable: 1`; else no node can be drained"
            yield told("FL817", budget, said, hint)


def _guaranteed(rendered: Rendered, workload: Workload) -> int:
    """How many pods there surely are."""
    for each in _scalers(rendered, workload):
        least = each.at("spec", _LEAST[each.kind])
        return least if isinstance(least, int) else 1
    return 1 if workload.replicas is None else workload.replicas


def _at_least(least: object, count: int) -> int:
    """`minAvailable` in pods; a share is rounded up. 0 where it is neither."""
    if isinstance(least, int):
        return least
    share = str(least).removesuffix("%")
    return -(-int(share) * count // 100) if share.isdigit() else 0


def _said(most: object, least: object) -> str:
    return f"maxUnavailable {most}" if most is not None else f"minAvailable {least}"


def spread(rendered: Rendered) -> Iterator[Finding]:
    """FL818: several pods that may all be in one zone."""
    for workload in workloads(rendered):
        several = (workload.replicas or 0) > 1 or any(_scalers(rendered, workload))
        if not (rendered.serious and workload.kind in SCALED and several):
            continue
        constraints = map(mapping, sequence(workload.pod.get("topologySpreadConstraints")))
        keys = {each.get("topologyKey") for each in constraints} | _apart(workload.pod)
        if _ZONE not in keys:
            said = f"may have all its pods in one zone of {rendered.where}"
            hint = f"write a topologySpreadConstraint with `topologyKey: {_ZONE}`"
            yield told("FL818", workload.about, said, hint)


def _apart(pod: Mapping[str, object]) -> set[object]:
    """The topology keys of the pod's anti-affinity."""
    rule = mapping(mapping(pod.get("affinity")).get("podAntiAffinity"))
    hard = sequence(rule.get("requiredDuringSchedulingIgnoredDuringExecution"))
    soft = sequence(rule.get("preferredDuringSchedulingIgnoredDuringExecution"))
    terms = [*hard, *(mapping(each).get("podAffinityTerm") for each in soft)]
    return {mapping(term).get("topologyKey") for term in terms}


def pods(rendered: Rendered) -> Iterator[Finding]:
    """FL819: a pod that nobody starts again."""
    for workload in workloads(rendered):
        if workload.kind == "Pod":
            said = "is a pod of its own, which nobody starts again on another node"
            yield told("FL819", workload.about, said, "make it a Deployment, or a Job")


def jobs(rendered: Rendered) -> Iterator[Finding]:
    """FL820 to FL822: a Job that never ends, or comes again and again."""
    for workload in workloads(rendered):
        about = workload.about
        if workload.kind not in {"Job", "CronJob"}:
            continue
        steps = ("spec",) if workload.kind == "Job" else ("spec", "jobTemplate", "spec")
        if about.at(*steps, "activeDeadlineSeconds") is None:
            said = "has no deadline: one that hangs is never ended"
            yield told("FL820", about, said, "write `activeDeadlineSeconds`")
        if workload.kind == "Job" and about.at("spec", "ttlSecondsAfterFinished") is not None:
            said = "is removed when it is done, so that Flux makes it again"
            hint = "leave `ttlSecondsAfterFinished` out, and let its name change with its version"
            yield told("FL821", about, said, hint)
        if workload.kind == "CronJob":
            yield from _history(about)


def _history(about: Object) -> Iterator[Finding]:
    limits: Sequence[str] = ("failedJobsHistoryLimit", "successfulJobsHistoryLimit")
    for limit in limits:
        count = about.at("spec", limit)
        if count == 0 and limit == limits[0]:
            said = "keeps no failed run, so that nobody can see why it failed"
            yield told("FL822", about, said, f"leave `{limit}` out")
        elif isinstance(count, int) and count > _KEPT_AT_MOST:
            yield told("FL822", about, f"keeps {count} runs with their pods", f"lower `{limit}`")


RULES: tuple[RenderedRule, ...] = (replicas, scalers, budgets, spread, pods, jobs)
