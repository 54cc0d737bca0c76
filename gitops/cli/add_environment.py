"""`add environment` and `add cluster`: more of what is there."""

import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from gitops.cli import options
from gitops.cli.options import HERE
from gitops.cli.output import deliver, say

if TYPE_CHECKING:
    from gitops.tree import Tree

_ROOT = re.compile(r"clusters/[^/]+/[^/]+/kustomization\.yaml")


def add_environment(
    name: Annotated[str, typer.Argument(help="The new environment.")],
    like: Annotated[str, typer.Option("--from", help="The environment that it is like.")],
    after: Annotated[
        str | None,
        typer.Option(help="The one that a release must come through. [default: that of --from]"),
    ] = None,
    cluster: Annotated[
        list[str] | None, typer.Option(help="A cluster; repeatable. [default: NAME-1]")
    ] = None,
    copy_versions: Annotated[
        bool, typer.Option("--copy-versions", help="Run there at once what runs in --from.")
    ] = False,
    path: options.Here = HERE,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Add an environment with everything that another has; its apps wait for a first release."""
    from gitops.directory import read_directory
    from gitops.scaffold.environment import add_environment as added
    from gitops.scaffold.environment_answers import EnvironmentAnswers
    from gitops.scaffold.record import Unit, recorded

    answers = EnvironmentAnswers(
        name=name,
        like=like,
        after=after,
        clusters=tuple(cluster or ()),
        copy_versions=copy_versions,
    )
    old = read_directory(path)
    new = added(old, answers)
    _warn(new.warnings, json=json)
    given = {
        "name": name,
        "from": like,
        "after": after,
        "cluster": cluster,
        "copy-versions": copy_versions,
    }
    tree = recorded(old, new.tree, Unit("environment", name), given)
    told = {"warnings": list(new.warnings)}
    deliver(path, old, tree, dry_run=dry_run, json=json, told=told)
    _say_next(old, tree, json=json)


def add_cluster(
    name: Annotated[str, typer.Argument(help="The new cluster.")],
    environment: Annotated[str, typer.Option(help="Where it belongs.")],
    like: Annotated[
        str | None,
        typer.Option("--from", help="The cluster that it is like. [default: the first there]"),
    ] = None,
    path: options.Here = HERE,
    dry_run: options.DryRun = False,
    json: options.Json = False,
) -> None:
    """Add a cluster to an environment, with everything that another one of it has."""
    from gitops.directory import read_directory
    from gitops.scaffold.add_cluster import add_cluster as added
    from gitops.scaffold.environment_answers import ClusterAnswers
    from gitops.scaffold.record import Unit, recorded

    old = read_directory(path)
    new = added(old, ClusterAnswers(name, environment, like))
    _warn(new.warnings, json=json)
    given = {"name": name, "environment": environment, "from": like}
    # Clusters of two environments may have the same name, and no name has a dot.
    tree = recorded(old, new.tree, Unit("cluster", f"{environment}.{name}"), given)
    told = {"warnings": list(new.warnings)}
    deliver(path, old, tree, dry_run=dry_run, json=json, told=told)
    _say_next(old, tree, json=json)


def _warn(warnings: Sequence[str], *, json: bool) -> None:
    """On standard error, where the output is not JSON that has them."""
    for warning in () if json else warnings:
        say(f"note: {warning}", sys.stderr)


def _say_next(old: "Tree", new: "Tree", *, json: bool) -> None:
    """What is left to do for each cluster that has come, where the output is not JSON."""
    roots = [p.rpartition("/")[0] for p in new if _ROOT.fullmatch(p) and p not in old]
    for root in () if json else roots:
        say(f"Next: bring Flux to the cluster of {root}, as README.md says of the others")
