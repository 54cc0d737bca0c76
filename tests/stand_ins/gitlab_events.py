"""Who pushed what, and who did what with a merge request, as GitLab's events tell.

Source: GitLab, "Events API"; `lib/api/entities/push_event_payload.rb`.
"""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import ZERO, Access, Event, MergeRequest, Project, Push
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()


ACTIONS = {
    "opened": "opened",
    "closed": "closed",
    "reopened": "opened",
    "merged": "accepted",
    "approved": "approved",
}
"""What happened to a merge request, with GitLab's word for it."""


@ROUTES.on("GET", "/projects/:id/events")
def events(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.GUEST)
    action = call.text("action")
    if action not in {"", "pushed"}:
        raise refused(501, "the stand-in tells of pushes, or of everything")
    pushes = ((push.at, _shape(project.id, n, push, call)) for n, push in _numbered(project))
    found = [*pushes, *([] if action else _of_requests(project, call))]
    if after := call.text("after"):
        found = [one for one in found if one[0].date() > date.fromisoformat(after)]
    if before := call.text("before"):
        found = [one for one in found if one[0].date() < date.fromisoformat(before)]
    newest_first = call.text("sort", "desc") == "desc"
    found.sort(key=lambda one: one[0], reverse=newest_first)
    return Listing(found, lambda one: one[1])


def _numbered(project: Project) -> Iterable[tuple[int, Push]]:
    return enumerate(project.pushes, 1)


def _of_requests(project: Project, call: Call) -> Iterable[tuple[datetime, dict[str, Any]]]:
    for request in project.requests.values():
        for one in request.events:
            if one.what in ACTIONS:
                yield one.at, _of_request(request, one, call)


def _of_request(request: MergeRequest, one: Event, call: Call) -> dict[str, Any]:
    return {
        "id": one.id,
        "project_id": request.project.id,
        "action_name": ACTIONS[one.what],
        "target_id": request.id,
        "target_iid": request.number,
        "target_type": "MergeRequest",
        "target_title": request.title,
        "author_id": one.by.id,
        "author": shapes.person(one.by, call.origin),
        "author_username": one.by.login,
        "created_at": shapes.at(one.at),
    }


def _shape(project: int, number: int, push: Push, call: Call) -> dict[str, Any]:
    kind = "tag" if push.ref.startswith("refs/tags/") else "branch"
    made = "created" if push.before == ZERO else "pushed"
    action = "removed" if push.after == ZERO else made
    names = {"created": "pushed new", "pushed": "pushed to", "removed": "deleted"}
    return {
        "id": number,
        "project_id": project,
        "action_name": names[action],
        "target_id": None,
        "target_iid": None,
        "target_type": None,
        "author_id": push.by.id,
        "target_title": None,
        "created_at": shapes.at(push.at),
        "author": shapes.person(push.by, call.origin),
        "push_data": {
            "commit_count": 1,
            "action": action,
            "ref_type": kind,
            "commit_from": None if push.before == ZERO else push.before,
            "commit_to": None if push.after == ZERO else push.after,
            "ref": push.ref.removeprefix("refs/heads/").removeprefix("refs/tags/"),
            "commit_title": None,
            "ref_count": None,
        },
        "author_username": push.by.login,
    }
