"""Who labelled a merge request or planned it for a milestone, and when.

Source: GitLab, "Resource label events API", "Resource milestone events API",
"Resource state events API".
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_merge_requests import ONE
from tests.stand_ins.model import Event, MergeRequest
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
STATES = {"closed": "closed", "reopened": "reopened", "merged": "merged"}


def _of(found: MergeRequest, kind: str) -> list[Event]:
    if kind == "state":
        return [one for one in found.events if one.what in STATES]
    return [one for one in found.events if one.what.startswith(f"{kind} ")]


def _shape(found: MergeRequest, one: Event, kind: str, call: Call) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": one.id,
        "user": shapes.person(one.by, call.origin),
        "created_at": shapes.at(one.at),
        "resource_type": "MergeRequest",
        "resource_id": found.id,
    }
    if kind == "state":
        return {**told, "state": STATES[one.what], "source_commit": None}
    about = one.about
    if kind == "label":
        names = ("id", "name", "color", "description")
        about = {name: getattr(one.about, name) for name in names}
    action = "add" if one.what.endswith("added") else "remove"
    return {**told, kind: about, "action": action, "state": "opened"}


def _serve(kind: str) -> None:
    @ROUTES.on("GET", f"{ONE}/resource_{kind}_events")
    def listed(face: GitLabFace, call: Call) -> Listing:
        found = face.request(call)
        return Listing(_of(found, kind), lambda one: _shape(found, one, kind, call))

    @ROUTES.on("GET", f"{ONE}/resource_{kind}_events/:event")
    def one(face: GitLabFace, call: Call) -> dict[str, Any]:
        found = face.request(call)
        for each in _of(found, kind):
            if each.id == call.number("event"):
                return _shape(found, each, kind, call)
        raise refused(404, "404 Not found")


for name in ("label", "milestone", "state"):
    _serve(name)
