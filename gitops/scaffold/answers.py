"""What a person answers: checked before anything is written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gitops.config.faults import nearest
from gitops.errors import InvalidInput
from gitops.sites import parse_reference

ENVIRONMENTS = ("dev", "stage", "prod")
"""Those of a new fleet, in the order in which a release meets them."""

TAKEN = ("apps", "flux-system", "infrastructure")
"""Flux Kustomizations that every cluster has; no app can have their name."""

_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_SERVICE = re.compile(r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")


class Kind(StrEnum):
    """How an app's manifests are written."""

    KUSTOMIZE = "kustomize"


class ForgeKind(StrEnum):
    """Where a fleet repository lives."""

    LOCAL = "local"
    GITLAB = "gitlab"
    GITHUB = "github"
    GITEA = "gitea"


@dataclass(frozen=True, slots=True)
class FleetAnswers:
    """What `new` needs to know.

    `project` is the repository's path on the forge, None for `NAME/fleet` there. `url` is what Flux
    pulls until `flux bootstrap` writes its own, None for the forge's usual one. `clusters` are
    those of each environment; one that is missing has one cluster.
    """

    name: str
    forge: ForgeKind = ForgeKind.LOCAL
    project: str | None = None
    url: str | None = None
    clusters: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        label(self.name, "fleet", "say --name")
        if self.forge is ForgeKind.LOCAL and self.project is not None:
            raise InvalidInput("the embedded forge has no projects", "leave out --project")
        for environment, names in self.clusters.items():
            for name in names:
                label(name, "cluster")
                if list(names).count(name) > 1:
                    told = f"the cluster {name} of {environment} is named twice"
                    raise InvalidInput(told, "give each cluster its own name")

    @property
    def project_there(self) -> str | None:
        """The repository's path on its forge; None on the embedded one."""
        return None if self.forge is ForgeKind.LOCAL else self.project or f"{self.name}/fleet"

    @property
    def sync_url(self) -> str:
        """What Flux pulls."""
        hosts = {ForgeKind.GITLAB: "gitlab.com", ForgeKind.GITHUB: "github.com"}
        host = hosts.get(self.forge, "git.example.com")
        return self.url or f"ssh://git@{host}/{self.project_there or f'{self.name}/fleet'}.git"

    def clusters_of(self, environment: str) -> tuple[str, ...]:
        """The clusters of an environment, one where nothing was said."""
        return tuple(self.clusters.get(environment) or (f"{environment}-1",))


@dataclass(frozen=True, slots=True)
class AppAnswers:
    """What `add app` needs to know.

    One of `source` (the URL of the app's repository) and `range` (of versions of an app that others
    build) is None. `tag` and `build` are the templates of its images' tags. `versions` are those
    that run already, by environment: `TAG`, `TAG@DIGEST`, or `IMAGE=TAG@DIGEST` for each image.
    """

    name: str
    team: str
    images: tuple[str, ...]
    source: str | None = None
    range: str | None = None
    tag: str = "{tag}"
    build: str | None = None
    port: int = 8080
    kind: Kind = Kind.KUSTOMIZE
    versions: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        label(self.name, "app")
        if self.name in TAKEN:
            told = f"no app can be named {self.name}: the Flux Kustomization of that name is taken"
            raise InvalidInput(told, f"name it {self.name}-app, for example")
        if not _SERVICE.fullmatch(self.name):
            told = f"no app can be named {self.name}: a Service's name starts with a letter"
            raise InvalidInput(told, f"name it app-{self.name}, for example")
        if not 1 <= self.port <= 65535:
            raise InvalidInput(f"{self.port} is no port", "name one from 1 to 65535")
        self._check_stream()
        self._check_images()

    def _check_stream(self) -> None:
        if self.source is None and self.range is None:
            hint = "--source URL for an app of yours, --range '>=1.0.0' for one that others build"
            raise InvalidInput("nothing says where new versions come from", f"add {hint}")
        if self.source is not None and self.range is not None:
            told = "an app with a --source follows what fleet.yaml says"
            raise InvalidInput(told, "leave out --range, or --source")
        if self.source is None and self.build is not None:
            raise InvalidInput("an app without --source has no builds", "leave out --build")

    def _check_images(self) -> None:
        if not self.images:
            raise InvalidInput("the app has no image", "add --image REPOSITORY")
        for image in self.images:
            reference = parse_reference(image)
            if reference is None:
                hint = "write it as registry.example.com/shop/payments"
                raise InvalidInput(f"{image!r} is no image repository", hint)
            if reference.tag or reference.digest:
                told = f"{image} names a version; an app's image is the repository alone"
                hint = f"write --image {reference.repository}, and --version ENV=VERSION beside it"
                raise InvalidInput(told, hint)
        workloads = self.workloads
        if len(set(workloads)) < len(workloads):
            told = f"two images would be the workload {max(workloads, key=workloads.count)}"
            raise InvalidInput(told, "name each image once; the last part of its name is used")

    @property
    def workloads(self) -> tuple[str, ...]:
        """The name of each image's Deployment: the app's own for the first."""
        rest = [
            image.rpartition("/")[2].replace(".", "-").replace("_", "-") for image in self.images
        ]
        named = [n if n.startswith(f"{self.name}-") else f"{self.name}-{n}" for n in rest[1:]]
        return (self.name, *named)


def label(text: str, what: str, cure: str = "write it as") -> str:
    """A name that becomes part of paths, branches and objects.

    Raises:
        InvalidInput: it is no DNS-1123 label.
    """
    if not _LABEL.fullmatch(text):
        suggestion = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:63].strip("-")
        hint = f"{cure} {suggestion}" if suggestion else "use a-z, 0-9 and -"
        raise InvalidInput(f"{text!r} is no name for {_article(what)}", hint)
    return text


def _article(noun: str) -> str:
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def forge_kind(text: str) -> ForgeKind:
    """The kind of forge with this name.

    Raises:
        InvalidInput: there is none.
    """
    if text not in set(ForgeKind):
        raise InvalidInput(f"no forge {text!r} is known", nearest(text, list(ForgeKind)))
    return ForgeKind(text)


def app_kind(text: str) -> Kind:
    """The kind of app with this name.

    Raises:
        InvalidInput: there is none.
    """
    if text not in set(Kind):
        raise InvalidInput(f"no app can be written as {text!r}", nearest(text, list(Kind)))
    return Kind(text)
