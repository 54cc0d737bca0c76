"""Comments and threads of a commit.

Source: GitLab, "Commits API: Comments", "Discussions API: Commits".
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_commits import commit_of
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Note
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
ONE = "/projects/:id/repository/commits/:sha"
THREADS = f"{ONE}/discussions"


def _notes(face: GitLabFace, call: Call) -> list[Note]:
    project = face.project(call, Access.REPORTER)
    sha = commit_of(project, call.parts["sha"]).sha
    kept: dict[str, list[Note]] = project.extra.setdefault("commit_notes", {})
    return kept.setdefault(sha, [])


def _say(face: GitLabFace, call: Call, body: str, thread: str = "") -> Note:
    now, number = face.forge.tick(), face.forge.number()
    made = Note(number, call.person, body, now, now, discussion=thread or f"{number:040x}")
    _notes(face, call).append(made)
    return made


@ROUTES.on("GET", f"{ONE}/comments")
def comments(face: GitLabFace, call: Call) -> Listing:
    return Listing(_notes(face, call), lambda one: _comment(one, call))


@ROUTES.on("POST", f"{ONE}/comments")
def comment(face: GitLabFace, call: Call) -> dict[str, Any]:
    return _comment(_say(face, call, call.text("note")), call)


def _comment(one: Note, call: Call) -> dict[str, Any]:
    told = {"note": one.body, "path": None, "line": None, "line_type": None}
    by = {"author": shapes.person(one.by, call.origin), "created_at": shapes.at(one.at)}
    return {**told, **by}


def _shape(one: Note, call: Call) -> dict[str, Any]:
    return {
        "id": one.id,
        "type": "DiscussionNote",
        "body": one.body,
        "author": shapes.person(one.by, call.origin),
        "created_at": shapes.at(one.at),
        "updated_at": shapes.at(one.updated),
        "system": False,
        "noteable_type": "Commit",
        "commit_id": call.parts["sha"],
        "resolvable": False,
    }


def _thread(notes: list[Note], name: str, call: Call) -> dict[str, Any]:
    of_it = [_shape(one, call) for one in notes if one.discussion == name]
    if not of_it:
        raise refused(404, "404 Discussion Not Found")
    return {"id": name, "individual_note": False, "notes": of_it}


@ROUTES.on("GET", THREADS)
def threads(face: GitLabFace, call: Call) -> Listing:
    notes = _notes(face, call)
    names = list(dict.fromkeys(one.discussion for one in notes))
    return Listing(names, lambda name: _thread(notes, name, call))


@ROUTES.on("POST", THREADS)
def add_thread(face: GitLabFace, call: Call) -> dict[str, Any]:
    made = _say(face, call, call.text("body"))
    return _thread(_notes(face, call), made.discussion, call)


@ROUTES.on("GET", f"{THREADS}/:thread")
def thread(face: GitLabFace, call: Call) -> dict[str, Any]:
    return _thread(_notes(face, call), call.parts["thread"], call)


@ROUTES.on("POST", f"{THREADS}/:thread/notes")
def answer(face: GitLabFace, call: Call) -> dict[str, Any]:
    return _shape(_say(face, call, call.text("body"), call.parts["thread"]), call)


def _one(face: GitLabFace, call: Call) -> Note:
    for one in _notes(face, call):
        if one.id == call.number("note") and one.discussion == call.parts["thread"]:
            return one
    raise refused(404, "404 Not found")


@ROUTES.on("GET", f"{THREADS}/:thread/notes/:note")
def note(face: GitLabFace, call: Call) -> dict[str, Any]:
    return _shape(_one(face, call), call)


@ROUTES.on("PUT", f"{THREADS}/:thread/notes/:note")
def change(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = _one(face, call)
    found.body, found.updated = call.text("body", found.body), face.forge.tick()
    return _shape(found, call)


@ROUTES.on("DELETE", f"{THREADS}/:thread/notes/:note")
def delete(face: GitLabFace, call: Call) -> None:
    _notes(face, call).remove(_one(face, call))
