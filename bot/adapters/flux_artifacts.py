"""Which charts, git and OCI sources an app has on a cluster, by what its pin calls them. Pure.

Source: source-controller, api/v1: `status.artifact` (a chart out of a Helm repository is stored as
it was fetched, so its digest is the one in the index); helm-controller, api/v2: `Snapshot`.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from bot.adapters.flux_objects import CHART, Kustomization, Release, Source
from bot.adapters.flux_read import ClusterRead
from gitops.sites.url import git_source, oci_repository

_COMMIT = re.compile(r"(?:^|[@:/])([0-9a-f]{40})$", re.ASCII)
_DIGEST = re.compile(r"(?:^|@)(sha256:[0-9a-f]{64})$", re.ASCII)

GIT = "GitRepository"
OCI = "OCIRepository"


@dataclass(frozen=True, slots=True)
class Versions:
    """Digest and version of each artifact, as far as the cluster tells them."""

    digests: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)


def commit(found: Kustomization) -> str | None:
    """The commit that is applied, by its artifact's origin where it has one; None for none.

    Source: Flux docs, "Artifact revision": `main@sha1:<40 hex digits>`.
    """
    status = found.status
    match = _COMMIT.search(status.last_applied_origin_revision or status.last_applied_revision)
    return match.group(1) if match else None


def attempted(found: Kustomization) -> str | None:
    """The commit that was tried last, be it applied or not; None where that is not told."""
    status = found.status
    newest = status.history[0].metadata if status.history else None
    origin = ""
    if newest is not None and newest.revision == status.last_attempted_revision:
        origin = newest.origin_revision
    match = _COMMIT.search(origin or status.last_attempted_revision)
    return match.group(1) if match else None


def source_of(found: Kustomization, read: ClusterRead) -> Source | None:
    """The object that a Kustomization takes its files from; None where it was not read."""
    wanted = found.spec.source_ref
    namespace = wanted.namespace or found.metadata.namespace
    return read.sources.get((wanted.kind, namespace, wanted.name))


def own_source(
    found: Kustomization, repositories: Collection[str], read: ClusterRead
) -> str | None:
    """The artifact that a Kustomization applies instead of the fleet; None where it is none."""
    source = source_of(found, read)
    name = _called(found.spec.source_ref.kind, source) if source is not None else ""
    return name if name in repositories else None


def of_sources(
    found: Iterable[Kustomization], repositories: Collection[str], read: ClusterRead
) -> Versions:
    """What is applied of the sources that are artifacts of the app."""
    digests: dict[str, str] = {}
    tags: dict[str, str] = {}
    for each in found:
        name = own_source(each, repositories, read)
        if name is None:
            continue
        revision = each.status.last_applied_revision
        if each.spec.source_ref.kind == GIT:
            sha = _COMMIT.search(revision)
            known = f"sha1:{sha.group(1)}" if sha else None
        else:
            digest = _DIGEST.search(revision)
            known = digest.group(1) if digest else None
        if known is not None:
            digests[name] = known
        named, at, _ = revision.partition("@")
        if at:
            tags[name] = named
    return Versions(digests, tags)


def of_releases(
    found: Iterable[Release], repositories: Collection[str], read: ClusterRead
) -> Versions:
    """What is installed of the charts that are artifacts of the app."""
    digests: dict[str, str] = {}
    tags: dict[str, str] = {}
    for each in found:
        if not each.status.history:
            continue
        newest = each.status.history[0]
        name, digest = _chart(each, read)
        name = name or newest.chart_name
        if name not in repositories:
            continue
        tags[name] = newest.chart_version.partition("+")[0] if digest else newest.chart_version
        known = _DIGEST.search(digest or _stored(each, newest.chart_version, read))
        if known is not None:
            digests[name] = known.group(1)
    return Versions(digests, tags)


def _called(kind: str, source: Source) -> str:
    if kind == GIT:
        return git_source(source.spec.url)
    return oci_repository(source.spec.url) if kind == OCI else ""


def _chart(release: Release, read: ClusterRead) -> tuple[str, str]:
    """Repository and digest of a chart that an OCIRepository has; "" for what is not told."""
    reference = release.spec.chart_ref
    if reference is None or reference.kind != OCI:
        return "", ""
    namespace = reference.namespace or release.metadata.namespace
    source = read.sources.get((OCI, namespace, reference.name))
    return _called(OCI, source) if source else "", release.status.history[0].oci_digest


def _stored(release: Release, version: str, read: ClusterRead) -> str:
    """The digest of the archive of this version as source-controller keeps it, "" for another."""
    namespace, _, name = release.status.helm_chart.partition("/")
    source = read.sources.get((CHART, namespace, name))
    artifact = source.status.artifact if source is not None else None
    return artifact.digest if artifact is not None and artifact.revision == version else ""
