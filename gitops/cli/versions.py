"""`show` and `set`: what is written in a fleet, by hand or by the bot."""

from typing import TYPE_CHECKING, Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, print_json, print_table, say

if TYPE_CHECKING:
    from gitops.fleet import Fleet, Pin


def add_verbs(app: typer.Typer) -> None:
    """Mount the verbs of this module."""
    app.command()(show)
    app.command("set")(set_)


def show(
    app: Annotated[str | None, typer.Argument(help="Only this app, with its places.")] = None,
    path: options.Here = HERE,
    json: options.Json = False,
) -> None:
    """Show which version of which app is written for which environment."""
    from gitops.directory import read_directory
    from gitops.fleet import Fleet

    fleet = Fleet.read(read_directory(path))
    if app is not None:
        _known(fleet, app)
    apps = fleet.apps if app is None else (app,)
    pins = {(a, e): fleet.pin(e, a) for a in apps for e in fleet.environments}
    if json:
        print_json([_pin_facts(p) for p in pins.values() if p is not None])
        return
    if app is None:
        rows = [[a, *(_cell(pins[a, e]) for e in fleet.environments)] for a in apps]
        print_table([["APP", *fleet.environments], *rows])
        for error in fleet.config.broken.values():
            say(str(error))
    for pin in (p for p in pins.values() if p is not None):
        if app is not None:
            _print_pin(pin)
        if pin.problem is not None:
            say(f"{pin.app} in {pin.environment}: {pin.problem}")


def set_(
    app: Annotated[str, typer.Argument(help="The app.")],
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    version: Annotated[
        list[str],
        typer.Argument(
            metavar="VERSION...", help="TAG or TAG@DIGEST; of several images IMAGE=TAG@DIGEST each."
        ),
    ],
    path: options.Here = HERE,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Write a version by hand, in every place where it stands; every other byte stays."""
    from gitops.directory import read_directory
    from gitops.fleet import Fleet
    from gitops.scaffold.versions import settings_of

    old = read_directory(path)
    fleet = Fleet.read(old)
    _known(fleet, app, environment)
    pin = fleet.pin(environment, app)
    images = [each.repository for each in pin.content] if pin is not None else []
    beside = {each.name for each in fleet.config.apps[app].beside}
    settings = settings_of(images, version, beside)
    deliver(path, old, fleet.set_pin(environment, app, settings), dry_run=dry_run, json=json)


def _known(fleet: "Fleet", app: str, environment: str | None = None) -> None:
    """Refuse an app or an environment that the fleet has not, or an app that is broken."""
    from gitops.config.faults import nearest
    from gitops.errors import InvalidInput

    if app in fleet.config.broken:
        raise fleet.config.broken[app]
    if app not in fleet.apps:
        raise InvalidInput(f"no app {app!r} in this fleet", nearest(app, fleet.apps))
    if environment is not None and environment not in fleet.environments:
        hint = nearest(environment, fleet.environments)
        raise InvalidInput(f"no environment {environment!r} in this fleet", hint)


def _cell(pin: "Pin | None") -> str:
    if pin is None:
        return "-"
    if pin.problem is not None:
        return "problem"
    if pin.unreleased:
        return "unreleased"
    return " ".join(dict.fromkeys(each.tag or str(each.digest)[:19] for each in pin.content))


def _print_pin(pin: "Pin") -> None:
    print(f"{pin.environment}:{' unreleased' if pin.unreleased else ''}")
    for each in pin.content:
        digest = f"@{each.digest}" if each.digest else ""
        say(f"  {each.repository} {each.tag or ''}{digest}")
    for site in pin.sites:
        say(f"    {site.place} {site.part}")


def _pin_facts(pin: "Pin") -> dict[str, object]:
    return {
        "app": pin.app,
        "environment": pin.environment,
        "unreleased": pin.unreleased,
        "problem": None if pin.problem is None else str(pin.problem),
        "content": [
            {"artifact": each.repository, "tag": each.tag, "digest": each.digest}
            for each in pin.content
        ],
        "sites": [{"place": str(site.place), "part": site.part.value} for site in pin.sites],
    }
