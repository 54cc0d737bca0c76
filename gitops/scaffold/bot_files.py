"""The manifests that run the bot on a cluster of the fleet."""

from gitops.document import Address
from gitops.fleet import Fleet
from gitops.scaffold.answers.fleet import FleetAnswers, Health
from gitops.scaffold.cluster import Files
from gitops.scaffold.placement import Placement, platform_placements
from gitops.scaffold.template import Values, filled, template

BOT_HOME = "infrastructure/fairlead"
BOT_FLUX = "infrastructure/fairlead.yaml"
"""Below the directory of the bot's cluster."""

_PARTS = ("namespace", "service-account", "rbac", "rbac-pods", "network-policy")
_PODS = _PARTS.index("rbac-pods")
_FLEET: Address = (
    *("spec", "jobTemplate", "spec", "template", "spec", "containers", 0),
    *("env", 0, "value"),
)


def bot_files(answers: FleetAnswers, fleet: Fleet) -> Files:
    """The bot as a component of one cluster; nothing where no image was given.

    It runs on the first cluster of the last environment: who can write prod there can do so anyway.
    """
    if answers.bot_image is None:
        return
    repository, _, digest = answers.bot_image.partition("@")
    gone = () if answers.health is Health.PODS else (("resources", _PODS),)
    yield f"{BOT_HOME}/base/kustomization.yaml", filled("bot/kustomization.yaml", dropped=gone)
    for part in (part for part in _PARTS if not gone or part != _PARTS[_PODS]):
        yield f"{BOT_HOME}/base/{part}.yaml", template(f"bot/{part}.yaml")
    yield f"{BOT_HOME}/base/cronjob.yaml", filled("bot/cronjob.yaml", {_FLEET: answers.pull_url})
    where = bot_placement(answers, fleet)
    own = f"{BOT_HOME}/envs/{where.environment}"
    image: Values = {
        ("images", 0, "newName"): repository,
        ("images", 0, "digest"): digest,
    }
    yield f"{own}/kustomization.yaml", filled("bot/environment.yaml", image)
    flux = where.filled("bot/flux.yaml", {("spec", "path"): f"./{own}"})
    yield f"{where.path}/{BOT_FLUX}", flux


def bot_placement(answers: FleetAnswers, fleet: Fleet) -> Placement:
    """Where the bot runs, if it runs on a cluster."""
    last = "all" if answers.shared else answers.environments[-1]
    return next(each for each in platform_placements(fleet) if each.environment == last)
