"""Sites of a HelmChart: `spec.version`, an exact version or a range.

Source: https://fluxcd.io/flux/components/source/helmcharts/
"""

from collections.abc import Iterator

from gitops.sites.helm_release import chart_sites, chart_skipped
from gitops.sites.model import Manifest, Site, Skipped

SCREEN = b"HelmChart"


def sites(manifest: Manifest) -> Iterator[Site]:
    """The chart's version, unless the chart comes from git or a bucket."""
    if _is_helm_chart(manifest):
        yield from chart_sites(manifest, ("spec",))


def skipped(manifest: Manifest) -> Iterator[Skipped]:
    """A chart from git or a bucket."""
    if _is_helm_chart(manifest):
        yield from chart_skipped(manifest, ("spec",))


def _is_helm_chart(manifest: Manifest) -> bool:
    return manifest.kind == "HelmChart" and manifest.api_version.startswith(
        "source.toolkit.fluxcd.io/"
    )
