"""A project's webhooks.

Source: GitLab, "Project webhooks API".
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Hook, Project
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
ONE = "/projects/:id"
EVENTS = (
    "push_events",
    "tag_push_events",
    "merge_requests_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "job_events",
    "pipeline_events",
    "wiki_page_events",
    "deployment_events",
    "releases_events",
    "feature_flag_events",
    "emoji_events",
)


def _hook(face: GitLabFace, call: Call) -> tuple[Project, Hook]:
    project = face.project(call, Access.MAINTAINER)
    for one in project.hooks:
        if one.id == call.number("hook"):
            return project, one
    raise refused(404, "404 Not found")


def _fill(call: Call, hook: Hook) -> None:
    hook.url = call.text("url", hook.url)
    hook.secret = call.text("token") or hook.secret
    hook.events |= {name: call.flag(name) for name in EVENTS if name in call.fields}


@ROUTES.on("GET", f"{ONE}/hooks")
def hooks(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.MAINTAINER)
    return Listing(project.hooks, lambda one: shapes.hook(one, project))


@ROUTES.on("GET", f"{ONE}/hooks/:hook")
def hook(face: GitLabFace, call: Call) -> dict[str, Any]:
    project, found = _hook(face, call)
    return shapes.hook(found, project)


@ROUTES.on("POST", f"{ONE}/hooks")
def add_hook(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.MAINTAINER)
    usual = {name: name == "push_events" for name in EVENTS}
    made = Hook(face.forge.number(), call.text("url"), face.forge.tick(), events=usual)
    _fill(call, made)
    project.hooks.append(made)
    return shapes.hook(made, project)


@ROUTES.on("PUT", f"{ONE}/hooks/:hook")
def change_hook(face: GitLabFace, call: Call) -> dict[str, Any]:
    project, found = _hook(face, call)
    _fill(call, found)
    return shapes.hook(found, project)


@ROUTES.on("DELETE", f"{ONE}/hooks/:hook")
def delete_hook(face: GitLabFace, call: Call) -> None:
    project, found = _hook(face, call)
    project.hooks.remove(found)
