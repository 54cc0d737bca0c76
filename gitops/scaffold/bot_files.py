"""The manifests that run the bot on a cluster of the fleet."""

from gitops.document import Address
from gitops.fleet import Fleet
from gitops.scaffold.answers.fleet import FleetAnswers
from gitops.scaffold.cluster import Files
from gitops.scaffold.placement import platform_placements
from gitops.scaffold.template import Values, filled, template

_HOME = "infrastructure/fairlead"
_PARTS = ("namespace", "service-account", "rbac", "network-policy")
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
    yield f"{_HOME}/base/kustomization.yaml", template("bot/kustomization.yaml")
    for part in _PARTS:
        yield f"{_HOME}/base/{part}.yaml", template(f"bot/{part}.yaml")
    yield f"{_HOME}/base/cronjob.yaml", filled("bot/cronjob.yaml", {_FLEET: answers.pull_url})
    last = [p for p in platform_placements(fleet) if p.environment in _last(answers)]
    own = f"{_HOME}/envs/{last[0].environment}"
    image: Values = {
        ("images", 0, "newName"): repository,
        ("images", 0, "digest"): digest,
    }
    yield f"{own}/kustomization.yaml", filled("bot/environment.yaml", image)
    flux = last[0].filled("bot/flux.yaml", {("spec", "path"): f"./{own}"})
    yield f"{last[0].path}/infrastructure/fairlead.yaml", flux


def _last(answers: FleetAnswers) -> tuple[str, ...]:
    return ("all",) if answers.shared else (answers.environments[-1],)
