"""`add environment`: one more environment, made like one that is there."""

from collections.abc import Iterator, Mapping

from gitops.config import EnvironmentConfig
from gitops.config.faults import nearest
from gitops.errors import InvalidInput
from gitops.fleet import Fleet
from gitops.scaffold.cloning import below_environment
from gitops.scaffold.cluster_clone import Clone, Grown, clone, cluster_path, told
from gitops.scaffold.environment_answers import EnvironmentAnswers
from gitops.scaffold.environment_owners import with_environment_owners
from gitops.scaffold.environment_there import refuse_another, refuse_cluster_names
from gitops.scaffold.fleet_file import FLEET_FILE
from gitops.scaffold.fleet_insertion import with_environment
from gitops.scaffold.new import laid
from gitops.scaffold.placement import SOPS_FILE
from gitops.scaffold.template import worded
from gitops.scaffold.unreleased import without_versions
from gitops.tree import Tree


def add_environment(tree: Tree, answers: EnvironmentAnswers) -> Grown:
    """A tree with one more environment; the same when it is there.

    It gets what the other has: its rules, its overlay of each app, component and tenant, and
    clusters like its first ones. No app is released there yet, unless versions are copied.

    Raises:
        InvalidInput: an answer is wrong, the environment is there and another, its copy would be in
            the way of something, or the result would be no fleet.
        EditRefused: `fleet.yaml` or a manifest is written in a way in which it cannot be changed.
    """
    fleet = Fleet.read(tree)
    like = _like(fleet, answers)
    clusters = _clusters(like, answers)
    there = fleet.config.environment(answers.name)
    if there is not None:
        return Grown(tree, (refuse_another(fleet, there, answers, clusters),))
    refuse_cluster_names(fleet, answers.name, clusters)
    overlays = below_environment(tree, like.name, answers.name)
    copy = clone(fleet, like.name, like.clusters, answers.name, clusters, overlays)
    files = dict(copy.files)
    if not answers.copy_versions:
        files |= without_versions(fleet, like.name, files, copy.targets)
    files |= dict(_shell(tree, like.name, answers.name, clusters))
    data = with_environment(
        tree.read(FLEET_FILE),
        fleet.config.fleet,
        like.name,
        (answers.name, answers.after),
        clusters,
    )
    grown = with_environment_owners(laid(tree, files), like.name, answers.name)
    grown = grown.replace({FLEET_FILE: data})
    _prove(fleet, grown, answers)
    return Grown(grown, tuple(_warnings(tree, copy, answers)))


def _like(fleet: Fleet, answers: EnvironmentAnswers) -> EnvironmentConfig:
    for name in filter(None, (answers.like, answers.after)):
        if name not in fleet.environments:
            told_ = f"there is no environment {name!r}"
            raise InvalidInput(told_, nearest(name, fleet.environments))
    like = fleet.config.environment(answers.like)
    if like is None or like.name == answers.name:
        raise InvalidInput(f"{answers.name} cannot be like itself", "name another with --from")
    return like


def _clusters(like: EnvironmentConfig, answers: EnvironmentAnswers) -> dict[str, str]:
    """The directories of the new clusters, by their names.

    Raises:
        InvalidInput: clusters are named where all environments share one, or the directories there
            do not tell where others would be.
    """
    first = like.clusters[0]
    if first.path.endswith(f"/envs/{like.name}"):
        if answers.clusters:
            told_ = f"{like.name} shares its cluster with other environments"
            raise InvalidInput(told_, "leave out --cluster")
        return {first.name: f"{first.path.removesuffix(like.name)}{answers.name}"}
    found = {}
    for index, name in enumerate(answers.wanted):
        sibling = like.clusters[min(index, len(like.clusters) - 1)]
        found[name] = cluster_path(like.name, sibling, answers.name, name)
    if len(set(found.values())) < len(found):
        told_ = f"the clusters of {answers.name} would lie in the same directory"
        raise InvalidInput(told_, "name one with --cluster, and add the others by hand")
    return found


def _shell(
    tree: Tree, like: str, name: str, clusters: Mapping[str, str]
) -> Iterator[tuple[str, bytes]]:
    if f"env/{like}/.envrc" in tree:
        words = {"ENVIRONMENT": name, "DIRECTORIES": " ".join(clusters.values())}
        yield f"env/{name}/.envrc", worded("tooling/envrc", words)


def _prove(before: Fleet, grown: Tree, answers: EnvironmentAnswers) -> None:
    """Refuse a result that is no fleet, or in which an app of the copied environment is lost.

    Raises:
        InvalidInput: it is.
    """
    try:
        after = Fleet.read(grown)
    except InvalidInput as error:
        # Its place is in a file that nobody will find, and so is what its hint would change.
        told_ = f"the rules of {answers.like} do not fit {answers.name}: {error.message}"
        hint = "take the rules of another with --from, or leave out --after"
        raise InvalidInput(f"{told_}; nothing was written", hint) from error
    for app in before.apps:
        old = before.pin(answers.like, app)
        if old is None or old.problem is not None:
            continue
        new = after.pin(answers.name, app)
        if new is None or new.problem is not None or not (answers.copy_versions or new.unreleased):
            told_ = f"{app} would have no version of its own in {answers.name}"
            hint = f"write its version below envs/{answers.like}/, and nowhere else"
            raise InvalidInput(f"{told_}; nothing was written", hint, old.sites[0].place)


def _warnings(tree: Tree, copy: Clone, answers: EnvironmentAnswers) -> Iterator[str]:
    yield from told(copy, answers.like, answers.name)
    if SOPS_FILE in tree:
        yield f"{SOPS_FILE} says nothing of {answers.name} yet: for whom are its secrets encrypted?"
