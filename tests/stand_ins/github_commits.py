"""Calls on commits and files.

Source: GitHub, "REST API endpoints for commits", "... for repository contents", "... for Git
commits".
"""

import base64
import binascii
from typing import Any

from tests.stand_ins.bare import Commit
from tests.stand_ins.github_face import GitHubFace, not_found, refused
from tests.stand_ins.github_merging import codeowners
from tests.stand_ins.github_rules import push_verdict
from tests.stand_ins.github_state import ROLES
from tests.stand_ins.github_statuses import commit_of
from tests.stand_ins.model import Project
from tests.stand_ins.pushing import BRANCHES, record
from tests.stand_ins.web import Answer, Call, Listing, Routes

ROUTES = Routes()

_REPOSITORY = "/repos/:owner/:repo"
_CONTENTS = f"{_REPOSITORY}/contents"
_MODE = "100644"


@ROUTES.on("GET", f"{_REPOSITORY}/commits")
def listed(face: GitHubFace, call: Call) -> Listing:
    """Newest first, of a branch or from a commit, of a path."""
    project = face.project(call)
    if not project.git.refs():
        raise refused(409, "Git Repository is empty.")
    start = call.text("sha") or project.default_branch
    sha = project.git.resolve(start)
    if sha is None:
        raise not_found()
    paths = [call.text("path")] if call.text("path") else []
    return Listing(project.git.log(sha, paths=paths), face.git(call, project).commit)


@ROUTES.on("GET", f"{_REPOSITORY}/commits/*ref")
def single(face: GitHubFace, call: Call) -> Any:
    """By branch, tag or sha, with its files."""
    project = face.project(call)
    return face.git(call, project).full_commit(_commit(project, call.parts["ref"]))


@ROUTES.on("GET", f"{_REPOSITORY}/git/commits/:sha")
def git_commit(face: GitHubFace, call: Call) -> Any:
    """By sha."""
    project = face.project(call)
    found = project.git.commit(call.parts["sha"])
    if found is None:
        raise not_found()
    return face.git(call, project).git_commit(found)


@ROUTES.on("GET", f"{_REPOSITORY}/compare/*basehead")
def compare(face: GitHubFace, call: Call) -> Answer:
    """What the second has since it left the first; the commits are in pages."""
    project = face.project(call)
    names = call.parts["basehead"].split("...")
    if len(names) != 2:
        raise not_found()
    base, head = (project.git.resolve(name.rpartition(":")[2]) for name in names)
    if base is None or head is None:
        raise not_found()
    common = project.git.base(base, head)
    if common is None:
        raise refused(404, f"No common ancestor between {names[0]} and {names[1]}.")
    shapes = face.git(call, project)
    commits = project.git.log(head, f"^{base}")[::-1]
    ahead, behind = len(commits), project.git.count(base, f"^{head}")
    page = face.pages.page(call, Listing(commits, shapes.commit), size=250)
    url = f"{shapes.url}/compare/{call.parts['basehead']}"
    html = f"{shapes.page}/compare/{call.parts['basehead']}"
    words = {(False, False): "identical", (True, False): "ahead", (False, True): "behind"}
    page.content = {
        "url": url,
        "html_url": html,
        "permalink_url": f"{shapes.page}/compare/{base}...{head}",
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": shapes.commit(_commit(project, base)),
        "merge_base_commit": shapes.commit(_commit(project, common)),
        "status": words.get((ahead > 0, behind > 0), "diverged"),
        "ahead_by": ahead,
        "behind_by": behind,
        "total_commits": ahead,
        "commits": page.content,
        "files": shapes.files(common, head),
    }
    return face.conditional(call, page)


def _commit(project: Project, name: str) -> Commit:
    found = project.git.commit(commit_of(project, name))
    if found is None:
        raise not_found()
    return found


# --- files --------------------------------------------------------------------------------------


@ROUTES.on("GET", _CONTENTS)
def root(face: GitHubFace, call: Call) -> Any:
    """The files and directories at the root."""
    call.parts["path"] = ""
    return contents(face, call)


@ROUTES.on("GET", f"{_CONTENTS}/*path")
def contents(face: GitHubFace, call: Call) -> Any:
    """A file with its content, or what lies in a directory."""
    project = face.project(call)
    ref = call.text("ref") or project.default_branch
    sha = project.git.resolve(ref)
    if sha is None:
        raise refused(404, f"No commit found for the ref {ref}")
    path = call.parts["path"].strip("/")
    shapes = face.git(call, project)
    entry = project.git.entry(sha, path) if path else None
    if entry is not None and entry.kind == "blob":
        return shapes.content(entry, ref, project.git.blob(entry.sha))
    if path and entry is None:
        raise not_found()
    return [shapes.content(one, ref, None) for one in project.git.tree(sha, path)]


@ROUTES.on("PUT", f"{_CONTENTS}/*path")
def write(face: GitHubFace, call: Call) -> Answer:
    """A commit with one file; `sha` is what the file was, where it is there."""
    project = face.project(call, "write")
    branch = call.text("branch") or project.default_branch
    path = call.parts["path"]
    try:
        data = base64.b64decode(call.text("content"), validate=False)
    except binascii.Error:
        raise refused(422, "content is not valid Base64") from None
    head = project.git.head(branch)
    if head is None and project.git.refs():
        raise refused(404, f"Branch {branch} not found")
    old = project.git.entry(head, path) if head else None
    _expect(call.text("sha"), old.sha if old else None, path)
    ref = f"{BRANCHES}{branch}"
    if head and push_verdict(face.forge, project, call.person, ref, deletes=False) == "closed":
        words = "Repository rule violations found\n\nChanges must be made through a pull request."
        raise refused(409, words)
    before = project.git.refs()
    blob = project.git.store(data)
    tree = project.git.changed(f"{head}^{{tree}}" if head else None, {path: (_MODE, blob)})
    by = face.forge.signature(call.person)
    made = project.git.write(tree, [head] if head else [], call.text("message"), by)
    project.git.move(ref, made, head)
    record(face.forge, project, call.person, before)
    shapes = face.git(call, project)
    entry = project.git.entry(made, path)
    assert entry is not None, path
    told = shapes.git_commit(_commit(project, made))
    status = 200 if old else 201
    return Answer(status, {"content": shapes.content(entry, branch, None), "commit": told})


def _expect(given: str, now: str | None, path: str) -> None:
    if now is not None and not given:
        raise refused(422, 'Invalid request.\n\n"sha" wasn\'t supplied.')
    if now is not None and given != now:
        raise refused(409, f"{path} does not match {given}")


@ROUTES.on("GET", f"{_REPOSITORY}/codeowners/errors")
def codeowners_errors(face: GitHubFace, call: Call) -> Any:
    """Owners who are not there, or may not write."""
    project = face.project(call)
    ref = call.text("ref") or project.default_branch
    found = codeowners(project, ref)
    if found is None:
        raise not_found()
    path, rows = found
    known = {
        f"{t.organisation.path}/{t.slug}" for t in face.forge.teams if project.id in t.repositories
    }
    errors = []
    for number, line, owners in rows:
        for one in owners:
            person = face.forge.login(one)
            if one in known or face.forge.access(person, project) >= ROLES["write"]:
                continue
            column = line.index(f"@{one}") + 1
            words = "make sure it exists and has write access to the repository"
            errors.append(
                {
                    "line": number,
                    "column": column,
                    "kind": "Unknown owner",
                    "source": line,
                    "suggestion": words,
                    "message": f"Unknown owner on line {number}: {words}\n\n  {line}",
                    "path": path,
                }
            )
    return {"errors": errors}
