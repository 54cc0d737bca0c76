"""`app-ci`: the pipeline of an app's own repository."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, say

if TYPE_CHECKING:
    from gitops.tree import Tree


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb."""
    app.command()(app_ci)


def app_ci(
    app: Annotated[str, typer.Argument(help="The app's name in the fleet.")],
    forge: Annotated[str, typer.Option(help="Of the app's repository: gitlab, github or gitea.")],
    preset: Annotated[
        str,
        typer.Option(
            help="What it is made of: generic, python-wsgi, jvm, node, static, worker, cron or "
            "stateful."
        ),
    ] = "generic",
    out: Annotated[Path, typer.Option(help="The checkout of the app's repository.")] = HERE,
    context: Annotated[
        str | None,
        typer.Option(
            metavar="DIR",
            help="The app's directory in its repository. [default: what its git tags begin with]",
        ),
    ] = None,
    dockerfile: Annotated[
        bool, typer.Option("--dockerfile", help="Write the preset's Dockerfile too.")
    ] = False,
    path: options.Here = HERE,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Write the pipeline that builds an app's images under the tags that the fleet follows."""
    from gitops import config
    from gitops.directory import read_directory
    from gitops.scaffold import app_ci as recipe
    from gitops.scaffold.answers import forge_kind
    from gitops.scaffold.answers.app_options import app_preset

    answers = recipe.AppCiAnswers(
        app=app,
        forge=forge_kind(forge),
        preset=app_preset(preset),
        context=context,
        dockerfile=dockerfile,
    )
    fleet = config.read(read_directory(path))
    old = _there(out, recipe.written_paths(fleet, answers))
    new = recipe.app_ci(fleet, answers, old)
    deliver(out, old, new, dry_run=dry_run, json=json)
    if new != old and not (dry_run or json):
        say(f"Next: ci/{app}/README.md says what to set up on the forge, and which tags to protect")


def _there(root: Path, paths: tuple[str, ...]) -> "Tree":
    """The files at these paths; the rest of a repository, which may be large, is not read."""
    from gitops.directory import read_file
    from gitops.tree import Tree

    found = {}
    for path in paths:
        place = root / path
        if place.is_symlink() or (place.exists() and not place.is_dir()):
            found[path] = read_file(place)[place.name]
    return Tree(found)
