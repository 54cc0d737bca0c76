"""Fleets with units of every sort, written by the commands themselves, records and all."""

import shlex
import tempfile
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import typer
from typer.testing import CliRunner

from gitops.cli import add_verbs
from gitops.directory import read_directory
from gitops.tree import Tree

_APP = "--image registry.example.com/shop/NAME --team shop"
NEW = (
    "new . --yes --name acme --forge gitlab",
    "new . --yes --name acme --topology single --bootstrap operator --defaults inline",
    "new . --yes --name acme --forge github --environment dev --environment prod",
)
"""Commands that write a fleet."""
UNITS = (
    f"""add app payments {_APP.replace("NAME", "payments")} --range '>=1.0.0' --preset python-wsgi
        --migrations pre --migration-command 'flask db upgrade' --database cnpg""",
    f"""add app web {_APP.replace("NAME", "web")} --range '>=1.0.0' --preset node --component spot
        --egress payments=payments:8080 --version prod=v1.0""",
    """add app podinfo --team platform --kind oci-chart --range '>=6.0.0'
        --chart oci://ghcr.io/stefanprodan/charts/podinfo""",
    "add component metrics-server",
    "add component flagger --set router=mesh --have mesh --have metrics",
    "add tenant shop --group developers=view --namespace shop --namespace shop-jobs",
    "add environment qa --from dev",
)
"""Commands that add one unit each, in any fleet of `NEW`."""


@cache
def fleet(commands: Sequence[str] = (NEW[0], *UNITS)) -> Tree:
    """What these commands write, one after the other; each of them has to succeed."""
    app = typer.Typer()
    add_verbs(app)
    with tempfile.TemporaryDirectory() as directory:
        for command in commands:
            words = shlex.split(command.replace("new .", f"new {directory}"))
            place = [] if words[0] == "new" else ["--path", directory]
            done = CliRunner().invoke(app, [*words, *place], catch_exceptions=False)
            assert done.exit_code == 0, done.output
        return read_directory(Path(directory))
