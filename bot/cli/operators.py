"""`hold`, `unhold`, `freeze`, `unfreeze`, `rollback`: a person's stops, and the way back."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.asking import Desk, Done

App = Annotated[str, typer.Argument(help="The app.")]
Environment = Annotated[str, typer.Argument(help="The environment.")]
Frozen = Annotated[
    str | None, typer.Option("--environment", help="The environment. [default: all of them]")
]
Reason = Annotated[str, typer.Option("--reason", help="Why, in one line; whoever waits is told.")]
Until = Annotated[
    str, typer.Option("--until", help="A day (its end, in UTC), a moment, or for how long: 2h.")
]
As = Annotated[
    str | None,
    typer.Option("--as", help="Who you are, on the embedded forge; elsewhere your token says it."),
]
Propose = Annotated[
    bool,
    typer.Option("--merge-request", help="Propose it even where you could commit it yourself."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print what would be written; exit 1 if anything would.")
]


def add_verbs(app: typer.Typer) -> None:
    """Mount the verbs of this module."""
    for verb in (rollback, hold, unhold, freeze, unfreeze):
        app.command()(_at_a_desk(verb))


def _at_a_desk(verb: "Callable[..., Done]") -> "Callable[..., None]":
    """The verb with the flags that all of them have: who acts and where, and what is printed.

    Typer reads them off the signature; the verb itself is given the desk and whether it is dry.
    """
    import inspect

    def run(
        context: typer.Context,
        *,
        person: As = None,
        fleet: options.Fleet = None,
        branch: options.Branch = None,
        settings: options.SettingsFile = None,
        work_directory: options.WorkDirectory = None,
        dry_run: DryRun = False,
        json: options.Json = False,
        **own: object,
    ) -> None:
        found = options.settings(fleet, branch, settings, None, work_directory)
        desk = outside.desk(context, found, person)
        _told(verb(desk, dry_run, **own), dry=dry_run, json=json)

    first, *shared, _ = inspect.signature(run).parameters.values()
    own = list(inspect.signature(verb).parameters.values())[2:]
    both = [first, *(one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in [*own, *shared])]
    run.__signature__ = inspect.Signature(both)  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in both}
    run.__name__, run.__doc__ = verb.__name__, verb.__doc__
    return run


def hold(
    desk: "Desk",
    dry: bool,
    app: App,
    environment: Environment,
    reason: Reason,
    until: Until,
    propose: Propose = False,
) -> "Done":
    """Keep an app in an environment where it is: nothing is proposed there, nothing merged."""
    return _stop(desk, (environment, app), reason, until, (dry, propose))


def unhold(
    desk: "Desk", dry: bool, app: App, environment: Environment, propose: Propose = False
) -> "Done":
    """End a hold, a rollback's too."""
    return _end(desk, (environment, app), (dry, propose))


def freeze(
    desk: "Desk",
    dry: bool,
    reason: Reason,
    until: Until,
    environment: Frozen = None,
    propose: Propose = False,
) -> "Done":
    """Deliver nothing, to one environment or to any, by merge or by commit."""
    return _stop(desk, (environment, None), reason, until, (dry, propose))


def unfreeze(
    desk: "Desk", dry: bool, environment: Frozen = None, propose: Propose = False
) -> "Done":
    """End a freeze that `freeze` began."""
    return _end(desk, (environment, None), (dry, propose))


def rollback(
    desk: "Desk",
    dry: bool,
    app: App,
    environment: Environment,
    to: Annotated[str, typer.Option("--to", help="The release, as `status` called it.")],
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why, in one line. [default: rolled back]")
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", help="When its hold ends by itself. [default: by `unhold` alone]"),
    ] = None,
) -> "Done":
    """Propose to bring an older release back that was proven there, and to hold it there."""
    from bot.model import Target
    from bot.rolling_back import Asked
    from bot.rolling_back import rollback as roll_back
    from gitops.config import until_of

    ends = until_of(until, desk.ports.clock()) if until is not None else None
    asked = Asked(Target(environment, app), to, reason or f"rolled back to {to}", ends)
    return roll_back(desk, asked, dry=dry)


def _stop(
    desk: "Desk",
    where: tuple[str | None, str | None],
    reason: str,
    until: str,
    way: tuple[bool, bool],
) -> "Done":
    from bot.stop_change import Scope
    from bot.stop_writing import Way, stop
    from gitops.config import until_of

    ends = until_of(until, desk.ports.clock())
    return stop(desk, Scope(*where), reason, ends, Way(*way))


def _end(desk: "Desk", where: tuple[str | None, str | None], way: tuple[bool, bool]) -> "Done":
    from bot.stop_change import Scope
    from bot.stop_writing import Way, end

    return end(desk, Scope(*where), Way(*way))


def _told(done: "Done", *, dry: bool, json: bool) -> None:
    """What became of it; exit 1 where a dry run would have written something."""
    if json:
        import dataclasses
        from json import dumps

        print(dumps(dataclasses.asdict(done), sort_keys=True))
    else:
        print(_text(done, dry=dry), end="")
    if dry and done.changed:
        raise typer.Exit(1)


def _text(done: "Done", *, dry: bool) -> str:
    from bot.neutral import whole

    lines = [whole(done.told)]
    if not done.changed:
        lines[0] += " (nothing to do)"
    lines += [f"{'would close' if dry else 'closed'} !{number}" for number in done.closed]
    if done.merge_request is not None:
        lines.append(f"!{done.merge_request} from {done.branch}: {whole(done.counts)}")
    elif done.commit is not None:
        lines.append(f"committed {done.commit[:12]}")
    elif dry and done.changed and done.branch is not None:
        lines.append(f"would propose it from {done.branch}")
    elif dry and done.diff:
        lines.append("would commit it, or propose it where you may not push to the target branch")
    return "\n".join(lines) + "\n" + (f"\n{done.diff}" if dry and done.diff else "")
