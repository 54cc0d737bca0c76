"""`new` and `add`: a fleet from nothing, and what comes to one that stands."""

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, say


def add_verbs(app: typer.Typer) -> None:
    """Mount the verbs of this module."""
    add = typer.Typer(help="Add to a fleet.", no_args_is_help=True)
    add.command("app")(add_app)
    app.command()(new)
    app.add_typer(add, name="add")


def new(
    path: Annotated[Path, typer.Argument(help="Where; a new or an existing directory.")] = HERE,
    name: Annotated[
        str | None, typer.Option(help="The fleet's name. [default: the directory's]")
    ] = None,
    forge: Annotated[str, typer.Option(help="local, gitlab, github or gitea.")] = "local",
    project: Annotated[
        str | None, typer.Option(help="The repository's path on the forge. [default: NAME/fleet]")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="What Flux pulls, until `flux bootstrap` says it.")
    ] = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(metavar="ENV=NAME", help="A cluster; repeatable. [default: ENV-1]"),
    ] = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Write a fleet with the environments dev, stage and prod. Nothing is overwritten."""
    from gitops.scaffold import FleetAnswers, new_fleet
    from gitops.scaffold.answers import forge_kind
    from gitops.tree import Tree, read_directory

    answers = FleetAnswers(
        name=path.resolve().name if name is None else name,
        forge=forge_kind(forge),
        project=project,
        url=url,
        clusters=_by_environment("--cluster", cluster or []),
    )
    old = read_directory(path) if path.exists() else Tree({})
    fleet = new_fleet(old, answers)
    deliver(path, old, fleet, dry_run=dry_run, json=json)
    if fleet != old and not (dry_run or json):
        there = [] if path == HERE else [shlex.quote(str(path))]
        add = ["  fairlead add app NAME --image REPOSITORY --source URL --team TEAM"]
        print("Next: put your people into fleet.yaml, then")
        say(" --path ".join(add + there))
        say(" ".join(["  fairlead check", *there]))


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
        versions=_by_environment("--version", version or []),
    )
    old = read_directory(path)
    deliver(path, old, added(old, answers), dry_run=dry_run, json=json)


def _by_environment(flag: str, texts: Sequence[str]) -> dict[str, list[str]]:
    """`ENV=VALUE` several times, by environment."""
    from gitops.errors import InvalidInput

    found: dict[str, list[str]] = {}
    for text in texts:
        environment, equals, value = text.partition("=")
        if not (environment and equals and value):
            example = "prod=prod-eu" if flag == "--cluster" else "prod=v1.0"
            raise InvalidInput(f"{flag} {text} is not ENV=VALUE", f"write {flag} {example}")
        found.setdefault(environment, []).append(value)
    return found
