"""How the world outside reaches an app, and how its monitoring does."""

from collections.abc import Iterator

from gitops.document import Address
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Autoscaler, Expose, Extra, Strategy, Tls
from gitops.scaffold.app import platform
from gitops.scaffold.app.annotating import annotated
from gitops.scaffold.app.hosts import host
from gitops.scaffold.app.parts import LABELS, PART_OF, Patch, Pods, Resource, labelled, pods_of
from gitops.scaffold.app.patches import texts
from gitops.scaffold.app.presets import metrics_name, metrics_port
from gitops.scaffold.template import filled

Values = dict[Address, str | int | bool]


def exposing(answers: AppAnswers) -> Iterator[Resource]:
    """The Ingress or the route, the monitor, and what a canary needs."""
    expose, canary = answers.traffic.expose, answers.workload.strategy is Strategy.CANARY
    if expose is Expose.INGRESS:
        yield _annotated(answers, "ingress.yaml", _ingress(answers))
    # Flagger makes the route of what it delivers.
    if expose is Expose.HTTP_ROUTE and not canary:
        yield _annotated(answers, "route.yaml", _route(answers))
    if answers.metrics:
        yield _monitor(answers)
    if Extra.MTLS in answers.extras:
        yield Resource("certificate.yaml", _certificate(answers))
    if canary:
        yield from (
            Resource(f"{pods.prefix}canary.yaml", _canary(answers, pods))
            for pods in pods_of(answers)
        )
        address: Values = {("spec", "provider", "address"): platform.PROMETHEUS}
        data = filled("app/metric-templates.yaml", address, address)
        yield Resource("metric-templates.yaml", data)


def _annotated(answers: AppAnswers, name: str, data: bytes) -> Resource:
    return Resource(name, annotated(answers, name, data))


def _ingress(answers: AppAnswers) -> bytes:
    rule: Address = ("spec", "rules", 0)
    own: Values = {
        ("metadata", "annotations", "cert-manager.io/cluster-issuer"): platform.ISSUER,
        ("spec", "tls", 0, "hosts", 0): host(answers),
        ("spec", "tls", 0, "secretName"): f"{answers.name}-tls",
    }
    # What comes decrypted would be sent back to TLS for ever.
    decrypted = answers.traffic.tls is Tls.ACM
    gone: tuple[Address, ...] = (("metadata", "annotations"), ("spec", "tls")) if decrypted else ()
    values: Values = {
        **labelled(answers.name, answers.name),
        **({} if decrypted else own),
        ("spec", "ingressClassName"): platform.INGRESS_CLASS,
        (*rule, "host"): host(answers),
        (*rule, "http", "paths", 0, "backend", "service", "name"): answers.name,
    }
    return filled("app/ingress.yaml", values, dropped=gone)


def _route(answers: AppAnswers) -> bytes:
    values: Values = {
        **labelled(answers.name, answers.name),
        ("spec", "parentRefs", 0, "name"): platform.GATEWAY,
        ("spec", "parentRefs", 0, "namespace"): platform.GATEWAY_NAMESPACE,
        ("spec", "hostnames", 0): host(answers),
        ("spec", "rules", 0, "backendRefs", 0, "name"): answers.name,
    }
    return filled("app/route.yaml", values)


def certificate_patches(answers: AppAnswers, suffix: str) -> Iterator[Patch]:
    """The names of the app's Service where several environments share a cluster."""
    if suffix and Extra.MTLS in answers.extras:
        name = f"{answers.name}.{answers.name}{suffix}"
        changed = {"/spec/dnsNames/1": name, "/spec/dnsNames/2": f"{name}.svc"}
        yield Patch("certificate.yaml", "Certificate", "mtls", texts(changed))


def _certificate(answers: AppAnswers) -> bytes:
    app = answers.name
    values: Values = {(*LABELS, PART_OF): app, ("spec", "issuerRef", "name"): platform.AUTHORITY}
    for index, name in enumerate((app, f"{app}.{app}", f"{app}.{app}.svc")):
        values["spec", "dnsNames", index] = name
    return filled("app/certificate.yaml", values)


def _monitor(answers: AppAnswers) -> Resource:
    """Of Services where they are ours; else of the pods themselves."""
    values: Values = dict(labelled(answers.name, answers.name))
    values["spec", "selector", "matchLabels", PART_OF] = answers.name
    # Two Services lead to the pods of a StatefulSet, and each figure would be there twice.
    single = answers.workload.preset.serves and not answers.workload.preset.keeps
    ours = single and answers.workload.strategy is not Strategy.CANARY
    if answers.traffic.expose is Expose.LOAD_BALANCER and metrics_port(answers) is not None:
        ours = False  # A Service that the whole world reaches does not have their port.
    name, endpoints = ("service", "endpoints") if ours else ("pod", "podMetricsEndpoints")
    values["spec", endpoints, 0, "port"] = metrics_name(answers)
    return Resource(f"{name}-monitor.yaml", filled(f"app/{name}-monitor.yaml", values))


def _canary(answers: AppAnswers, pods: Pods) -> bytes:
    expose = answers.traffic.expose if pods.first else None
    service: Address = ("spec", "service")
    analysis: Address = ("spec", "analysis")
    values: Values = {
        **labelled(pods.name, answers.name),
        ("spec", "targetRef", "name"): pods.name,
    }
    gone: list[Address] = []
    if expose is Expose.HTTP_ROUTE:
        values[(*service, "hosts", 0)] = host(answers)
        values[(*service, "gatewayRefs", 0, "name")] = platform.GATEWAY
        values[(*service, "gatewayRefs", 0, "namespace")] = platform.GATEWAY_NAMESPACE
    else:
        gone += [(*service, "hosts"), (*service, "gatewayRefs")]
        values["spec", "provider"] = "kubernetes" if expose is None else "nginx"
    if expose is Expose.INGRESS:
        values["spec", "ingressRef", "name"] = answers.name
    else:
        gone.append(("spec", "ingressRef"))
    if expose is None:
        gone += [(*analysis, "maxWeight"), (*analysis, "stepWeight")]
    else:
        gone.append((*analysis, "iterations"))
    _scaled(answers, pods, values, gone)
    return filled("app/canary.yaml", values, dropped=gone)


def _scaled(answers: AppAnswers, pods: Pods, values: Values, gone: list[Address]) -> None:
    scaler: Address = ("spec", "autoscalerRef")
    kind = answers.scaling.autoscaler
    if kind is None:
        gone.append(scaler)
        return
    values[(*scaler, "name")] = pods.name
    if kind is Autoscaler.KEDA:
        values[(*scaler, "apiVersion")] = "keda.sh/v1alpha1"
        values[(*scaler, "kind")] = "ScaledObject"
