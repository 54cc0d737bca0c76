"""Commit statuses and pipelines.

Source: GitLab, "Commits API: Commit status", "Pipelines API"; `lib/api/commit_statuses.rb`.
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins import pipelines
from tests.stand_ins.gitlab_commits import commit_of
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Project, Status
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
STATES = ("pending", "running", "success", "failed", "canceled", "skipped")


@ROUTES.on("POST", "/projects/:id/statuses/:sha")
def post(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.DEVELOPER)
    sha = commit_of(project, call.parts["sha"]).sha
    if call.text("state") not in STATES:
        raise refused(400, "state does not have a valid value")
    ref = call.text("ref") or _branch_with(project, sha)
    if ref is None:
        raise refused(404, "404 References for commit Not Found")
    name = call.text("name") or call.text("context") or "default"
    posted = {"state": call.text("state"), "name": name}
    if len(call.text("description")) > 255:
        raise refused(400, {"description": ["is too long (maximum is 255 characters)"]})
    more = {k: call.text(k) or None for k in ("description", "target_url")}
    try:
        made = pipelines.post(face.forge, project, call.person, sha, ref, {**posted, **more})
    except pipelines.BadTransition as e:
        raise refused(400, str(e)) from None
    return _shape(made, call)


def _branch_with(project: Project, sha: str) -> str | None:
    told = project.git.git(
        "for-each-ref", "--contains", sha, "--format=%(refname:short)", "refs/heads"
    )
    names = told.splitlines()
    exact = [name for name in names if project.git.head(name) == sha]
    return next(iter([*exact, *names]), None)


@ROUTES.on("GET", "/projects/:id/repository/commits/:sha/statuses")
def statuses(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    sha = commit_of(project, call.parts["sha"]).sha
    every = [one for one in project.statuses if one.sha == sha]
    found = every if call.flag("all") else pipelines.latest(project, sha)
    found = [
        one
        for one in found
        if call.text("ref", one.ref or "") == (one.ref or "")
        and call.text("name", one.name) == one.name
    ]
    return Listing(found, lambda one: _shape(one, call))


def _shape(one: Status, call: Call) -> dict[str, Any]:
    return {
        "id": one.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": one.state,
        "name": one.name,
        "target_url": one.target_url,
        "description": one.description,
        "created_at": shapes.at(one.created),
        "started_at": shapes.at(one.extra.get("started")),
        "finished_at": shapes.at(one.extra.get("finished")),
        "allow_failure": bool(one.extra.get("allow_failure")),
        "coverage": None,
        "pipeline_id": one.extra.get("pipeline"),
        "author": shapes.person(one.by, call.origin),
    }


@ROUTES.on("GET", "/projects/:id/pipelines")
def every_pipeline(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    found = [
        one
        for one in reversed(pipelines.pipelines(project))
        if call.text("sha", one.sha) == one.sha and call.text("ref", one.ref) == one.ref
    ]
    return Listing(found, lambda one: pipeline_shape(project, one, call))


@ROUTES.on("GET", "/projects/:id/pipelines/:pipeline")
def one_pipeline(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.REPORTER)
    for one in pipelines.pipelines(project):
        if one.id == call.number("pipeline"):
            by = shapes.person(one.by, call.origin)
            return {**pipeline_shape(project, one, call), "user": by}
    raise refused(404, "404 Not found")


def pipeline_shape(project: Project, one: pipelines.Pipeline, call: Call) -> dict[str, Any]:
    """A pipeline."""
    return {
        "id": one.id,
        "iid": one.id,
        "project_id": project.id,
        "sha": one.sha,
        "ref": one.ref,
        "status": pipelines.state(project, one),
        "source": one.source,
        "created_at": shapes.at(one.created),
        "updated_at": shapes.at(one.updated),
        "web_url": f"{call.origin}/{project.full_path}/-/pipelines/{one.id}",
        "name": None,
    }
