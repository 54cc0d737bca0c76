"""The verbs that need only a checkout, one module for those that belong together.

Each reads a directory into a Tree, asks a pure function, and writes the difference or prints it.
Nothing but typer is imported at module level: `fairlead --help` stays quick.
"""

from typing import TYPE_CHECKING

from gitops.cli import (
    adopting,
    app_ci,
    bump,
    checking,
    scaffolding,
    schema,
    sites,
    updating,
    versions,
)
from gitops.cli.tools import Tools

if TYPE_CHECKING:
    import typer


def add_verbs(app: "typer.Typer", tools: Tools | None = None) -> None:
    """Mount the verbs of every module.

    `tools` are what `check` may use of the machine. No process is started in this package.
    """
    scaffolding.add_verbs(app)
    updating.add_verbs(app)
    versions.add_verbs(app)
    checking.add_verbs(app, tools)
    sites.add_verbs(app)
    bump.add_verbs(app)
    schema.add_verbs(app)
    app_ci.add_verbs(app)
    adopting.add_verbs(app)
