"""What lets the bot read how a cluster does on which it does not run, and change nothing there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from gitops.fleet import Fleet
from gitops.scaffold.answers.fleet import FleetAnswers, Health
from gitops.scaffold.bot_files import BOT_FLUX, BOT_HOME, bot_placement
from gitops.scaffold.cluster import Files
from gitops.scaffold.placement import Placement, platform_placements
from gitops.scaffold.template import Values, filled, template, worded

Written = Mapping[str, bytes]
"""Files by their paths."""

_NAME = "fairlead-reader"
_HOME = f"infrastructure/{_NAME}"
_PARTS = ("namespace", "service-account", "token", "rbac", "rbac-pods")
_PODS = _PARTS.index("rbac-pods")


def reader_files(answers: FleetAnswers, fleet: Fleet) -> Files:
    """A ServiceAccount that may read, on every cluster but the bot's own; nothing where none reads.

    The bot's own has its rights with the bot.
    """
    clusters = _clusters(answers, fleet) if answers.read else ()
    if clusters:
        yield from _base(pods=answers.health is Health.PODS)
    for where in clusters:
        yield from _placed(where)


def readers_beside(fleet: Fleet, *, pods: bool) -> Files:
    """The same in a fleet that is there: on every cluster that does not run the bot."""
    alone = [p for p in platform_placements(fleet) if f"{p.path}/{BOT_FLUX}" not in fleet.tree]
    if alone:
        yield from _base(pods=pods)
    for where in alone:
        yield from _placed(where)


def with_readers(
    fleet: Fleet, environment: str, sibling: str, clusters: Collection[str], files: Written
) -> Written:
    """The files of a copy, with a reader wherever they would run the bot a second time.

    Args:
        fleet: what was copied from.
        environment: the environment of the new clusters.
        sibling: the directory of a cluster that they are like.
        clusters: their directories.
        files: what was copied, by its new path.
    """
    flux = {f"{each}/{BOT_FLUX}": each for each in clusters if f"{each}/{BOT_FLUX}" in files}
    if not flux or f"{BOT_HOME}/base/cronjob.yaml" not in fleet.tree:
        return files
    overlay = f"{BOT_HOME}/envs/{environment}/"
    kept: dict[str, bytes] = {
        p: d for p, d in files.items() if p not in flux and not p.startswith(overlay)
    }
    if f"{_HOME}/base/kustomization.yaml" not in fleet.tree:
        kept |= _base(pods=f"{BOT_HOME}/base/rbac-pods.yaml" in fleet.tree)
    like = next(each for each in platform_placements(fleet) if each.path == sibling)
    for path in flux.values():
        kept |= _placed(replace(like, environment=environment, path=path))
    return kept


def _base(*, pods: bool) -> Files:
    gone = () if pods else (("resources", _PODS),)
    yield f"{_HOME}/base/kustomization.yaml", filled("bot/reader.yaml", dropped=gone)
    for part in (part for part in _PARTS if pods or part != _PARTS[_PODS]):
        yield f"{_HOME}/base/{part}.yaml", template(f"bot/{part}.yaml")


def _placed(where: Placement) -> Files:
    own = f"{_HOME}/envs/{where.environment}"
    yield f"{own}/kustomization.yaml", template("bot/reader-environment.yaml")
    values: Values = {("metadata", "name"): _NAME, ("spec", "path"): f"./{own}"}
    flux = where.filled("component/flux.yaml", values, ("spec", "dependsOn"))
    yield f"{where.path}/infrastructure/{_NAME}.yaml", flux


def reader_step(answers: FleetAnswers) -> str:
    """What `README.md` says of the token; "" where nobody needs one."""
    alone = answers.shared or sum(len(answers.clusters_of(e)) for e in answers.environments) == 1
    if not answers.read or (alone and answers.bot_image is not None):
        return ""
    where = ", which it may of its own already" if answers.bot_image is not None else ""
    return worded("readme-reader.md", {"WHERE": where}).decode()


def _clusters(answers: FleetAnswers, fleet: Fleet) -> Sequence[Placement]:
    bot = bot_placement(answers, fleet).path if answers.bot_image is not None else None
    return [each for each in platform_placements(fleet) if each.path != bot]
