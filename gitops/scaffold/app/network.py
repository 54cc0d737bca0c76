"""Who may call an app's pods, and whom they may call.

What is not named is denied by the component `default-deny`, names excepted: those are resolved.
"""

from collections.abc import Iterator

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Expose, Extra
from gitops.scaffold.answers.app_traffic import Egress
from gitops.scaffold.app import platform
from gitops.scaffold.app.parts import INSTANCE, NAME, OWN_NAME, PART_OF, Patch, Resource
from gitops.scaffold.app.patches import texts
from gitops.scaffold.app.presets import metrics_name
from gitops.scaffold.app.tracing import tracing_egress
from gitops.scaffold.template import filled, template

_KIND = "NetworkPolicy"
_NAMESPACE = "kubernetes.io/metadata.name"
_ESCAPED = "kubernetes.io~1metadata.name"
_CHOSEN: Address = ("spec", "podSelector", "matchLabels")
_FROM: Address = ("spec", "ingress", 0, "from")
_TO: Address = ("spec", "egress", 0, "to", 0)


def policies(answers: AppAnswers) -> Iterator[Resource]:
    """The NetworkPolicies of an app; none where its namespace is open."""
    traffic = answers.traffic
    if not traffic.closed:
        return
    if traffic.allow_from:
        yield Resource("allow-callers.yaml", _callers(answers))
    if traffic.expose is not None:
        yield Resource("allow-gateway.yaml", _gateway(answers))
    if answers.metrics:
        yield Resource("allow-monitoring.yaml", _monitoring(answers))
    if answers.workload.preset.keeps:
        yield Resource("allow-peers.yaml", _peers(answers))
    for each in (*traffic.egress, *tracing_egress(answers)):
        yield Resource(f"egress-{each.name}.yaml", _egress(answers, each))
    if Extra.MESH in answers.extras:
        yield Resource("egress-mesh.yaml", template("app/egress-mesh.yaml"))


def policy_patches(answers: AppAnswers, suffix: str) -> Iterator[Patch]:
    """The other apps' namespaces, where those of several environments share a cluster."""
    traffic = answers.traffic
    if not suffix or not traffic.closed:
        return
    if traffic.allow_from:
        changed = {
            f"/spec/ingress/0/from/{index}/namespaceSelector/matchLabels/{_ESCAPED}": app + suffix
            for index, app in enumerate(traffic.allow_from)
        }
        yield Patch("allow-callers.yaml", _KIND, "allow-callers", texts(changed))
    pointer = f"/spec/egress/0/to/0/namespaceSelector/matchLabels/{_ESCAPED}"
    for each in traffic.egress:
        if each.cidr is None and each.namespace is None:
            name = f"egress-{each.name}"
            yield Patch(f"{name}.yaml", _KIND, name, texts({pointer: each.app + suffix}))


def _chosen(answers: AppAnswers) -> tuple[dict[Address, str | int], list[Address]]:
    """The app's own pods: by our label, or by the one that charts give theirs."""
    charted = answers.chart is not None
    kept, gone = (INSTANCE, PART_OF) if charted else (PART_OF, INSTANCE)
    return {(*_CHOSEN, kept): answers.name}, [(*_CHOSEN, gone)]


def _callers(answers: AppAnswers) -> bytes:
    values, gone = _chosen(answers)
    callers = answers.traffic.allow_from
    for index, app in enumerate(callers):
        values[(*_FROM, index, "namespaceSelector", "matchLabels", _NAMESPACE)] = app
        values[(*_FROM, index, "podSelector", "matchLabels", PART_OF)] = app
    grown = {_FROM: len(callers)}
    if answers.chart is not None:
        # Only the chart knows what its ports are called.
        gone.append(("spec", "ingress", 0, "ports"))
    return filled("app/allow-callers.yaml", values, grown=grown, dropped=gone)


def _gateway(answers: AppAnswers) -> bytes:
    values, _ = _chosen(answers)
    if answers.traffic.expose is Expose.LOAD_BALANCER:
        # From the outside: the load balancer is none of the cluster's pods.
        return filled("app/allow-gateway.yaml", values, dropped=[_FROM])
    route = answers.traffic.expose is Expose.HTTP_ROUTE
    namespace = platform.GATEWAY_NAMESPACE if route else platform.INGRESS_NAMESPACE
    values[(*_FROM, 0, "namespaceSelector", "matchLabels", _NAMESPACE)] = namespace
    return filled("app/allow-gateway.yaml", values)


def _monitoring(answers: AppAnswers) -> bytes:
    values, _ = _chosen(answers)
    namespace: Address = (*_FROM, 0, "namespaceSelector", "matchLabels", _NAMESPACE)
    values[namespace] = platform.MONITORING_NAMESPACE
    values["spec", "ingress", 0, "ports", 0, "port"] = metrics_name(answers)
    return filled("app/allow-monitoring.yaml", values)


def _peers(answers: AppAnswers) -> bytes:
    own = ("podSelector", "matchLabels", OWN_NAME)
    chosen: tuple[Address, ...] = (("spec", *own), (*_FROM, 0, *own), (*_TO, *own))
    return filled("app/allow-peers.yaml", dict.fromkeys(chosen, answers.name))


def _egress(answers: AppAnswers, egress: Egress) -> bytes:
    values, gone = _chosen(answers)
    values[NAME] = f"egress-{egress.name}"
    values["spec", "egress", 0, "ports", 0, "port"] = egress.port
    if egress.cidr is not None:
        values[(*_TO, "ipBlock", "cidr")] = egress.cidr
        return filled("app/egress-network.yaml", values, dropped=gone)
    values[(*_TO, "namespaceSelector", "matchLabels", _NAMESPACE)] = egress.namespace or egress.app
    values[(*_TO, "podSelector", "matchLabels", OWN_NAME)] = egress.app
    return filled("app/egress-pods.yaml", values, dropped=gone)
