"""`update`: what newer templates changed, brought into a fleet."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, print_json, say
from gitops.cli.patience import patience

if TYPE_CHECKING:
    from gitops.scaffold.update import Outcome, Updated
    from gitops.tree import Tree


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb."""
    app.command()(update)


def update(
    path: Annotated[Path, typer.Argument(help="The fleet's directory.")] = HERE,
    check: Annotated[
        bool, typer.Option("--check", help="Name what would change, write nothing; exit 1 if any.")
    ] = False,
    health: Annotated[
        str | None,
        typer.Option(help="Let the bot know of it, as in `new`: by clusters, pods or statuses."),
    ] = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Bring what newer templates changed into files that `new` and `add` wrote; edits stay."""
    from gitops.config import read
    from gitops.directory import read_directory
    from gitops.scaffold.answers.given import Given, checked
    from gitops.scaffold.update import update as updated

    if health is not None:
        checked("health", Given((health,)))
    old = read_directory(path)
    read(old)  # What is no fleet, or a broken one, is refused as everywhere.
    with patience("making every unit anew"):
        done = updated(old)
    if health is not None:
        done = _with_health(done, health)
    finish(path, old, done, check=check, dry_run=dry_run, json=json)


def _with_health(done: "Updated", health: str) -> "Updated":
    """Besides what was updated; where that is not whole, later."""
    from dataclasses import replace

    from gitops.scaffold.answers.fleet import Health
    from gitops.scaffold.turning_on import turn_on

    if done.conflicts or done.failed:
        told = "--health waits until the rest is settled: then do it again"
        return replace(done, notes=(told,))
    on = turn_on(done.tree, Health(health))
    return replace(done, tree=on.tree, notes=on.notes)


def finish(
    path: Path, old: "Tree", done: "Updated", *, check: bool, dry_run: bool, json: bool
) -> None:
    """Write what was updated, or show it.

    Raises:
        typer.Exit: 1 where a person has to choose, a unit could not be updated, or something would
            be written.
    """
    if not json:
        for line in lines(done):
            say(f"fairlead: {line}", sys.stderr)
    if check:
        _name(old, done, json=json)
    else:
        deliver(path, old, done.tree, dry_run=dry_run, json=json, told=_told(done))
    if done.conflicts or done.failed:
        raise typer.Exit(1)


def _name(old: "Tree", done: "Updated", *, json: bool) -> None:
    """Which files would change; exit 1 if there are any."""
    from gitops.tree import changes

    paths = list(changes(old, done.tree))
    if json:
        print_json({"written": [], "would_write": paths, **_told(done)})
    else:
        for path in paths:
            say(f"{'would change' if path in old else 'would create'} {path}")
        if not paths:
            print("nothing to do")
    if paths:
        raise typer.Exit(1)


def lines(done: "Updated") -> list[str]:
    """What a person should know of it."""
    found = []
    for each in done.outcomes:
        if each.refused is not None:
            found.append(f"{each.unit} is not updated: {each.refused}")
        found += [f"{path} is no longer in the templates, and stays" for path in each.left]
    return (
        found
        + [
            f"{place}: changed by you and by the templates; choose between the marks"
            for place in done.conflicts
        ]
        + [*done.notes]
    )


def _told(done: "Updated") -> dict[str, object]:
    return {"units": [_facts(each) for each in done.outcomes], "notes": list(done.notes)}


def _facts(outcome: "Outcome") -> dict[str, object]:
    return {
        "unit": str(outcome.unit),
        "template": outcome.template,
        "refused": None if outcome.refused is None else str(outcome.refused),
        "conflicts": [str(place) for place in outcome.conflicts],
        "left": list(outcome.left),
    }
