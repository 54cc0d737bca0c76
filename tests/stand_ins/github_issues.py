"""Calls on pull requests as issues: comments, labels, assignees and what happened.

Source: GitHub, "REST API endpoints for issues", "... for issue comments", "... for labels".
"""

from typing import Any

from tests.stand_ins.github_face import GitHubFace, invalid, not_found, refused
from tests.stand_ins.github_pulls import change
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.github_timeline import events_of, timeline_of
from tests.stand_ins.merge_requests import note
from tests.stand_ins.model import Label, MergeRequest, Project
from tests.stand_ins.pushing import event
from tests.stand_ins.web import Answer, Call, Listing, Routes

ROUTES = Routes()

_REPOSITORY = "/repos/:owner/:repo"
_ISSUE = f"{_REPOSITORY}/issues/:number"
_NEW_COLOUR = "ededed"


@ROUTES.on("GET", _ISSUE)
def single(face: GitHubFace, call: Call) -> Any:
    """A pull request is an issue too."""
    return face.pulls(call).issue(face.pull(call))


@ROUTES.on("PATCH", _ISSUE)
def update(face: GitHubFace, call: Call) -> Any:
    """Title, body, state, labels and assignees."""
    pull = face.pull(call)
    change(face, call, pull)
    if "labels" in call.fields:
        _set_labels(face, call, pull, _names(call))
    return face.pulls(call).issue(pull)


# --- comments -----------------------------------------------------------------------------------


@ROUTES.on("GET", f"{_ISSUE}/comments")
def comments(face: GitHubFace, call: Call) -> Listing:
    """Oldest first."""
    pull = face.pull(call)
    shapes = face.pulls(call)
    return Listing(pull.notes, lambda one: shapes.comment(pull, one))


@ROUTES.on("POST", f"{_ISSUE}/comments")
def comment(face: GitHubFace, call: Call) -> Any:
    """Whoever may read may comment."""
    pull = face.pull(call)
    if call.caller is None:
        raise refused(401, "Requires authentication")
    if not call.text("body").strip():
        raise invalid("IssueComment", {"field": "body", "code": "missing_field"})
    return face.pulls(call).comment(pull, note(face.forge, pull, call.caller, call.text("body")))


@ROUTES.on("PATCH", f"{_REPOSITORY}/issues/comments/:comment")
def edit_comment(face: GitHubFace, call: Call) -> Any:
    """By who wrote it, or whoever may write."""
    project = face.project(call)
    for pull in project.requests.values():
        for one in pull.notes:
            if str(one.id) == call.parts["comment"]:
                if one.by is not call.caller:
                    face.project(call, "write")
                one.body, one.updated = call.text("body"), face.forge.tick()
                return face.pulls(call).comment(pull, one)
    raise not_found()


# --- labels -------------------------------------------------------------------------------------


@ROUTES.on("GET", f"{_REPOSITORY}/labels")
def known_labels(face: GitHubFace, call: Call) -> Listing:
    """Of the repository."""
    project = face.project(call)
    shapes = face.shapes(call)
    return Listing(project.labels, lambda one: shapes.label(project, one))


@ROUTES.on("POST", f"{_REPOSITORY}/labels")
def new_label(face: GitHubFace, call: Call) -> Any:
    """Its name is there once, whatever its case."""
    project = face.project(call, "write")
    name = call.text("name")
    if not name:
        raise invalid("Label", {"field": "name", "code": "missing_field"})
    if _known(project, name):
        raise invalid("Label", {"field": "name", "code": "already_exists"})
    color, text = call.text("color") or _NEW_COLOUR, call.fields.get("description")
    made = Label(face.forge.number(), name, color, text)
    project.labels.append(made)
    return face.shapes(call).label(project, made)


@ROUTES.on("GET", f"{_REPOSITORY}/labels/*name")
def label(face: GitHubFace, call: Call) -> Any:
    """One of the repository."""
    project = face.project(call)
    found = _known(project, call.parts["name"])
    if found is None:
        raise not_found()
    return face.shapes(call).label(project, found)


@ROUTES.on("PATCH", f"{_REPOSITORY}/labels/*name")
def edit_label(face: GitHubFace, call: Call) -> Any:
    """Its name, colour and description."""
    project = face.project(call, "write")
    found = _known(project, call.parts["name"])
    if found is None:
        raise not_found()
    new = call.text("new_name") or found.name
    for pull in project.requests.values():
        pull.labels = [new if name == found.name else name for name in pull.labels]
    found.name, found.color = new, call.text("color") or found.color
    found.description = call.fields.get("description", found.description)
    return face.shapes(call).label(project, found)


@ROUTES.on("GET", f"{_ISSUE}/labels")
def labels(face: GitHubFace, call: Call) -> Listing:
    """Of the pull request."""
    return Listing(face.pulls(call).labels(face.pull(call)), lambda one: one)


@ROUTES.on("POST", f"{_ISSUE}/labels")
def add_labels(face: GitHubFace, call: Call) -> Answer:
    """What the repository does not know yet is made."""
    pull = face.pull(call, "write")
    new = [name for name in _names(call) if name.casefold() not in _folded(pull)]
    _set_labels(face, call, pull, [*pull.labels, *new])
    return Answer(200, face.pulls(call).labels(pull))


@ROUTES.on("PUT", f"{_ISSUE}/labels")
def set_labels(face: GitHubFace, call: Call) -> Any:
    """Exactly these."""
    pull = face.pull(call, "write")
    _set_labels(face, call, pull, _names(call))
    return face.pulls(call).labels(pull)


@ROUTES.on("DELETE", f"{_ISSUE}/labels/*name")
def remove_label(face: GitHubFace, call: Call) -> Any:
    """The others are answered."""
    pull = face.pull(call, "write")
    name = call.parts["name"].casefold()
    if name not in _folded(pull):
        raise refused(404, "Label does not exist")
    _set_labels(face, call, pull, [one for one in pull.labels if one.casefold() != name])
    return face.pulls(call).labels(pull)


def _set_labels(face: GitHubFace, call: Call, pull: MergeRequest, names: list[str]) -> None:
    face.project(call, "write")
    known = [_known(pull.project, name) or _made(face, pull.project, name) for name in names]
    new = [one.name for one in known]
    for one in known:
        if one.name not in pull.labels:
            event(face.forge, pull, "labeled", call.person, one)
    for name in pull.labels:
        if name not in new:
            event(face.forge, pull, "unlabeled", call.person, _known(pull.project, name))
    pull.labels = new
    pull.updated = face.forge.tick()


def _made(face: GitHubFace, project: Project, name: str) -> Label:
    made = Label(face.forge.number(), name, _NEW_COLOUR)
    project.labels.append(made)
    return made


def _names(call: Call) -> list[str]:
    """In `labels`, or the body as it is; each a name or an object with one."""
    told = call.content if isinstance(call.content, list) else call.many("labels")
    return [str(one["name"] if isinstance(one, dict) else one) for one in told]


def _known(project: Project, name: str) -> Label | None:
    same = (one for one in project.labels if one.name.casefold() == name.casefold())
    return next(same, None)


def _folded(pull: MergeRequest) -> set[str]:
    return {name.casefold() for name in pull.labels}


# --- assignees ----------------------------------------------------------------------------------


@ROUTES.on("POST", f"{_ISSUE}/assignees")
def assign(face: GitHubFace, call: Call) -> Any:
    """Whoever cannot be assigned is left out without a word."""
    pull = face.pull(call, "write")
    for login in call.many("assignees"):
        one = face.forge.login(str(login))
        if one is None or one in pull.assignees:
            continue
        if face.forge.access(one, pull.project) >= ROLES["read"]:
            pull.assignees.append(one)
            event(face.forge, pull, "assigned", call.person, one)
    return face.pulls(call).issue(pull)


@ROUTES.on("DELETE", f"{_ISSUE}/assignees")
def unassign(face: GitHubFace, call: Call) -> Any:
    """Whoever was not assigned stays so."""
    pull = face.pull(call, "write")
    for login in call.many("assignees"):
        one = face.forge.login(str(login))
        if one in pull.assignees and one is not None:
            pull.assignees.remove(one)
            event(face.forge, pull, "unassigned", call.person, one)
    return face.pulls(call).issue(pull)


# --- what happened ------------------------------------------------------------------------------


@ROUTES.on("GET", f"{_ISSUE}/events")
def events(face: GitHubFace, call: Call) -> Listing:
    """Oldest first."""
    pull = face.pull(call)
    return Listing(events_of(face.pulls(call), pull), lambda one: one)


@ROUTES.on("GET", f"{_ISSUE}/timeline")
def timeline(face: GitHubFace, call: Call) -> Listing:
    """The same with commits, comments and reviews."""
    pull = face.pull(call)
    told = timeline_of(face.pulls(call), face.git(call, pull.project), pull)
    return Listing(told, lambda one: one)
