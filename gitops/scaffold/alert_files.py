"""Where Flux tells what it did: a Provider and an Alert on every cluster.

People are told what fails, wherever they look; the bot is told beside the fleet's commits.
"""

from collections.abc import Iterator, Mapping

from gitops.document import Address
from gitops.fleet import Fleet
from gitops.scaffold.answers.fleet import Alerts, FleetAnswers, Health, Secrets
from gitops.scaffold.cluster import Files
from gitops.scaffold.placement import platform_placements
from gitops.scaffold.template import Values, filled, template, worded
from gitops.tree import Tree

KEYS: Mapping[Alerts, tuple[str, ...]] = {
    **dict.fromkeys(Alerts, ("address",)),
    Alerts.GENERIC_HMAC: ("address", "token"),
    Alerts.GRAFANA: ("address", "token"),
    **dict.fromkeys((Alerts.GITHUB, Alerts.GITLAB, Alerts.GITEA), ("token",)),
}
"""The keys of the Secret that each type of Provider reads.

Source: https://fluxcd.io/flux/components/notification/providers/, read in 2026-08.
"""

_NAME: Address = ("metadata", "name")
_ADDRESS: Address = ("spec", "address")
_EXPRESSION: Address = ("spec", "commitStatusExpr")
_SOURCES: Address = ("spec", "eventSources", 1)


def home(name: str) -> str:
    """The directory of `alerts`, or of `statuses`."""
    return f"infrastructure/{name}"


def alert_files(answers: FleetAnswers, fleet: Fleet) -> Files:
    """Provider and Alert as a component of every cluster; nothing where none was asked for.

    Its Secret has the component's name.
    """
    for name, kind in _told(answers):
        yield from _base(answers, name, kind)
        encrypted = answers.secrets is Secrets.SOPS
        for where in platform_placements(fleet):
            own = f"{home(name)}/envs/{where.environment}"
            text = "environment-sops" if encrypted else "environment"
            yield f"{own}/kustomization.yaml", worded(f"alerts/{text}.yaml", {"NAME": name})
            values: Values = {_NAME: name, ("spec", "path"): f"./{own}"}
            flux = where.filled("component/flux.yaml", values, ("spec", "dependsOn"))
            yield f"{where.path}/infrastructure/{name}.yaml", flux


def by_statuses(tree: Tree) -> bool:
    """Whether Flux tells how clusters do beside commits, and nobody of the scaffold's reads them.

    Then nobody hears of anything between two looks that Flux takes.
    """
    providers = (tree.get(f"{home(name)}/base/provider.yaml") for name in ("alerts", "statuses"))
    told = any(each is not None and b"commitStatusExpr" in each.data for each in providers)
    readers = (f"infrastructure/{name}/base/rbac.yaml" for name in ("fairlead", "fairlead-reader"))
    return told and not any(path in tree for path in readers)


def alerts_step(answers: FleetAnswers) -> str:
    """What `README.md` says of the Secrets; "" where nothing is told."""
    return "".join(_step(answers, name, KEYS[kind]) for name, kind in _told(answers))


def _told(answers: FleetAnswers) -> Iterator[tuple[str, Alerts]]:
    """Each component with the type of its Provider; one is enough for the forge."""
    if answers.alerts is not None:
        yield "alerts", answers.alerts
    beside = answers.alerts is not None and answers.alerts.of_commits
    if answers.health is Health.STATUSES and not beside:
        yield "statuses", Alerts(answers.forge.value)


def _base(answers: FleetAnswers, name: str, kind: Alerts) -> Files:
    base = f"{home(name)}/base"
    provider: Values = {("spec", "type"): kind.value, ("spec", "secretRef", "name"): name}
    if kind.of_commits:
        provider = {**provider, _ADDRESS: answers.pull_url}
    gone = () if kind.of_commits else (_ADDRESS, _EXPRESSION)
    data = filled("alerts/provider.yaml", {**provider, _NAME: name}, dropped=gone)
    yield f"{base}/provider.yaml", data
    # The forge has to hear of what went well too: else no commit is ever green.
    heard: Values = {("spec", "eventSeverity"): "info" if kind.of_commits else "error"}
    alert: Values = {**heard, _NAME: name, ("spec", "providerRef", "name"): name}
    # That a source was fetched says nothing of the cluster, and not every source is the fleet.
    sources = (_SOURCES,) if kind.of_commits else ()
    yield f"{base}/alert.yaml", filled("alerts/alert.yaml", alert, dropped=sources)
    yield f"{base}/kustomization.yaml", template("alerts/kustomization.yaml")


def _step(answers: FleetAnswers, name: str, keys: tuple[str, ...]) -> str:
    words = {"NAME": name, "WHAT": "what fails" if name == "alerts" else "the forge what it did"}
    if answers.secrets is Secrets.SOPS:
        told = f"the key{'s' * (len(keys) > 1)} {' and '.join(f'`{key}`' for key in keys)}"
        return worded("readme-alerts-sops.md", {**words, "KEYS": told}).decode()
    files = " ".join(f"--from-file={key}={key}.txt" for key in keys)
    return worded("readme-alerts.md", {**words, "FILES": files}).decode()
