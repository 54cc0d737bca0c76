"""`render`: what Flux would apply."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import outside
from gitops.cli.options import HERE, Here, Json
from gitops.cli.output import print_json, say
from gitops.cli.patience import Tally, patience

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitops.fleet import Fleet
    from gitops.reach import Reached
    from gitops.rendering.model import Builder, Output
    from gitops.rendering.rendering import Rendering

Environment = Annotated[
    str | None, typer.Option("--environment", help="Everything of one environment.")
]
Cluster = Annotated[str | None, typer.Option("--cluster", help="One of its clusters.")]


def add_verbs(app: typer.Typer) -> None:
    """Mount the verbs of this module."""
    app.command()(render)


def render(
    app: Annotated[str | None, typer.Argument(help="The app.")] = None,
    name: Annotated[str | None, typer.Argument(metavar="ENV", help="The environment.")] = None,
    path: Here = HERE,
    cluster: Cluster = None,
    environment: Environment = None,
    every: Annotated[bool, typer.Option("--all", help="Everything of every cluster.")] = False,
    json: Json = False,
) -> None:
    """Print what Flux would apply, as YAML; kustomize must be installed.

    A HelmRelease stays one: what its chart makes of it is not rendered.
    """
    from gitops.errors import InvalidInput

    if sum([app is not None, environment is not None, every]) != 1 or (app and name is None):
        told = "say what: APP and ENV, or --environment ENV, or --all"
        raise InvalidInput(told, "for example `fairlead render payments prod`")
    build = builder("the objects that Flux would apply")
    fleet = read(path)
    _say_absent(fleet, name or environment)
    builds = chosen(fleet, name or environment, cluster, app)
    done = rendered(fleet, build, builds)
    groups = _alike(done.rendered, name) if app is not None and cluster is None else done.rendered
    if json:
        print_json(_facts(done))
    else:
        for each in groups:
            sys.stdout.write(_stream(each))
        sys.stdout.flush()
    remarks(done, builds)
    tell_failures(done)


def _say_absent(fleet: "Fleet", environment: str | None) -> None:
    """Of which clusters nothing is rendered, because they have no files; None is all of them."""
    for each in fleet.config.fleet.environments:
        for cluster in each.clusters if environment in {None, each.name} else ():
            if not fleet.tree.below(cluster.path):
                told = f"the cluster {cluster.name} of {each.name} has nothing here"
                say(f"fairlead: {cluster.path}: {told}", sys.stderr)


def builder(adds: str) -> "Builder":
    """Kustomize, where it is installed.

    Raises:
        Unavailable: it is not, and so `adds` is missing.
    """
    from gitops.errors import Unavailable

    found = outside.builder()
    if found is None:
        told = f"kustomize was not found on PATH: without it nobody knows {adds}"
        raise Unavailable(f"{told}; {INSTALL}", service="kustomize")
    return found


INSTALL = "install it from https://kubectl.docs.kubernetes.io/installation/kustomize/"


def read(path: Path) -> "Fleet":
    """The fleet in a directory."""
    from gitops.directory import read_directory
    from gitops.fleet import Fleet

    seen = Tally()
    with patience(f"reading what is below {path}", lambda: f"{seen} files"):
        return Fleet.read(read_directory(path, seen))


def chosen(
    fleet: "Fleet", environment: str | None, cluster: str | None, app: str | None
) -> "Sequence[Reached]":
    """The builds that were asked for; None asks for all.

    Raises:
        InvalidInput: there is no such environment, cluster or app, or nothing of it.
    """
    from gitops.config.faults import nearest
    from gitops.errors import InvalidInput
    from gitops.rendering.builds import builds_of

    known = {
        "environment": (environment, fleet.environments),
        "app": (app, fleet.apps),
        "cluster": (cluster, _clusters(fleet, environment)),
    }
    for what, (name, names) in known.items():
        if name is not None and name not in names:
            raise InvalidInput(f"there is no {what} {name!r}", nearest(name, names))
    builds = builds_of(fleet, environment, cluster, app)
    if not builds:
        told = f"Flux applies nothing of {app or 'the fleet'} in {environment or 'it'}"
        hint = "look at the Flux Kustomizations of the cluster: `fairlead check` may know more"
        raise InvalidInput(told, hint)
    return builds


def _clusters(fleet: "Fleet", environment: str | None) -> list[str]:
    return [
        cluster.name
        for each in fleet.config.fleet.environments
        if environment in {None, each.name}
        for cluster in each.clusters
    ]


def rendered(fleet: "Fleet", builder: "Builder", builds: "Sequence[Reached]") -> "Rendering":
    """What comes of these builds; what takes long says how far it is."""
    from gitops.rendering.rendering import rendering

    seen = Tally()
    with patience(f"rendering {len(builds)} directories", lambda: f"{seen} done"):
        return rendering(fleet, builder, builds, seen)


def whose(environment: str) -> str:
    """An environment's name, for a person; SHARED is what a cluster has for several of them."""
    return environment or "shared"


def _stream(rendered: "Output") -> str:
    where = f"{whose(rendered.environment)} {rendered.cluster}: {rendered.path}"
    return f"# {where}\n" + "".join(f"---\n{each.text}" for each in rendered.objects)


def _alike(found: "Sequence[Output]", environment: str | None) -> "Sequence[Output]":
    """One cluster's, where all clusters of an environment get the same.

    Raises:
        InvalidInput: they get different objects.
    """
    from gitops.errors import InvalidInput

    by_cluster: dict[str, list[Output]] = {}
    for each in found:
        by_cluster.setdefault(each.cluster, []).append(each)
    texts = {tuple(o.text for each in group for o in each.objects) for group in by_cluster.values()}
    if len(texts) > 1:
        told = f"the clusters of {environment} get different objects"
        raise InvalidInput(told, f"say --cluster, one of {', '.join(by_cluster)}")
    return next(iter(by_cluster.values()), [])


def remarks(done: "Rendering", builds: "Sequence[Reached]") -> None:
    """On standard error: what of the rendered objects is not the whole truth."""
    unknown = sorted({name for each in done.rendered for name in each.unknown})
    if unknown:
        told = f"only the cluster knows {', '.join(unknown[:5])}"
        more = f" and {len(unknown) - 5} more" if len(unknown) > 5 else ""
        say(f"fairlead: {told}{more}: they stand as they are written", sys.stderr)
    charts = sum(o.kind == "HelmRelease" for each in done.rendered for o in each.objects)
    if charts:
        plural = "s stay as they are" if charts > 1 else " stays as it is"
        say(f"fairlead: {charts} HelmRelease{plural}: charts are not rendered", sys.stderr)
    asleep = [b for b in builds if b.kustomization and b.kustomization.spec.get("suspend") is True]
    if asleep:
        names = sorted({b.kustomization.name for b in asleep if b.kustomization})
        say(f"fairlead: suspended, so that Flux does not apply it: {', '.join(names)}", sys.stderr)


def tell_failures(done: "Rendering") -> None:
    """Say on standard error what could not be rendered, and end with 2 where that is anything."""
    from gitops.errors import InvalidInput

    for failed in done.failed:
        where = f"{whose(failed.environment)} {failed.cluster}"
        say(f"fairlead: {where}: {failed.build.directory}: {failed.error}", sys.stderr)
    if done.failed:
        raise typer.Exit(InvalidInput.exit_code)


def _facts(done: "Rendering") -> dict[str, object]:
    return {
        "rendered": [
            {
                "environment": each.environment or None,
                "cluster": each.cluster,
                "app": each.app,
                "path": each.path,
                "unknown": list(each.unknown),
                "objects": [o.data for o in each.objects],
            }
            for each in done.rendered
        ],
        "failed": [
            {
                "environment": each.environment or None,
                "cluster": each.cluster,
                "path": each.build.directory,
                "error": str(each.error),
            }
            for each in done.failed
        ],
    }
