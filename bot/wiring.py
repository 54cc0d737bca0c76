"""The only place that builds adapters from Settings. It fixes the real clock."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot.act import Actor, Audit
from bot.adapters import kubernetes_schemas, kustomize
from bot.adapters.git import GitRepository
from bot.adapters.git_checkout import Checkout
from bot.adapters.git_remote import Credential
from bot.adapters.git_tags import GitTags
from bot.adapters.helm import HelmRepositories
from bot.adapters.helm_charts import HelmCharts
from bot.adapters.ledger import StateBranch
from bot.adapters.local import LocalForge
from bot.adapters.oci import OciRegistry
from bot.adapters.registry_credentials import DockerConfig, Login, RegistryOrigin
from bot.cluster_wiring import clusters, refuse_wrong
from bot.forge import Forge
from bot.forge_wiring import forge_settings
from bot.github_wiring import app_credential, github_app, github_forge
from bot.observe import Observer
from bot.ports import Clock, Ports, Repository
from bot.registries import Registries
from bot.secret import Secret
from bot.settings import Origin, Settings
from bot.source_wiring import GitCredential, source_checks, sources
from bot.status_health import Written
from bot.tick import Loop
from gitops.config import FleetConfig, read
from gitops.errors import InvalidInput, Place, Unavailable
from gitops.rendering.model import Builder
from gitops.rendering.remembered import remembering
from gitops.tree import Tree

if TYPE_CHECKING:
    from bot.adapters.github_app import GitHubApp


def clock() -> datetime:
    """Now, in UTC."""
    return datetime.now(UTC)


def repository(settings: Settings, app: "GitHubApp | None" = None) -> GitRepository:
    """The fleet repository's mirror in the work directory; `app` is made when it is not given."""
    origin = settings.origin(settings.fleet)
    plain = urlsplit(settings.fleet).scheme == "file" or (origin is not None and origin.private)
    return GitRepository(
        settings.work_directory / "fleet.git",
        settings.fleet,
        _credential(settings, app or github_app(settings, clock)),
        plain=plain,
        ca_file=origin.ca_file if origin else None,
    )


def fleet_config(settings: Settings, mirror: Repository) -> FleetConfig:
    """fleet.yaml on the target branch, as of the last fetch.

    Raises:
        InvalidInput: there is no such branch, or fleet.yaml is wrong.
    """
    head = mirror.head(settings.branch)
    if head is None:
        raise InvalidInput(
            f"the fleet repository has no branch {settings.branch}",
            "push the fleet there, or say --branch",
        )
    return read(mirror.tree(head)).fleet


def ports(settings: Settings, *, now: Clock = clock, person: str | None = None) -> Ports:
    """Everything outside, as the settings say; `person` is who acts on the embedded forge.

    Raises:
        InvalidInput: the fleet names a forge that this version does not speak to, there is no
            token for it, or a `person` is named where the token says who acts.
        Unavailable, Denied: the fleet repository.
    """
    app = github_app(settings, now)
    mirror = repository(settings, app)
    mirror.fetch()
    config = fleet_config(settings, mirror)
    checks = source_checks(settings, config, app)
    return Ports(
        repository=mirror,
        forge=_forge(settings, config, _Here(mirror, now, app, person)),
        ledger=StateBranch(mirror, config.name, settings.state_key),
        registry=registries(settings, app),
        sources=sources(settings, "sources", app),
        clusters=clusters(settings, now, Written(checks, mirror, settings.fleet, settings.branch)),
        clock=now,
        forge_settings=forge_settings(settings, config, now),
        build_checks=checks,
    )


@dataclass(frozen=True, slots=True)
class _Here:
    """What a forge is made of besides the settings."""

    mirror: GitRepository
    now: Clock
    app: "GitHubApp | None"
    person: str | None


def _forge(settings: Settings, config: FleetConfig, here: _Here) -> Forge:
    if here.person is not None and config.forge.kind != "local":
        told = f"the token says who acts on {config.forge.kind}"
        raise InvalidInput(told, "leave `--as` away, and give your own token")
    match config.forge.kind, config.forge.project:
        case "local", _:
            return LocalForge(here.mirror, here.now, person=here.person)
        case "gitea", str(path):
            from bot.adapters.gitea import GiteaForge
            from bot.adapters.gitea_api import Project

            project = Project.of(settings.fleet, path)
            origin, token = _forge_access(settings, project.origin)
            return GiteaForge(
                project,
                token,
                private=origin.private,
                ca_file=origin.ca_file,
                made_here=here.mirror.made_here,
            )
        case "gitlab", str(path):
            from bot.adapters.gitlab import GitLabForge
            from bot.adapters.gitlab_api import Project as GitLabProject

            found = GitLabProject.of(settings.fleet, path)
            origin, token = _forge_access(settings, found.origin)
            return GitLabForge(found, token, private=origin.private, ca_file=origin.ca_file)
        case "github", str(path):
            from bot.adapters.github_project import Project as GitHubProject

            there = GitHubProject.of(settings.fleet, path)
            bot = here.app or _forge_access(settings, there.server)[1]
            return github_forge(settings, there, bot, here.mirror.made_here)
        case kind, _:
            raise InvalidInput(
                f"the forge {kind} is not spoken to yet",
                "this version knows `kind: gitlab`, `kind: github`, `kind: gitea`, and "
                "`kind: local`, the embedded forge",
                Place("fleet.yaml"),
            )


def _forge_access(settings: Settings, origin: str) -> tuple[Origin, Secret]:
    """What the settings say of the forge's origin, and the token for it.

    Raises:
        InvalidInput: there is none.
    """
    listed = settings.origin(settings.fleet)
    if listed is None or listed.password is None:
        raise InvalidInput(
            f"there is no token for {origin}",
            "set FAIRLEAD_FORGE_TOKEN or FAIRLEAD_FORGE_TOKEN_FILE, or list that origin "
            "with its `password_file` in the settings",
        )
    return listed, listed.password


def registry(settings: Settings) -> OciRegistry:
    """Image registries: those that are listed, as listed, and every other by https, anonymously."""
    docker = None
    if settings.docker_config is not None:
        docker = DockerConfig(settings.docker_config, settings.credential_helpers)
    return OciRegistry(_web_origins(settings), docker_config=docker)


def registries(settings: Settings, app: "GitHubApp | None" = None) -> Registries:
    """Where images, charts and git sources lie; `app` reads those beside the fleet's repository."""
    git = GitTags(sources(settings, "artifacts", app))
    return Registries(registry(settings), HelmCharts(helm_repositories(settings)), git)


def helm_repositories(settings: Settings) -> HelmRepositories:
    """Helm repositories, listed or not, as registries are; docker's logins are not theirs."""
    return HelmRepositories(_web_origins(settings))


def builder() -> Builder | None:
    """The kustomize on PATH; None where there is none."""
    executable = kustomize.found()
    return None if executable is None else kustomize.Kustomize(executable).builds


def schemas() -> Tree | None:
    """Kubernetes' own JSON schemas; None where the extra `schemas` is not installed."""
    return kubernetes_schemas.newest()


def revision(directory: Path, name: str) -> Tree:
    """The files of a directory as a revision of its repository has them.

    Raises:
        InvalidInput: it is in no repository, or there is no such revision.
        Unavailable: git could not read it.
    """
    return Checkout(directory).tree(name)


def ignored(directory: Path) -> frozenset[str] | None:
    """What git ignores below a directory; None where it is in no repository, or git is not there.

    Paths are from there, and those of directories end in `/`.
    """
    try:
        return Checkout(directory).ignored()
    except (InvalidInput, Unavailable):
        return None


def loop(found: Ports, settings: Settings, audit: Audit) -> Loop:
    """A loop over these ports.

    Raises:
        InvalidInput: a cluster cannot be asked as the settings say.
    """
    refuse_wrong(settings)
    found_here = builder()
    remembered = None if found_here is None else remembering(found_here)
    named = tuple(each.name for each in settings.clusters)
    observer = Observer(found, settings.branch, named)
    return Loop(found, observer, Actor(found, audit, remembered))


def _credential(settings: Settings, app: "GitHubApp | None") -> Credential | None:
    """What git is given for the fleet's origin."""
    if app is not None:
        return app_credential(app)
    origin = settings.origin(settings.fleet)
    if origin is None or origin.password is None:
        return None
    return GitCredential(origin.username or "fairlead", origin.password)


def _web_origins(settings: Settings) -> list[RegistryOrigin]:
    return [
        RegistryOrigin(
            o.url,
            Login(o.username or "fairlead", o.password) if o.password else None,
            o.private,
            o.realms,
            o.ca_file,
        )
        for o in settings.origins
        if o.url.startswith(("http://", "https://"))
    ]
