"""The values that everything in `bot` speaks in: frozen, and serialisable as JSON.

A `Candidate` is a version that an environment follows. It becomes a `Release` when all its
artifacts are there. A `Promotion` is the attempt to bring one release into one environment. What
was read of the outside is an `Observation` (see `bot.observation`); what shall be done is a `Plan`
(see `bot.plan`).
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, order=True)
class Target:
    """One app in one environment."""

    environment: str
    app: str

    def __str__(self) -> str:
        return f"{self.app} in {self.environment}"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that could not be read, and why. A gap is never "nothing there"."""

    service: str
    reason: str
    denied: bool = False
    """True when credentials are the reason (exit 5), False when it did not answer (exit 4)."""


# --- what is promoted ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Reference:
    """An artifact where it lies: `repository`, and a `tag` or a `digest`.

    `repository` is an image's or a chart's in a registry, with its host; a chart in a Helm
    repository (`https://charts.example.com#web`), whose versions are its tags; or a git repository
    (`git+https://example.com/shop/a.git`). See `gitops.artifact_sources`.

    Source: OCI distribution specification 1.1, "Pulling manifests".
    """

    repository: str
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return self.repository + tag + (f"@{self.digest}" if self.digest else "")


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a reference resolved to.

    `digest` names it for good: the index's for a multi-arch image; of a chart in a Helm repository
    its archive's, as the index says; of a git tag `sha1:` and the peeled commit. `platforms` are
    `os/arch[/variant]`, empty for a single manifest that names none; `revision` is the label
    org.opencontainers.image.revision, of a chart the annotation of that name, None when absent
    (untrusted text). `children` are the digests that an index lists.
    """

    digest: str
    platforms: tuple[str, ...] = ()
    revision: str | None = None
    children: tuple[str, ...] = field(default=(), compare=False)


@dataclass(frozen=True, slots=True, order=True)
class Artifact:
    """An artifact of a release: what a pin calls it, under which tag, and which bytes.

    `digest` is None only for an adopted baseline whose bytes nobody has told yet.
    """

    repository: str
    tag: str
    digest: str | None


@dataclass(frozen=True, slots=True)
class Release:
    """A version with all its artifacts. `commit` is None for an app without a source."""

    app: str
    version: str
    commit: str | None
    artifacts: tuple[Artifact, ...]

    @property
    def identity(self) -> str:
        """64 hex digits: the SHA-256 of app, version, commit and each artifact's digest."""
        content = {
            "app": self.app,
            "version": self.version,
            "commit": self.commit,
            "artifacts": sorted([a.repository, a.digest or ""] for a in self.artifacts),
        }
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def digests(self) -> Mapping[str, str]:
        """Repository to digest, without the artifacts whose digest is unknown."""
        return {a.repository: a.digest for a in self.artifacts if a.digest}


@dataclass(frozen=True, slots=True)
class Person:
    """Name and e-mail as a commit or tag states them; nothing verifies either."""

    name: str
    email: str


IDENTITY = Person("Fairlead", "fairlead@localhost")
"""Author and committer of every commit that Fairlead makes, the same for every operator."""


@dataclass(frozen=True, slots=True)
class GitTag:
    """A tag of an app's source.

    `object` is what the ref names (a tag object, or the commit of a light tag), `commit` the peeled
    commit, `tagger` None for a light tag.
    """

    name: str
    object: str
    commit: str
    tagger: Person | None = None


@dataclass(frozen=True, slots=True)
class CommitFacts:
    """Who made a commit, and when it was committed."""

    sha: str
    author: Person
    committer: Person
    date: datetime


@dataclass(frozen=True, slots=True)
class Source:
    """An app's source repository.

    `branches` maps a branch to the shas of its first-parent history, newest first. `commits` holds
    the facts of every tagged commit and of each branch's newest ones.
    """

    tags: tuple[GitTag, ...] = ()
    branches: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    commits: Mapping[str, CommitFacts] = field(default_factory=dict)


# --- the forge ----------------------------------------------------------------------------------


class MergeRequestState(StrEnum):
    """Where a merge request is in its life."""

    OPEN = "open"
    CLOSED = "closed"
    MERGED = "merged"


@dataclass(frozen=True, slots=True)
class Approval:
    """A person's verdict on exactly one head. `person` is the forge's login."""

    person: str
    sha: str
    at: datetime
    bot: bool = False


class CheckState(StrEnum):
    """A required check's conclusion; absent and skipped are not success."""

    PENDING = "pending"
    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Check:
    """A check posted on a sha by `source` (a login, or an app's id); `description` is its text."""

    name: str
    source: str
    sha: str
    state: CheckState
    description: str = ""
    at: datetime | None = field(default=None, compare=False)
    """When it was posted, by the forge's clock; None where nobody asked for that."""


@dataclass(frozen=True, slots=True)
class MergeRequest:
    """A merge request from one of our branches, as the forge tells it.

    `contributors` are the logins of everybody who pushed any version of it; `closed_by` the login
    that closed it; `merge_sha` the commit on the target branch that merged it. Both None while
    that has not happened.
    """

    number: int
    source_branch: str
    target_branch: str
    head: str
    state: MergeRequestState
    author: str
    title: str
    body: str
    contributors: tuple[str, ...] = ()
    approvals: tuple[Approval, ...] = ()
    checks: tuple[Check, ...] = ()
    closed_by: str | None = None
    merge_sha: str | None = None
    automatic_merge: bool = False
    """A person told the forge to merge it by itself."""
    labels: tuple[str, ...] = ()
    """Sorted, those of people too."""
    reviewers: tuple[str, ...] = ()
    """Logins that are asked for a review, sorted; some forges forget those who have given one."""

    @property
    def open(self) -> bool:
        """Whether it can still be merged."""
        return self.state is MergeRequestState.OPEN


# --- the clusters -------------------------------------------------------------------------------


class Readiness(StrEnum):
    """What a health source says of an app on a cluster."""

    READY = "ready"
    NOT_READY = "not ready"
    RECONCILING = "reconciling"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Health:
    """One app on one cluster, as the outside reports it with its own timestamps.

    `revision` is the fleet commit (40 hex digits) that is applied, "" when nothing is or nobody
    could be asked: then `message` is the whole reason. `since` is when this readiness began without
    a break, whatever the revision; `observed` when the source looked. `message` is foreign text.

    `digests` and `tags`, by repository, are what the specs of its workloads say: a digest, or the
    tag of one that names no digest. `running` is the second level: the digests that Pods report as
    their imageID, of an index or of a platform's child; empty where Pods may not be listed. `drift`
    is live drift, a text for each object whose value cannot be that of the applied revision;
    `places` are the objects and containers that name a repository. `attempted` is the commit that
    was tried last, applied or not; "" when nobody knows. `blind` says that the source cannot see
    what runs: it is taken to be what the applied revision says. `continuous`: `since` would tell of
    a break that nobody saw; it would not where a part names no time, as a StatefulSet. `gaps`
    are what could not be asked of the cluster, whichever app it concerns.
    """

    environment: str
    cluster: str
    app: str
    revision: str
    readiness: Readiness
    since: datetime
    observed: datetime
    digests: Mapping[str, str] = field(default_factory=dict)
    message: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    drift: tuple[str, ...] = ()
    running: Mapping[str, str] = field(default_factory=dict)
    blind: bool = False
    places: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    attempted: str = ""
    continuous: bool = True
    gaps: tuple[Gap, ...] = ()
