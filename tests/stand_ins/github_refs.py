"""Calls on git's refs, tags and branches, and on who moved them.

Source: GitHub, "REST API endpoints for Git references", "... for Git tags", "... for branches",
"List repository activities".
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from tests.stand_ins.bare import GitFailed
from tests.stand_ins.github_account_shapes import Json, stamp
from tests.stand_ins.github_face import GitHubFace, invalid, not_found, refused
from tests.stand_ins.github_rules import push_verdict
from tests.stand_ins.model import ZERO, Project, Push
from tests.stand_ins.pushing import BRANCHES, TAGS, record
from tests.stand_ins.web import Answer, Call, Listing, Routes

ROUTES = Routes()

_REPOSITORY = "/repos/:owner/:repo"
_REFS = f"{_REPOSITORY}/git/refs"


@ROUTES.on("GET", f"{_REPOSITORY}/git/matching-refs/*ref")
def matching(face: GitHubFace, call: Call) -> Any:
    """Those whose names begin so, all at once; none is no error."""
    project = face.project(call)
    start = f"refs/{call.parts['ref']}"
    found = [pair for pair in sorted(project.git.refs().items()) if pair[0].startswith(start)]
    shapes = face.git(call, project)
    return [shapes.ref(*pair) for pair in found]


@ROUTES.on("GET", f"{_REPOSITORY}/git/ref/*ref")
def single(face: GitHubFace, call: Call) -> Any:
    """By its name without `refs/`."""
    project = face.project(call)
    name = f"refs/{call.parts['ref']}"
    sha = project.git.refs().get(name)
    if sha is None:
        raise not_found()
    return face.git(call, project).ref(name, sha)


@ROUTES.on("POST", _REFS)
def create(face: GitHubFace, call: Call) -> Any:
    """A name with `refs/` and two more parts at least."""
    project = face.project(call, "write")
    name, sha = call.text("ref"), call.text("sha")
    if not name.startswith("refs/") or name.count("/") < 2:
        raise refused(422, "Reference name must be a full ref: refs/heads/NAME")
    if name in project.git.refs():
        raise refused(422, "Reference already exists")
    if not _there(project, sha):
        raise refused(422, "Object does not exist")
    _move(face, call, project, name, sha)
    return face.git(call, project).ref(name, sha)


@ROUTES.on("PATCH", f"{_REFS}/*ref")
def update(face: GitHubFace, call: Call) -> Any:
    """Forward, unless it is forced."""
    project = face.project(call, "write")
    name, sha = f"refs/{call.parts['ref']}", call.text("sha")
    old = project.git.refs().get(name)
    if old is None:
        raise refused(422, "Reference does not exist")
    if not _there(project, sha):
        raise refused(422, "Object does not exist")
    if not call.flag("force") and not project.git.is_ancestor(old, sha):
        raise refused(422, "Update is not a fast forward")
    _move(face, call, project, name, sha)
    return face.git(call, project).ref(name, sha)


@ROUTES.on("DELETE", f"{_REFS}/*ref")
def delete(face: GitHubFace, call: Call) -> None:
    """A branch or a tag."""
    project = face.project(call, "write")
    name = f"refs/{call.parts['ref']}"
    if name not in project.git.refs():
        raise refused(422, "Reference does not exist")
    _move(face, call, project, name, None)


def _move(face: GitHubFace, call: Call, project: Project, name: str, new: str | None) -> None:
    before = project.git.refs()
    judged = push_verdict(face.forge, project, call.person, name, deletes=new is None)
    old = before.get(name)
    forced = bool(old and new and not project.git.is_ancestor(old, new))
    if judged == "closed" or (judged == "forward" and forced):
        raise refused(422, "Repository rule violations found: the reference cannot be updated.")
    project.git.move(name, new)
    record(face.forge, project, call.person, before)


def _there(project: Project, sha: str) -> bool:
    try:
        return bool(project.git.git("cat-file", "-t", sha))
    except GitFailed:
        return False


# --- tags ---------------------------------------------------------------------------------------


@ROUTES.on("GET", f"{_REPOSITORY}/tags")
def tags(face: GitHubFace, call: Call) -> Listing:
    """By name, newest names first as git sorts them, not by version; each with its commit."""
    project = face.project(call)
    names = [n.removeprefix(TAGS) for n in project.git.refs() if n.startswith(TAGS)]
    shapes = face.git(call, project)
    found = [(name, project.git.resolve(name) or "") for name in sorted(names, reverse=True)]
    return Listing(found, lambda pair: shapes.tag(*pair))


@ROUTES.on("GET", f"{_REPOSITORY}/git/tags/:sha")
def tag_object(face: GitHubFace, call: Call) -> Any:
    """An annotated tag's object."""
    project = face.project(call)
    sha = call.parts["sha"]
    if not _there(project, sha) or project.git.git("cat-file", "-t", sha) != "tag":
        raise not_found()
    return face.git(call, project).tag_object(sha)


@ROUTES.on("POST", f"{_REPOSITORY}/git/tags")
def new_tag_object(face: GitHubFace, call: Call) -> Any:
    """The object alone: the ref is another call's."""
    project = face.project(call, "write")
    what, kind, name = call.text("object"), call.text("type"), call.text("tag")
    if not _there(project, what) or not name:
        raise invalid("Tag", {"field": "object", "code": "invalid"})
    by = face.forge.signature(call.person)
    at = int(by.at.timestamp())
    text = f"object {what}\ntype {kind}\ntag {name}\ntagger {by.name} <{by.email}> {at} +0000\n"
    sha = project.git.git("mktag", given=f"{text}\n{call.text('message')}\n".encode())
    return face.git(call, project).tag_object(sha)


# --- branches -----------------------------------------------------------------------------------


@ROUTES.on("GET", f"{_REPOSITORY}/branches")
def branches(face: GitHubFace, call: Call) -> Listing:
    """By name."""
    project = face.project(call)
    found = sorted(project.git.branches().items())
    shapes = face.git(call, project)
    if "protected" in call.query:
        wanted = call.flag("protected")
        found = [pair for pair in found if shapes.is_protected(pair[0]) is wanted]
    return Listing(found, lambda pair: shapes.short_branch(*pair))


# --- who moved them -----------------------------------------------------------------------------


@ROUTES.on("GET", f"{_REPOSITORY}/activity")
def activity(face: GitHubFace, call: Call) -> Answer:
    """Newest first; pages are by cursor."""
    project = face.project(call)
    wanted = {key: call.text(key) for key in ("ref", "actor", "activity_type") if call.text(key)}
    found = list(_activities(face, call, project, wanted))
    if call.text("direction", "desc") == "asc":
        found.reverse()
    if after := call.text("after"):
        numbers = [str(one["id"]) for one in found]
        found = found[numbers.index(after) + 1 :] if after in numbers else []
    size = min(max(int(call.text("per_page", "30")), 1), 100)
    headers = {}
    if len(found) > size:
        query = urlencode({**call.query, "after": found[size - 1]["id"]})
        headers["Link"] = f'<{call.origin}{call.path}?{query}>; rel="next"'
    return face.conditional(call, Answer(200, found[:size], headers))


def _activities(
    face: GitHubFace, call: Call, project: Project, wanted: dict[str, str]
) -> Iterator[Json]:
    merges = {one.merge_commit for one in project.requests.values()}
    for number, push in reversed(list(enumerate(project.pushes, start=1))):
        kind = "pr_merge" if push.after in merges else _kind(project, push)
        branch = push.ref.removeprefix(BRANCHES)
        told = {"actor": {push.by.login}, "activity_type": {kind}, "ref": {push.ref, branch}}
        if not push.ref.startswith(BRANCHES) or any(wanted[key] not in told[key] for key in wanted):
            continue
        yield {
            "id": number,
            "node_id": f"PSH_{number}",
            "before": push.before,
            "after": push.after,
            "ref": push.ref,
            "timestamp": stamp(push.at),
            "activity_type": kind,
            "actor": face.shapes(call).user(push.by),
        }


def _kind(project: Project, push: Push) -> str:
    if push.before == ZERO:
        return "branch_creation"
    if push.after == ZERO:
        return "branch_deletion"
    return "push" if project.git.is_ancestor(push.before, push.after) else "force_push"
