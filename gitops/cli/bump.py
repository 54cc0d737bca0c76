"""`bump`: move every place where a version of an artifact is written to another one."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import print_json, say

if TYPE_CHECKING:
    from gitops.bump import Bump, Move
    from gitops.cli.reading import Surveyed
    from gitops.errors import Place
    from gitops.sites import ArtifactKind


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(bump)


def bump(
    name: Annotated[
        str, typer.Argument(help="An image repository, a chart or a git URL, in any spelling.")
    ],
    version: Annotated[
        str, typer.Argument(help="TAG, TAG@sha256:... or @sha256:...; of git TAG@COMMIT too.")
    ],
    path: Annotated[Path, typer.Argument(help="A directory, or one YAML file.")] = HERE,
    kind: Annotated[
        str | None, typer.Option(metavar="KIND", help="image, chart or git, if NAME is several.")
    ] = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Move every version of an image, a chart or a git source; needs no fleet and no configuration.

    All or nothing. What is left alone is listed on standard error, with the reason.
    """
    from gitops.bump import bump as bumped
    from gitops.cli.patience import nothing_collected, patience
    from gitops.cli.reading import surveyed
    from gitops.diff import unified_diff
    from gitops.directory import write_directory

    meant = _kind(kind)
    found = surveyed(path)
    with patience("moving versions"), nothing_collected():
        done = bumped(
            found.tree,
            name,
            version,
            meant,
            found=found.survey,
            where=lambda place: _where(found, place),
        )
    if done.refused:
        _refuse(found, done)
    if not dry_run:
        with patience("writing"), nothing_collected():
            write_directory(found.root, found.tree, done.tree)
    if json:
        print_json(_facts(found, done, dry_run=dry_run))
    elif dry_run:
        diff = unified_diff(found.tree, done.tree)
        sys.stdout.buffer.write(diff.encode(errors="surrogateescape"))
    else:
        for move in done.moved:
            say(_told(found, move))
        if not done.moved:
            say("nothing to do")
    if not json:
        sys.stdout.flush()
        _tell_the_rest(found, done)
    if dry_run and done.moved:
        raise typer.Exit(1)


def _kind(text: str | None) -> "ArtifactKind | None":
    from gitops.errors import InvalidInput
    from gitops.sites import ArtifactKind

    if text is None or text in set(ArtifactKind):
        return ArtifactKind(text) if text else None
    raise InvalidInput(f"--kind {text!r} is unknown", f"write {', '.join(ArtifactKind)}")


def _refuse(found: "Surveyed", done: "Bump") -> None:
    """Say every reason, not only the first: all of them must go before anything is written."""
    from gitops.errors import InvalidInput

    _tell_the_rest(found, done)
    for error in done.refused:
        place = f"{_where(found, error.place)}: " if error.place else ""
        say(f"fairlead: {place}{InvalidInput(error.message, error.hint)}", sys.stderr)
    say("fairlead: nothing was written", sys.stderr)
    raise typer.Exit(InvalidInput.exit_code)


def _tell_the_rest(found: "Surveyed", done: "Bump") -> None:
    for skipped in done.passed_over:
        say(f"passed over {_where(found, skipped.place)}: {skipped.reason}", sys.stderr)
    for note in done.notes:
        say(f"fairlead: {note}", sys.stderr)


def _told(found: "Surveyed", move: "Move") -> str:
    where = _where(found, move.site.place)
    return f"{where}: {move.site.object}: {move.site.value or '(empty)'} -> {move.new}"


def _where(found: "Surveyed", place: "Place") -> str:
    from gitops.errors import Place

    return str(Place(found.path(place.path), place.line, place.column))


def _facts(found: "Surveyed", done: "Bump", *, dry_run: bool) -> dict[str, object]:
    from gitops.tree import changes

    paths = [found.path(path) for path in changes(found.tree, done.tree)]
    return {
        "name": done.artifact,
        "kind": done.kind.value,
        "moved": [_move_facts(found, move) for move in done.moved],
        "passed_over": [
            {**_place_facts(found, skipped.place), "reason": skipped.reason}
            for skipped in done.passed_over
        ],
        "notes": list(done.notes),
        "written": [] if dry_run else paths,
        "would_write": paths if dry_run else [],
    }


def _move_facts(found: "Surveyed", move: "Move") -> dict[str, object]:
    return {
        **_place_facts(found, move.site.place),
        "object": move.site.object,
        "part": move.site.part.value,
        "from": move.site.value,
        "to": move.new,
    }


def _place_facts(found: "Surveyed", place: "Place") -> dict[str, object]:
    return {"path": found.path(place.path), "line": place.line, "column": place.column}
