"""`forge apply`: what the fleet needs of its forge's settings, made by a person."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, outside
from bot.cli.doctor import Bot

if TYPE_CHECKING:
    from bot.administering import Examined
    from gitops.errors import FairleadError


def apply(
    bot: Bot = None,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    work_directory: options.WorkDirectory = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print the changes; exit 1 if there are any.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Set the forge to what the fleet needs, with your own token: FAIRLEAD_FORGE_ADMIN_TOKEN."""
    from bot.treatment import line
    from gitops.errors import InvalidInput

    operator = options.settings(fleet, branch, settings, None, work_directory)
    operator.administered()
    if (found := outside.examined(operator, bot)) is None:
        raise InvalidInput("the embedded forge has no settings", "it is for trials")
    outside.expect_administrator(found)
    for unseen in found.unseen:
        print(f"not looked at: {unseen.what}; {unseen.cure}", file=sys.stderr)
    lines = [line(change) for change in found.changes]
    if dry_run:
        _print(lines, [], None) if json else print("\n".join(lines) or "nothing to change")
        raise typer.Exit(1 if lines else 0)
    _make(found, lines, json=json)


def _make(found: "Examined", lines: list[str], *, json: bool) -> None:
    """The changes after one that fails are not tried, and are told as not done."""
    done: list[str] = []

    def tell(change: str) -> None:
        done.append(change)
        if not json:
            print(f"done: {change}")

    error = outside.carry_out(found, tell)
    if json:
        _print(lines, done, error)
    elif not lines:
        print("nothing to change")
    if error is not None:
        for told in lines[len(done) :] if not json else ():
            print(f"not done: {told}", file=sys.stderr)
        raise error


def _print(lines: list[str], done: list[str], error: "FairleadError | None") -> None:
    import json

    changes = [{"change": told, "done": told in done} for told in lines]
    print(json.dumps({"changes": changes, "error": str(error) if error else None}, sort_keys=True))
