"""`new` and `add`: a fleet from nothing, and what comes to one that stands."""

import typer

from gitops.cli import new
from gitops.cli.add_app import add_app
from gitops.cli.add_component import add_component
from gitops.cli.add_environment import add_cluster, add_environment
from gitops.cli.add_tenant import add_tenant


def add_verbs(app: typer.Typer) -> None:
    """Mount the verbs of this module, and `new`."""
    add = typer.Typer(help="Add to a fleet.", no_args_is_help=True)
    add.command("app")(add_app)
    add.command("component")(add_component)
    add.command("tenant")(add_tenant)
    add.command("environment")(add_environment)
    add.command("cluster")(add_cluster)
    new.add_verbs(app)
    app.add_typer(add, name="add")
