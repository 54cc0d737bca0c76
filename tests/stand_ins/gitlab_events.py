"""Who pushed what, as GitLab's events tell.

Source: GitLab, "Events API"; `lib/api/entities/push_event_payload.rb`.
"""

from datetime import date
from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import ZERO, Access, Push
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()


@ROUTES.on("GET", "/projects/:id/events")
def events(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.GUEST)
    if call.text("action") != "pushed":
        raise refused(501, "the stand-in tells of pushes alone")
    found = list(enumerate(project.pushes, 1))
    if after := call.text("after"):
        found = [one for one in found if one[1].at.date() > date.fromisoformat(after)]
    if before := call.text("before"):
        found = [one for one in found if one[1].at.date() < date.fromisoformat(before)]
    if call.text("sort", "desc") == "desc":
        found.reverse()
    return Listing(found, lambda one: _shape(project.id, one[0], one[1], call))


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
