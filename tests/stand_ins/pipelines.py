"""Commit statuses and the pipelines that they make up, in GitLab's words.

Source: GitLab, "Commits API: Commit status"; `lib/api/commit_statuses.rb`, `commit_status.rb`.
"""

from dataclasses import dataclass
from datetime import datetime

from tests.stand_ins.forge import Forge
from tests.stand_ins.model import MergeRequest, Person, Project, Status

ACTIVE = ("created", "pending", "running")
"""States of what is not over."""


class BadTransition(Exception):
    """A status cannot go from what it is to what is posted."""


@dataclass(eq=False)
class Pipeline:
    """`own` is the state of its own jobs, None for one that has statuses from outside alone."""

    id: int
    sha: str
    ref: str
    source: str
    by: Person
    created: datetime
    updated: datetime
    own: str | None = None


def pipelines(project: Project) -> list[Pipeline]:
    """A project's, oldest first."""
    found: list[Pipeline] = project.extra.setdefault("pipelines", [])
    return found


def add_pipeline(
    forge: Forge, project: Project, sha: str, ref: str, source: str, by: Person
) -> Pipeline:
    """A new one; with jobs, it waits for somebody to run them."""
    now = forge.tick()
    own = None if source == "external" else "pending"
    made = Pipeline(forge.number(), sha, ref, source, by, now, now, own)
    pipelines(project).append(made)
    return made


def latest(project: Project, sha: str) -> list[Status]:
    """The statuses of a commit that were not replaced by newer ones, oldest first."""
    newest: dict[tuple[str, str | None, object], Status] = {}
    for status in project.statuses:
        if status.sha == sha:
            newest[status.name, status.ref, status.extra.get("pipeline")] = status
    return sorted(newest.values(), key=lambda one: one.id)


def state(project: Project, pipeline: Pipeline) -> str:
    """What its jobs and statuses come to."""
    of_it = [s for s in latest(project, pipeline.sha) if s.extra.get("pipeline") == pipeline.id]
    states = [s.state for s in of_it if not s.extra.get("allow_failure") or s.state != "failed"]
    if pipeline.own is not None:
        states.append(pipeline.own)
    for one in ("running", "pending", "created", "failed", "canceled"):
        if one in states:
            if one in ACTIVE[:2] and set(states) - {"pending", "created"}:
                return "running"
            return one
    return "success"


def of_head(request: MergeRequest) -> Pipeline | None:
    """The newest one of a merge request's head."""
    of_it = [p for p in pipelines(request.source) if p.sha == request.head]
    return of_it[-1] if of_it else None


def post(
    forge: Forge, project: Project, by: Person, sha: str, ref: str, posted: dict[str, str | None]
) -> Status:
    """Keep a status; one of this person's that is not over is carried on.

    Raises:
        BadTransition: it cannot become this, or is it already.
    """
    name, wanted = str(posted["name"]), str(posted["state"])
    pipeline = _pipeline(forge, project, by, sha, ref)
    now = forge.tick()
    going = [
        one
        for one in project.statuses
        if (one.sha, one.ref, one.name, one.by) == (sha, ref, name, by)
        and one.state in {"pending", "running"}
        and one.extra["pipeline"] == pipeline.id
    ]
    if going:
        status = going[-1]
        _check(status.state, wanted)
    else:
        status = Status(forge.number(), sha, ref, name, wanted, None, None, by, now, now)
        status.extra["pipeline"] = pipeline.id
        project.statuses.append(status)
    status.state, status.updated = wanted, now
    status.description = posted.get("description") or status.description
    status.target_url = posted.get("target_url") or status.target_url
    status.extra.setdefault("started", None)
    if wanted == "running":
        status.extra["started"] = now
    status.extra["finished"] = None if wanted in ACTIVE else now
    pipeline.updated = now
    forge.tell("pipeline", project, by, pipeline)
    return status


def _check(old: str, new: str) -> None:
    event = {"pending": "enqueue", "running": "run"}.get(new)
    if event is None or (old, new) == ("pending", "running"):
        return
    raise BadTransition(
        f"Cannot transition status via :{event} from :{old} "
        f'(Reason(s): Status cannot transition via "{event}")'
    )


def _pipeline(forge: Forge, project: Project, by: Person, sha: str, ref: str) -> Pipeline:
    same = [p for p in pipelines(project) if (p.sha, p.ref) == (sha, ref)]
    return same[-1] if same else add_pipeline(forge, project, sha, ref, "external", by)
