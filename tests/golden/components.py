"""What `add component` writes, a file for each component of the catalogue.

`python -m tests.golden.components` writes them anew.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from gitops.scaffold import FleetAnswers, new_fleet
from gitops.scaffold.catalog import catalog
from gitops.scaffold.component import add_component
from gitops.scaffold.component_answers import ComponentAnswers
from gitops.tree import Tree, changes

DIRECTORY = Path(__file__).parent / "components"
FLEET = new_fleet(Tree({}), FleetAnswers("acme", environments=("dev", "prod")))
HAVE = ("irsa", "kms", "storage", "lb-controller")
"""What the clusters have by themselves; the rest is brought by components, or said to be there."""

_ACM = "arn:aws:acm:eu-central-1:210987654321:certificate"
_ROLE = "arn:aws:iam::210987654321:role"
SETTINGS = {
    "aws-load-balancer-controller": (
        "dev:cluster-name=shop-dev",
        "prod:cluster-name=shop-prod",
        "region=eu-central-1",
        "dev:vpc-id=vpc-0a1b2c3d4e5f60718",
        "prod:vpc-id=vpc-00112233445566778",
        f"role-arn={_ROLE}/load-balancers",
        "prod:waf-acl=arn:aws:wafv2:eu-central-1:210987654321:regional/webacl/shop/0a1b2c3d",
    ),
    "cert-manager": (
        "email=platform@shop.example",
        "solver=route53",
        "region=eu-central-1",
        f"role-arn={_ROLE}/cert-manager",
    ),
    "cluster-autoscaler": (
        "cluster-name=shop",
        "region=eu-central-1",
        f"role-arn={_ROLE}/autoscaler",
    ),
    "external-dns": ("provider=aws", "routes=yes", f"role-arn={_ROLE}/dns"),
    "external-secrets": ("region=eu-central-1", f"role-arn={_ROLE}/secrets"),
    "flagger": ("router=gateway",),
    "grafana": ("logs=yes",),
    "ingress-nginx": ("load-balancer=nlb", "tls=acm", f"certificate={_ACM}/0a1b2c3d"),
    "karpenter": (
        "cluster-name=shop",
        "queue=shop-interruptions",
        f"role-arn={_ROLE}/karpenter",
        "node-role=shop-node",
        "ami-alias=al2023@v20260801",
    ),
    "kube-prometheus-stack": (
        "node-pool=observability",
        "prod:remote-write=https://metrics.shop.example/api/v1/push",
    ),
    "loki": (
        "dev:bucket=shop-dev-logs",
        "prod:bucket=shop-prod-logs",
        "region=eu-central-1",
        f"role-arn={_ROLE}/loki",
    ),
    "nginx-ingress": (
        "load-balancer=nlb",
        "dev:tls=cert-manager",
        "prod:tls=both",
        f"prod:certificate={_ACM}/00112233",
    ),
    "prometheus-postgres-exporter": ("service=db2.db2", "secret=postgres-exporter"),
    "vault": (
        "kms-key=arn:aws:kms:eu-central-1:210987654321:key/8f3c2f5e-0000-4000-8000-1234567890ab",
        "region=eu-central-1",
        f"role-arn={_ROLE}/vault",
    ),
    "velero": (
        "dev:bucket=shop-dev-backups",
        "prod:bucket=shop-prod-backups",
        "region=eu-central-1",
        f"role-arn={_ROLE}/velero",
        "plugin-image=registry.shop.example/velero-plugin-for-aws:v9.9.9",
    ),
}
"""By component what it has to be told; the others are told nothing."""


def answers(name: str, have: Sequence[str] = tuple(catalog().capabilities)) -> ComponentAnswers:
    """Good answers for a component, on clusters that have everything by themselves."""
    charts = catalog().components[name].charts
    versions = ["9.9.9" for chart in charts if chart.version is None]
    return ComponentAnswers(name, versions, (), SETTINGS.get(name, ()), have, accept_retired=True)


def written(name: str) -> str:
    """The files of a component, one after the other, each under its path."""
    return "".join(_shown(name))


def _shown(name: str) -> Iterator[str]:
    tree = add_component(FLEET, answers(name)).tree
    for path, (_, file) in changes(FLEET, tree).items():
        if file is not None and not path.endswith("cluster-vars.yaml"):
            yield f"# --- {path}\n{file.data.decode()}"


def write() -> None:
    """Write every file anew."""
    for old in DIRECTORY.glob("*.yaml"):
        old.unlink()
    for name in catalog().components:
        (DIRECTORY / f"{name}.yaml").write_text(written(name), encoding="utf-8")


if __name__ == "__main__":
    write()
