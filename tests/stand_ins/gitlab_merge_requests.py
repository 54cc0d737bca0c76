"""Merge requests: find, open, read, change.

Source: GitLab, "Merge requests API"; `lib/api/merge_requests.rb`.
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins import pipelines
from tests.stand_ins.gitlab_changing import change
from tests.stand_ins.gitlab_diffs import differences
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_mergeability import look
from tests.stand_ins.gitlab_request_shapes import brief, pipeline, whole
from tests.stand_ins.merge_requests import note, open_request, reopen, same_branches
from tests.stand_ins.model import Access, MergeRequest, Person, Project, State
from tests.stand_ins.pushing import close, event
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
ONE = "/projects/:id/merge_requests/:iid"
_STATES = {"opened": State.OPEN, "closed": State.CLOSED, "merged": State.MERGED}
_DAY = "%Y-%m-%dT%H:%M:%S"


# --- find ---------------------------------------------------------------------------------------


@ROUTES.on("GET", "/projects/:id/merge_requests")
def find(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    found = [one for one in project.requests.values() if _wanted(one, call)]
    return _sorted(face, call, found)


@ROUTES.on("GET", "/merge_requests")
def find_anywhere(face: GitLabFace, call: Call) -> Listing:
    found = [
        one
        for one in face.forge.requests()
        if face.forge.access(call.person, one.project) >= Access.REPORTER and _wanted(one, call)
    ]
    scope = call.text("scope", "created_by_me")
    if scope in {"created_by_me", "created-by-me"}:
        found = [one for one in found if one.author is call.person]
    if scope in {"assigned_to_me", "assigned-to-me"}:
        found = [one for one in found if call.person in one.assignees]
    return _sorted(face, call, found)


def _wanted(one: MergeRequest, call: Call) -> bool:
    state = call.text("state", "all")
    author, login = call.text("author_id"), call.text("author_username")
    searched = call.text("search").casefold()
    numbers = [int(number) for number in call.many("iids")]
    tests = (
        state in {"all", ""} or one.state is _STATES.get(state),
        call.text("source_branch", one.source_branch) == one.source_branch,
        call.text("target_branch", one.target_branch) == one.target_branch,
        not author or str(one.author.id) == author,
        not login or one.author.login == login,
        not numbers or one.number in numbers,
        all(label in one.labels for label in call.many("labels")),
        not searched or searched in f"{one.title}\n{one.body}".casefold(),
        not call.text("updated_after")
        or (shapes.at(one.updated) or "") >= call.text("updated_after"),
        call.text("wip") not in {"yes", "no"} or (call.text("wip") == "yes") == one.draft,
        not call.text("reviewer_username")
        or call.text("reviewer_username") in [p.login for p in one.reviewers],
        not call.many("approver_ids")
        or {str(n) for n in call.many("approver_ids")} & {str(a.by.id) for a in one.approvals()},
    )
    return all(tests)


def _sorted(face: GitLabFace, call: Call, found: list[MergeRequest]) -> Listing:
    key = "updated" if call.text("order_by") == "updated_at" else "created"
    found.sort(key=lambda one: getattr(one, key), reverse=call.text("sort", "desc") == "desc")
    return Listing(found, lambda one: brief(face, one, call.origin))


# --- open ---------------------------------------------------------------------------------------


@ROUTES.on("POST", "/projects/:id/merge_requests")
def create(face: GitLabFace, call: Call) -> dict[str, Any]:
    source = face.project(call, Access.DEVELOPER)
    target = source
    if number := call.text("target_project_id"):
        target = face.forge.projects.get(int(number), source)
    missing = [n for n in ("source_branch", "target_branch", "title") if not call.text(n)]
    if missing:
        raise refused(400, ", ".join(f"{name} is missing" for name in missing))
    branches = (call.text("source_branch"), call.text("target_branch"))
    _openable(face, call.person, source, target, branches)
    made = open_request(face.forge, target, source, branches, call.person)
    made.remove_source = call.flag(
        "remove_source_branch", bool(target.settings.get("remove_source_branch_after_merge", True))
    )
    change(face, call, made)
    event(face.forge, made, "opened", call.person)
    return whole(face, made, call)


def _openable(
    face: GitLabFace, by: Person, source: Project, target: Project, branches: tuple[str, str]
) -> None:
    if face.forge.access(by, target) < Access.REPORTER:
        raise refused(403)
    if source is target and branches[0] == branches[1]:
        raise refused(422, ["You can't use same project/branch for source and target"])
    for project, branch, name in (
        (source, branches[0], "Source"),
        (target, branches[1], "Target"),
    ):
        if project.git.head(branch) is None:
            raise refused(400, [f'{name} branch "{branch}" does not exist'])
    if there := same_branches(target, source, branches):
        words = "Another open merge request already exists for this source branch"
        raise refused(409, [f"{words}: !{there[0].number}"])


# --- read ---------------------------------------------------------------------------------------


@ROUTES.on("GET", ONE)
def get(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    look(face, found)
    return whole(face, found, call)


@ROUTES.on("GET", f"{ONE}/versions")
def versions(face: GitLabFace, call: Call) -> Listing:
    found = face.request(call)
    return Listing(found.versions[::-1], lambda one: shapes.version(one, found))


@ROUTES.on("GET", f"{ONE}/versions/:version")
def version(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    for one in found.versions:
        if one.id == call.number("version"):
            git = found.project.git
            commits = [
                shapes.commit(commit, found.project, call.origin)
                for commit in git.log(one.head, f"^{one.base}")
            ]
            diffs = differences(git, one.base, one.head)
            return {**shapes.version(one, found), "commits": commits, "diffs": diffs}
    raise refused(404, "404 Not found")


@ROUTES.on("GET", f"{ONE}/commits")
def commits(face: GitLabFace, call: Call) -> Listing:
    found = face.request(call)
    last = found.versions[-1]
    log = found.project.git.log(last.head, f"^{last.base}")
    return Listing(log, lambda one: shapes.commit(one, found.project, call.origin))


@ROUTES.on("GET", f"{ONE}/changes")
def changes(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    last = found.versions[-1]
    shown = differences(found.project.git, last.base, last.head)
    return {**whole(face, found, call), "changes": shown, "overflow": False}


@ROUTES.on("GET", f"{ONE}/diffs")
def diffs(face: GitLabFace, call: Call) -> Listing:
    found = face.request(call)
    last = found.versions[-1]
    return Listing(differences(found.project.git, last.base, last.head), lambda one: one)


@ROUTES.on("GET", f"{ONE}/participants")
def participants(face: GitLabFace, call: Call) -> list[Any]:
    found = face.request(call)
    people = dict.fromkeys([found.author, *(n.by for n in found.notes if not n.system)])
    return shapes.people(list(people), call.origin)


@ROUTES.on("GET", f"{ONE}/reviewers")
def reviewers(face: GitLabFace, call: Call) -> Listing:
    found = face.request(call)
    return Listing(
        found.reviewers,
        lambda one: {
            "user": shapes.person(one, call.origin),
            "state": "unreviewed",
            "created_at": shapes.at(found.created),
        },
    )


@ROUTES.on("GET", f"{ONE}/pipelines")
def pipelines_of(face: GitLabFace, call: Call) -> Listing:
    found = face.request(call)
    heads = {one.head for one in found.versions}
    of_it = [p for p in reversed(pipelines.pipelines(found.source)) if p.sha in heads]
    return Listing(of_it, lambda one: pipeline(one, found, call.origin))


# --- change -------------------------------------------------------------------------------------


@ROUTES.on("PUT", ONE)
def update(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    if found.author is not call.person and (
        face.forge.access(call.person, found.project) < Access.DEVELOPER
    ):
        raise refused(403)
    if not call.fields:
        raise refused(400, "at least one attribute is needed")
    match call.text("state_event"):
        case "close" if found.state is State.OPEN:
            close(face.forge, found, call.person)
            note(face.forge, found, call.person, "closed", system=True)
        case "reopen" if found.state is State.CLOSED:
            _reopened(face, call, found)
    change(face, call, found)
    found.updated = face.forge.tick()
    return whole(face, found, call)


@ROUTES.on("DELETE", ONE)
def delete(face: GitLabFace, call: Call) -> None:
    found = face.request(call, Access.OWNER)
    del found.project.requests[found.number]


def _reopened(face: GitLabFace, call: Call, found: MergeRequest) -> None:
    branches = (found.source_branch, found.target_branch)
    if there := same_branches(found.project, found.source, branches):
        words = "Another open merge request already exists for this source branch"
        raise refused(409, [f"{words}: !{there[0].number}"])
    if found.source.git.head(found.source_branch) is None:
        raise refused(422, ["Source branch does not exist"])
    reopen(face.forge, found, call.person)
    note(face.forge, found, call.person, "reopened", system=True)
