"""Comments and threads of a merge request.

Source: GitLab, "Notes API", "Discussions API".
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_merge_requests import ONE
from tests.stand_ins.merge_requests import note
from tests.stand_ins.model import Access, MergeRequest, Note
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
THREADS = f"{ONE}/discussions"


def _one(found: MergeRequest, call: Call) -> Note:
    for one in found.notes:
        if one.id == call.number("note"):
            return one
    raise refused(404, "404 Not found")


def _text(call: Call) -> str:
    if not call.text("body"):
        raise refused(400, "body is missing")
    return call.text("body")


@ROUTES.on("GET", f"{ONE}/notes")
def notes(face: GitLabFace, call: Call) -> Listing:
    found = face.request(call)
    key = "updated" if call.text("order_by") == "updated_at" else "at"
    newest_first = call.text("sort", "desc") == "desc"
    listed = sorted(found.notes, key=lambda one: getattr(one, key), reverse=newest_first)
    if call.text("activity_filter") == "only_comments":
        listed = [one for one in listed if not one.system]
    return Listing(listed, lambda one: shapes.note(one, found, call.origin))


@ROUTES.on("GET", f"{ONE}/notes/:note")
def one_note(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    return shapes.note(_one(found, call), found, call.origin)


@ROUTES.on("POST", f"{ONE}/notes")
def add_note(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    made = note(face.forge, found, call.person, _text(call))
    return shapes.note(made, found, call.origin)


@ROUTES.on("PUT", f"{ONE}/notes/:note")
@ROUTES.on("PUT", f"{THREADS}/:thread/notes/:note")
def change_note(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    mine = _one(found, call)
    if "body" in call.fields:
        if mine.by is not call.person or mine.system:
            raise refused(403)
        mine.body, mine.updated = _text(call), face.forge.tick()
    if "resolved" in call.fields:
        mine.resolved_by = call.person if call.flag("resolved") else None
    return shapes.note(mine, found, call.origin)


@ROUTES.on("DELETE", f"{ONE}/notes/:note")
@ROUTES.on("DELETE", f"{THREADS}/:thread/notes/:note")
def delete_note(face: GitLabFace, call: Call) -> None:
    found = face.request(call)
    gone = _one(found, call)
    may = gone.by is call.person
    if not may and face.forge.access(call.person, found.project) < Access.MAINTAINER:
        raise refused(403)
    found.notes.remove(gone)


@ROUTES.on("GET", f"{THREADS}/:thread/notes/:note")
def note_of_thread(face: GitLabFace, call: Call) -> dict[str, Any]:
    return one_note(face, call)


# --- threads ------------------------------------------------------------------------------------


def _thread(found: MergeRequest, name: str, call: Call) -> dict[str, Any]:
    of_it = [one for one in found.notes if one.discussion == name]
    if not of_it:
        raise refused(404, "404 Discussion Not Found")
    return {
        "id": name,
        "individual_note": of_it[0].individual,
        "notes": [shapes.note(one, found, call.origin) for one in of_it],
    }


@ROUTES.on("GET", THREADS)
def threads(face: GitLabFace, call: Call) -> Listing:
    found = face.request(call)
    names = list(dict.fromkeys(one.discussion for one in found.notes))
    return Listing(names, lambda name: _thread(found, name, call))


@ROUTES.on("GET", f"{THREADS}/:thread")
def thread(face: GitLabFace, call: Call) -> dict[str, Any]:
    return _thread(face.request(call), call.parts["thread"], call)


@ROUTES.on("POST", THREADS)
def add_thread(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    made = note(face.forge, found, call.person, _text(call))
    made.individual, made.resolvable = False, True
    return _thread(found, made.discussion, call)


@ROUTES.on("POST", f"{THREADS}/:thread/notes")
def answer(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    first = _thread(found, call.parts["thread"], call)
    made = note(face.forge, found, call.person, _text(call))
    made.individual, made.discussion = False, str(first["id"])
    made.resolvable = not first["individual_note"]
    return shapes.note(made, found, call.origin)


@ROUTES.on("PUT", f"{THREADS}/:thread")
def resolve(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    for one in found.notes:
        if one.discussion == call.parts["thread"] and one.resolvable:
            one.resolved_by = call.person if call.flag("resolved") else None
    return _thread(found, call.parts["thread"], call)
