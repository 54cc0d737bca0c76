"""What an app takes its cluster to have: a table of what was answered and what that needs.

An app is added all the same: what it needs may come the day after. Whoever adds it is told.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gitops.capability import ENFORCING
from gitops.fleet import Fleet
from gitops.reach import Reach
from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import (
    Autoscaler,
    Database,
    Expose,
    Extra,
    Store,
    Strategy,
    Tls,
    Tracing,
)
from gitops.scaffold.capabilities import DECLARED, declared
from gitops.scaffold.concerned import without_apps
from gitops.scaffold.placement import SOPS_FILE, Placement, platform_placements
from gitops.tree import Tree


@dataclass(frozen=True, slots=True)
class Need:
    """What an answer needs: a capability of the cluster, which any of `components` brings.

    `because` is how the answer was given. A need without components is the cluster's own.
    """

    capability: str
    components: tuple[str, ...]
    because: str
    asked: Callable[[AppAnswers], bool]


NEEDS = (
    Need("autoscaling", ("metrics-server",), "--autoscale hpa", lambda a: _scaler(a, "hpa")),
    Need("event-scaling", ("keda",), "--autoscale keda", lambda a: _scaler(a, "keda")),
    Need(
        "ingress",
        ("nginx-ingress", "ingress-nginx"),
        "--expose ingress",
        lambda a: a.traffic.expose is Expose.INGRESS,
    ),
    Need(
        "certificates",
        ("cert-manager",),
        "--expose ingress",
        lambda a: a.traffic.expose is Expose.INGRESS and a.traffic.tls is not Tls.ACM,
    ),
    Need(
        "gateway",
        ("envoy-gateway", "aws-gateway-controller"),
        "--expose httproute",
        lambda a: a.traffic.expose is Expose.HTTP_ROUTE,
    ),
    Need(
        "lb-controller",
        ("aws-load-balancer-controller",),
        "--expose load-balancer",
        lambda a: a.traffic.expose is Expose.LOAD_BALANCER,
    ),
    Need(
        "dns",
        ("external-dns",),
        "--expose load-balancer",
        lambda a: a.traffic.expose is Expose.LOAD_BALANCER,
    ),
    Need(
        ENFORCING,
        ("tigera-operator",),
        "an app without --open",
        lambda a: a.traffic.closed,
    ),
    Need("storage", (), "--volume", lambda a: bool(a.workload.volumes)),
    Need("metrics", ("kube-prometheus-stack",), "--metrics", lambda a: a.metrics),
    Need("tracing", ("jaeger",), "--tracing jaeger", lambda a: a.tracing is Tracing.JAEGER),
    Need("tracing", ("tempo",), "--tracing tempo", lambda a: a.tracing is Tracing.TEMPO),
    Need(
        "progressive-delivery",
        ("flagger",),
        "--strategy Canary",
        lambda a: a.workload.strategy is Strategy.CANARY,
    ),
    Need(
        "secrets-store",
        ("external-secrets",),
        "--secrets external-secrets",
        lambda a: a.secrets.store is Store.EXTERNAL,
    ),
    Need(
        "sealed-secrets",
        ("sealed-secrets",),
        "--secrets sealed-secrets",
        lambda a: a.secrets.store is Store.SEALED,
    ),
    Need(
        "vault-secrets",
        ("vault-secrets-operator",),
        "--secrets vault",
        lambda a: a.secrets.store is Store.VAULT,
    ),
    Need(
        "postgres",
        ("cloudnative-pg",),
        "--database cnpg",
        lambda a: a.database is Database.CNPG,
    ),
    Need(
        "internal-certificates",
        ("mtls",),
        "--component mtls-nginx",
        lambda a: Extra.MTLS in a.extras,
    ),
    Need("mesh", ("istio",), "--component mesh", lambda a: Extra.MESH in a.extras),
    Need(
        "goldilocks",
        ("goldilocks",),
        "--component goldilocks",
        lambda a: Extra.GOLDILOCKS in a.extras,
    ),
)
"""Every answer that needs something of the cluster, by the capabilities of the catalogue."""


def unmet(tree: Tree, answers: AppAnswers) -> Iterator[str]:
    """What an app needs and a fleet has not everywhere, a sentence for each.

    Raises:
        InvalidInput: there is no fleet.
    """
    asked = [need for need in NEEDS if need.asked(answers)]
    # Where the clusters are needs no app read, and nothing reached.
    clusters = tuple(platform_placements(Fleet(tree, without_apps(tree), Reach({}))))
    for need in asked:
        if all(_has(tree, where, need) for where in clusters):
            continue
        declare = f"give its cluster-vars.yaml the annotation `{DECLARED}: {need.capability}`"
        bring = f"fairlead add component {need.components[0]}; or " if need.components else ""
        told = f"{need.because} needs {need.capability}, which not every cluster is known to have"
        yield f"{told}: {bring}where one has it by itself, {declare}"
    if answers.secrets.store is Store.SOPS and SOPS_FILE not in tree:
        yield f"--secrets sops needs {SOPS_FILE}, which says for whom secrets are encrypted"


def _has(tree: Tree, where: Placement, need: Need) -> bool:
    there = (f"{where.path}/infrastructure/{name}.yaml" for name in need.components)
    return need.capability in declared(tree, where) or any(path in tree for path in there)


def _scaler(answers: AppAnswers, name: str) -> bool:
    return answers.scaling.autoscaler is Autoscaler(name)
