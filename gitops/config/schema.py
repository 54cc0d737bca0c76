"""The shape of `fleet.yaml` and `apps/<app>/app.yaml`: frozen models, one value at a time.

What must hold between values is in `fleet_rules` and `app_rules`. Only `gitops.config.read` builds
these from files; the header (`apiVersion`, `kind`) is read there and is no field.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from gitops.config.calendar import Freeze
from gitops.config.scalars import (
    Branch,
    BuildTemplate,
    Count,
    Day,
    Duration,
    Email,
    Flag,
    GitTagTemplate,
    GitUrl,
    Image,
    ImageTagTemplate,
    Label,
    Login,
    OpenWindow,
    Pattern,
    Platform,
    Poster,
    Project,
    Range,
    RepositoryPath,
    SomeDuration,
    Team,
    Text,
    Zone,
    refused,
)
from gitops.errors import InvalidInput

API_VERSION = "fairlead.dev/v1alpha1"

ForgeKind = Literal["local", "gitlab", "github", "gitea"]
Artifacts = Literal["proven", "tagged"]
Proof = Literal["digest", "commit", "contained", "version", "none"]
Delivery = Literal["merge-request", "commit"]

PROOFS: tuple[Proof, ...] = ("digest", "commit", "contained", "version", "none")
"""Strongest first."""


class Model(BaseModel):
    """Immutable, and closed to keys that nobody reads."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ForgeConfig(Model):
    """Where the fleet repository lives. `project` is its path there, None on the embedded forge."""

    kind: ForgeKind
    project: Project | None = None


class PersonConfig(Model):
    """How a person is known. Without `logins` the person's name here is the login."""

    emails: tuple[Email, ...] = ()
    logins: tuple[Login, ...] = ()
    bot: Flag = False


class ClusterConfig(Model):
    """A target inside an environment; `path` is what its Flux starts from."""

    name: Label
    path: RepositoryPath


class Follow(Model):
    """The stream an environment follows; exactly one field is not None."""

    branch: Branch | None = None
    tags: Literal["prerelease", "release"] | None = None
    range: Range | None = None
    pattern: Pattern | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> "Follow":
        told = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if len(told) != 1:
            what = "follows nothing" if not told else f"follows {' and '.join(told)} at once"
            cure = "write one of `branch`, `tags`, `range` and `pattern`"
            raise refused(InvalidInput(what, cure))
        return self


class Approvals(Model):
    """How many must agree, and who may: groups of this file or the forge's (`group:acme/qa`)."""

    required: Count = 0
    from_: tuple[Text, ...] = Field(default=(), alias="from")


class RequiredCheck(Model):
    """A check that must succeed, and the only one who may have posted it."""

    name: Text
    source: Poster


class EnvironmentConfig(Model):
    """One environment, for every app that says nothing tighter."""

    name: Label
    clusters: Annotated[tuple[ClusterConfig, ...], Field(min_length=1)]
    after: Label | None = None
    follow: Follow | None = None
    artifacts: Artifacts | None = None
    proof: Proof | None = None
    deliver: Delivery = "merge-request"
    approvals: Approvals = Approvals()
    checks: tuple[RequiredCheck, ...] = ()
    windows: tuple[OpenWindow, ...] = ()
    settle: Duration = timedelta(minutes=1)
    soak: Duration = timedelta()
    max_age: SomeDuration = timedelta(minutes=10)
    build_timeout: SomeDuration = timedelta(hours=24)

    @model_validator(mode="before")
    @classmethod
    def _named_clusters(cls, data: object) -> object:
        """A cluster given by its name alone lies at `clusters/ENVIRONMENT/NAME`."""
        if not isinstance(data, dict) or not isinstance(data.get("clusters"), list | tuple):
            return data
        return data | {
            "clusters": [
                {"name": item, "path": f"clusters/{data.get('name')}/{item}"}
                if isinstance(item, str)
                else item
                for item in data["clusters"]
            ]
        }


class FreezeConfig(Model):
    """Days without deliveries; `environments` None means all of them."""

    from_: Day = Field(alias="from")
    to: Day
    zone: Zone
    reason: Text
    environments: Annotated[tuple[Label, ...], Field(min_length=1)] | None = None

    @property
    def freeze(self) -> Freeze:
        """The days themselves."""
        return Freeze(self.from_, self.to, self.zone, self.reason)


class FleetConfig(Model):
    """`fleet.yaml`."""

    name: Label
    branch: Branch = "main"
    forge: ForgeConfig
    people: Mapping[Login, PersonConfig] = {}
    groups: Mapping[Label, tuple[Login, ...]] = {}
    environments: Annotated[tuple[EnvironmentConfig, ...], Field(min_length=1)]
    freezes: tuple[FreezeConfig, ...] = ()


class SourceConfig(Model):
    """An app's source repository; `tags` is how a version is written as a git tag."""

    url: GitUrl
    tags: GitTagTemplate = "v{version}"


class ArtifactConfig(Model):
    """An image of an app, and the tags under which its CI pushes it.

    `tag` names the image of a git tag, `build` that of a build of a branch (None: none are
    pushed). Without `platforms` whatever the index lists is right.
    """

    image: Image
    tag: ImageTagTemplate = "{tag}"
    build: BuildTemplate | None = None
    platforms: tuple[Platform, ...] = ()


class OwnApprovals(Model):
    """What an app asks beyond the fleet; None leaves the fleet's word."""

    required: Count | None = None
    from_: Annotated[tuple[Text, ...], Field(min_length=1)] | None = Field(
        default=None, alias="from"
    )


class AppEnvironmentConfig(Model):
    """What an app tightens in one environment; None leaves the fleet's word.

    `checks` come on top of the fleet's. `follow` is for apps without a source alone.
    """

    follow: Follow | None = None
    proof: Proof | None = None
    deliver: Delivery | None = None
    approvals: OwnApprovals = OwnApprovals()
    checks: tuple[RequiredCheck, ...] = ()
    windows: tuple[OpenWindow, ...] | None = None
    settle: Duration | None = None
    soak: Duration | None = None


class AppConfig(Model):
    """`apps/<app>/app.yaml`."""

    name: Label
    team: Team
    source: SourceConfig | None = None
    artifacts: Annotated[tuple[ArtifactConfig, ...], Field(min_length=1)]
    build_checks: tuple[Text, ...] = ()
    environments: Mapping[str, AppEnvironmentConfig] = {}
