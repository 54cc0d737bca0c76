"""Where Flux tells what fails: a Provider and an Alert on every cluster."""

from collections.abc import Iterator, Mapping

from gitops.document import Address
from gitops.fleet import Fleet
from gitops.scaffold.answers.fleet import Alerts, FleetAnswers, Secrets
from gitops.scaffold.cluster import Files
from gitops.scaffold.placement import platform_placements
from gitops.scaffold.template import Values, filled, template, worded

HOME = "infrastructure/alerts"
SECRET = "alerts"  # noqa: S105 - the name of a Secret

KEYS: Mapping[Alerts, tuple[str, ...]] = {
    **dict.fromkeys(Alerts, ("address",)),
    Alerts.GENERIC_HMAC: ("address", "token"),
    Alerts.GRAFANA: ("address", "token"),
    **dict.fromkeys((Alerts.GITHUB, Alerts.GITLAB, Alerts.GITEA), ("token",)),
}
"""The keys of the Secret that each type of Provider reads.

Source: https://fluxcd.io/flux/components/notification/providers/, read in 2026-08.
"""

_ADDRESS: Address = ("spec", "address")


def alert_files(answers: FleetAnswers, fleet: Fleet) -> Files:
    """Provider and Alert as a component of every cluster; nothing where none was asked for."""
    if answers.alerts is None:
        return
    of_commits = answers.alerts.of_commits
    provider: Values = {("spec", "type"): answers.alerts.value}
    if of_commits:
        provider = {**provider, _ADDRESS: answers.pull_url}
    dropped = () if of_commits else (_ADDRESS,)
    yield f"{HOME}/base/provider.yaml", filled("alerts/provider.yaml", provider, dropped=dropped)
    # The forge has to hear of what went well too: else no commit is ever green.
    heard: Values = {("spec", "eventSeverity"): "info" if of_commits else "error"}
    yield f"{HOME}/base/alert.yaml", filled("alerts/alert.yaml", heard)
    yield f"{HOME}/base/kustomization.yaml", template("alerts/kustomization.yaml")
    encrypted = answers.secrets is Secrets.SOPS
    for where in platform_placements(fleet):
        own = f"{HOME}/envs/{where.environment}"
        name = "alerts/environment-sops.yaml" if encrypted else "alerts/environment.yaml"
        yield f"{own}/kustomization.yaml", template(name)
        values: Values = {("metadata", "name"): "alerts", ("spec", "path"): f"./{own}"}
        flux = where.filled("component/flux.yaml", values, ("spec", "dependsOn"))
        yield f"{where.path}/infrastructure/alerts.yaml", flux


def alerts_step(answers: FleetAnswers) -> str:
    """What `README.md` says of the Secret; "" where there are no alerts."""
    if answers.alerts is None:
        return ""
    keys = KEYS[answers.alerts]
    if answers.secrets is Secrets.SOPS:
        told = f"the key{'s' * (len(keys) > 1)} {' and '.join(f'`{key}`' for key in keys)}"
        return worded("readme-alerts-sops.md", {"KEYS": told}).decode()
    return worded("readme-alerts.md", {"FILES": " ".join(_files(keys))}).decode()


def _files(keys: tuple[str, ...]) -> Iterator[str]:
    return (f"--from-file={key}={key}.txt" for key in keys)
