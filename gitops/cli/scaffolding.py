"""`new` and `add`: a fleet from nothing, and what comes to one that stands."""

from typing import Annotated

import typer

from gitops.cli import new, options
from gitops.cli.options import HERE
from gitops.cli.output import deliver


def add_verbs(app: typer.Typer) -> None:
    """Mount the verbs of this module, and `new`."""
    add = typer.Typer(help="Add to a fleet.", no_args_is_help=True)
    add.command("app")(add_app)
    new.add_verbs(app)
    app.add_typer(add, name="add")


def add_app(
    name: Annotated[str, typer.Argument(help="The app's name.")],
    image: Annotated[list[str], typer.Option(help="An image repository; repeatable.")],
    team: Annotated[str, typer.Option(help="Who owns the app.")],
    source: Annotated[str | None, typer.Option(help="The URL of the app's git repository.")] = None,
    versions: Annotated[
        str | None, typer.Option("--range", help="Without a source: what to follow, as >=1.0.0.")
    ] = None,
    kind: Annotated[str, typer.Option(help="How its manifests are written.")] = "kustomize",
    version: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ENV=VERSION",
            help="What runs already: TAG, TAG@DIGEST or IMAGE=TAG@DIGEST; repeatable.",
        ),
    ] = None,
    tag: Annotated[str, typer.Option(help="The image tag of a git tag, a template.")] = "{tag}",
    build: Annotated[
        str | None,
        typer.Option(help="That of a branch build. [default: main-{sha:7}-{timestamp:...}]"),
    ] = None,
    port: Annotated[int, typer.Option(help="The port that the containers listen on.")] = 8080,
    path: options.Here = HERE,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Add an app to every environment: unreleased and suspended, or at a version given."""
    from gitops.scaffold import AppAnswers
    from gitops.scaffold import add_app as added
    from gitops.scaffold.answers import app_kind
    from gitops.scaffold.answers.given import by_environment
    from gitops.tree import read_directory

    answers = AppAnswers(
        name=name,
        team=team,
        images=tuple(image),
        source=source,
        range=versions,
        tag=tag,
        build=build,
        port=port,
        kind=app_kind(kind),
        versions=by_environment("version", version or []),
    )
    old = read_directory(path)
    deliver(path, old, added(old, answers), dry_run=dry_run, json=json)
