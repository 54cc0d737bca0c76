"""Where new versions of an app's charts and git sources are looked for: what Flux takes them from.

A pin names a chart; the object that pulls it names a HelmRepository, and that has the URL. Only
what the environment itself reaches is asked, so that what is looked up is what its clusters pull.
Where that is no one place, it is told and nothing is guessed.

Source: https://fluxcd.io/flux/components/source/helmrepositories/ (`spec.url`, `spec.type`),
https://fluxcd.io/flux/components/source/gitrepositories/ (`spec.url`).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from gitops.config.app_schema import ArtifactConfig
from gitops.document import Address, documents
from gitops.errors import InvalidInput
from gitops.fleet import Fleet, Pin
from gitops.sites import Manifest, git_source, is_yaml, manifests
from gitops.sites.url import oci_repository, without_user

GIT: Final = "git+"
"""What stands before the URL of a git repository."""

IN_HELM: Final = "#"
"""What stands between the URL of a Helm repository and the name of a chart in it."""

_SCREENS = (b"HelmRepository", b"HelmRelease", b"HelmChart", b"GitRepository")
_CHARTS: Mapping[str, Address] = {
    "HelmRelease": ("spec", "chart", "spec"),
    "HelmChart": ("spec",),
}


@dataclass(frozen=True, slots=True, order=True)
class ArtifactSource:
    """Where the versions of an artifact are looked for, or why nowhere.

    `place` is a registry's repository (`ghcr.io/shop/charts/web`), a chart in a Helm repository
    (`https://charts.example.com#web`) or a git repository (`git+https://example.com/shop/a.git`);
    "" where `problem` says why there is none.
    """

    artifact: str
    place: str
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class _Named:
    """A name with its namespace, "" where none is written: kustomize may give it one."""

    namespace: str
    name: str

    def meets(self, other: "_Named") -> bool:
        """Whether both may be one object."""
        known = not (self.namespace and other.namespace) or self.namespace == other.namespace
        return self.name == other.name and known


@dataclass(frozen=True, slots=True)
class _Pulled:
    """A chart that an object pulls out of a HelmRepository."""

    kind: str
    object: _Named
    chart: str
    repository: _Named


@dataclass(frozen=True, slots=True)
class _Objects:
    """What one environment's files say of charts and sources."""

    pulled: tuple[_Pulled, ...]
    repositories: tuple[tuple[_Named, str], ...]
    """Each HelmRepository with a URL that it is given."""
    git: tuple[str, ...]
    """The URLs of all GitRepositories."""


class ArtifactSources:
    """The sources of a fleet's artifacts; each environment's files are looked through once."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._found: dict[str, _Objects] = {}

    def of(self, pin: Pin) -> tuple[ArtifactSource, ...]:
        """One for each chart and git source of the pin's app; images are where their names say."""
        config = self._fleet.config.apps.get(pin.app)
        wanted = [a for a in (config.artifacts if config else ()) if a.kind != "image"]
        if wanted and pin.environment not in self._found:
            self._found[pin.environment] = _objects(self._fleet, pin.environment)
        return tuple(_source(artifact, pin, self._found[pin.environment]) for artifact in wanted)


def _source(artifact: ArtifactConfig, pin: Pin, found: _Objects) -> ArtifactSource:
    name = artifact.name
    if artifact.kind == "git":
        urls = {url for url in found.git if git_source(url) == name}
        return _one(name, urls, f"no GitRepository that {pin.environment} applies has the URL", GIT)
    pulls = {site.object for site in pin.sites if site.artifact == name}
    if "/" in name and not any(title.startswith(tuple(_CHARTS)) for title in pulls):
        return ArtifactSource(name, name)
    own = [each for each in found.pulled if each.chart == name and _is_of(each, pulls)]
    urls = {
        url
        for each in own
        for repository, url in found.repositories
        if repository.meets(each.repository)
    }
    told = f"no HelmRepository that {pin.environment} applies has the URL of its repository"
    source = _one(name, urls, told)
    if source.place.startswith("oci://"):
        return ArtifactSource(name, oci_repository(f"{source.place.rstrip('/')}/{name}"))
    return ArtifactSource(name, f"{source.place}{IN_HELM}{name}") if source.place else source


def _is_of(pulled: _Pulled, titles: Iterable[str]) -> bool:
    """Whether it is one of these objects; where none of them pulls charts (variables), any is."""
    objects = [_title(title) for title in titles if title.startswith(tuple(_CHARTS))]
    return not objects or any(k == pulled.kind and o.meets(pulled.object) for k, o in objects)


def _title(title: str) -> tuple[str, _Named]:
    kind, _, name = title.partition(" ")
    return kind, _split(name)


def _split(name: str) -> _Named:
    namespace, _, bare = name.rpartition("/")
    return _Named(namespace, bare)


def _one(artifact: str, urls: set[str], none: str, before: str = "") -> ArtifactSource:
    """The one URL, if the bot can ask there."""
    if len(urls) != 1:
        shown = ", ".join(sorted(without_user(url) for url in urls))
        told = f"it comes from several places here ({shown})" if urls else none
        return ArtifactSource(artifact, "", told)
    url = next(iter(urls))
    try:
        parts = urlsplit(url)
        known = {"https", "http", "file"} if before else {"https", "http", "oci"}
        problem = None
        if "${" in url or "#" in url:
            problem = "the URL of its source is none before Flux fills it in"
        elif parts.scheme not in known:
            problem = f"it comes by {parts.scheme or 'ssh'}, and is asked for over https alone"
        elif "@" in parts.netloc:
            problem = "the URL of its source has a login in it: give that in the settings"
    except ValueError:
        problem = "the URL of its source is none"
    return ArtifactSource(artifact, "" if problem else before + url, problem)


def _objects(fleet: Fleet, environment: str) -> _Objects:
    files = (
        (path, fleet.tree[path].data)
        for path in fleet.reach.paths
        if environment in fleet.reach.paths[path] and is_yaml(path)
    )
    found = [_read(path, data) for path, data in files if any(s in data for s in _SCREENS)]
    return _Objects(
        tuple(each for one in found for each in one.pulled),
        tuple(each for one in found for each in one.repositories),
        tuple(each for one in found for each in one.git),
    )


@lru_cache(maxsize=4096)
def _read(path: str, data: bytes) -> _Objects:
    """What a file says; nothing where it cannot be read, which the pin's problem tells."""
    try:
        objects = [each for document in documents(path, data) for each in manifests(document)]
    except InvalidInput:
        return _Objects((), (), ())
    repositories = [
        (_split(each.title.partition(" ")[2]), url)
        for each in objects
        if _is(each, "HelmRepository") and (url := each.text("spec", "url"))
    ]
    git = [
        url for each in objects if _is(each, "GitRepository") and (url := each.text("spec", "url"))
    ]
    return _Objects(
        tuple(pulled for each in objects for pulled in _pulled(each)),
        tuple(repositories),
        tuple(git),
    )


def _is(manifest: Manifest, kind: str) -> bool:
    group = manifest.api_version.partition("/")[0]
    return manifest.kind == kind and group == "source.toolkit.fluxcd.io"


def _pulled(manifest: Manifest) -> Iterator[_Pulled]:
    at = _CHARTS.get(manifest.kind)
    group = manifest.api_version.partition("/")[0]
    if at is None or group not in {"helm.toolkit.fluxcd.io", "source.toolkit.fluxcd.io"}:
        return
    chart = manifest.text(*at, "chart")
    kind, _, repository = manifest.title_of(*at, "sourceRef").partition(" ")
    if chart and kind == "HelmRepository":
        object_ = _split(manifest.title.partition(" ")[2])
        yield _Pulled(manifest.kind, object_, chart, _split(repository))
