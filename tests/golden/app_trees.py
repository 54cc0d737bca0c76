"""Apps of every sort, the commands that add them, and what they add to a fleet.

`python -m tests.golden.app_trees` writes the trees below `tests/golden/apps/` anew.
"""

import shlex
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import typer.main

from gitops.cli import add_verbs
from gitops.directory import read_directory, write_directory
from gitops.scaffold import AppAnswers, FleetAnswers, add_app, new_fleet
from gitops.scaffold.answers import Topology
from gitops.scaffold.answers.app_given import app_answers
from gitops.tree import Tree

HERE = Path(__file__).parent / "apps"

_REGISTRY = "--image registry.example.com/shop"
_GIT = "--source https://gitlab.example.com/shop"

COMMANDS: Mapping[str, str] = {
    "antaeus": f"""--team shop {_REGISTRY}/antaeus {_GIT}/antaeus.git
        --preset jvm --metrics --expose httproute --host antaeus --egress payments=payments:8080
        --autoscale hpa --scale 2-6 --scale prod=3-12 --component goldilocks --log-parser json
        --smoke --tracing tempo""",
    "payments": f"""--team shop {_REGISTRY}/payments {_GIT}/payments.git
        --preset python-wsgi --metrics --allow-from antaeus --secrets external-secrets
        --secret payments-keys=STRIPE_KEY,SESSION_KEY --database cnpg
        --migrations pre --migration-command 'flask db upgrade' --replicas prod=3""",
    "backend": f"""--team shop {_REGISTRY}/backend {_REGISTRY}/backend-feed {_GIT}/backend.git
        --egress db1=databases/db1:6379 --egress db2=databases/db2:5432
        --egress bank=192.0.2.0/24:443 --env BANK_URL=https://bank.example.com
        --env dev:BANK_URL=https://sandbox.example.com""",
    "shopfront": f"""--team shop {_REGISTRY}/shopfront {_GIT}/shopfront.git --preset static
        --expose ingress --host shop --host prod=www.shop.example.com""",
    "checkout": f"""--team shop {_REGISTRY}/checkout {_GIT}/checkout.git --preset node --metrics
        --strategy Canary --expose httproute --host checkout --autoscale hpa
        --secrets sops --secret checkout --component mesh""",
    "mailer": f"""--team shop {_REGISTRY}/mailer {_GIT}/mailer.git --preset worker --metrics
        --autoscale keda --scale 2-20 --secrets vault --secret mailer --component spot
        --trigger 'rabbitmq queueName=mail mode=QueueLength value=20'
        --trigger-auth host=mailer/RABBITMQ_URL
        --irsa prod=arn:aws:iam::123456789012:role/mailer --egress smtp=10.20.0.0/16:587""",
    "report": f"""--team shop {_REGISTRY}/report {_GIT}/report.git --preset cron
        --schedule '0 3 * * *' --size m --egress payments=payments:8080""",
    "ledger": f"""--team shop {_REGISTRY}/ledger {_GIT}/ledger.git --strategy Recreate --probe tcp
        --volume data=/var/lib/ledger:20Gi --rights --secrets sealed-secrets
        --secret ledger=DATABASE_URL --database external --egress database=10.30.0.0/16:5432
        --migrations post --migration-command './migrate up'""",
    "registry": f"""--team shop {_REGISTRY}/registry {_GIT}/registry.git --preset stateful
        --port 5000 --volume data=/data:50Gi --volume index=/index:5Gi --replicas prod=3
        --allow-from antaeus --metrics --secrets vault --secret registry""",
    "tokens": f"""--team shop {_REGISTRY}/tokens {_GIT}/tokens.git --allow-from payments
        --component mtls-nginx""",
    "quotes": f"""--team shop {_REGISTRY}/quotes {_GIT}/quotes.git --probe grpc --port 9000
        --size xs --command 'quotes serve' --open""",
    "edge": f"""--team shop {_REGISTRY}/edge {_GIT}/edge.git --live /live --ready /ready
        --expose load-balancer --host dev=gw.dev.example.com --host stage=gw.stage.example.com
        --host prod=gw.example.com --metrics --log-parser logfmt""",
    "redis": """--team platform --kind helm --chart redis --repository https://charts.example.com
        --range '>=20.0.0 <21.0.0' --allow-from backend --chart-test""",
    "podinfo": """--team platform --kind oci-chart --chart oci://ghcr.io/stefanprodan/charts/podinfo
        --range '>=6.0.0'""",
    "wiki": f"""--team platform --kind helm --chart wiki --repository https://charts.example.com
        --chart-version 2.1.0 {_REGISTRY}/wiki {_GIT}/wiki.git""",
}
"""What `fairlead add app NAME` is told of each."""


FLEETS: Mapping[Topology, Tree] = {
    topology: new_fleet(Tree({}), FleetAnswers("acme", topology=topology)) for topology in Topology
}


@cache
def answers(name: str) -> AppAnswers:
    """What the command that adds this app says."""
    return told(name, COMMANDS[name])


def told(name: str, flags: str) -> AppAnswers:
    """What `fairlead add app NAME FLAGS` says.

    Raises:
        InvalidInput: it cannot be said.
    """
    root = typer.Typer()
    add_verbs(root)
    command = typer.main.get_command(root)
    for verb in ("add", "app"):
        command = command.commands[verb]  # type: ignore[attr-defined]
    params = command.make_context("app", [name, *shlex.split(flags)]).params
    given = {key.strip("_").replace("_", "-"): value for key, value in params.items()}
    return app_answers({**given, "range": given["versions"]})


@cache
def added(name: str, topology: Topology = Topology.PER_ENVIRONMENT) -> Tree:
    """A fleet with this app alone."""
    return add_app(FLEETS[topology], answers(name))


@cache
def all_added(topology: Topology) -> Tree:
    """A fleet with every app."""
    tree = FLEETS[topology]
    for name in COMMANDS:
        tree = add_app(tree, answers(name))
    return tree


def written(name: str) -> Tree:
    """What adding an app adds to a fleet, its clusters' part by the first of each environment."""
    before = FLEETS[Topology.PER_ENVIRONMENT]
    after = added(name)
    return Tree({path: after[path] for path in after.keys() - before.keys()})


def write() -> None:
    """Write the trees; what is no longer written goes."""
    new = Tree(
        {f"{name}/{path}": file for name in COMMANDS for path, file in written(name).items()}
    )
    HERE.mkdir(exist_ok=True)
    old = read_directory(HERE)
    write_directory(HERE, old, new)
    for path in old.keys() - new.keys():
        (HERE / path).unlink()


if __name__ == "__main__":
    write()
