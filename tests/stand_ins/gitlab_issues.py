"""A project's issues: opened, found, changed and closed.

Source: GitLab, "Issues API".
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Person, Project
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
ALL = "/projects/:id/issues"

Issue = dict[str, Any]


def _issues(project: Project) -> dict[int, Issue]:
    found: dict[int, Issue] = project.extra.setdefault("issues", {})
    return found


def _one(face: GitLabFace, call: Call) -> Issue:
    found = _issues(face.project(call, Access.GUEST)).get(call.number("iid"))
    if found is None:
        raise refused(404, "404 Not found")
    return found


def _shape(one: Issue, call: Call) -> Issue:
    author: Person = one["author"]
    return {**one, "author": shapes.person(author, call.origin)}


@ROUTES.on("GET", ALL)
def listed(face: GitLabFace, call: Call) -> Listing:
    state, searched = call.text("state", "all"), call.text("search").casefold()
    mine = call.text("scope") == "created_by_me"
    found = [
        one
        for one in reversed(_issues(face.project(call, Access.GUEST)).values())
        if state in {"all", one["state"]}
        and (not mine or one["author"] is call.person)
        and searched in f"{one['title']} {one['description']}".casefold()
    ]
    return Listing(found, lambda one: _shape(one, call))


@ROUTES.on("GET", f"{ALL}/:iid")
def get(face: GitLabFace, call: Call) -> Issue:
    return _shape(_one(face, call), call)


@ROUTES.on("POST", ALL)
def create(face: GitLabFace, call: Call) -> Issue:
    project = face.project(call, Access.GUEST)
    if not call.text("title"):
        raise refused(400, "title is missing")
    issues = _issues(project)
    number = max(issues, default=0) + 1
    issues[number] = {
        "id": face.forge.number(),
        "iid": number,
        "project_id": project.id,
        "state": "opened",
        "author": call.person,
        "created_at": shapes.at(face.forge.tick()),
        "title": call.text("title"),
        "description": call.text("description"),
        "labels": call.many("labels"),
        "confidential": call.flag("confidential"),
        "closed_at": None,
    }
    return _shape(issues[number], call)


@ROUTES.on("PUT", f"{ALL}/:iid")
def change(face: GitLabFace, call: Call) -> Issue:
    found = _one(face, call)
    if found["author"] is not call.person:
        face.project(call, Access.REPORTER)
    found |= {name: call.text(name) for name in ("title", "description") if name in call.fields}
    if "labels" in call.fields:
        found["labels"] = call.many("labels")
    if event := call.text("state_event"):
        found["state"] = {"close": "closed", "reopen": "opened"}[event]
        found["closed_at"] = shapes.at(face.forge.tick()) if event == "close" else None
    return _shape(found, call)
