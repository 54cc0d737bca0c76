"""`plan`, `run`, `why`, `status`: what the bot sees, decides and does."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import options, outside

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.settings import Settings
    from bot.tick import Loop, Ticked


def add_verbs(app: typer.Typer) -> None:
    """Mount the verbs of this module."""
    app.command()(plan)
    app.command()(run)
    app.command()(why)
    app.command()(status)


def plan(
    context: typer.Context,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    status_file: options.StatusFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Show what a tick would do, and why it would not do the rest. Writes nothing."""
    found = options.settings(fleet, branch, settings, status_file, work_directory)
    ticked = _loop(context, found).plan()
    from bot.cli import report

    print(report.plan_json(ticked) if json else report.plan_text(ticked), end="")
    _leave(ticked)


def run(
    context: typer.Context,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    status_file: options.StatusFile = None,
    work_directory: options.WorkDirectory = None,
    once: Annotated[
        bool, typer.Option("--once", help="Do all that can be done now, then end.")
    ] = False,
    interval: Annotated[str | None, typer.Option(help="Between ticks. [default: 60s]")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Like plan; exit 1 if something would be written.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Observe, decide, act; again and again, or once.

    Ends with 0 while promotions wait, with 4 or 5 when a service did not answer or denied access.
    """
    found = options.settings(fleet, branch, settings, status_file, work_directory, interval)
    from bot.cli import report

    show = report.plan_json if json else report.tick_text
    if dry_run:
        ticked = _loop(context, found).plan()
        print(report.plan_json(ticked) if json else report.plan_text(ticked), end="")
        if not ticked.plan.quiet:
            raise typer.Exit(1)
        _leave(ticked)
        return
    if once:
        loop = _loop(context, found)
        _leave(loop.once(lambda ticked: print(show(ticked), end="", flush=True)))
        return
    _forever(lambda: _loop(context, found), found.interval.total_seconds(), show)


def _forever(build: "Callable[[], Loop]", interval: float, show: "Callable[[Ticked], str]") -> None:
    """Until a signal says stop; the tick under way is finished first, unless it is said twice.

    What stays the same from tick to tick is said once.
    """
    import signal
    import threading

    from bot.neutral import whole

    woken, stopped = threading.Event(), threading.Event()
    ends_with = 0

    def stop(number: int, _frame: object) -> None:
        nonlocal ends_with
        ends_with = 130 if number == signal.SIGINT else 0
        stopped.set()
        woken.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    last = {"out": "", "err": ""}

    def say(text: str, stream: str) -> None:
        if text != last[stream]:
            print(text, end="", file=getattr(sys, f"std{stream}"), flush=True)
            last[stream] = text

    def said(ticked: "Ticked") -> None:
        say(show(ticked), "out")
        last["err"] = ""

    build().forever(
        interval,
        woken,
        stopped,
        said,
        lambda error: say(f"fairlead: {whole(str(error))}\n", "err"),
    )
    if ends_with:
        raise typer.Exit(ends_with)


def why(
    context: typer.Context,
    app: Annotated[str, typer.Argument(help="The app.")],
    environment: Annotated[str, typer.Argument(help="The environment.")],
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    status_file: options.StatusFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Say why an app is where it is in an environment, gate by gate."""
    found = options.settings(fleet, branch, settings, status_file, work_directory)
    ticked = _loop(context, found).plan()
    from bot.cli import report

    decision = report.find(ticked, app, environment)
    print(report.why_json(decision) if json else report.why_text(decision), end="")
    _leave(ticked)


def status(
    context: typer.Context,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    status_file: options.StatusFile = None,
    work_directory: options.WorkDirectory = None,
    every: Annotated[
        bool, typer.Option("--clusters", help="Every cluster, those in order too.")
    ] = False,
    json: options.Json = False,
) -> None:
    """Show which release is where, app by environment, and which cluster is not in order."""
    found = options.settings(fleet, branch, settings, status_file, work_directory)
    ticked = _loop(context, found).plan()
    from bot.cli import report

    print(report.plan_json(ticked) if json else report.status_text(ticked, every=every), end="")
    _leave(ticked)


def _loop(context: typer.Context, settings: "Settings") -> "Loop":
    from bot import wiring
    from bot.audit import to_stderr

    if settings.status_file is None and not settings.clusters:
        told = "no way to know of clusters is configured: nothing counts as healthy or is proven"
        print(f"fairlead: {told}", file=sys.stderr)
    return wiring.loop(outside.ports(context, settings), settings, to_stderr)


def _leave(ticked: "Ticked") -> None:
    """Exit 5 for denied, 4 for unanswered, 2 where a person must do something, else 0."""
    from bot.neutral import whole
    from bot.reports import gaps

    observation = ticked.observation
    for outcome in ticked.outcomes:
        if outcome.error is not None:
            print(f"fairlead: {outcome.action}: {whole(str(outcome.error))}", file=sys.stderr)
    codes = {e.exit_code for e in ticked.errors}
    codes |= {5 if g.denied else 4 for g in gaps(observation)}
    if ticked.plan.halt is not None or observation.state.halt is not None:
        print("fairlead: halted; see `fairlead halt`", file=sys.stderr)
        codes.add(2)
    if codes:
        raise typer.Exit(max(codes))
