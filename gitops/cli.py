"""The verbs that need only a checkout: `new`, `add`, `show`, `set`, `check`.

Each reads a directory into a Tree, asks a pure function, and writes the difference or prints it.
"""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from gitops.fleet import Fleet, Pin
    from gitops.tree import Tree

Here = Annotated[Path, typer.Option("--path", help="The fleet's directory.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print a diff and write nothing; exit 1 if it would.")
]
HERE = Path()


def add_verbs(app: typer.Typer) -> None:
    """Mount the verbs of this module."""
    add = typer.Typer(help="Add to a fleet.", no_args_is_help=True)
    add.command("app")(add_app)
    app.command()(new)
    app.add_typer(add, name="add")
    app.command()(show)
    app.command("set")(set_)
    app.command()(check)


def new(
    path: Annotated[Path, typer.Argument(help="Where; a new or an existing directory.")] = HERE,
    name: Annotated[
        str | None, typer.Option(help="The fleet's name. [default: the directory's]")
    ] = None,
    forge: Annotated[str, typer.Option(help="local, gitlab, github or gitea.")] = "local",
    project: Annotated[
        str | None, typer.Option(help="The repository's path on the forge. [default: NAME/fleet]")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="What Flux pulls, until `flux bootstrap` says it.")
    ] = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(metavar="ENV=NAME", help="A cluster; repeatable. [default: ENV-1]"),
    ] = None,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write a fleet with the environments dev, stage and prod. Nothing is overwritten."""
    from gitops.scaffold import FleetAnswers, new_fleet
    from gitops.scaffold.answers import forge_kind
    from gitops.tree import Tree, read_directory

    answers = FleetAnswers(
        name=path.resolve().name if name is None else name,
        forge=forge_kind(forge),
        project=project,
        url=url,
        clusters=_by_environment("--cluster", cluster or []),
    )
    old = read_directory(path) if path.exists() else Tree({})
    fleet = new_fleet(old, answers)
    _deliver(path, old, fleet, dry_run=dry_run, json=json)
    if fleet != old and not (dry_run or json):
        there = [] if path == HERE else [shlex.quote(str(path))]
        add = ["  fairlead add app NAME --image REPOSITORY --source URL --team TEAM"]
        print("Next: put your people into fleet.yaml, then")
        _say(" --path ".join(add + there))
        _say(" ".join(["  fairlead check", *there]))


def add_app(
    name: Annotated[str, typer.Argument(help="The app's name.")],
    image: Annotated[list[str], typer.Option(help="An image repository; repeatable.")],
    team: Annotated[str, typer.Option(help="Who owns the app.")],
    source: Annotated[str | None, typer.Option(help="The URL of the app's git repository.")] = None,
    versions: Annotated[
        str | None, typer.Option("--range", help="Without a source: what to follow, as >=1.0.0.")
    ] = None,
    kind: Annotated[str, typer.Option(help="How its manifests are written.")] = "kustomize",
    version: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ENV=VERSION",
            help="What runs already: TAG, TAG@DIGEST or IMAGE=TAG@DIGEST; repeatable.",
        ),
    ] = None,
    tag: Annotated[str, typer.Option(help="The image tag of a git tag, a template.")] = "{tag}",
    build: Annotated[
        str | None,
        typer.Option(help="That of a branch build. [default: main-{sha:7}-{timestamp:...}]"),
    ] = None,
    port: Annotated[int, typer.Option(help="The port that the containers listen on.")] = 8080,
    path: Here = HERE,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Add an app to every environment: unreleased and suspended, or at a version given."""
    from gitops.scaffold import AppAnswers
    from gitops.scaffold import add_app as added
    from gitops.scaffold.answers import app_kind
    from gitops.tree import read_directory

    answers = AppAnswers(
        name=name,
        team=team,
        images=tuple(image),
        source=source,
        range=versions,
        tag=tag,
        build=build,
        port=port,
        kind=app_kind(kind),
        versions=_by_environment("--version", version or []),
    )
    old = read_directory(path)
    _deliver(path, old, added(old, answers), dry_run=dry_run, json=json)


def show(
    app: Annotated[str | None, typer.Argument(help="Only this app, with its places.")] = None,
    path: Here = HERE,
    json: Json = False,
) -> None:
    """Show which version of which app is written for which environment."""
    from gitops.fleet import Fleet
    from gitops.tree import read_directory

    fleet = Fleet.read(read_directory(path))
    if app is not None:
        _known(fleet, app)
    apps = fleet.apps if app is None else (app,)
    pins = {(a, e): fleet.pin(e, a) for a in apps for e in fleet.environments}
    if json:
        _print_json([_pin_facts(p) for p in pins.values() if p is not None])
        return
    if app is None:
        rows = [[a, *(_cell(pins[a, e]) for e in fleet.environments)] for a in apps]
        _print_table([["APP", *fleet.environments], *rows])
        for error in fleet.config.broken.values():
            _say(str(error))
    for pin in (p for p in pins.values() if p is not None):
        if app is not None:
            _print_pin(pin)
        if pin.problem is not None:
            _say(f"{pin.app} in {pin.environment}: {pin.problem}")


def set_(
    app: Annotated[str, typer.Argument(help="The app.")],
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    version: Annotated[
        list[str],
        typer.Argument(
            metavar="VERSION...", help="TAG or TAG@DIGEST; of several images IMAGE=TAG@DIGEST each."
        ),
    ],
    path: Here = HERE,
    dry_run: DryRun = False,
    json: Json = False,
) -> None:
    """Write a version by hand, in every place where it stands; every other byte stays."""
    from gitops.fleet import Fleet
    from gitops.scaffold.versions import settings_of
    from gitops.tree import read_directory

    old = read_directory(path)
    fleet = Fleet.read(old)
    _known(fleet, app, environment)
    pin = fleet.pin(environment, app)
    images = [each.repository for each in pin.content] if pin is not None else []
    settings = settings_of(images, version)
    _deliver(path, old, fleet.set_pin(environment, app, settings), dry_run=dry_run, json=json)


def check(
    path: Annotated[Path, typer.Argument(help="The fleet's directory.")] = HERE,
    json: Json = False,
) -> None:
    """Look for what is wrong with a fleet; exit 1 when something is an error."""
    from gitops.check import Severity, facts, findings
    from gitops.tree import read_directory

    found = findings(read_directory(path))
    if json:
        _print_json([facts(each) for each in found])
    else:
        for each in found:
            _say(str(each))
        counts = [(sum(f.severity is s for f in found), s) for s in Severity]
        print(", ".join(f"{n} {s}{'' if n == 1 else 's'}" for n, s in counts))
    if any(each.severity is Severity.ERROR for each in found):
        raise typer.Exit(1)


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


def _by_environment(flag: str, texts: Sequence[str]) -> dict[str, list[str]]:
    """`ENV=VALUE` several times, by environment."""
    from gitops.errors import InvalidInput

    found: dict[str, list[str]] = {}
    for text in texts:
        environment, equals, value = text.partition("=")
        if not (environment and equals and value):
            example = "prod=prod-eu" if flag == "--cluster" else "prod=v1.0"
            raise InvalidInput(f"{flag} {text} is not ENV=VALUE", f"write {flag} {example}")
        found.setdefault(environment, []).append(value)
    return found


def _deliver(root: Path, old: "Tree", new: "Tree", *, dry_run: bool, json: bool) -> None:
    """Write the difference, or show it; a dry run that would write something exits 1."""
    from gitops.tree import changes, unified_diff, write_directory

    paths = list(changes(old, new))
    if not dry_run:
        write_directory(root, old, new)
    if json:
        _print_json({"written": [] if dry_run else paths, "would_write": paths if dry_run else []})
    elif dry_run:
        sys.stdout.buffer.write(unified_diff(old, new).encode(errors="surrogateescape"))
    else:
        for path in paths:
            _say(f"{'changed' if path in old else 'created'} {path}")
        if not paths:
            print("nothing to do")
    if dry_run and paths:
        raise typer.Exit(1)


def _say(text: str) -> None:
    """Print a line; what a terminal would obey or cannot show stands there as an escape."""
    shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
    print(shown.encode(sys.stdout.encoding, "backslashreplace").decode(sys.stdout.encoding))


def _print_json(value: object) -> None:
    import json

    print(json.dumps(value, indent=2, sort_keys=True))


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        _say("  ".join(map(str.ljust, row, widths)).rstrip())


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
        _say(f"  {each.repository} {each.tag or ''}{digest}")
    for site in pin.sites:
        _say(f"    {site.place} {site.part}")


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
