"""`verify`: the commands by which a person sees that an app works in an environment."""

from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.render import Cluster, builder, chosen, read, remarks, rendered, tell_failures
from gitops.cli.options import HERE, Here, Json
from gitops.cli.output import print_json, say

if TYPE_CHECKING:
    from gitops.rendering.model import Output
    from gitops.rendering.verifying import Step


def add_verbs(app: typer.Typer) -> None:
    """Mount the verb of this module."""
    app.command()(verify)


def verify(
    app: Annotated[str, typer.Argument(help="The app.")],
    environment: Annotated[str, typer.Argument(metavar="ENV", help="The environment.")],
    path: Here = HERE,
    cluster: Cluster = None,
    json: Json = False,
) -> None:
    """Print the flux, kubectl and curl commands that show whether an app works.

    None of them is run, and none changes anything; kustomize must be installed.
    """
    build = builder("what there is to look at")
    fleet = read(path)
    builds = chosen(fleet, environment, cluster, app)
    done = rendered(fleet, build, builds)
    found = _by_cluster(done.rendered)
    if json:
        told = {
            name: [{"about": each.about, "command": each.command} for each in those]
            for name, those in found.items()
        }
        print_json({"app": app, "environment": environment, "clusters": told})
    else:
        for name, those in found.items():
            say(f"# {environment} {name}")
            for each in those:
                say(f"# {each.about}")
                say(each.command)
    remarks(done, builds)
    tell_failures(done)


def _by_cluster(outputs: "tuple[Output, ...]") -> "dict[str, tuple[Step, ...]]":
    from gitops.rendering.verifying import steps

    groups: dict[str, list[Output]] = {}
    for each in outputs:
        groups.setdefault(each.cluster, []).append(each)
    return {name: steps(those) for name, those in groups.items()}
