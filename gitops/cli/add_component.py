"""`add component`: something that apps rely on, from the catalogue."""

import sys
from typing import Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, say


def add_component(
    name: Annotated[str, typer.Argument(help="The component's name in the catalogue.")],
    version: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[CHART=]VERSION",
            help="An exact version of its chart; repeatable. [default: the catalogue's]",
        ),
    ] = None,
    environment: Annotated[
        list[str] | None, typer.Option(help="One that gets it; repeatable. [default: all]")
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="[ENV:]KEY=VALUE", help="What the component asks for; repeatable."
        ),
    ] = None,
    have: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CAPABILITY", help="What these clusters have by themselves; repeatable."
        ),
    ] = None,
    accept_retired: Annotated[
        bool, typer.Option("--accept-retired", help="Add one that is no longer kept up.")
    ] = False,
    path: options.Here = HERE,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Add a platform component to the clusters of every environment, or of some."""
    from gitops.directory import read_directory
    from gitops.scaffold.component import add_component as added
    from gitops.scaffold.component_answers import ComponentAnswers
    from gitops.scaffold.record import Unit, recorded

    answers = ComponentAnswers(
        name=name,
        versions=tuple(version or ()),
        environments=tuple(environment or ()),
        settings=tuple(settings or ()),
        capabilities=tuple(have or ()),
        accept_retired=accept_retired,
    )
    old = read_directory(path)
    new = added(old, answers)
    if not json:
        for warning in new.warnings:
            say(f"note: {warning}", sys.stderr)
    given = {
        "name": name,
        "version": version,
        "environment": environment,
        "set": settings,
        "have": have,
        "accept-retired": accept_retired,
    }
    told = {"warnings": list(new.warnings)}
    tree = recorded(old, new.tree, Unit("component", name), given)
    deliver(path, old, tree, dry_run=dry_run, json=json, told=told)
