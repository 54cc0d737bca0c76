"""What is read of Flux's objects: the fields that a verdict rests on, and no others.

They are decoded straight from the answer; whatever else an object holds is skipped.

Source: the CRDs of Flux 2.9 (kustomize.toolkit.fluxcd.io/v1, helm.toolkit.fluxcd.io/v2,
source.toolkit.fluxcd.io/v1).
"""

from datetime import datetime
from typing import Annotated, Final

import msgspec

Name = tuple[str, str]
"""Namespace and name."""

Time = Annotated[datetime, msgspec.Meta(tz=True)]
"""With a zone, as the API writes it; an answer with another time is none."""

KUSTOMIZATION: Final = "Kustomization"
RELEASE: Final = "HelmRelease"
CHART: Final = "HelmChart"


class Read(msgspec.Struct, frozen=True, rename="camel"):
    """A part of an object; its fields are called as the API calls them."""


class Labels(Read, frozen=True):
    """Which Flux object applied an object; "" where none did."""

    kustomization: str = msgspec.field(name="kustomize.toolkit.fluxcd.io/name", default="")
    kustomization_namespace: str = msgspec.field(
        name="kustomize.toolkit.fluxcd.io/namespace", default=""
    )
    release: str = msgspec.field(name="helm.toolkit.fluxcd.io/name", default="")
    release_namespace: str = msgspec.field(name="helm.toolkit.fluxcd.io/namespace", default="")


class Metadata(Read, frozen=True):
    """Who it is. `deletion_timestamp` is set while it is being deleted."""

    name: str
    namespace: str = ""
    generation: int = 0
    deletion_timestamp: Time | None = None
    labels: Labels = Labels()


class Condition(Read, frozen=True):
    """`status` is True, False or Unknown; `observed_generation` 0 where it names none."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    observed_generation: int = 0
    last_transition_time: Time | None = None


class Entry(Read, frozen=True):
    """An object that was applied: `<namespace>_<name>_<group>_<kind>`."""

    id: str


class Inventory(Read, frozen=True):
    """What one Flux object has applied."""

    entries: tuple[Entry, ...] = ()


class Reference(Read, frozen=True):
    """Another object; without a namespace it is in the referrer's."""

    kind: str = ""
    name: str = ""
    namespace: str = ""


class Attempted(Read, frozen=True):
    """The revision of an attempt, and where its artifact came from; "" where that is not told."""

    revision: str = ""
    origin_revision: str = ""


class Attempt(Read, frozen=True):
    """What came of one state of the manifests; `status` is the reason that Ready then gave."""

    first: Time = msgspec.field(name="firstReconciled")
    last: Time = msgspec.field(name="lastReconciled")
    status: str = msgspec.field(name="lastReconciledStatus", default="")
    metadata: Attempted = Attempted()


class KustomizationSpec(Read, frozen=True):
    """What a Kustomization shall apply; `kube_config` where that is another cluster's."""

    path: str = ""
    suspend: bool = False
    kube_config: dict[str, object] | None = None
    source_ref: Reference = Reference()


class KustomizationStatus(Read, frozen=True):
    """What a Kustomization has applied; `history` begins with the newest attempt."""

    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()
    last_applied_revision: str = ""
    last_applied_origin_revision: str = ""
    last_attempted_revision: str = ""
    history: tuple[Attempt, ...] = ()
    inventory: Inventory | None = None


class Kustomization(Read, frozen=True):
    """A Flux Kustomization."""

    metadata: Metadata
    spec: KustomizationSpec = KustomizationSpec()
    status: KustomizationStatus = KustomizationStatus()


class ReleaseSpec(Read, frozen=True):
    """What a HelmRelease shall install, and by `kube_config` where.

    `chart_ref` is there where its chart is another object's.
    """

    suspend: bool = False
    kube_config: dict[str, object] | None = None
    chart_ref: Reference | None = None


class Deployed(Read, frozen=True):
    """A release as Helm's storage has it; `status` is Helm's word: deployed, failed and others."""

    chart_name: str = ""
    chart_version: str = ""
    status: str = ""
    config_digest: str = ""
    oci_digest: str = ""
    last_deployed: Time | None = None


class ReleaseStatus(Read, frozen=True):
    """What a HelmRelease has installed; `history` begins with the newest release."""

    observed_generation: int = 0
    conditions: tuple[Condition, ...] = ()
    history: tuple[Deployed, ...] = ()
    helm_chart: str = ""
    last_attempted_config_digest: str = ""
    inventory: Inventory | None = None


class Release(Read, frozen=True):
    """A Flux HelmRelease."""

    metadata: Metadata
    spec: ReleaseSpec = ReleaseSpec()
    status: ReleaseStatus = ReleaseStatus()


class Artifact(Read, frozen=True):
    """What a source was last fetched as; `digest` is that of the stored archive."""

    revision: str = ""
    digest: str = ""


class SourceSpec(Read, frozen=True):
    """Where a source is fetched from, "" for kinds that name no URL; whether it is, at all."""

    url: str = ""
    suspend: bool = False


class SourceStatus(Read, frozen=True):
    """How the last fetch went."""

    conditions: tuple[Condition, ...] = ()
    artifact: Artifact | None = None


class Source(Read, frozen=True):
    """A GitRepository, OCIRepository, Bucket, ExternalArtifact or HelmChart."""

    metadata: Metadata
    spec: SourceSpec = SourceSpec()
    status: SourceStatus = SourceStatus()


def condition(conditions: tuple[Condition, ...], kind: str) -> Condition | None:
    """The condition of a type, None without one."""
    return next((each for each in conditions if each.type == kind), None)
