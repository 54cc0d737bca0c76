"""Health from a file that something else keeps: the simplest outside there is.

Schema (JSON), one entry for each app on each cluster:

    {"version": 1, "health": [{"environment": "stage", "cluster": "stage-1", "app": "payments",
      "revision": "<40 hex digits>", "readiness": "ready",
      "digests": {"<artifact>": "sha256:<64 hex digits>"},
      "since": "2026-01-05T10:00:00Z", "observed": "2026-01-05T10:30:00Z", "message": ""}]}

An artifact is called as the pin calls it; a git source's digest is `sha1:` and its commit.
`readiness` is one of ready, not ready, reconciling, unknown. Times carry a zone. `revision` is ""
where nothing is applied. What else a `Health` knows may be told: `tags`, `running` and `drift`, and
`attempted`, as there. An entry that
breaks the schema makes the whole file a Gap: half a truth about health is none.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path

from bot.model import Gap, Health, Readiness
from gitops.carriers import Carried

MAX_BYTES = 16 * 1024 * 1024
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha1:[0-9a-f]{40}")
_NAMES = ("environment", "cluster", "app")
_TEXTS = ("revision", "attempted", "message")


class StatusFile:
    """Reads the file anew at every call. Without a path nothing is ever reported."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def health(self, wanted: Collection[Carried]) -> tuple[Health, ...] | Gap:
        """The entries of these, whatever carries them.

        A Gap when the file is absent, unreadable or malformed.
        """
        if self._path is None:
            return ()
        try:
            if self._path.stat().st_size > MAX_BYTES:
                return Gap("status file", f"{self._path} is larger than {MAX_BYTES} bytes")
            parsed = json.loads(self._path.read_bytes())
        except OSError as error:
            return Gap("status file", f"{self._path}: {error.strerror}")
        except (ValueError, RecursionError) as error:
            return Gap("status file", f"{self._path} is no JSON: {error}")
        if not isinstance(parsed, dict) or parsed.get("version") != 1:
            return Gap("status file", f'{self._path}: "version" must be 1')
        entries = parsed.get("health")
        if not isinstance(entries, list):
            return Gap("status file", f'{self._path}: "health" must be a list')
        return self._read(entries, {(w.environment, w.cluster, w.app) for w in wanted})

    def _read(
        self, entries: list[object], wanted: Collection[tuple[str, str, str]]
    ) -> tuple[Health, ...] | Gap:
        found: dict[tuple[str, str, str], Health] = {}
        for position, entry in enumerate(entries):
            health = _health(entry)
            if isinstance(health, str):
                return Gap("status file", f"{self._path}: health[{position}]: {health}")
            key = (health.environment, health.cluster, health.app)
            if key in found:
                return Gap("status file", f"{self._path}: health[{position}]: {key} stands twice")
            found[key] = health
        return tuple(health for key, health in found.items() if key in wanted)


def _health(entry: object) -> Health | str:
    """One entry, or what is wrong with it."""
    if not isinstance(entry, Mapping):
        return "must be an object"
    problem = _problem(entry)
    if problem:
        return problem
    try:
        readiness = Readiness(str(entry.get("readiness")))
    except ValueError:
        return f'"readiness" must be one of {", ".join(Readiness)}'
    since, observed = _time(entry.get("since")), _time(entry.get("observed"))
    if since is None or observed is None:
        return '"since" and "observed" must be times with a zone, like 2026-01-05T10:00:00Z'
    return Health(
        environment=entry["environment"],
        cluster=entry["cluster"],
        app=entry["app"],
        revision=entry.get("revision", ""),
        readiness=readiness,
        since=since,
        observed=observed,
        digests=entry.get("digests", {}),
        message=entry.get("message", ""),
        tags=entry.get("tags", {}),
        drift=tuple(entry.get("drift", ())),
        running=entry.get("running", {}),
        attempted=entry.get("attempted", ""),
    )


def _problem(entry: Mapping[object, object]) -> str:
    """What is wrong with the texts of an entry, "" for nothing."""
    for name in _NAMES:
        if not isinstance(entry.get(name), str) or not entry[name]:
            return f'"{name}" must be a text'
    for name in _TEXTS:
        if not isinstance(entry.get(name, ""), str):
            return f'"{name}" must be a text'
    for name in ("digests", "running"):
        found = entry.get(name, {})
        if not isinstance(found, dict) or not all(
            isinstance(d, str) and _DIGEST.fullmatch(d) for d in found.values()
        ):
            return f'"{name}" must map artifacts to sha256:<64 hex digits>'
    tags, drift = entry.get("tags", {}), entry.get("drift", [])
    if not isinstance(tags, dict) or not all(isinstance(t, str) for t in tags.values()):
        return '"tags" must map artifacts to texts'
    if not isinstance(drift, list) or not all(isinstance(d, str) for d in drift):
        return '"drift" must be a list of texts'
    return ""


def _time(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC) if time.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
