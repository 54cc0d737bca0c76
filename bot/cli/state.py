"""`state init`, `show` and `restart`, and `halt`: the state branch, in a person's hands."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, outside

if TYPE_CHECKING:
    from bot.observation import Observation
    from bot.ports import Ports, StateChange
    from bot.settings import Settings
    from bot.state import Failure, State

app = typer.Typer(help="The state branch: what Fairlead remembers.", no_args_is_help=True)


def add_verbs(root: typer.Typer) -> None:
    """Mount `halt` beside `state`."""
    root.command()(halt)


@app.command()
def init(
    context: typer.Context,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    status_file: options.StatusFile = None,
    work_directory: options.WorkDirectory = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be recorded; exit 1.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Start the state branch: every tag now there as seen, every known release as a baseline."""
    from bot import beginning
    from bot.reports import reports

    found = options.settings(fleet, branch, settings, status_file, work_directory)
    ports, observation = _observed(context, found)
    records = beginning.first_records(observation, ports.clock())
    told = [] if observation.state_lost else list(reports(observation))
    if not json:
        _tell_first(records, told)
    sha = None if dry_run else beginning.start(ports, observation, ports.clock())
    if json:
        _print_json(_first(records, told) | {"state": sha})
    elif sha is not None:
        print(f"state branch started at {sha[:12]}")
    if dry_run:
        raise typer.Exit(1)


@app.command()
def show(
    context: typer.Context,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    status_file: options.StatusFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Show what the state branch holds, and which records were ignored."""
    found = options.settings(fleet, branch, settings, status_file, work_directory)
    _, observation = _observed(context, found)
    state = observation.state
    print(_json(state) if json else _text(state, observation.state_lost))


@app.command()
def restart(
    context: typer.Context,
    app_name: Annotated[str, typer.Argument(metavar="APP", help="The app.")],
    environment: Annotated[str, typer.Argument(help="The environment.")],
    reason: Annotated[str, typer.Option("--reason", help="Why, in one line; it is recorded.")],
    person: Annotated[
        str | None, typer.Option("--as", help="Who you are; else whom the forge's token names.")
    ] = None,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    status_file: options.StatusFile = None,
    work_directory: options.WorkDirectory = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be recorded; exit 1.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Let a release that failed its soak try again. A person's decision, never the bot's."""
    from bot import restarting
    from bot.model import Target

    found = options.settings(fleet, branch, settings, status_file, work_directory)
    ports, observation = _observed(context, found)
    target = Target(environment, app_name)
    again = restarting.restarted(
        target, observation, person or ports.forge.login(), reason, ports.clock()
    )
    sha = None if dry_run else restarting.record(ports, observation, again)
    if json:
        _print_json(
            {"app": app_name, "environment": environment, "version": again.version} | {"state": sha}
        )
    else:
        print(f"{again.version} may soak again in {environment}; it failed: {again.reason}")
    if dry_run:
        raise typer.Exit(1)


def halt(
    context: typer.Context,
    clear: Annotated[
        bool, typer.Option("--clear", help="End the halt. A person's decision, never the bot's.")
    ] = False,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    status_file: options.StatusFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Say why the bot halted; with --clear, let it go on."""
    from bot import beginning

    found = options.settings(fleet, branch, settings, status_file, work_directory)
    ports, observation = _observed(context, found)
    reason = observation.state_lost or (
        observation.state.halt.reason if observation.state.halt else None
    )
    if not json:
        print(f"halted: {reason}" if reason else "not halted")
    sha = beginning.clear_halt(ports, observation, ports.clock()) if clear else None
    if json:
        _print_json({"halt": reason, "cleared": clear, "state": sha or observation.state.sha})
    elif sha is not None:
        print(f"cleared; the state branch is at {sha[:12]}")


def _observed(context: typer.Context, settings: "Settings") -> "tuple[Ports, Observation]":
    from bot.observe import Observer

    ports = outside.ports(context, settings)
    return ports, Observer(ports, settings.branch).observe()


def _tell_first(records: "StateChange", told: list[str]) -> None:
    for line in told:
        print(f"! {line}")
    for baseline in records.baselines:
        release = baseline.release
        print(f"baseline: {baseline.target} runs {release.version} ({baseline.commit[:12]})")
    for app_name, seen in sorted(records.seen.items()):
        print(f"seen: {app_name}: {len(seen)} tags")


def _first(records: "StateChange", told: list[str]) -> dict[str, object]:
    return {
        "baselines": [
            {
                "app": b.target.app,
                "environment": b.target.environment,
                "version": b.release.version,
                "commit": b.commit,
            }
            for b in records.baselines
        ],
        "seen": {app: [seen.tag for seen in tags] for app, tags in records.seen.items()},
        "reports": told,
    }


def _print_json(facts: object) -> None:
    import json

    print(json.dumps(facts, sort_keys=True))


def _text(state: "State", lost: str | None) -> str:
    lines = [f"state branch at {state.sha[:12]}" if state.sha else "no state branch"]
    if lost:
        lines.append(f"LOST OR REWOUND: {lost}")
    if state.halt:
        lines.append(f"HALTED since {state.halt.at.isoformat()}: {state.halt.reason}")
    lines += [f"seen: {name}: {len(tags)} tags" for name, tags in sorted(state.seen.items())]
    lines += [f"baseline: {b.target}: {b.release.version} ({b.origin})" for b in state.baselines]
    lines += [
        f"soak: {s.target}: since {s.start.isoformat()}, confirmed {s.confirmed.isoformat()}"
        f" on {', '.join(s.clusters) or 'clusters that are not known'}"
        for s in state.soaks
    ]
    lines += [
        f"failed: {f.target}: {f.version} at {f.at.isoformat()}: {f.reason}{_restart(f)}"
        for f in state.failures
    ]
    lines += [
        f"proof: {p.target}: {p.release.version}, soaked at {p.soaked_at.isoformat()} ({p.origin})"
        for p in state.proofs
    ]
    lines += [f"ignored: {r}" for r in state.rejected]
    return "\n".join(lines)


def _restart(failure: "Failure") -> str:
    again = failure.restarted
    return f"; may soak again: {again.reason} ({again.by})" if again is not None else ""


def _json(state: "State") -> str:
    from pydantic import TypeAdapter

    from bot.state import State

    return TypeAdapter(State).dump_json(state).decode()
