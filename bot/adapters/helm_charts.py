"""The `Registry` port over Helm repositories: a chart's versions, and the digest of each.

What names a version for good is its archive's digest in the index, so a version without one, and
one that stands there twice with two, cannot be resolved. The index is believed as the registry is
that says what a tag names: the archive itself is not fetched.

Source: Helm, "The chart repository structure" (`digest`: the SHA-256 of the archive).
"""

from collections.abc import Collection, Mapping

from bot.adapters.helm import HelmRepositories
from bot.charts import Chart, ChartVersion
from bot.model import Gap, Manifest, Reference
from gitops.artifact_sources import IN_HELM
from gitops.sites.url import without_user
from gitops.version import parse


class HelmCharts:
    """Charts at `URL#NAME`, each with its own answer."""

    def __init__(self, repositories: HelmRepositories) -> None:
        self._repositories = repositories

    def tags(self, repositories: Collection[str]) -> Mapping[str, tuple[str, ...] | Gap]:
        """Every version of each chart, sorted; a Gap unless the whole index was read.

        What has no three numbers is no version to Helm.
        """
        charts = {place: _chart(place) for place in repositories}
        answers = self._repositories.versions(set(charts.values()))
        return {place: _versions(answers[chart]) for place, chart in charts.items()}

    def resolve(
        self, references: Collection[Reference]
    ) -> Mapping[Reference, Manifest | Gap | None]:
        """The digest of each version, or the version that has a digest; None when it is not there.

        With both a version and a digest, the digest is asked.
        """
        charts = {reference: _chart(reference.repository) for reference in references}
        answers = self._repositories.versions(set(charts.values()))
        return {reference: _resolved(reference, answers[c]) for reference, c in charts.items()}


def _chart(place: str) -> Chart:
    repository, _, name = place.partition(IN_HELM)
    return Chart(repository, name)


def _versions(answer: tuple[ChartVersion, ...] | Gap) -> tuple[str, ...] | Gap:
    if isinstance(answer, Gap):
        return answer
    return tuple(sorted({one.version for one in answer if _is_version(one.version)}))


def _is_version(text: str) -> bool:
    version = parse(text)
    return version is not None and version.parts == 3


def _resolved(
    reference: Reference, answer: tuple[ChartVersion, ...] | Gap
) -> Manifest | Gap | None:
    if isinstance(answer, Gap):
        return answer
    if reference.digest is not None:
        found = [one for one in answer if one.digest == reference.digest]
    else:
        found = [one for one in answer if one.version == reference.tag]
    chart = _chart(reference.repository)
    service = f"Helm repository {without_user(chart.repository)}"
    digests = {one.digest for one in found}
    if len(digests) > 1:
        return Gap(service, f"its index has {chart.name} {reference.tag} with several digests")
    if not found:
        return None
    if found[0].digest is None:
        told = f"its index names no digest of {chart.name} {reference.tag}"
        return Gap(service, f"{told}: nothing would tell that its bytes changed")
    return Manifest(found[0].digest, (), found[0].revision)
