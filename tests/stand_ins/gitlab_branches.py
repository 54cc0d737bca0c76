"""Branches and tags.

Source: GitLab, "Branches API", "Tags API".
"""

from fnmatch import fnmatchcase
from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_commits import commit_of
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Person, Project
from tests.stand_ins.pushing import BRANCHES, TAGS, may_push, record, verdict
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
ONE = "/projects/:id/repository"


# --- branches -----------------------------------------------------------------------------------


def _branch(face: GitLabFace, project: Project, name: str, call: Call) -> dict[str, Any]:
    head = project.git.head(name)
    commit = project.git.commit(head) if head else None
    if commit is None:
        raise refused(404, "404 Branch Not Found")
    rules = [r for r in project.protected_branches if _names(r.pattern, name)]
    by = call.caller
    target = project.git.head(project.default_branch)
    return {
        "name": name,
        "commit": shapes.commit(commit, project, call.origin),
        "merged": name != project.default_branch
        and target is not None
        and project.git.is_ancestor(commit.sha, target),
        "protected": bool(rules),
        "developers_can_push": any(Access.DEVELOPER in r.push for r in rules),
        "developers_can_merge": any(Access.DEVELOPER in r.merge for r in rules),
        "can_push": by is not None and may_push(face.forge, project, by, name),
        "default": name == project.default_branch,
        "web_url": f"{call.origin}/{project.full_path}/-/tree/{name}",
    }


def _names(pattern: str, name: str) -> bool:
    return fnmatchcase(name, pattern)


@ROUTES.on("GET", f"{ONE}/branches")
def branches(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    wanted = call.text("search")
    found = [name for name in sorted(project.git.branches()) if _searched(wanted, name)]
    return Listing(found, lambda name: _branch(face, project, name, call), total=False)


def _searched(wanted: str, name: str) -> bool:
    if wanted.startswith("^"):
        return name.startswith(wanted[1:])
    return name.endswith(wanted[:-1]) if wanted.endswith("$") else wanted in name


@ROUTES.on("GET", f"{ONE}/branches/:branch")
def branch(face: GitLabFace, call: Call) -> dict[str, Any]:
    return _branch(face, face.project(call, Access.REPORTER), call.parts["branch"], call)


@ROUTES.on("POST", f"{ONE}/branches")
def add_branch(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.DEVELOPER)
    name = call.text("branch")
    start = project.git.resolve(call.text("ref"))
    if start is None:
        raise refused(400, f"Invalid reference name: {call.text('ref')}")
    if project.git.head(name):
        raise refused(400, "Branch already exists")
    if not may_push(face.forge, project, call.person, name):
        raise refused(400, "You are not allowed to create protected branches on this project.")
    before = project.git.refs()
    project.git.move(f"{BRANCHES}{name}", start)
    record(face.forge, project, call.person, before)
    return _branch(face, project, name, call)


@ROUTES.on("DELETE", f"{ONE}/branches/:branch")
def delete_branch(face: GitLabFace, call: Call) -> None:
    project = face.project(call, Access.DEVELOPER)
    name = call.parts["branch"]
    if project.git.head(name) is None:
        raise refused(404, "404 Branch Not Found")
    if any(_names(r.pattern, name) for r in project.protected_branches):
        raise refused(403, "Protected branch cannot be removed")
    if name == project.default_branch:
        raise refused(403, "Cannot remove HEAD branch")
    _move(face, project, call.person, f"{BRANCHES}{name}", None)


def _move(face: GitLabFace, project: Project, by: Person, ref: str, sha: str | None) -> None:
    before = project.git.refs()
    project.git.move(ref, sha)
    record(face.forge, project, by, before)


# --- tags ---------------------------------------------------------------------------------------


def _tag(project: Project, name: str, call: Call) -> dict[str, Any]:
    commit = commit_of(project, f"{TAGS}{name}", "Tag")
    kind = project.git.git("cat-file", "-t", f"{TAGS}{name}")
    message = ""
    if kind == "tag":
        told = project.git.git("for-each-ref", "--format=%(contents)", f"{TAGS}{name}")
        message = told.rstrip("\n")
    return {
        "name": name,
        "message": message,
        "target": project.git.refs()[f"{TAGS}{name}"],
        "commit": shapes.commit(commit, project, call.origin),
        "release": None,
        "protected": any(_names(r.pattern, name) for r in project.protected_tags),
        "created_at": shapes.at(commit.committer.at) if kind == "tag" else None,
    }


@ROUTES.on("GET", f"{ONE}/tags")
def tags(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    names = [ref.removeprefix(TAGS) for ref in project.git.refs() if ref.startswith(TAGS)]
    wanted = call.text("search")
    found = sorted((n for n in names if _searched(wanted, n)), reverse=True)
    return Listing(found, lambda name: _tag(project, name, call))


@ROUTES.on("GET", f"{ONE}/tags/:tag")
def tag(face: GitLabFace, call: Call) -> dict[str, Any]:
    return _tag(face.project(call, Access.REPORTER), call.parts["tag"], call)


@ROUTES.on("POST", f"{ONE}/tags")
def add_tag(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.DEVELOPER)
    name, git = call.text("tag_name"), project.git
    ref = f"{TAGS}{name}"
    if verdict(face.forge, project, call.person, ref, deletes=False) == "closed":
        raise refused(403, "You are not allowed to create this tag as it is protected.")
    if ref in git.refs():
        raise refused(400, f"Tag {name} already exists")
    start = git.resolve(call.text("ref"))
    if start is None:
        raise refused(400, f"Target {call.text('ref')} is invalid")
    before = git.refs()
    if message := call.text("message"):
        git.tag(name, start, message, face.forge.signature(call.person))
    else:
        git.move(ref, start)
    record(face.forge, project, call.person, before)
    return _tag(project, name, call)


@ROUTES.on("DELETE", f"{ONE}/tags/:tag")
def delete_tag(face: GitLabFace, call: Call) -> None:
    project = face.project(call, Access.DEVELOPER)
    ref = f"{TAGS}{call.parts['tag']}"
    if ref not in project.git.refs():
        raise refused(404, "404 Tag Not Found")
    if verdict(face.forge, project, call.person, ref, deletes=True) == "closed":
        raise refused(403, "403 Forbidden")
    _move(face, project, call.person, ref, None)
