"""What an app is in one environment: which overlays there are, and what each holds."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from gitops.scaffold.answers import AppAnswers
from gitops.scaffold.answers.app_options import Migrations
from gitops.scaffold.app.chart import drift_patches
from gitops.scaffold.app.components import with_namespace, with_pods
from gitops.scaffold.app.environment import Overlay, overlay_files, own_literals, version
from gitops.scaffold.app.exposing import certificate_patches
from gitops.scaffold.app.ground import BY_HAND, role_patches
from gitops.scaffold.app.hosts import host_patches
from gitops.scaffold.app.network import policy_patches
from gitops.scaffold.app.parts import Files, Patch
from gitops.scaffold.app.scaling import bounds_patches, replicas
from gitops.scaffold.placement import Placement
from gitops.scaffold.template import template

PRE = "pre"
POST = "post"
SMOKE = "smoke"
GROUND = "ground"

_SECRETS = "secrets"
_VERSION = "version"


@dataclass(frozen=True, slots=True)
class Site:
    """An environment of an app on one cluster; `root` is the app's directory.

    `first` and `last` are whether it is the first or the last environment that a release meets.
    """

    placed: Placement
    root: str
    first: bool
    last: bool

    @property
    def directory(self) -> str:
        """The environment's directory."""
        return f"{self.root}/envs/{self.placed.environment}"


def environment_files(answers: AppAnswers, site: Site, used: set[str]) -> Files:
    """The files of one environment; `used` learns which Components it takes."""
    before = answers.migrations is Migrations.PRE
    used |= {*with_namespace(answers, last=site.last), *with_pods(answers)}
    if before:
        yield from overlay_files(_early(answers, site))
    yield from overlay_files(_own(answers, site, early=before))
    if answers.migrations is Migrations.POST:
        yield from overlay_files(_late(answers, site, POST, "migration"))
    if answers.smoke:
        yield from overlay_files(_late(answers, site, SMOKE, SMOKE))
    yield from version(answers, f"{site.directory}/{_VERSION}")
    store = answers.secrets.store
    if store in BY_HAND:
        yield f"{site.directory}/{_SECRETS}/kustomization.yaml", template(BY_HAND[store])
    if answers.chart is not None:
        yield f"{site.directory}/values.yaml", template("app/values-environment")


def _early(answers: AppAnswers, site: Site) -> Overlay:
    """The migration before a version starts, and all that it stands on."""
    return Overlay(
        f"{site.directory}/{PRE}",
        site.placed.named(answers.name),
        [f"../../../{GROUND}", "../../../migration"],
        [
            f"../{_VERSION}",
            *(f"../{name}" for name in _by_hand(answers)),
            *_shared(with_namespace(answers, last=site.last), "../../../../../"),
        ],
        tuple(_below(answers, site)),
    )


def _late(answers: AppAnswers, site: Site, name: str, source: str) -> Overlay:
    """A Job after a version has started: its migration, or what asks whether it works."""
    directory, namespace = f"{site.directory}/{name}", site.placed.named(answers.name)
    return Overlay(directory, namespace, [f"../../../{source}"], [f"../{_VERSION}"])


def _own(answers: AppAnswers, site: Site, *, early: bool) -> Overlay:
    """The app; `early` is whether what it stands on is there before."""
    environment = site.placed.environment
    patches = [
        *host_patches(answers, environment),
        *certificate_patches(answers, site.placed.suffix),
        *bounds_patches(answers, environment),
    ]
    components = [_VERSION]
    common: list[str] = []
    if not early:
        patches = [*_below(answers, site), *patches]
        components += _by_hand(answers)
        common += with_namespace(answers, last=site.last)
    if site.last:
        patches += drift_patches(answers)
    common += with_pods(answers)
    charted = answers.chart is not None
    return Overlay(
        site.directory,
        site.placed.named(answers.name),
        ["../../base"],
        [*components, *_shared(common, "../../../../")],
        patches,
        tuple(own_literals(answers, environment, first=site.first)),
        ("environment.yaml=values.yaml",) if charted else (),
        f"{answers.name}-values" if charted else answers.name,
        replicas(answers, environment),
    )


def _below(answers: AppAnswers, site: Site) -> Iterator[Patch]:
    """What differs of what the app stands on."""
    yield from policy_patches(answers, site.placed.suffix)
    yield from role_patches(answers, site.placed.environment)


def _by_hand(answers: AppAnswers) -> list[str]:
    return [_SECRETS] if answers.secrets.store in BY_HAND else []


def _shared(names: Iterable[str], up: str) -> list[str]:
    return [f"{up}components/{name}" for name in names]
