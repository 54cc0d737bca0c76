"""`add tenant`: a team with namespaces of its own."""

from typing import Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver


def add_tenant(
    name: Annotated[str, typer.Argument(help="The team.")],
    namespace: Annotated[
        list[str] | None,
        typer.Option(help="A namespace of the team; repeatable. [default: the team's name]"),
    ] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[ENV:]GROUP=RIGHTS",
            help="What a group may do there: view, develop, edit or admin; repeatable.",
        ),
    ] = None,
    cpu: Annotated[str, typer.Option(help="What all pods of a namespace may request.")] = "8",
    memory: Annotated[str, typer.Option(help="Likewise; limits may be twice that.")] = "16Gi",
    path: options.Here = HERE,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Add a team: its namespaces with quota, limits and closed network, and who may do what."""
    from gitops.directory import read_directory
    from gitops.scaffold.record import Unit, recorded
    from gitops.scaffold.tenant import add_tenant as added
    from gitops.scaffold.tenant_answers import TenantAnswers

    answers = TenantAnswers(
        name=name,
        namespaces=tuple(namespace or ()),
        groups=tuple(group or ()),
        cpu=cpu,
        memory=memory,
    )
    old = read_directory(path)
    given = {"name": name, "namespace": namespace, "group": group, "cpu": cpu, "memory": memory}
    new = recorded(old, added(old, answers), Unit("tenant", name), given)
    deliver(path, old, new, dry_run=dry_run, json=json)
