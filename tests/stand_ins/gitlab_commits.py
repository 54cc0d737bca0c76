"""Commits: listed, read, compared, picked and reverted.

Source: GitLab, "Commits API", "Repositories API".
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.bare import Commit
from tests.stand_ins.gitlab_diffs import differences
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Project
from tests.stand_ins.pushing import BRANCHES, TAGS
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
ONE = "/projects/:id/repository"


def commit_of(project: Project, name: str, what: str = "Commit") -> Commit:
    """What a branch, tag or sha names.

    Raises:
        Refused: 404, nothing.
    """
    sha = project.git.resolve(name)
    found = project.git.commit(sha) if sha else None
    if found is None:
        raise refused(404, f"404 {what} Not Found")
    return found


# --- commits ------------------------------------------------------------------------------------


@ROUTES.on("GET", f"{ONE}/commits")
def commits(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    if call.flag("all"):
        what = ["--branches", "--tags"]
    else:
        name = call.text("ref_name") or project.default_branch
        old, dots, new = name.partition("..")
        what = [commit_of(project, new, "Commit").sha, f"^{old}"] if dots else []
        what = what or [commit_of(project, name).sha]
    what += [f"--{k}={call.text(k)}" for k in ("since", "until") if call.text(k)]
    path = [call.text("path")] if call.text("path") else []
    return Listing(
        project.git.log(*what, paths=path),
        lambda one: shapes.commit(one, project, call.origin),
        total=False,
    )


@ROUTES.on("GET", f"{ONE}/commits/:sha")
def commit(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.REPORTER)
    found = commit_of(project, call.parts["sha"])
    told = project.git.git("show", "--format=", "--numstat", found.sha)
    counts = [line.split("\t")[:2] for line in told.splitlines() if line]
    plus = sum(int(c[0]) for c in counts if c[0].isdigit())
    minus = sum(int(c[1]) for c in counts if c[1].isdigit())
    return {
        **shapes.commit(found, project, call.origin),
        "stats": {"additions": plus, "deletions": minus, "total": plus + minus},
        "status": None,
        "project_id": project.id,
        "last_pipeline": None,
    }


@ROUTES.on("GET", f"{ONE}/commits/:sha/diff")
def diff(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    found = commit_of(project, call.parts["sha"])
    old = found.parents[0] if found.parents else project.git.git("mktree")
    return Listing(differences(project.git, old, found.sha), lambda one: one)


@ROUTES.on("GET", f"{ONE}/commits/:sha/refs")
def refs(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    sha = commit_of(project, call.parts["sha"]).sha
    told = project.git.git("for-each-ref", "--contains", sha, "--format=%(refname)")
    kinds = (("branch", BRANCHES), ("tag", TAGS))
    found = [
        {"type": kind, "name": ref.removeprefix(start)}
        for ref in told.splitlines()
        for kind, start in kinds
        if ref.startswith(start) and call.text("type", "all") in {"all", kind}
    ]
    return Listing(found, lambda one: one)


@ROUTES.on("GET", f"{ONE}/commits/:sha/merge_requests")
def requests_of(face: GitLabFace, call: Call) -> Listing:
    from tests.stand_ins.gitlab_request_shapes import brief

    project = face.project(call, Access.REPORTER)
    sha = commit_of(project, call.parts["sha"]).sha
    found = [
        one
        for one in project.requests.values()
        if sha in {one.merge_commit, one.squash_commit}
        or any(sha in _between(project, v.base, v.head) for v in one.versions)
    ]
    return Listing(found, lambda one: brief(face, one, call.origin))


def _between(project: Project, old: str, new: str) -> set[str]:
    return set(project.git.git("rev-list", new, f"^{old}").splitlines())


@ROUTES.on("GET", f"{ONE}/compare")
def compare(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.REPORTER)
    old = commit_of(project, call.text("from"), "Ref")
    new = commit_of(project, call.text("to"), "Ref")
    git = project.git
    base = old.sha if call.flag("straight") else git.base(old.sha, new.sha) or old.sha
    found = git.log(new.sha, f"^{base}", "--reverse")
    shown = [shapes.commit(one, project, call.origin) for one in found]
    return {
        "commit": shown[-1] if shown else None,
        "commits": shown,
        "diffs": differences(git, base, new.sha),
        "compare_timeout": False,
        "compare_same_ref": old.sha == new.sha,
        "web_url": f"{call.origin}/{project.full_path}/-/compare/{old.sha}...{new.sha}",
    }


@ROUTES.on("GET", f"{ONE}/merge_base")
def merge_base(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.REPORTER)
    names = [str(one) for one in call.many("refs")]
    if len(names) < 2:
        raise refused(400, "Provide at least 2 refs")
    found = project.git.base(*(commit_of(project, name, "Ref").sha for name in names))
    if found is None:
        raise refused(404, "404 Merge Base Not Found")
    return shapes.commit(commit_of(project, found), project, call.origin)
