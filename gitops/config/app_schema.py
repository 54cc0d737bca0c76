"""The shape of `apps/<app>/app.yaml`: frozen models, one value at a time.

What must hold between values, and beside `fleet.yaml`, is in `app_rules`.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, model_validator

from gitops.config.scalars import (
    BuildTemplate,
    Chart,
    Count,
    Duration,
    GitHome,
    GitTagTemplate,
    GitUrl,
    Group,
    Image,
    ImageTagTemplate,
    Label,
    OpenWindow,
    Platform,
    RepositoryPath,
    Team,
    Variable,
    refused,
)
from gitops.config.schema import (
    Delivery,
    Follow,
    Model,
    OnFailure,
    Proof,
    RequiredCheck,
    with_values,
)
from gitops.errors import InvalidInput


class SourceConfig(Model):
    """An app's source repository."""

    url: GitUrl = Field(description="Where the repository is, without credentials.")
    tags: GitTagTemplate = Field(
        default="v{version}", description="How a version is written as a git tag."
    )


ArtifactKind = Literal["image", "chart", "git"]

ARTIFACT_KINDS: tuple[ArtifactKind, ...] = get_args(ArtifactKind)


class ArtifactConfig(Model):
    """An image, a chart or a git source of an app, and the tags under which its CI pushes it."""

    model_config = ConfigDict(
        json_schema_extra={"oneOf": [with_values(key) for key in ARTIFACT_KINDS]}
    )

    image: Image | None = Field(
        default=None, description="The image repository, with neither tag nor digest."
    )
    chart: Chart | None = Field(
        default=None,
        description="The chart's name, or its repository where it lies in an OCI registry.",
    )
    git: GitHome | None = Field(
        default=None, description="The git repository as `github.com/shop/charts`."
    )
    variable: Variable | None = Field(
        default=None,
        description="The Flux variable that holds its version in the app's `paths`, where no text "
        "says of what it is the version.",
    )
    tag: ImageTagTemplate = Field(
        default="{tag}", description="Its tag, or the chart's version, for a git tag."
    )
    build: BuildTemplate | None = Field(
        default=None,
        description="The image's tag for a build of a branch; without it there are none.",
    )
    version: Literal["own"] | None = Field(
        default=None,
        description="`own` where its versions are not the app's, as of a chart that runs an image: "
        "it stays where somebody sets it, and is promoted together with the others.",
    )
    platforms: tuple[Platform, ...] = Field(
        default=(), description="The platforms it must have; without them whatever its index lists."
    )

    @model_validator(mode="after")
    def _exactly_one(self) -> "ArtifactConfig":
        told = [kind for kind in ARTIFACT_KINDS if getattr(self, kind) is not None]
        if not told:
            raise refused(InvalidInput("`image` is missing", "add `image: ...`"))
        if len(told) > 1:
            what = f"is {' and '.join(told)} at once"
            raise refused(InvalidInput(what, "write one item for each"))
        return self

    @property
    def kind(self) -> ArtifactKind:
        """What it is."""
        return next(kind for kind in ARTIFACT_KINDS if getattr(self, kind) is not None)

    @property
    def name(self) -> str:
        """What it is called, as written: the image, the chart or the git repository."""
        return str(getattr(self, self.kind))


class OwnApprovals(Model):
    """What an app asks beyond the fleet."""

    required: Count | None = Field(
        default=None, description="How many people must approve; no fewer than the fleet says."
    )
    from_: Annotated[tuple[Group, ...], Field(min_length=1)] | None = Field(
        default=None,
        alias="from",
        description="The groups whose members may approve, all of whom the fleet lets approve.",
    )


class AppEnvironmentConfig(Model):
    """What an app tightens in one environment; whatever it leaves out is as the fleet says."""

    follow: Follow | None = Field(
        default=None,
        description="The versions it takes; said here only by an app without a source.",
    )
    proof: Proof | None = Field(
        default=None,
        description="What must have been healthy before; no weaker than the fleet says.",
    )
    deliver: Delivery | None = Field(
        default=None, description="`merge-request` where the fleet says `commit`."
    )
    approvals: OwnApprovals = Field(
        default=OwnApprovals(), description="More people, or fewer who may."
    )
    checks: tuple[RequiredCheck, ...] = Field(
        default=(), description="Checks on top of those that the fleet asks for."
    )
    windows: tuple[OpenWindow, ...] | None = Field(
        default=None,
        description="When merging is allowed: within the fleet's windows, in their zone.",
    )
    settle: Duration | None = Field(
        default=None, description="How long health must be steady; no shorter than the fleet says."
    )
    soak: Duration | None = Field(
        default=None,
        description="How long it must be healthy here; no shorter than the fleet says.",
    )
    on_failure: OnFailure | None = Field(
        default=None, description="`hold` where the fleet says `restart`."
    )


class AppConfig(Model):
    """`apps/<app>/app.yaml`: what is promoted, and what its team tightens."""

    name: Label = Field(description="The app's name, which is its directory's.")
    team: Team = Field(description="The team that owns the app.")
    source: SourceConfig | None = Field(
        default=None,
        description="The app's source repository; without it, the app is built by others.",
    )
    artifacts: Annotated[tuple[ArtifactConfig, ...], Field(min_length=1)] = Field(
        description="The images, charts and git sources that are promoted together."
    )
    paths: tuple[RepositoryPath, ...] = Field(
        default=(),
        description="The files and directories with its versions, of which then all are read: "
        "those of variables and sources too. Without it, whatever runs its images.",
    )
    build_checks: tuple[RequiredCheck, ...] = Field(
        default=(),
        description="Checks that must have succeeded on the source's commit before a version of it "
        "counts as built.",
    )
    environments: Mapping[str, AppEnvironmentConfig] = Field(
        default={}, description="What the app tightens, by the environment's name."
    )

    @property
    def followed(self) -> tuple[ArtifactConfig, ...]:
        """The artifacts whose versions are the app's."""
        return tuple(a for a in self.artifacts if a.version is None)

    @property
    def beside(self) -> tuple[ArtifactConfig, ...]:
        """The artifacts that have versions of their own."""
        return tuple(a for a in self.artifacts if a.version is not None)
