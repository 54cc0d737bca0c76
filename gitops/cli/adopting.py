"""`adopt`: Fairlead's configuration for a repository that is there already."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, say
from gitops.cli.patience import Tally, patience

if TYPE_CHECKING:
    from gitops.adopt import AdoptAnswers, Adopted
    from gitops.tree import Tree


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb."""
    app.command()(adopt)


def adopt(
    path: Annotated[Path, typer.Argument(help="The repository's directory.")] = HERE,
    name: Annotated[
        str | None, typer.Option(help="The fleet's name. [default: the repository's]")
    ] = None,
    forge: Annotated[
        str | None,
        typer.Option(help="local, gitlab, github or gitea. [default: what its clusters pull]"),
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="The repository's path on the forge. [default: likewise]")
    ] = None,
    environment: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=PATH",
            help="The directory of a cluster; repeatable. [default: what is found]",
        ),
    ] = None,
    after: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=NAME",
            help="The environment that it comes after; repeatable. [default: by their names]",
        ),
    ] = None,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Describe the environments and apps of any Flux repository. No manifest is touched."""
    from gitops.adopt import AdoptAnswers, facts, lines

    answers = AdoptAnswers(
        name=name,
        fallback=path.resolve().name,
        forge=forge,
        project=project,
        environments=_paths(environment or []),
        after=dict(_pairs("--after", "prod=staging", after or [])),
    )
    old, found = _adopted(path, answers)
    if not json:
        # Of a dry run the diff alone is the output.
        for line in lines(found.report):
            say(line, sys.stderr if dry_run else None)
    told = {"report": facts(found.report)}
    deliver(path, old, found.tree, dry_run=dry_run, json=json, told=told)


def _adopted(path: Path, answers: "AdoptAnswers") -> "tuple[Tree, Adopted]":
    from gitops.adopt import adopt
    from gitops.directory import read_directory

    seen = Tally()
    with patience(f"reading what is below {path}", lambda: f"{seen} files"):
        tree = read_directory(path, seen)
    looked = Tally()
    with patience("looking for environments and apps", lambda: f"{looked} of {len(tree)} files"):
        return tree, adopt(tree, answers, looked)


def _paths(texts: Sequence[str]) -> dict[str, list[str]]:
    """The directories of clusters by environment."""
    found: dict[str, list[str]] = {}
    for environment, path in _pairs("--environment", "prod=clusters/prod", texts):
        found.setdefault(environment, []).append(path)
    return found


def _pairs(flag: str, example: str, texts: Sequence[str]) -> Iterator[tuple[str, str]]:
    from gitops.errors import InvalidInput

    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise InvalidInput(f"{flag} {text} is no pair", f"write {flag} {example}")
        yield name, value
