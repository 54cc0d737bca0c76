"""Charts in Helm repositories, as their registry's port speaks of them. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, order=True)
class Chart:
    """A chart by its name in the Helm repository at an http(s) URL, without `index.yaml`."""

    repository: str
    name: str


@dataclass(frozen=True, slots=True)
class ChartVersion:
    """What a Helm repository's index says of one version of a chart.

    `version` is its text as written, which may be no version. `digest` is `sha256:` with 64 hex
    digits, None where the index names none; `created` is aware, None where it names no time;
    `revision` is the annotation org.opencontainers.image.revision, None without one.
    """

    version: str
    digest: str | None = None
    created: datetime | None = None
    revision: str | None = None
