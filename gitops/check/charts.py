"""Charts and manifests of third parties: versions that move by themselves, and retired charts."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from gitops.check.declared import Cluster, Declared
from gitops.check.finding import Finding, Severity
from gitops.check.origins import SOURCES
from gitops.check.things import Thing
from gitops.errors import Place
from gitops.sites.url import git_source
from gitops.version import parse

_REF = ("ref", "tag", "semver", "digest", "commit", "branch")
_GRAFANA = "grafana.github.io/helm-charts"
_COMMUNITY = "its chart moved to oci://ghcr.io/grafana-community/helm-charts"
_BITNAMI = ("charts.bitnami.com/", "registry-1.docker.io/bitnamicharts", "docker.io/bitnamicharts")

RETIRED: Mapping[tuple[str, str], tuple[str, str]] = MappingProxyType(
    {
        ("kubernetes.github.io/ingress-nginx", "ingress-nginx"): (
            "it has had no fixes since March 2026, not even of vulnerabilities",
            "envoy-gateway or nginx-ingress",
        ),
        (_GRAFANA, "lgtm-distributed"): (
            "it is deprecated",
            "the charts of Loki, Grafana, Tempo and Mimir",
        ),
        (_GRAFANA, "loki-stack"): ("it is deprecated", "loki and alloy"),
        (_GRAFANA, "promtail"): ("it is deprecated", "alloy"),
        (_GRAFANA, "grafana"): (_COMMUNITY, "the chart there"),
        (_GRAFANA, "tempo"): (_COMMUNITY, "the chart there"),
        (_GRAFANA, "tempo-distributed"): (_COMMUNITY, "the chart there"),
    }
)
"""By repository and name: why nobody should begin with it, and what to take. Read in 2026-08."""


def retired(declared: Declared) -> Iterator[Finding]:
    """FL507: a chart that is no longer kept up, or elsewhere. FL508: one of bitnami."""
    for cluster in declared.clusters:
        for place, title, repository, name in _charts(cluster, declared):
            if repository.startswith(_BITNAMI):
                told = f"{title} takes {name} from bitnami, whose free images get no fixes"
                hint = "take another chart: an operator, as cloudnative-pg is for PostgreSQL"
                yield Finding("FL508", Severity.WARNING, place, told, hint)
            elif (repository.rstrip("/"), name) in RETIRED:
                reason, instead = RETIRED[repository.rstrip("/"), name]
                told = f"{title} takes the chart {name}: {reason}"
                yield Finding("FL507", Severity.WARNING, place, told, f"take {instead}")


def _charts(cluster: Cluster, declared: Declared) -> Iterator[tuple[Place, str, str, str]]:
    """Place, object, repository without scheme, and name of each chart."""
    repositories: dict[str, set[str]] = {}
    for thing in cluster.of("HelmRepository", group=SOURCES):
        url = thing.text("spec", "url") or ""
        repositories.setdefault(thing.name, set()).add(url.partition("://")[2])
    for thing in cluster.of("OCIRepository", group=SOURCES):
        url = thing.text("spec", "url") or ""
        repository, _, name = url.partition("://")[2].rpartition("/")
        yield thing.manifest.place("spec", "url"), thing.title, repository, name
    for thing in cluster.of("HelmRelease", group="helm.toolkit.fluxcd.io"):
        chart = thing.text("spec", "chart", "spec", "chart")
        source = thing.text("spec", "chart", "spec", "sourceRef", "name") or ""
        found = repositories.get(source, set())
        if chart and len(found) == 1 and declared.untouched(thing, "chart"):
            place = thing.manifest.place("spec", "chart", "spec", "chart")
            yield place, thing.title, next(iter(found)), chart


def moving(declared: Declared) -> Iterator[Finding]:
    """FL504: a version that somebody else moves, where approvals are needed."""
    found: dict[tuple[Place, str], dict[str, None]] = {}
    for cluster in declared.clusters:
        if not declared.guarded(cluster.environment):
            continue
        for place, told in _open(cluster, declared):
            found.setdefault((place, told), {})[cluster.environment] = None
    for (place, told), environments in found.items():
        said = f"{told}, past the approvals that {' and '.join(environments)} asks for"
        hint = "write one version; the bot, or Renovate, brings the next one as a merge request"
        yield Finding("FL504", Severity.WARNING, place, said, hint)


def _open(cluster: Cluster, declared: Declared) -> Iterator[tuple[Place, str]]:
    for thing in cluster.of("HelmRelease", group="helm.toolkit.fluxcd.io"):
        kind = thing.text("spec", "chart", "spec", "sourceRef", "kind")
        if kind == "HelmRepository" and declared.untouched(thing, "version"):
            yield from _range(thing, "chart", "spec", "version")
    for thing in cluster.of("OCIRepository", group=SOURCES):
        own = (thing.kind, thing.name) == (cluster.own.kind, cluster.own.name)
        if not own and declared.untouched(thing, *_REF):
            yield from _oci(thing)
    own_urls = {
        git_source(t.text("spec", "url")) for t in cluster.of("GitRepository") if _own(cluster, t)
    }
    for thing in cluster.of("GitRepository", group=SOURCES):
        theirs = git_source(thing.text("spec", "url")) not in own_urls
        if theirs and not _own(cluster, thing) and declared.untouched(thing, *_REF):
            yield from _git(thing)


def _own(cluster: Cluster, thing: Thing) -> bool:
    return (thing.kind, thing.name) == (cluster.own.kind, cluster.own.name)


def _range(thing: Thing, *steps: str) -> Iterator[tuple[Place, str]]:
    version = thing.text("spec", *steps) or ""
    if not _exact(version) and "${" not in version:
        what = f"any version in {version}" if version.strip("* ") else "whatever version is newest"
        yield thing.manifest.place("spec", *steps), f"{thing.title} takes {what}"


def _oci(thing: Thing) -> Iterator[tuple[Place, str]]:
    tag, semver, digest = (thing.text("spec", "ref", key) for key in ("tag", "semver", "digest"))
    if digest:
        return
    if semver:
        yield from _range(thing, "ref", "semver")
    elif tag in {None, "latest"}:
        yield thing.manifest.place("spec", "ref"), f"{thing.title} takes the tag latest"


def _git(thing: Thing) -> Iterator[tuple[Place, str]]:
    commit, name, semver, tag, branch = (
        thing.text("spec", "ref", key) for key in ("commit", "name", "semver", "tag", "branch")
    )
    if commit or (name and "/heads/" not in name):
        return
    if semver:
        yield from _range(thing, "ref", "semver")
    elif not tag:
        shown = branch or (name or "master").removeprefix("refs/heads/")
        if "${" not in shown:
            yield thing.manifest.place("spec", "ref"), f"{thing.title} takes the branch {shown}"


def _exact(version: str) -> bool:
    found = parse(version.strip().removeprefix("="))
    return found is not None and found.parts == 3
