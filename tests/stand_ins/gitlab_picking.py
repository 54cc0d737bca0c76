"""Commits picked onto other branches or reverted, archives and snapshots.

Source: GitLab, "Commits API: Cherry-pick a commit, Revert a commit", "Repositories API".
"""

import bz2
import io
import tarfile
from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.bare import Commit
from tests.stand_ins.gitlab_commits import commit_of
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Project
from tests.stand_ins.pushing import BRANCHES, may_push, record
from tests.stand_ins.web import Answer, Call, Routes

ROUTES = Routes()
COMMIT = "/projects/:id/repository/commits/:sha"
ARCHIVES = {
    "zip": "zip",
    "tar": "tar",
    "tar.gz": "tar.gz",
    "tgz": "tar.gz",
    "gz": "tar.gz",
    **dict.fromkeys(("tar.bz2", "tb2", "tbz", "tbz2", "bz2"), "bz2"),
}
"""Every ending that may be asked for, with what is made of it."""


@ROUTES.on("POST", f"{COMMIT}/cherry_pick")
def cherry_pick(face: GitLabFace, call: Call) -> dict[str, Any]:
    project, found, head = _both(face, call)
    message = f"{found.message}\n\n(cherry picked from commit {found.sha})"
    tree = project.git.three_way(_parent(found), head, found.sha)
    return _put(face, call, project, (tree, message, "cherry-pick", "cherry-picked"))


@ROUTES.on("POST", f"{COMMIT}/revert")
def revert(face: GitLabFace, call: Call) -> dict[str, Any]:
    project, found, head = _both(face, call)
    title = found.message.split("\n", 1)[0]
    message = f'Revert "{title}"\n\nThis reverts commit {found.sha}'
    tree = project.git.three_way(found.sha, head, _parent(found))
    return _put(face, call, project, (tree, message, "revert", "reverted"))


def _both(face: GitLabFace, call: Call) -> tuple[Project, Commit, str]:
    project = face.project(call, Access.DEVELOPER)
    found = commit_of(project, call.parts["sha"])
    head = project.git.head(call.text("branch"))
    if head is None:
        raise refused(404, "404 Branch Not Found")
    if not may_push(face.forge, project, call.person, call.text("branch")):
        raise refused(403, "You are not allowed to push into this branch")
    return project, found, head


def _parent(commit: Commit) -> str:
    if not commit.parents:
        raise refused(400, "This commit has no parent")
    return commit.parents[0]


def _put(
    face: GitLabFace, call: Call, project: Project, made: tuple[str | None, str, str, str]
) -> dict[str, Any]:
    tree, message, verb, done = made
    git, ref = project.git, f"{BRANCHES}{call.text('branch')}"
    before = git.refs()
    head = before[ref]
    if tree is None or tree == git.git("rev-parse", f"{head}^{{tree}}"):
        words = (
            f"Sorry, we cannot {verb} this commit automatically. This commit may already have been "
            f"{done}, or a more recent commit may have updated some of its content."
        )
        raise refused(400, words)
    sha = git.write(tree, [head], message, face.forge.signature(call.person))
    git.move(ref, sha)
    record(face.forge, project, call.person, before)
    return shapes.commit(commit_of(project, sha), project, call.origin)


@ROUTES.on("GET", f"{COMMIT}/signature")
def signature(face: GitLabFace, call: Call) -> None:
    commit_of(face.project(call, Access.REPORTER), call.parts["sha"])
    raise refused(404, "404 Signature Not Found")


@ROUTES.on("GET", "/projects/:id/repository/archive")
@ROUTES.on("GET", "/projects/:id/repository/archive.:ending")
def archive(face: GitLabFace, call: Call) -> Answer:
    project = face.project(call, Access.REPORTER)
    made = ARCHIVES.get(call.parts.get("ending", "tar.gz"))
    if made is None:
        raise refused(404, "404 File Not Found")
    sha = commit_of(project, call.text("sha") or project.default_branch, "File").sha
    name = f"{project.path}-{call.text('sha') or project.default_branch}-{sha}"
    kind = "tar" if made == "bz2" else made
    content = project.git.raw("archive", f"--format={kind}", f"--prefix={name}/", sha)
    if made == "bz2":
        content = bz2.compress(content)
    return Answer(200, content, {"Content-Type": "application/octet-stream"})


@ROUTES.on("GET", "/projects/:id/snapshot")
def snapshot(face: GitLabFace, call: Call) -> Answer:
    if not call.person.administrator:
        raise refused(403)
    kept = io.BytesIO()
    with tarfile.open(fileobj=kept, mode="w") as made:
        made.add(face.project(call).git.path, arcname=".")
    return Answer(200, kept.getvalue(), {"Content-Type": "application/x-tar"})
