"""The shape of `fleet.yaml`: frozen models, one value at a time.

What must hold between values is in `fleet_rules`. Only `gitops.config.read` builds
these from files; the header (`apiVersion`, `kind`) is read there and is no field.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    JsonValue,
    TypeAdapter,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from gitops.config.calendar import Freeze
from gitops.config.scalars import (
    Branch,
    Count,
    Day,
    Duration,
    Email,
    Flag,
    Group,
    HookUrl,
    Label,
    Login,
    OpenWindow,
    Pattern,
    Poster,
    Project,
    Range,
    RepositoryPath,
    SomeDuration,
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
OnFailure = Literal["restart", "hold"]
AppFiles = Literal["apps", ".fairlead/apps"]

PROOFS: tuple[Proof, ...] = ("digest", "commit", "contained", "version", "none")
"""Strongest first."""


class Model(BaseModel):
    """Immutable, and closed to keys that nobody reads. Editors show what describes its fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


def with_values(*keys: str) -> dict[str, JsonValue]:
    """JSON Schema: each of these keys is there and holds a text."""
    return {"required": [*keys], "properties": {key: {"type": "string"} for key in keys}}


class ForgeConfig(Model):
    """Where the fleet repository lives."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {"properties": {"kind": {"const": "local"}}},
            "then": {"properties": {key: {"type": "null"} for key in ("project", "webhook")}},
            "else": with_values("project"),
        }
    )

    kind: ForgeKind = Field(description="The forge; `local` is the embedded one.")
    project: Project | None = Field(
        default=None, description="The repository's path on the forge; the embedded forge has none."
    )
    webhook: HookUrl | None = Field(
        default=None,
        description="The https URL that the forge tells of pushes, tags and merge requests.",
    )


class PersonConfig(Model):
    """How a person or a machine is known."""

    emails: tuple[Email, ...] = Field(
        default=(), description="The addresses of the person's commits, by which makers are known."
    )
    logins: tuple[Login, ...] = Field(
        default=(),
        description="The person's logins on the forge; the name is the login where none is.",
    )
    bot: Flag = Field(
        default=False, description="Whether this is a machine, which neither makes nor may approve."
    )


class ClusterConfig(Model):
    """A target inside an environment; its name alone stands for `clusters/ENVIRONMENT/NAME`."""

    name: Label = Field(description="The cluster's name.")
    path: RepositoryPath = Field(description="The directory that the cluster's Flux starts from.")

    @classmethod
    def __get_pydantic_json_schema__(
        cls, core: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Either form: `EnvironmentConfig` reads the short one before this model sees it."""
        return {"anyOf": [TypeAdapter(Label).json_schema(), handler(core)]}


class Follow(Model):
    """The stream of versions that an environment follows: one of the four."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [with_values(key) for key in ("branch", "tags", "range", "pattern")]
        }
    )

    branch: Branch | None = Field(
        default=None, description="Every build of a branch of the app's source."
    )
    tags: Literal["prerelease", "release"] | None = Field(
        default=None,
        description="The git tags of the app's source that are prereleases, or releases.",
    )
    range: Range | None = Field(default=None, description="The newest version in a range.")
    pattern: Pattern | None = Field(
        default=None,
        description="The tags that a regular expression matches, ordered by its `version`.",
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> "Follow":
        told = [key for key in type(self).model_fields if getattr(self, key) is not None]
        if len(told) != 1:
            what = "follows nothing" if not told else f"follows {' and '.join(told)} at once"
            cure = "write one of `branch`, `tags`, `range` and `pattern`"
            raise refused(InvalidInput(what, cure))
        return self


class Approvals(Model):
    """How many must agree, and who may."""

    required: Count = Field(default=0, description="How many people must approve.")
    from_: tuple[Group, ...] = Field(
        default=(),
        alias="from",
        description="The groups whose members may approve; several are a union.",
    )


class RequiredCheck(Model):
    """A check that must succeed, and the only one who may have posted it."""

    name: Text = Field(description="The check's name on the forge.")
    source: Poster = Field(
        description="Who alone may have posted it: a login, or the number of an app on GitHub."
    )


class EnvironmentConfig(Model):
    """One environment, for every app that says nothing tighter."""

    model_config = ConfigDict(
        json_schema_extra={
            "if": {
                "required": ["after", "follow"],
                "properties": {"after": {"type": "string"}, "follow": {"type": "object"}},
            },
            "then": with_values("artifacts", "proof"),
        }
    )

    name: Label = Field(description="The environment's name; paths and branches are made of it.")
    clusters: Annotated[tuple[ClusterConfig, ...], Field(min_length=1)] = Field(
        description="Where the environment runs; its clusters move together."
    )
    after: Label | None = Field(
        default=None,
        description="The environment that must prove a release before this one takes it.",
    )
    follow: Follow | None = Field(
        default=None, description="The versions it takes; without it, those proven in `after`."
    )
    artifacts: Artifacts | None = Field(
        default=None,
        description="`tagged`: the images of the version's own tag. `proven`: the very bytes that "
        "were healthy in `after`. To be said with `after` and `follow`.",
    )
    proof: Proof | None = Field(
        default=None,
        description="What must have been healthy in `after`, strongest first: these bytes "
        "(`digest`), this commit, one that contains it, this version, or nothing. To be said with "
        "`after` and `follow`.",
    )
    deliver: Delivery = Field(
        default="merge-request",
        description="`merge-request`, or `commit` straight to the target branch, which goes with "
        "no approvals, windows or checks.",
    )
    approvals: Approvals = Field(
        default=Approvals(),
        description="How many people must approve a merge request, and who may.",
    )
    checks: tuple[RequiredCheck, ...] = Field(
        default=(), description="Checks that must have succeeded on the merge request's head."
    )
    windows: tuple[OpenWindow, ...] = Field(
        default=(), description="When merging is allowed; always, where there are none."
    )
    settle: Duration = Field(
        default=timedelta(minutes=1), description="How long health must be steady to be believed."
    )
    soak: Duration = Field(
        default=timedelta(),
        description="How long a release must be healthy here before the next environment may "
        "take it.",
    )
    on_failure: OnFailure = Field(
        default="restart",
        description="What becomes of a soak in which a cluster turns unready: it starts anew "
        "(`restart`), or the release has failed it for good (`hold`).",
    )
    max_age: SomeDuration = Field(
        default=timedelta(minutes=10),
        description="A health report that is older than this is none.",
    )
    build_timeout: SomeDuration = Field(
        default=timedelta(hours=24),
        description="After this long a missing artifact is called overdue.",
    )

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
    """Whole days without deliveries; a freeze wins over a window."""

    from_: Day = Field(alias="from", description="The first frozen day.")
    to: Day = Field(description="The last frozen day, which is frozen too.")
    zone: Zone = Field(description="The time zone in which the days begin and end.")
    reason: Text = Field(description="Why; whoever waits is told.")
    environments: Annotated[tuple[Label, ...], Field(min_length=1)] | None = Field(
        default=None, description="The environments that are frozen; all of them without this."
    )

    @property
    def freeze(self) -> Freeze:
        """The days themselves."""
        return Freeze(self.from_, self.to, self.zone, self.reason)


class FleetConfig(Model):
    """`fleet.yaml`: what a fleet is, and how releases move through it."""

    name: Label = Field(description="The fleet's name; records of the state branch carry it.")
    branch: Branch = Field(
        default="main", description="The branch that Flux reconciles and the bot merges into."
    )
    forge: ForgeConfig = Field(description="Where the fleet repository lives.")
    people: Mapping[Login, PersonConfig] = Field(
        default={}, description="Who is who, by name: machines, logins, and the e-mails of commits."
    )
    groups: Mapping[Label, tuple[Login, ...]] = Field(
        default={}, description="Groups of people for `approvals`, by name: persons or logins."
    )
    apps: AppFiles = Field(
        default="apps",
        description="Where the apps are described: `apps/NAME/app.yaml`, or "
        "`.fairlead/apps/NAME.yaml` in a repository whose directory `apps` means something else.",
    )
    environments: Annotated[tuple[EnvironmentConfig, ...], Field(min_length=1)] = Field(
        description="The environments; `after` puts them in order."
    )
    freezes: tuple[FreezeConfig, ...] = Field(default=(), description="Days without deliveries.")
