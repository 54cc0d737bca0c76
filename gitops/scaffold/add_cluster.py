"""`add cluster`: one more cluster of an environment, made like one that is there."""

from gitops.config import ClusterConfig, EnvironmentConfig
from gitops.config.faults import nearest
from gitops.errors import InvalidInput, Place
from gitops.fleet import Fleet
from gitops.scaffold.cluster_clone import Grown, clone, cluster_path, told
from gitops.scaffold.environment_answers import ClusterAnswers
from gitops.scaffold.environment_there import refuse_cluster_names
from gitops.scaffold.fleet_file import FLEET_FILE
from gitops.scaffold.fleet_insertion import with_cluster
from gitops.scaffold.new import laid
from gitops.tree import Tree


def add_cluster(tree: Tree, answers: ClusterAnswers) -> Grown:
    """A tree with one more cluster of an environment; the same when it is there.

    It runs what the other runs, in the same versions: clusters of one environment move together.

    Raises:
        InvalidInput: an answer is wrong, the environment shares its cluster with others, the copy
            would be in the way of something, or the result would be no fleet.
        EditRefused: `fleet.yaml` is written in a way in which nothing can be put into it.
    """
    fleet = Fleet.read(tree)
    environment = fleet.config.environment(answers.environment)
    if environment is None:
        told_ = f"there is no environment {answers.environment!r}"
        raise InvalidInput(told_, nearest(answers.environment, fleet.environments))
    sibling = _sibling(environment, answers)
    path = cluster_path(environment.name, sibling, environment.name, answers.name)
    there = {cluster.name: cluster.path for cluster in environment.clusters}
    if answers.name in there:
        return Grown(tree, ())
    refuse_cluster_names(fleet, environment.name, [answers.name])
    own = {answers.name: path}
    copy = clone(fleet, environment.name, (sibling,), environment.name, own, {})
    data = tree.read(FLEET_FILE)
    data = with_cluster(data, fleet.config.fleet, environment.name, answers.name, path)
    grown = laid(tree, dict(copy.files)).replace({FLEET_FILE: data})
    _prove(grown, environment.name)
    return Grown(grown, tuple(told(copy, sibling.name, answers.name)))


def _sibling(environment: EnvironmentConfig, answers: ClusterAnswers) -> ClusterConfig:
    first = environment.clusters[0]
    if first.path.endswith(f"/envs/{environment.name}"):
        told_ = f"{environment.name} shares its cluster with other environments"
        hint = "a fleet has clusters for each environment, or one for all"
        raise InvalidInput(told_, hint, Place(FLEET_FILE))
    if answers.like is None:
        return first
    found = {cluster.name: cluster for cluster in environment.clusters}
    if answers.like not in found:
        told_ = f"{environment.name} has no cluster {answers.like!r}"
        raise InvalidInput(told_, nearest(answers.like, found))
    return found[answers.like]


def _prove(grown: Tree, environment: str) -> None:
    """Refuse a result that is no fleet, or in which an app has no version that can be moved.

    Raises:
        InvalidInput: it is.
    """
    try:
        fleet = Fleet.read(grown)
    except InvalidInput as error:
        # Its place is in a file that nobody will find.
        raise InvalidInput(f"{error.message}; nothing was written", error.hint) from error
    for app in fleet.apps:
        pin = fleet.pin(environment, app)
        if pin is not None and pin.problem is not None:
            raise pin.problem
