"""`forge`: the embedded forge, in the hands of people it cannot tell apart; and `apply`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import applying, options, outside

if TYPE_CHECKING:
    from bot.adapters.local import LocalForge
    from bot.model import MergeRequest

app = typer.Typer(
    help="The embedded forge (forge: {kind: local}), which authenticates nobody and is for trials "
    "only; `apply` is for the others.",
    no_args_is_help=True,
)
app.command()(applying.apply)

Number = Annotated[int, typer.Argument(help="The merge request's number.")]
Person = Annotated[str, typer.Option("--as", help="Who does it; nobody checks.")]
Head = Annotated[str, typer.Option("--head", help="The head's sha, all 40 digits.")]


def _forge(
    context: typer.Context,
    fleet: str | None,
    branch: str | None,
    settings: Path | None,
    work_directory: Path | None,
) -> "LocalForge":
    from bot.adapters.local import LocalForge
    from gitops.errors import InvalidInput

    found = options.settings(fleet, branch, settings, None, work_directory)
    forge = outside.ports(context, found).forge
    if not isinstance(forge, LocalForge):
        raise InvalidInput("this fleet's forge is not the embedded one", "use the forge itself")
    return forge


@app.command("list")
def list_(
    context: typer.Context,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """List the merge requests."""
    found = _forge(context, fleet, branch, settings, work_directory).list()
    if json:
        _print_json([_facts(m) for m in found])
        return
    for request in found:
        approved = ", ".join(a.person for a in request.approvals if a.sha == request.head)
        shown = f" approved by {approved}" if approved else ""
        print(f"!{request.number} {request.state} {request.title} {request.head}{shown}")


@app.command()
def show(
    context: typer.Context,
    number: Number,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Show one merge request: text, approvals, checks, comments."""
    entry = _forge(context, fleet, branch, settings, work_directory).show(number)
    request = entry.request
    if json:
        comments = [{"person": c.person, "text": c.text} for c in entry.comments]
        _print_json(_facts(request) | {"body": request.body, "comments": comments})
        return
    print(f"!{request.number} {request.state}: {request.title}")
    print(f"{request.source_branch} -> {request.target_branch} at {request.head}\n")
    print(request.body)
    for approval in request.approvals:
        stale = "" if approval.sha == request.head else " (an older head)"
        print(f"approved by {approval.person} at {approval.sha[:12]}{stale}")
    for check in request.checks:
        print(f"check {check.name} from {check.source}: {check.state} at {check.sha[:12]}")
    for comment in entry.comments:
        print(f"comment: {comment}")


@app.command()
def approve(
    context: typer.Context,
    number: Number,
    head: Head,
    person: Person,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Approve a merge request at exactly this head."""
    forge = _forge(context, fleet, branch, settings, work_directory)
    forge.approve(number, head, person)
    _say(forge, number, json=json)


@app.command()
def check(
    context: typer.Context,
    number: Number,
    head: Head,
    person: Person,
    name: Annotated[str, typer.Option(help="The check's name.")],
    state: Annotated[str, typer.Option(help="pending, success, failure or skipped.")] = "success",
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Post a check's result on a head."""
    from bot.model import CheckState
    from gitops.errors import InvalidInput

    if state not in set(CheckState):
        raise InvalidInput(f"{state!r} is no check state", f"known are {', '.join(CheckState)}")
    forge = _forge(context, fleet, branch, settings, work_directory)
    forge.check(number, head, name, person, CheckState(state))
    _say(forge, number, json=json)


@app.command()
def close(
    context: typer.Context,
    number: Number,
    person: Person,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Close a merge request: its release stays out until somebody reopens it."""
    forge = _forge(context, fleet, branch, settings, work_directory)
    forge.close_by_person(number, person)
    _say(forge, number, json=json)


@app.command()
def reopen(
    context: typer.Context,
    number: Number,
    person: Person,
    fleet: options.Fleet = None,
    branch: options.Branch = None,
    settings: options.SettingsFile = None,
    work_directory: options.WorkDirectory = None,
    json: options.Json = False,
) -> None:
    """Reopen a closed merge request."""
    forge = _forge(context, fleet, branch, settings, work_directory)
    forge.reopen(number, person)
    _say(forge, number, json=json)


def _say(forge: "LocalForge", number: int, *, json: bool) -> None:
    """What became of it, for programs; people hear only of what went wrong."""
    if json:
        _print_json(_facts(forge.show(number).request))


def _print_json(facts: object) -> None:
    import json

    print(json.dumps(facts, sort_keys=True))


def _facts(request: "MergeRequest") -> dict[str, object]:
    return {
        "number": request.number,
        "state": request.state.value,
        "title": request.title,
        "source_branch": request.source_branch,
        "target_branch": request.target_branch,
        "head": request.head,
        "author": request.author,
        "approvals": [{"person": a.person, "sha": a.sha} for a in request.approvals],
        "checks": [
            {"name": c.name, "source": c.source, "state": c.state.value, "sha": c.sha}
            for c in request.checks
        ],
        "merge_sha": request.merge_sha,
        "closed_by": request.closed_by,
    }
