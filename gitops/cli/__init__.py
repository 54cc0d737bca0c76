"""The verbs that need only a checkout, one module for those that belong together.

Each reads a directory into a Tree, asks a pure function, and writes the difference or prints it.
Nothing but typer is imported at module level: `fairlead --help` stays quick.
"""

from typing import TYPE_CHECKING

from gitops.cli import adopting, bump, checking, scaffolding, schema, sites, versions

if TYPE_CHECKING:
    import typer


def add_verbs(app: "typer.Typer") -> None:
    """Mount the verbs of every module."""
    scaffolding.add_verbs(app)
    versions.add_verbs(app)
    checking.add_verbs(app)
    sites.add_verbs(app)
    bump.add_verbs(app)
    schema.add_verbs(app)
    adopting.add_verbs(app)
