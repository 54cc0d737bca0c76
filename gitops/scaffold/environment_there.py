"""What a fleet has already of an environment that is asked for: itself, or its clusters' names."""

from collections.abc import Iterable, Iterator, Mapping

from gitops.config import EnvironmentConfig
from gitops.document import documents
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold.environment_answers import EnvironmentAnswers
from gitops.scaffold.fleet_file import FLEET_FILE
from gitops.scaffold.record import Unit, record_of


def refuse_another(
    fleet: Fleet, there: EnvironmentConfig, answers: EnvironmentAnswers, clusters: Mapping[str, str]
) -> str:
    """Refuse to add what is there and is another; what is said where it is the same.

    Its record tells what it was made of. Without one its rules have to be those of the environment
    that it should be like.

    Args:
        fleet: the fleet that has it.
        there: the environment as it stands.
        answers: what is asked for.
        clusters: the directories of the wanted clusters by their names; others may be there too.

    Raises:
        InvalidInput: something differs, and all of that is named; with the environment's place.
    """
    like = fleet.config.environment(answers.like)
    differing = list(_differing(fleet, there, answers, clusters, like))
    named = ", ".join(each.name for each in there.clusters)
    if differing:
        told = f"{there.name} is there already, with the clusters {named}: {'; '.join(differing)}"
        hint = "change fleet.yaml, or say what is there"
        if not clusters.keys() <= {each.name for each in there.clusters}:
            hint = f"to add another write `fairlead add cluster NAME --environment {there.name}`"
        raise InvalidInput(told, hint, _place(fleet, there.name))
    after = f"after {there.after}" if there.after else "after no other"
    return f"{there.name} is there already, {after}, with the clusters {named}"


def refuse_cluster_names(fleet: Fleet, environment: str, names: Iterable[str]) -> None:
    """Refuse a cluster that is called as one of another environment is.

    What is written outside, DNS records and backups, is told apart by the cluster's name.

    Raises:
        InvalidInput: one is; with the place of the other's environment.
    """
    for each in fleet.config.fleet.environments:
        own = {cluster.name: cluster.path for cluster in each.clusters}
        for name in names:
            shared = own.get(name, "").endswith(f"/envs/{each.name}")
            if each.name != environment and name in own and not shared:
                told = f"{each.name} has a cluster {name} already"
                hint = f"name it {environment}-{name}, for example"
                raise InvalidInput(told, hint, _place(fleet, each.name))


def _place(fleet: Fleet, environment: str) -> Place:
    """Where `fleet.yaml` has an environment; the file alone where that is not to be seen."""
    index = [each.name for each in fleet.config.fleet.environments].index(environment)
    found = documents(FLEET_FILE, fleet.tree.read(FLEET_FILE))
    return found[0].places.get(("environments", index, "name"), Place(FLEET_FILE))


def _differing(
    fleet: Fleet,
    there: EnvironmentConfig,
    answers: EnvironmentAnswers,
    clusters: Mapping[str, str],
    like: EnvironmentConfig | None,
) -> Iterator[str]:
    has = {cluster.name: cluster.path for cluster in there.clusters}
    for name, path in clusters.items():
        if has.get(name) != path:
            yield f"{name} at {path} is none of them"
    after = answers.after or (like.after if like else None)
    if there.after != after:
        yield f"it comes after {there.after or 'no other'}, not after {after or 'no other'}"
    record = record_of(fleet.tree, Unit("environment", there.name))
    if record is not None:
        if record.answers.get("from") != answers.like:
            yield f"it was made --from {record.answers.get('from')}, not --from {answers.like}"
        if bool(record.answers.get("copy-versions")) != answers.copy_versions:
            yield f"it was made with{'out' * answers.copy_versions} --copy-versions"
    elif like is not None and like.after is not None:
        for rule in ("follow", "artifacts", "proof", "deliver", "approvals"):
            if getattr(there, rule) != getattr(like, rule):
                yield f"its `{rule}` is not that of {like.name}"
