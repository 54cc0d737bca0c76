"""The verbs that need only a checkout, one module for those that belong together.

Each reads a directory into a Tree, asks a pure function, and writes the difference or prints it.
Nothing but typer is imported at module level: `fairlead --help` stays quick.
"""

from typing import TYPE_CHECKING

from gitops.cli import adopting, app_ci, bump, checking, scaffolding, schema, sites, versions

if TYPE_CHECKING:
    from collections.abc import Callable

    import typer

    from gitops.rendering.model import Builder


def add_verbs(app: "typer.Typer", builder: "Callable[[], Builder | None] | None" = None) -> None:
    """Mount the verbs of every module.

    `builder` finds kustomize for `check`; see there. No process is started in this package.
    """
    scaffolding.add_verbs(app)
    versions.add_verbs(app)
    checking.add_verbs(app, builder)
    sites.add_verbs(app)
    bump.add_verbs(app)
    schema.add_verbs(app)
    app_ci.add_verbs(app)
    adopting.add_verbs(app)
