"""`diff`: what changes in what Flux would apply, between a revision and the directory."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import outside
from bot.cli.render import INSTALL, Cluster, chosen, rendered, whose
from gitops.cli.options import HERE, Here, Json
from gitops.cli.output import print_json, say
from gitops.cli.patience import Tally, patience

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.fleet import Fleet
    from gitops.reach import Reached
    from gitops.rendering.model import Builder
    from gitops.tree import Tree


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(diff)


def diff(
    revision: Annotated[
        str, typer.Argument(metavar="[REV]", help="What is compared with.")
    ] = "HEAD",
    app: Annotated[str | None, typer.Argument(help="One app alone.")] = None,
    environment: Annotated[
        str | None, typer.Argument(metavar="[ENV]", help="One environment alone.")
    ] = None,
    path: Here = HERE,
    cluster: Cluster = None,
    json: Json = False,
) -> None:
    """Show what would change in the clusters since a revision; exit 1 when something would.

    Without kustomize the files themselves are compared.
    """
    from gitops.diff import unified_diff
    from gitops.directory import read_directory
    from gitops.tree import changes

    seen = Tally()
    with patience(f"reading what is below {path}", lambda: f"{seen} files"):
        files = outside.revision(path, revision), read_directory(path, seen)
    builder = outside.builder()
    if builder is None:
        told = "kustomize was not found on PATH: the files are compared, and not what they become"
        say(f"fairlead: {told}; {INSTALL}", sys.stderr)
        sides, failed = tuple(_of(tree, environment, app) for tree in files), False
    else:
        sides, failed = _rendered(builder, files, (environment, cluster, app))
    old, new = sides
    paths = list(changes(old, new))
    if json:
        print_json({"rendered": builder is not None, "changed": paths})
    else:
        sys.stdout.buffer.write(unified_diff(old, new).encode(errors="surrogateescape"))
        sys.stdout.buffer.flush()
    if failed or paths:
        raise typer.Exit(2 if failed else 1)


def _rendered(
    builder: "Builder",
    files: "tuple[Tree, Tree]",
    wanted: tuple[str | None, str | None, str | None],
) -> "tuple[tuple[Tree, ...], bool]":
    """Both sides, and whether something of the new one could not be rendered."""
    from gitops.rendering.comparing import as_tree

    new = _fleet(files[1])
    # First what is there now: a name that nothing has is refused once, and not told of both sides.
    now = new, chosen(new, *wanted)
    builds = [_before(files[0], wanted), now]
    sides, failed = [], False
    for when, (fleet, those) in zip(("before", "now"), builds, strict=True):
        done = rendered(fleet, builder, those) if fleet is not None else None
        for each in done.failed if done else ():
            where = f"{when}: {whose(each.environment)} {each.cluster}: {each.build.directory}"
            say(f"fairlead: {where}: {each.error}", sys.stderr)
            failed = failed or when == "now"
        sides.append(as_tree(done.rendered if done else ()))
    return tuple(sides), failed


def _before(
    tree: "Tree", wanted: tuple[str | None, str | None, str | None]
) -> "tuple[Fleet | None, Sequence[Reached]]":
    """The old fleet and its builds; None where it was no fleet, or had nothing of what is asked."""
    from gitops.errors import InvalidInput

    try:
        fleet = _fleet(tree)
        return fleet, chosen(fleet, *wanted)
    except InvalidInput as error:
        say(f"fairlead: before: {error}", sys.stderr)
        return None, ()


def _fleet(tree: "Tree") -> "Fleet":
    from gitops.fleet import Fleet

    return Fleet.read(tree)


def _of(tree: "Tree", environment: str | None, app: str | None) -> "Tree":
    """The files that an app, or an environment, consists of; all of them where none is named."""
    from gitops.rendering.builds import builds_of
    from gitops.tree import Tree

    if environment is None and app is None:
        return tree
    builds = builds_of(_fleet(tree), environment, None, app)
    paths = {path for build in builds for path in build.files}
    return Tree({path: file for path, file in tree.items() if path in paths})
