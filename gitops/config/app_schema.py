"""The shape of `apps/<app>/app.yaml`: frozen models, one value at a time.

What must hold between values, and beside `fleet.yaml`, is in `app_rules`.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from gitops.config.scalars import (
    BuildTemplate,
    Count,
    Duration,
    GitTagTemplate,
    GitUrl,
    Group,
    Image,
    ImageTagTemplate,
    Label,
    OpenWindow,
    Platform,
    Team,
    Text,
)
from gitops.config.schema import Delivery, Follow, Model, Proof, RequiredCheck


class SourceConfig(Model):
    """An app's source repository."""

    url: GitUrl = Field(description="Where the repository is, without credentials.")
    tags: GitTagTemplate = Field(
        default="v{version}", description="How a version is written as a git tag."
    )


class ArtifactConfig(Model):
    """An image of an app, and the tags under which its CI pushes it."""

    image: Image = Field(description="The image repository, with neither tag nor digest.")
    tag: ImageTagTemplate = Field(default="{tag}", description="The image's tag for a git tag.")
    build: BuildTemplate | None = Field(
        default=None,
        description="The image's tag for a build of a branch; without it there are none.",
    )
    platforms: tuple[Platform, ...] = Field(
        default=(), description="The platforms it must have; without them whatever its index lists."
    )


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


class AppConfig(Model):
    """`apps/<app>/app.yaml`: what is promoted, and what its team tightens."""

    name: Label = Field(description="The app's name, which is its directory's.")
    team: Team = Field(description="The team that owns the app.")
    source: SourceConfig | None = Field(
        default=None,
        description="The app's source repository; without it, the app is built by others.",
    )
    artifacts: Annotated[tuple[ArtifactConfig, ...], Field(min_length=1)] = Field(
        description="The images that are promoted together."
    )
    build_checks: tuple[Text, ...] = Field(
        default=(),
        description="Reserved; the checks of a source's commit cannot be read yet.",
        json_schema_extra={"maxItems": 0},
    )
    environments: Mapping[str, AppEnvironmentConfig] = Field(
        default={}, description="What the app tightens, by the environment's name."
    )
