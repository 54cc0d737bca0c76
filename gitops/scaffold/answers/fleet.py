"""What a person answers about a new fleet: checked before anything is written."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from gitops.config.faults import nearest
from gitops.errors import InvalidInput, Place
from gitops.scaffold.answers.names import SHARED, choice, domain, label
from gitops.scaffold.answers.origins import age_recipient, image_by_digest, install
from gitops.scaffold.answers.registry import registry

ENVIRONMENTS = ("dev", "stage", "prod")
"""Those of a new fleet that was told none, in the order in which a release meets them."""

_OWNERS = re.compile(r"@[\w.-]+(?:/[\w.-]+)*", re.ASCII)


class ForgeKind(StrEnum):
    """Where a fleet repository lives."""

    LOCAL = "local"
    GITLAB = "gitlab"
    GITHUB = "github"
    GITEA = "gitea"


class Topology(StrEnum):
    """Whether each environment has clusters of its own, or all of them share one."""

    PER_ENVIRONMENT = "per-environment"
    SINGLE = "single"


class Bootstrap(StrEnum):
    """What brings Flux to a cluster: `flux bootstrap`, or the Flux Operator by a FluxInstance."""

    FLUX = "flux"
    OPERATOR = "operator"


class Secrets(StrEnum):
    """How secrets may lie in the fleet: not at all, or encrypted by SOPS for age keys."""

    NONE = "none"
    SOPS = "sops"


class Local(StrEnum):
    """What makes a cluster on somebody's machine."""

    KIND = "kind"
    MINIKUBE = "minikube"


class Alerts(StrEnum):
    """How Flux tells what fails: types of its Provider that one address or token is enough for.

    Source: https://fluxcd.io/flux/components/notification/providers/, read in 2026-08.
    """

    SLACK = "slack"
    MSTEAMS = "msteams"
    DISCORD = "discord"
    GOOGLE_CHAT = "googlechat"
    ROCKET = "rocket"
    ALERTMANAGER = "alertmanager"
    GRAFANA = "grafana"
    GENERIC = "generic"
    GENERIC_HMAC = "generic-hmac"
    GITLAB = "gitlab"
    GITHUB = "github"
    GITEA = "gitea"

    @property
    def of_commits(self) -> bool:
        """Whether the forge shows it beside each commit of the fleet."""
        return self in {Alerts.GITLAB, Alerts.GITHUB, Alerts.GITEA}


class Health(StrEnum):
    """How the bot knows whether a release is healthy.

    It may read Flux's objects and their workloads on every cluster, with `PODS` what runs there
    too; or it reads what Flux writes beside the fleet's commits.
    """

    CLUSTERS = "clusters"
    PODS = "pods"
    STATUSES = "statuses"


class Defaults(StrEnum):
    """Where what all Kustomizations have in common stands: with their parent, or in each."""

    PARENT = "parent"
    INLINE = "inline"


@dataclass(frozen=True, slots=True)
class FleetAnswers:
    """What `new` needs to know.

    `project` is the repository's path on the forge, None for `NAME/fleet` there. `url` is what Flux
    pulls until `flux bootstrap` writes its own, None for the forge's usual one. `environments` are
    in the order in which a release meets them. `clusters` are those of each environment; one that
    is missing has one cluster. Where all share one, its name may be given for `all`. `domain` is
    the last environment's; the others have `ENVIRONMENT.DOMAIN`.

    `owners` is who owns what belongs to no app, None for the team `platform` beside the project on
    the forge. `age_recipients` are those of each environment. `registries` are private ones, `HOST`
    or `HOST=LOGIN`. `alerts` is where Flux tells what fails, None for nowhere. `health` is
    how the bot knows what is healthy; None: from the clusters where one of them runs it, else as
    its operator arranges it. `install` is what CI
    runs `fairlead` from, `bot_image` what the cluster runs it from; None: it does not.
    `capabilities` are those of the catalogue that every cluster has by itself.
    `local` is what makes a cluster on somebody's machine, None where there is none.
    """

    name: str
    forge: ForgeKind = ForgeKind.LOCAL
    project: str | None = None
    url: str | None = None
    environments: Sequence[str] = ENVIRONMENTS
    topology: Topology = Topology.PER_ENVIRONMENT
    clusters: Mapping[str, Sequence[str]] = field(default_factory=dict)
    bootstrap: Bootstrap = Bootstrap.FLUX
    defaults: Defaults = Defaults.PARENT
    domain: str = "example.com"
    owners: str | None = None
    secrets: Secrets = Secrets.NONE
    age_recipients: Mapping[str, Sequence[str]] = field(default_factory=dict)
    registries: Sequence[str] = ()
    alerts: Alerts | None = None
    health: Health | None = None
    install: str | None = None
    bot_image: str | None = None
    capabilities: Sequence[str] = ()
    local: Local | None = None

    def __post_init__(self) -> None:
        label(self.name, "fleet", "say --name")
        if self.forge is ForgeKind.LOCAL and self.project is not None:
            raise InvalidInput("the embedded forge has no projects", "leave out --project")
        self._check_environments()
        self._check_clusters()
        self._check_secrets()
        self._check_rest()

    def _check_environments(self) -> None:
        if not self.environments:
            raise InvalidInput("a fleet has at least one environment", "add --environment NAME")
        for name in self.environments:
            label(name, "environment")
            if name == "local" and self.local is not None:
                told = "no environment can be named local: --local is where laptops are"
                raise InvalidInput(told, "give it another name, or leave out --local")
            if name == SHARED:
                told = f"no environment can be named {SHARED}: it stands for all of them"
                raise InvalidInput(told, "give it another name")
            if list(self.environments).count(name) > 1:
                told = f"the environment {name} is named twice"
                raise InvalidInput(told, "give each environment its own name")

    def _check_clusters(self) -> None:
        known = (SHARED,) if self.shared else tuple(self.environments)
        for environment, names in self.clusters.items():
            if environment not in known and self.shared:
                told = f"all environments share one cluster, so {environment} has none of its own"
                raise InvalidInput(told, f"write --cluster {SHARED}=NAME, or leave out --topology")
            if environment not in known:
                told = f"a new fleet has no environment {environment!r}"
                raise InvalidInput(told, nearest(environment, known))
            for name in names:
                label(name, "cluster")
                if list(names).count(name) > 1:
                    told = f"the cluster {name} of {environment} is named twice"
                    raise InvalidInput(told, "give each cluster its own name")
        if not self.shared:
            refuse_cluster_twice(self.environments, self.clusters)
        elif len(self.clusters.get(SHARED, ())) > 1:
            told = "one cluster is shared by all environments, and several are named"
            raise InvalidInput(told, f"write --cluster {SHARED}=NAME once")

    def _check_secrets(self) -> None:
        if self.secrets is Secrets.NONE and self.age_recipients:
            told = "--age-recipient goes with --secrets sops"
            raise InvalidInput(told, "add that, or leave it out")
        for environment, recipients in self.age_recipients.items():
            if environment not in self.environments:
                told = f"a new fleet has no environment {environment!r}"
                raise InvalidInput(told, nearest(environment, self.environments))
            for each in recipients:
                age_recipient(each)
        if self.secrets is Secrets.SOPS:
            for environment in self.environments:
                if not self.age_recipients.get(environment):
                    told = f"nothing says for whom the secrets of {environment} are encrypted"
                    hint = f"add --age-recipient {environment}=KEY, the public half of its key"
                    raise InvalidInput(told, hint)

    def _check_rest(self) -> None:
        domain(self.domain)
        if self.owners is not None and not _OWNERS.fullmatch(self.owners):
            told = f"{self.owners!r} is nobody on a forge"
            raise InvalidInput(told, "write it as @acme/platform")
        hosts = [registry(each)[0] for each in self.registries]
        if len(set(hosts)) < len(hosts):
            told = f"the registry {max(hosts, key=hosts.count)} is named twice"
            raise InvalidInput(told, "name it once: Flux has one login there")
        beside = self.alerts is not None and self.alerts.of_commits
        if beside and str(self.alerts) != str(self.forge):
            told = f"--alerts {self.alerts} is told beside commits, and they are on {self.forge}"
            raise InvalidInput(told, f"say --forge {self.alerts}, or --alerts slack, for example")
        if self.health is Health.STATUSES and self.forge is ForgeKind.LOCAL:
            told = "the embedded forge keeps no statuses that Flux could write"
            raise InvalidInput(told, "say --health clusters, or --forge")
        if self.install is not None:
            install(self.install)
            if self.forge is ForgeKind.LOCAL:
                told = "the embedded forge runs no CI that could install anything"
                raise InvalidInput(told, "leave out --install, or say --forge")
        if self.bot_image is not None:
            image_by_digest(self.bot_image, "--bot-image")

    @property
    def shared(self) -> bool:
        """Whether all environments share one cluster."""
        return self.topology is Topology.SINGLE

    @property
    def read(self) -> bool:
        """Whether somebody reads how the clusters do."""
        if self.health is None:
            return self.bot_image is not None
        return self.health is not Health.STATUSES

    @property
    def project_there(self) -> str | None:
        """The repository's path on its forge; None on the embedded one."""
        return None if self.forge is ForgeKind.LOCAL else self.project or f"{self.name}/fleet"

    @property
    def organisation(self) -> str:
        """The project's parent on the forge: where its teams are."""
        return (self.project_there or self.name).rpartition("/")[0] or self.name

    @property
    def sync_url(self) -> str:
        """What Flux pulls."""
        hosts = {ForgeKind.GITLAB: "gitlab.com", ForgeKind.GITHUB: "github.com"}
        host = hosts.get(self.forge, "git.example.com")
        return self.url or f"ssh://git@{host}/{self.project_there or f'{self.name}/fleet'}.git"

    @property
    def pull_url(self) -> str:
        """What the bot reads and writes: the repository over HTTPS, where its token goes."""
        path = self.sync_url.removeprefix("ssh://").rpartition("@")[2]
        return self.sync_url if "://" in path else f"https://{path}"

    def clusters_of(self, environment: str) -> tuple[str, ...]:
        """The clusters of an environment, one where nothing was said."""
        if self.shared:
            return tuple(self.clusters.get(SHARED) or ("main",))
        return clusters_named(self.clusters, environment)

    def domain_of(self, environment: str) -> str:
        """The domain of an environment; that of the last one, and of all together, is the fleet's.

        So no two environments of a cluster have a host in common.
        """
        own = environment not in {SHARED, self.environments[-1]}
        return f"{environment}.{self.domain}" if own else self.domain


def refuse_cluster_twice(
    environments: Sequence[str], clusters: Mapping[str, Sequence[str]], place: Place | None = None
) -> None:
    """Refuse clusters of two environments that have the same name.

    What is written outside, DNS records and backups, is told apart by the cluster's name. `place`
    is where the clusters were named, None for a flag.

    Raises:
        InvalidInput: there are such.
    """
    seen: dict[str, str] = {}
    for environment in environments:
        for name in clusters_named(clusters, environment):
            other = seen.setdefault(name, environment)
            if other != environment:
                told = f"{other} and {environment} each have a cluster {name}"
                hint = f"write --cluster {environment}={environment}-{name}, for example"
                raise InvalidInput(told, hint, place)


def clusters_named(clusters: Mapping[str, Sequence[str]], environment: str) -> tuple[str, ...]:
    """The clusters of an environment that has some of its own: one where nothing was said."""
    return tuple(clusters.get(environment) or (f"{environment}-1",))


def forge_kind(text: str) -> ForgeKind:
    """The kind of forge with this name.

    Raises:
        InvalidInput: there is none.
    """
    return choice(ForgeKind, text, f"no forge {text!r} is known")
