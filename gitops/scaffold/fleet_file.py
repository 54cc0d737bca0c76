"""`fleet.yaml` of a new fleet: its environments, and what each takes from the one before."""

from collections.abc import Iterator

from gitops.document import Address
from gitops.scaffold.answers.fleet import FleetAnswers, ForgeKind
from gitops.scaffold.cluster import shared_path
from gitops.scaffold.template import Values, filled, template

FLEET_FILE = "fleet.yaml"


def fleet_file(answers: FleetAnswers) -> bytes:
    """The bytes of `fleet.yaml`.

    It is put together from templates that are each a part of it, so that there can be as many
    environments as are asked for.
    """
    return b"".join([_head(answers), *_environments(answers), template("fleet/tail.yaml")])


def _head(answers: FleetAnswers) -> bytes:
    values: Values = {("name",): answers.name, ("forge", "kind"): answers.forge.value}
    if answers.forge is ForgeKind.LOCAL:
        return filled("fleet/head.yaml", values, dropped=(("forge", "project"),))
    project: Values = {("forge", "project"): str(answers.project_there)}
    return filled("fleet/head.yaml", {**values, **project})


def _environments(answers: FleetAnswers) -> Iterator[bytes]:
    names = tuple(answers.environments)
    for index, name in enumerate(names):
        rule = _rule(index, len(names))
        yield template(f"fleet/{rule}-told.yaml")
        yield filled("fleet/name.yaml", {(0, "name"): name})
        yield _clusters(answers, name)
        values: dict[Address, str] = {}
        if index:
            values["after",] = names[index - 1]
        elif answers.forge is ForgeKind.LOCAL:
            values["deliver",] = "commit"
        yield filled(f"fleet/{rule}.yaml", values)


def _rule(index: int, count: int) -> str:
    """What the environment at this place takes.

    The first takes every build, the last releases, those between them candidates. A further one
    between them takes what the one before proved: there is only one stream of candidates.
    """
    if index == 0:
        return "first"
    if index == count - 1:
        return "release" if count > 2 else "release-direct"
    return "candidate" if index == 1 else "proven"


def _clusters(answers: FleetAnswers, environment: str) -> bytes:
    clusters = answers.clusters_of(environment)
    if answers.shared:
        item: Address = ("clusters", 0)
        where = {(*item, "name"): clusters[0], (*item, "path"): shared_path(answers, environment)}
        return filled("fleet/clusters-shared.yaml", where)
    values: Values = {("clusters", place): name for place, name in enumerate(clusters)}
    return filled("fleet/clusters.yaml", values, grown={("clusters",): len(clusters)})
