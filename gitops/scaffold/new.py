"""`new`: a fleet repository from nothing."""

from collections.abc import Iterator

from gitops.config.faults import nearest
from gitops.config.json_schema import NAMES, STORED, json_schema_text
from gitops.document import Address
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold.answers import ENVIRONMENTS, FleetAnswers, ForgeKind
from gitops.scaffold.template import Values, filled, template
from gitops.tree import File, Mode, Tree

_PATH: Address = ("spec", "path")

FLEET_FILE = "fleet.yaml"

KEPT = ("README.md", *STORED.values())
"""Files that may be there before and say something else.

A forge that makes a repository puts a README into it; another version has other schemas.
"""


def new_fleet(tree: Tree, answers: FleetAnswers) -> Tree:
    """`tree` with a fleet in it; the same tree when that fleet is there already.

    Raises:
        InvalidInput: an answer is wrong, or a file is in the way and says something else.
    """
    for environment in answers.clusters:
        if environment not in ENVIRONMENTS:
            told = f"a new fleet has no environment {environment!r}"
            raise InvalidInput(told, nearest(environment, ENVIRONMENTS))
    written = dict(_files(answers))
    there = tree.get(FLEET_FILE)
    if there is not None and there.data != written[FLEET_FILE]:
        hint = "go on with `fairlead add app`, or name an empty directory"
        raise InvalidInput("another fleet is here already", hint, Place(FLEET_FILE))
    result = laid(tree, written)
    Fleet.read(Tree.of(written))
    return result


def laid(tree: Tree, written: dict[str, bytes]) -> Tree:
    """`tree` with these files, none of which may be there with other bytes.

    Raises:
        InvalidInput: one of them is.
    """
    for path, data in written.items():
        above = next((p for p in _parents(path) if p in tree), None)
        if above is not None:
            raise InvalidInput("is a file where a directory is needed", place=Place(above))
        there = tree.get(path)
        if there is None or path in KEPT:
            continue
        if there.mode not in {Mode.FILE, Mode.EXECUTABLE} or there.data != data:
            told = "is there already and says something else"
            raise InvalidInput(told, "nothing was written: edit it by hand", Place(path))
    missing = {path: File(data) for path, data in written.items() if path not in tree}
    return Tree({**tree, **missing})


def _parents(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _files(answers: FleetAnswers) -> Iterator[tuple[str, bytes]]:
    yield FLEET_FILE, _fleet(answers)
    yield "README.md", template("README.md")
    for name in NAMES:
        yield STORED[name], json_schema_text(name).encode()
    for environment in ENVIRONMENTS:
        for cluster in answers.clusters_of(environment):
            yield from _cluster(answers, environment, cluster)
        path = f"infrastructure/envs/{environment}/kustomization.yaml"
        yield path, template("infrastructure/environment.yaml")
    yield "infrastructure/base/kustomization.yaml", template("infrastructure/base.yaml")
    yield "infrastructure/base/namespace.yaml", template("infrastructure/namespace.yaml")


def _fleet(answers: FleetAnswers) -> bytes:
    values: dict[Address, str] = {("name",): answers.name, ("forge", "kind"): answers.forge.value}
    dropped: tuple[Address, ...] = ()
    if answers.forge is ForgeKind.LOCAL:
        dropped = (("forge", "project"),)
        values["environments", 0, "deliver"] = "commit"
    else:
        values["forge", "project"] = str(answers.project_there)
    grown: dict[Address, int] = {}
    for index, environment in enumerate(ENVIRONMENTS):
        clusters = answers.clusters_of(environment)
        grown["environments", index, "clusters"] = len(clusters)
        for place, cluster in enumerate(clusters):
            values["environments", index, "clusters", place] = cluster
    return filled("fleet.yaml", values, grown=grown, dropped=dropped)


def _cluster(answers: FleetAnswers, environment: str, cluster: str) -> Iterator[tuple[str, bytes]]:
    root = f"clusters/{environment}/{cluster}"
    source: Values = {("spec", "url"): answers.sync_url}
    yield f"{root}/kustomization.yaml", template("cluster/kustomization.yaml")
    yield f"{root}/flux-system/kustomization.yaml", template("cluster/flux-system.yaml")
    yield f"{root}/flux-system/gotk-components.yaml", template("cluster/gotk-components.yaml")
    sync = filled("cluster/gotk-sync.yaml", source, {_PATH: f"./{root}"})
    yield f"{root}/flux-system/gotk-sync.yaml", sync
    path: Values = {_PATH: f"./infrastructure/envs/{environment}"}
    yield f"{root}/infrastructure.yaml", filled("cluster/infrastructure.yaml", path)
    yield f"{root}/apps.yaml", filled("cluster/apps.yaml", {_PATH: f"./{root}/apps"})
    identity: Values = {("data", "environment"): environment, ("data", "cluster"): cluster}
    yield f"{root}/apps/_cluster.yaml", filled("cluster/identity.yaml", identity)
