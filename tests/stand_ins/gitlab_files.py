"""Files and trees, and commits made through the API.

Source: GitLab, "Repository files API", "Repositories API", "Commits API: Create a commit".
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.bare import Commit, Entry, Signature
from tests.stand_ins.gitlab_commits import commit_of
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Project
from tests.stand_ins.pushing import BRANCHES, may_push, record
from tests.stand_ins.web import Answer, Call, Listing, Routes

ROUTES = Routes()
ONE = "/projects/:id/repository"
Changes = Mapping[str, tuple[str, bytes] | None]
"""By path: mode and content, None for what is to go."""


def commit_files(face: GitLabFace, call: Call, project: Project, changes: Changes) -> Commit:
    """Put a commit of the caller's on the branch that the call names.

    Raises:
        Refused: 400, they may not push there or the branch is not there.
    """
    git, branch = project.git, call.text("branch")
    head = git.head(branch)
    start = head or git.resolve(call.text("start_branch") or call.text("start_sha") or "-")
    if head and call.text("start_branch") and not call.flag("force"):
        raise refused(400, f"A branch called '{branch}' already exists.")
    if start is None and git.branches():
        raise refused(400, "You can only create or edit files when you are on a branch")
    if not may_push(face.forge, project, call.person, branch):
        raise refused(400, "You are not allowed to push into this branch")
    put = {
        path: (content[0], git.store(content[1])) if content else None
        for path, content in changes.items()
    }
    me = face.forge.signature(call.person)
    author = Signature(
        call.text("author_name", me.name), call.text("author_email", me.email), me.at
    )
    parents = [start] if start else []
    tree = git.changed(start, put)
    made = git.write(tree, parents, call.text("commit_message"), author, me)
    before = git.refs()
    git.move(f"{BRANCHES}{branch}", made)
    record(face.forge, project, call.person, before)
    return commit_of(project, made)


# --- one file -----------------------------------------------------------------------------------


def _found(face: GitLabFace, call: Call) -> tuple[Project, Commit, Entry]:
    project = face.project(call, Access.REPORTER)
    commit = commit_of(project, call.text("ref") or project.default_branch)
    entry = project.git.entry(commit.sha, call.parts["path"])
    if entry is None or entry.kind != "blob":
        raise refused(404, "404 File Not Found")
    return project, commit, entry


@ROUTES.on("GET", f"{ONE}/files/:path")
def get_file(face: GitLabFace, call: Call) -> Answer:
    project, commit, entry = _found(face, call)
    content = project.git.blob(entry.sha)
    last = project.git.log("--max-count=1", commit.sha, paths=[entry.path])
    told = {
        "file_name": entry.path.rsplit("/", 1)[-1],
        "file_path": entry.path,
        "size": len(content),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(content).hexdigest(),
        "ref": call.text("ref") or project.default_branch,
        "blob_id": entry.sha,
        "commit_id": commit.sha,
        "last_commit_id": last[0].sha if last else commit.sha,
        "execute_filemode": entry.mode == "100755",
    }
    headers = {
        "X-Gitlab-" + "-".join(word.title() for word in name.split("_")): str(value)
        for name, value in told.items()
    }
    return Answer(200, {**told, "content": base64.b64encode(content).decode()}, headers)


@ROUTES.on("GET", f"{ONE}/files/:path/raw")
def raw_file(face: GitLabFace, call: Call) -> Answer:
    project, _, entry = _found(face, call)
    return Answer(200, project.git.blob(entry.sha), {"Content-Type": "text/plain"})


@ROUTES.on("GET", f"{ONE}/files/:path/blame")
def blame(face: GitLabFace, call: Call) -> list[Any]:
    project, commit, entry = _found(face, call)
    told = project.git.git("blame", "--line-porcelain", commit.sha, "--", entry.path)
    found: list[dict[str, Any]] = []
    sha = ""
    for line in told.splitlines():
        if line.startswith("\t"):
            if not found or found[-1]["commit"]["id"] != sha:
                of_it = shapes.commit(commit_of(project, sha), project, call.origin)
                found.append({"commit": of_it, "lines": []})
            found[-1]["lines"].append(line[1:])
        elif len(word := line.split(" ")[0]) == 40:
            sha = word
    return found


@ROUTES.on("POST", f"{ONE}/files/:path")
def create_file(face: GitLabFace, call: Call) -> dict[str, str]:
    return _written(face, call, "create")


@ROUTES.on("PUT", f"{ONE}/files/:path")
def update_file(face: GitLabFace, call: Call) -> dict[str, str]:
    return _written(face, call, "update")


@ROUTES.on("DELETE", f"{ONE}/files/:path")
def delete_file(face: GitLabFace, call: Call) -> None:
    _written(face, call, "delete")


def _written(face: GitLabFace, call: Call, kind: str) -> dict[str, str]:
    project = face.project(call, Access.DEVELOPER)
    action = {**call.fields, "action": kind, "file_path": call.parts["path"]}
    commit_files(face, call, project, _changes(project, call, [action]))
    return {"file_path": call.parts["path"], "branch": call.text("branch")}


def _changes(project: Project, call: Call, actions: list[dict[str, Any]]) -> Changes:
    git = project.git
    names = (call.text("branch"), call.text("start_branch"), call.text("start_sha"))
    start = next((sha for name in names if name and (sha := git.resolve(name))), None)
    changes: dict[str, tuple[str, bytes] | None] = {}
    for action in actions:
        kind, path = action["action"], str(action["file_path"])
        old = str(action.get("previous_path", path))
        entry = git.entry(start, old) if start else None
        if kind == "create" and entry is not None:
            raise refused(400, "A file with this name already exists")
        if kind != "create" and entry is None:
            raise refused(400, "A file with this name doesn't exist")
        if (known := action.get("last_commit_id")) and start:
            _unchanged(project, start, path, str(known))
        mode = entry.mode if entry else "100644"
        if kind == "chmod":
            mode = "100755" if action.get("execute_filemode") else "100644"
        if old != path or kind == "delete":
            changes[old] = None
        if kind != "delete":
            changes[path] = (mode, _bytes(project, action, entry))
    return changes


def _bytes(project: Project, action: dict[str, Any], entry: Entry | None) -> bytes:
    content = action.get("content")
    if content is None:
        return project.git.blob(entry.sha) if entry else b""
    if action.get("encoding") == "base64":
        return base64.b64decode(content)
    return str(content).encode()


def _unchanged(project: Project, start: str, path: str, known: str) -> None:
    newest = project.git.log("--max-count=1", start, paths=[path])
    if newest and newest[0].sha != known:
        words = "You are attempting to update a file that has changed since you started editing it."
        raise refused(400, words)


@ROUTES.on("POST", f"{ONE}/commits")
def create_commit(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.DEVELOPER)
    if not may_push(face.forge, project, call.person, call.text("branch")):
        raise refused(403, "You are not allowed to push into this branch")
    changes = _changes(project, call, list(call.fields.get("actions") or []))
    made = commit_files(face, call, project, changes)
    return shapes.commit(made, project, call.origin)


# --- trees --------------------------------------------------------------------------------------


@ROUTES.on("GET", f"{ONE}/tree")
def tree(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    start = project.git.resolve(call.text("ref") or project.default_branch)
    path = call.text("path").strip("/")
    there = start and (not path or project.git.entry(start, path))
    if not there or start is None:
        raise refused(404, "404 Tree Not Found")
    entries = project.git.tree(start, path, recursive=call.flag("recursive"))
    entries.sort(key=lambda one: (one.kind != "tree", one.path))
    return Listing(
        entries,
        lambda one: {
            "id": one.sha,
            "name": one.path.rsplit("/", 1)[-1],
            "type": one.kind,
            "path": one.path,
            "mode": one.mode,
        },
        total=False,
    )


@ROUTES.on("GET", f"{ONE}/blobs/:sha/raw")
def raw_blob(face: GitLabFace, call: Call) -> Answer:
    project = face.project(call, Access.REPORTER)
    return Answer(200, project.git.blob(call.parts["sha"]), {"Content-Type": "text/plain"})


@ROUTES.on("GET", f"{ONE}/blobs/:sha")
def blob(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.REPORTER)
    content = project.git.blob(call.parts["sha"])
    text = base64.b64encode(content).decode()
    return {"sha": call.parts["sha"], "size": len(content), "encoding": "base64", "content": text}
