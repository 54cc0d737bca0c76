"""`new`: a fleet from nothing, by flags, an answers file, and questions at a terminal."""

import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, say

if TYPE_CHECKING:
    from gitops.scaffold import FleetAnswers
    from gitops.scaffold.answers.given import Given
    from gitops.tree import Tree


_PARTS = ("apps", "clusters", "components", "env", "infrastructure", "tenants")


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(new)


def new(
    path: Annotated[Path, typer.Argument(help="Where; a new or an existing directory.")] = HERE,
    name: Annotated[
        str | None, typer.Option(help="The fleet's name. [default: the directory's]")
    ] = None,
    forge: Annotated[
        str | None, typer.Option(help="local, gitlab, github or gitea. [default: local]")
    ] = None,
    project: Annotated[
        str | None, typer.Option(help="The repository's path on the forge. [default: NAME/fleet]")
    ] = None,
    url: Annotated[
        str | None, typer.Option(help="What Flux pulls. [default: the project, by SSH]")
    ] = None,
    environment: Annotated[
        list[str] | None,
        typer.Option(help="In the order of a release; repeatable. [default: dev, stage, prod]"),
    ] = None,
    topology: Annotated[
        str | None, typer.Option(help="per-environment or single. [default: per-environment]")
    ] = None,
    cluster: Annotated[
        list[str] | None,
        typer.Option(metavar="ENV=NAME", help="A cluster; repeatable. [default: ENV-1]"),
    ] = None,
    bootstrap: Annotated[
        str | None, typer.Option(help="flux, or operator (a FluxInstance). [default: flux]")
    ] = None,
    defaults: Annotated[
        str | None,
        typer.Option(help="Of Flux Kustomizations: from the parent, or inline. [default: parent]"),
    ] = None,
    domain: Annotated[
        str | None, typer.Option(help="Of the last environment. [default: example.com]")
    ] = None,
    owners: Annotated[
        str | None, typer.Option(help="Of all but apps. [default: @ORGANISATION/platform]")
    ] = None,
    secrets: Annotated[str | None, typer.Option(help="none or sops. [default: none]")] = None,
    age_recipient: Annotated[
        list[str] | None,
        typer.Option(metavar="[ENV=]KEY", help="Whom secrets are encrypted for; repeatable."),
    ] = None,
    registry: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST[=LOGIN]",
            help="A private one; aws, azure, gcp, or generic: by a Secret; repeatable.",
        ),
    ] = None,
    alerts: Annotated[
        str | None,
        typer.Option(help="Where Flux tells what fails: slack, msteams, gitlab, generic, ..."),
    ] = None,
    health: Annotated[
        str | None,
        typer.Option(help="How the bot knows of it: clusters, pods (of them too) or statuses."),
    ] = None,
    install: Annotated[
        str | None,
        typer.Option(help="What CI runs: a wheel's URL#sha256=..., or IMAGE@sha256:..."),
    ] = None,
    bot_image: Annotated[
        str | None, typer.Option(help="What runs the bot in a cluster: IMAGE@sha256:...")
    ] = None,
    have: Annotated[
        list[str] | None,
        typer.Option(help="What every cluster has by itself, as cni-netpol; repeatable."),
    ] = None,
    local: Annotated[
        str | None, typer.Option(help="A cluster on a laptop: kind (also in CI) or minikube.")
    ] = None,
    answers: Annotated[
        Path | None, typer.Option(help="A YAML file with answers, by the names of these flags.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Write a fleet; nothing is overwritten. Flags come before answers, these before questions."""
    from gitops.directory import read_directory
    from gitops.scaffold import new_fleet
    from gitops.scaffold.answers.given import KEYS, fleet_answers
    from gitops.scaffold.fleet_file import FLEET_FILE
    from gitops.scaffold.record import Unit, recorded
    from gitops.tree import Tree

    flags: dict[str, str | Sequence[str] | None] = {
        "name": name,
        "forge": forge,
        "project": project,
        "url": url,
        "environment": environment,
        "topology": topology,
        "cluster": cluster,
        "bootstrap": bootstrap,
        "defaults": defaults,
        "domain": domain,
        "owners": owners,
        "secrets": secrets,
        "age-recipient": age_recipient,
        "registry": registry,
        "alerts": alerts,
        "health": health,
        "install": install,
        "bot-image": bot_image,
        "have": have,
        "local": local,
    }
    given = _given(flags, answers)
    called = path.resolve().name
    # Before any question: whoever answered six is not told then that the place is wrong.
    _refuse_place(path)
    asking = not (yes or json or (path / FLEET_FILE).exists())
    if asking and sys.stdin.isatty() and sys.stderr.isatty():
        given = _asked(given, called)
    answered = fleet_answers(given, called)
    old = read_directory(path) if path.exists() else Tree({})
    said = {k: each.texts if KEYS[k].many else each.texts[0] for k, each in given.items()}
    fleet = new_fleet(old, answered)
    fleet = recorded(old, fleet, Unit("fleet"), {**said, "name": answered.name})
    if dry_run or json or fleet == old:
        deliver(path, old, fleet, dry_run=dry_run, json=json)
    else:
        _written(path, old, fleet, answered)


def _refuse_place(path: Path) -> None:
    """Refuse a file, and a directory that another fleet's Flux and `check` take for its own.

    Raises:
        InvalidInput: it is one.
    """
    from gitops.cli.options import fleet_above
    from gitops.errors import InvalidInput, Place

    standing = next((each for each in (path, *path.parents) if each.exists()), path)
    if not standing.is_dir():
        told = "is a file, and a fleet needs a directory"
        raise InvalidInput(told, "name another, or none for this one", Place(str(standing)))
    around = fleet_above(path)
    if around is not None and path.resolve().relative_to(around).parts[0] in _PARTS:
        told = f"lies within the fleet {around}, which would take its files for its own"
        raise InvalidInput(told, "name a directory outside of it", Place(str(path)))


def _given(
    flags: Mapping[str, str | Sequence[str] | None], answers: Path | None
) -> dict[str, "Given"]:
    from gitops.errors import InvalidInput, Place
    from gitops.scaffold.answers.given import Given, read_answers

    given: dict[str, Given] = {}
    if answers is not None:
        try:
            data = answers.read_bytes()
        except OSError as error:
            told = f"cannot be read ({error.strerror})"
            raise InvalidInput(told, place=Place(str(answers))) from error
        given = read_answers(str(answers), data)
    for key, value in flags.items():
        if isinstance(value, str):
            given[key] = Given((value,))
        elif value:
            given[key] = Given(tuple(value))
    return given


def _asked(given: dict[str, "Given"], called: str) -> dict[str, "Given"]:
    """What was given, with the answers to the questions that are still open."""
    from gitops.errors import InvalidInput
    from gitops.scaffold.answers.given import Given, checked, fleet_answers
    from gitops.scaffold.answers.questions import open_questions

    def answer(key: str, text: str) -> Given:
        texts = tuple(text.replace(",", " ").split()) if key == "environment" else (text.strip(),)
        try:
            checked(key, Given(texts))
            if key == "environment":
                fleet_answers({key: Given(texts)}, "any")  # No two have the same name.
        except InvalidInput as error:
            raise typer.BadParameter(str(error)) from error
        return Given(texts)

    for question in open_questions(given, called):
        try:
            given[question.key] = typer.prompt(
                question.text,
                default=question.default,
                value_proc=partial(answer, question.key),
                err=True,
            )
        except typer.Abort:
            # Nothing was written yet. An interrupt has the same exit code everywhere.
            raise typer.Exit(130) from None
    return given


def _written(path: Path, old: "Tree", fleet: "Tree", answers: "FleetAnswers") -> None:
    """Write it, and say what is there, whether it is right, and what comes next."""
    from gitops.check import findings
    from gitops.directory import write_directory
    from gitops.scaffold.readme import tree_lines
    from gitops.tree import changes

    write_directory(path, old, fleet)
    if "README.md" in old:
        say("note: README.md was there already, and stays as it is", sys.stderr)
    for line in tree_lines(changes(old, fleet)):
        say(line)
    found = [each.severity.value for each in findings(fleet)]
    print(f"check: {found.count('error')} errors, {found.count('warning')} warnings")
    print("Next:")
    for number, step in enumerate(_steps(path, answers), 1):
        say(f"  {number}. {step}")


def _steps(path: Path, answers: "FleetAnswers") -> Iterator[str]:
    from gitops.scaffold.readme import bootstrap_command, roots_of

    there = "" if path == HERE else f" {shlex.quote(str(path))}"
    yield "put your people into fleet.yaml"
    add = "fairlead add app NAME --image REPOSITORY --source URL --team TEAM"
    yield f"{add} --path{there}" if there else add
    yield f"fairlead check{there}"
    if answers.project_there is None:
        yield f"commit it, and push it to {answers.sync_url}"
    else:
        yield f"git push it to {answers.project_there}, and protect its branch main"
    yield bootstrap_command(answers, roots_of(answers)[0])
