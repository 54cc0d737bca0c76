"""The kinds of objects that hold sites. A further kind is one further line in `KINDS`.

Each module has `sites(manifest)`, which yields nothing for objects that are not its own, and
`SCREEN`: bytes that stand in every text with such a site. Most have `skipped(manifest)` too: what
looks like a place for a version and is none, and why.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from gitops.sites import (
    argo,
    custom_resource,
    flux_instance,
    flux_kustomization,
    git_repository,
    helm_chart,
    helm_release,
    kustomization,
    oci_repository,
    values,
    workload,
)
from gitops.sites.model import Manifest, Site, Skipped


def _nothing(_: Manifest) -> Iterator[Skipped]:
    return iter(())


def _no_sites(_: Manifest) -> Iterator[Site]:
    return iter(())


def _any(_: str) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Kind:
    """How to read one kind, and which files may have it: by their bytes and by their path."""

    screen: bytes
    sites: Callable[[Manifest], Iterator[Site]]
    skipped: Callable[[Manifest], Iterator[Skipped]] = _nothing
    files: Callable[[str], bool] = _any

    def may_be_in(self, path: str, data: bytes) -> bool:
        """Whether a file has to be parsed to know; False is certain."""
        return self.screen in data and self.files(path)


PINNED = (
    Kind(helm_release.SCREEN, helm_release.sites, helm_release.skipped),
    Kind(kustomization.SCREEN, kustomization.sites),
    Kind(flux_kustomization.SCREEN, flux_kustomization.sites),
    Kind(workload.SCREEN, workload.sites),
)
"""What runs an app's images, and so what its pin is made of."""

KINDS = (
    *PINNED,
    Kind(helm_chart.SCREEN, helm_chart.sites, helm_chart.skipped),
    Kind(oci_repository.SCREEN, oci_repository.sites, oci_repository.skipped),
    Kind(git_repository.SCREEN, git_repository.sites, git_repository.skipped),
    Kind(
        flux_kustomization.SUBSTITUTE_SCREEN,
        flux_kustomization.substitute_sites,
        flux_kustomization.substitute_skipped,
    ),
    Kind(flux_instance.SCREEN, flux_instance.sites, flux_instance.skipped),
    Kind(kustomization.CHARTS, kustomization.chart_sites),
    Kind(kustomization.REMOTE, _no_sites, kustomization.skipped),
    Kind(argo.SCREEN, argo.sites, argo.skipped),
    Kind(custom_resource.SCREEN, custom_resource.sites),
    Kind(values.SCREEN, values.file_sites, files=values.is_values_file),
)
"""Every kind, those of a pin first."""
