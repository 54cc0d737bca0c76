"""Calls on what is said of commits: statuses, and the checks of apps.

Source: GitHub, "REST API endpoints for commit statuses", "... for check runs".
"""

from typing import Any

from tests.stand_ins.github_face import GitHubFace, invalid, not_found, refused
from tests.stand_ins.github_git_shapes import CheckRun
from tests.stand_ins.github_merging import CHECK_RUNS, check_runs, latest_statuses
from tests.stand_ins.github_state import App
from tests.stand_ins.model import Project, Status
from tests.stand_ins.web import Answer, Call, Listing, Routes

ROUTES = Routes()

_REPOSITORY = "/repos/:owner/:repo"
_STATES = {"error", "failure", "pending", "success"}
_LONGEST = 140
_MOST = 1000
"""Statuses of one commit and context."""


def commit_of(project: Project, name: str) -> str:
    """The commit that a branch, a tag or a sha names.

    Raises:
        Refused: there is none.
    """
    found = project.git.resolve(name)
    if found is None:
        raise refused(422, f"No commit found for SHA: {name}")
    return found


@ROUTES.on("POST", f"{_REPOSITORY}/statuses/:sha")
def post_status(face: GitHubFace, call: Call) -> Any:
    """Each one is a new one; the last of a context counts."""
    project = face.project(call, "write")
    sha = commit_of(project, call.parts["sha"])
    state, context = call.text("state"), call.text("context", "default")
    if state not in _STATES:
        raise invalid("Status", {"field": "state", "code": "inclusion"})
    text = call.fields.get("description")
    if text is not None and len(str(text)) > _LONGEST:
        said = f"description is too long (maximum is {_LONGEST} characters)"
        raise invalid("Status", said)
    if sum(one.sha == sha and one.name == context for one in project.statuses) >= _MOST:
        raise invalid("Status", "This SHA and context has reached the maximum number of statuses.")
    now, by = face.forge.tick(), call.person
    target = call.fields.get("target_url")
    number = face.forge.number()
    made = Status(number, sha, None, context, state, text, target, by, now, now)
    project.statuses.append(made)
    return face.git(call, project).status(made)


@ROUTES.on("GET", f"{_REPOSITORY}/commits/*ref/statuses")
def statuses(face: GitHubFace, call: Call) -> Listing:
    """Every one, newest first."""
    project = face.project(call)
    sha = commit_of(project, call.parts["ref"])
    found = [one for one in reversed(project.statuses) if one.sha == sha]
    return Listing(found, face.git(call, project).status)


@ROUTES.on("GET", f"{_REPOSITORY}/commits/*ref/status")
def combined(face: GitHubFace, call: Call) -> Any:
    """The last one of each context, and their sum."""
    project = face.project(call)
    sha = commit_of(project, call.parts["ref"])
    return face.git(call, project).combined(sha, latest_statuses(project, sha))


# --- checks -------------------------------------------------------------------------------------


@ROUTES.on("GET", f"{_REPOSITORY}/commits/*ref/check-runs")
def checks(face: GitHubFace, call: Call) -> Answer:
    """The last one of each name and app, newest first."""
    project = face.project(call)
    found = check_runs(project, commit_of(project, call.parts["ref"]))
    wanted = {key: call.text(key) for key in ("status", "check_name", "app_id") if call.text(key)}
    kept = [
        one
        for one in found
        if wanted.get("status", one.status) == one.status
        and wanted.get("check_name", one.name) == one.name
        and wanted.get("app_id", str(one.app.id)) == str(one.app.id)
    ]
    return face.counted(call, "check_runs", Listing(kept, face.git(call, project).check_run))


@ROUTES.on("POST", f"{_REPOSITORY}/check-runs")
def new_check(face: GitHubFace, call: Call) -> Any:
    """By an app alone."""
    project = face.project(call)
    app = _app(face, call)
    sha = commit_of(project, call.text("head_sha"))
    if not call.text("name"):
        raise invalid("CheckRun", {"field": "name", "code": "missing_field"})
    made = CheckRun(
        face.forge.number(), call.text("name"), sha, app, "queued", None, face.forge.tick(), None
    )
    project.extra.setdefault(CHECK_RUNS, {})[made.id] = made
    _put(face, call, made)
    return face.git(call, project).check_run(made)


@ROUTES.on("PATCH", f"{_REPOSITORY}/check-runs/:run")
def edit_check(face: GitHubFace, call: Call) -> Any:
    """By the app that made it."""
    project = face.project(call)
    app = _app(face, call)
    found = project.extra.get(CHECK_RUNS, {}).get(int(call.parts["run"]))
    if found is None or found.app is not app:
        raise not_found()
    _put(face, call, found)
    return face.git(call, project).check_run(found)


@ROUTES.on("GET", f"{_REPOSITORY}/check-runs/:run")
def check(face: GitHubFace, call: Call) -> Any:
    """One by itself."""
    project = face.project(call)
    found = project.extra.get(CHECK_RUNS, {}).get(int(call.parts["run"]))
    if found is None:
        raise not_found()
    return face.git(call, project).check_run(found)


def _app(face: GitHubFace, call: Call) -> App:
    apps = (app for app in face.forge.apps.values() if app.bot is call.caller)
    found = next(apps, None)
    if found is None:
        raise refused(403, "You must authenticate via a GitHub App.")
    return found


def _put(face: GitHubFace, call: Call, run: CheckRun) -> None:
    """A conclusion completes it."""
    if conclusion := call.text("conclusion"):
        run.conclusion, run.status, run.completed = conclusion, "completed", face.forge.tick()
    elif status := call.text("status"):
        run.status = status
    run.details = call.fields.get("details_url", run.details)
    run.external = call.text("external_id", run.external)
    run.output = call.fields.get("output", run.output)
