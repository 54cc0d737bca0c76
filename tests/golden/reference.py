"""The reference fleet at the root of this repository, and the commands that write it.

`python -m tests.golden.reference` writes it anew, with its versions where the bot moved them.
"""

import shlex
import tempfile
from pathlib import Path

import typer
from typer.testing import CliRunner

from gitops.cli import add_verbs
from gitops.directory import read_directory, write_directory
from gitops.fleet import Fleet, Setting
from gitops.tree import Tree
from tests.conftest import ROOT

_IMAGES = "registry.example.com/shop"
_GIT = "https://gitlab.example.com/shop"
_ROLE = "arn:aws:iam::210987654321:role"
_HAVE = "--have irsa --have storage --have lb-controller --have cni-netpol"
_BUCKETS = " ".join(f"--set {e}:bucket=shop-{e}-%s" for e in ("dev", "stage", "prod"))

COMMANDS = f"""\
new . --name reference --cluster prod=prod-eu --cluster prod=prod-us --domain shop.example.com
add component cert-manager {_HAVE} --set email=platform@shop.example.com --set solver=route53 \
    --set region=eu-central-1 --set role-arn={_ROLE}/cert-manager
add component envoy-gateway
add component external-dns --set provider=aws --set routes=yes --set role-arn={_ROLE}/dns
add component kube-prometheus-stack
add component prometheus-postgres-exporter --set service=db2.db2 --set secret=postgres-exporter \
    --set tls=disable
add component loki --set region=eu-central-1 --set role-arn={_ROLE}/loki \
    {_BUCKETS % (("logs",) * 3)}
add component tempo
add component flagger --set router=gateway
add component external-secrets --set region=eu-central-1 --set role-arn={_ROLE}/secrets
add component velero --set region=eu-central-1 --set role-arn={_ROLE}/velero \
    --set plugin-image=registry.example.com/platform/velero-plugin-for-aws:v1.14.1 \
    {_BUCKETS % (("backups",) * 3)}
add component keda
add component metrics-server
add component vpa
add component goldilocks
add component trivy-operator
add tenant shop --namespace shop-team --group all:oidc:shop=develop --group dev:oidc:shop=edit
add tenant platform --group all:oidc:platform=view
add app payments --team shop --image {_IMAGES}/payments --source {_GIT}/payments.git \
    --preset python-wsgi --metrics --allow-from antaeus --secrets external-secrets \
    --secret payments-keys=SESSION_KEY
add app antaeus --team shop --image {_IMAGES}/antaeus --source {_GIT}/antaeus.git --preset jvm \
    --metrics --expose httproute --host antaeus --egress payments=payments:8080 \
    --autoscale hpa --scale 2-6 --scale prod=3-12 --component goldilocks --tracing tempo
add app backend --team shop --image {_IMAGES}/backend --source {_GIT}/backend.git \
    --egress db1=db1:6379 --egress db2=db2:5432
add app db1 --team platform --image registry.example.com/platform/redis --range '>=8.0.0' \
    --strategy Recreate --port 6379 --probe tcp --volume data=/data:5Gi --allow-from backend
add app db2 --team platform --image registry.example.com/platform/postgres --range '>=17.0.0' \
    --strategy Recreate --port 5432 --probe tcp --volume data=/var/lib/postgresql:20Gi \
    --allow-from backend --allow-from prometheus-postgres-exporter
add app checkout --team shop --image {_IMAGES}/checkout --image {_IMAGES}/checkout-worker \
    --source {_GIT}/checkout.git
add app podinfo --team platform --image ghcr.io/stefanprodan/podinfo --range '>=6.0.0' --port 9898
"""
FOLDERS = (".fairlead", "apps", "clusters", "components", "infrastructure", "tenants")
"""What of a fleet lies at the root beside `fleet.yaml`; the others are this project's."""


def reference() -> Tree:
    """The fleet at the root of this repository."""
    files = {"fleet.yaml": (ROOT / "fleet.yaml").read_bytes()}
    for folder in FOLDERS:
        below = read_directory(ROOT / folder) if (ROOT / folder).is_dir() else Tree({})
        files |= {f"{folder}/{path}": file.data for path, file in below.items()}
    return Tree.of(files)


def scaffolded(directory: Path) -> Tree:
    app = typer.Typer()
    add_verbs(app)
    for line in COMMANDS.splitlines():
        words = shlex.split(line.replace("new .", f"new {directory}"))
        place = [] if words[0] == "new" else ["--path", str(directory)]
        CliRunner().invoke(app, [*words, *place], catch_exceptions=False)
    written = read_directory(directory)
    kept = ("fleet.yaml", *(f"{folder}/" for folder in FOLDERS))
    return Tree({path: file for path, file in written.items() if path.startswith(kept)})


def moved(tree: Tree, to: Fleet) -> Tree:
    """The tree with every version that the other fleet has, suspensions lifted with them."""
    for environment in to.environments:
        for app in to.apps:
            pin = to.pin(environment, app)
            if pin is not None and not pin.unreleased:
                settings = [Setting(p.repository, p.tag, p.digest) for p in pin.content]
                tree = Fleet.read(tree).set_pin(environment, app, settings)
    return tree


def write() -> None:
    """Write the reference fleet where it lies; what the scaffolder no longer writes goes."""
    old = reference()
    with tempfile.TemporaryDirectory() as directory:
        new = moved(scaffolded(Path(directory)), Fleet.read(old))
    write_directory(ROOT, old, new)
    for path in old.keys() - new.keys():
        (ROOT / path).unlink()


if __name__ == "__main__":
    write()
