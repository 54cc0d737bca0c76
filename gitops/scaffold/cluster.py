"""The directories of a fleet's clusters: what Flux starts from, and where all else is put."""

from collections.abc import Iterator, Mapping

from gitops.document import Address
from gitops.scaffold.answers.fleet import Bootstrap, Defaults, FleetAnswers, Secrets
from gitops.scaffold.answers.names import SHARED
from gitops.scaffold.template import Values, filled, template

_NAME: Address = ("metadata", "name")
_PATH: Address = ("spec", "path")
_PATCHES: Address = ("spec", "patches")
_WAITS_FOR: Address = ("spec", "dependsOn")
_SYSTEM = ("flux-system", "flux-instance.yaml")
_SYSTEM_OF: Mapping[Bootstrap, str] = dict(zip(Bootstrap, _SYSTEM, strict=True))

Files = Iterator[tuple[str, bytes]]
"""Paths with what is written there."""


def cluster_files(answers: FleetAnswers) -> Files:
    """The files below `clusters/`."""
    if answers.shared:
        yield from _shared(answers, *answers.clusters_of(SHARED))
        return
    for environment in answers.environments:
        for cluster in answers.clusters_of(environment):
            root = f"clusters/{environment}/{cluster}"
            yield from _cluster(answers, root, environment, cluster)
            yield f"{root}/apps.yaml", layer(answers, "apps", root)
            yield f"{root}/apps/_layer.yaml", filled("cluster/layer.yaml", {_NAME: "apps"})


def shared_path(answers: FleetAnswers, environment: str) -> str:
    """The directory of an environment on the cluster that all of them share."""
    return f"clusters/{SHARED}/{answers.clusters_of(SHARED)[0]}/envs/{environment}"


def _shared(answers: FleetAnswers, cluster: str) -> Files:
    root = f"clusters/{SHARED}/{cluster}"
    yield from _cluster(answers, root, SHARED, cluster)
    yield f"{root}/apps.yaml", filled("cluster/environments.yaml", {_PATH: f"./{root}/envs"})
    for environment in answers.environments:
        own, name = f"{root}/envs/{environment}", f"apps-{environment}"
        yield f"{own}/kustomization.yaml", template("cluster/environment.yaml")
        data = variables(answers, f"cluster-vars-{environment}", environment, cluster)
        yield f"{own}/cluster-vars.yaml", data
        yield f"{own}/apps.yaml", layer(answers, "apps", own, name, dropped=(_WAITS_FOR,))
        yield f"{own}/apps/_layer.yaml", filled("cluster/layer.yaml", {_NAME: name})


def _cluster(answers: FleetAnswers, root: str, environment: str, cluster: str) -> Files:
    """What every cluster has, but its apps."""
    gone = [each for each in _SYSTEM if each != _SYSTEM_OF[answers.bootstrap]]
    dropped = [("resources", _SYSTEM.index(each)) for each in gone]
    yield f"{root}/kustomization.yaml", filled("cluster/kustomization.yaml", dropped=dropped)
    yield from _system(answers, root)
    data = variables(answers, "cluster-vars", environment, cluster)
    yield f"{root}/cluster-vars.yaml", data
    for name in ("infrastructure", "tenants"):
        yield f"{root}/{name}.yaml", layer(answers, name, root)
        yield f"{root}/{name}/_layer.yaml", filled("cluster/layer.yaml", {_NAME: name})


def _system(answers: FleetAnswers, root: str) -> Files:
    if answers.bootstrap is Bootstrap.OPERATOR:
        sync: Values = {("spec", "sync", "url"): answers.sync_url, ("spec", "sync", "path"): root}
        yield f"{root}/flux-instance.yaml", filled("cluster/flux-instance.yaml", sync)
        return
    source: Values = {("spec", "url"): answers.sync_url}
    yield f"{root}/flux-system/kustomization.yaml", template("cluster/flux-system.yaml")
    yield f"{root}/flux-system/gotk-components.yaml", template("cluster/gotk-components.yaml")
    data = filled("cluster/gotk-sync.yaml", source, {_PATH: f"./{root}"})
    yield f"{root}/flux-system/gotk-sync.yaml", data


def variables(answers: FleetAnswers, name: str, environment: str, cluster: str) -> bytes:
    """The ConfigMap `name` with what a cluster says of itself."""
    values: Values = {
        _NAME: name,
        ("data", "environment"): environment,
        ("data", "cluster"): cluster,
        ("data", "domain"): answers.domain_of(environment),
    }
    return filled("cluster/cluster-vars.yaml", values)


def layer(
    answers: FleetAnswers,
    layer: str,
    root: str,
    name: str | None = None,
    dropped: tuple[Address, ...] = (),
) -> bytes:
    """The Flux Kustomization of `ROOT/LAYER/`, which is named after it where `name` is None."""
    gone = [*dropped]
    if answers.defaults is Defaults.INLINE:
        gone.append(_PATCHES)
    elif answers.secrets is Secrets.NONE:
        gone.append((*_PATCHES, 1))
    values: Values = {_NAME: name or layer, _PATH: f"./{root}/{layer}"}
    return filled(f"cluster/{layer}.yaml", values, dropped=gone)
