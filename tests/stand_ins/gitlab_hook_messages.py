"""What GitLab's webhooks say.

Source: GitLab, "Webhook events".
"""

import uuid
from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins import pipelines
from tests.stand_ins.gitlab_face import GitLabFace
from tests.stand_ins.gitlab_request_shapes import brief
from tests.stand_ins.hook_delivery import Deliverer
from tests.stand_ins.model import ZERO, MergeRequest, Note, Person, Project, Push
from tests.stand_ins.pushing import TAGS

ACTIONS = {
    "opened": "open",
    "closed": "close",
    "reopened": "reopen",
    "merged": "merge",
    "pushed": "update",
    "renamed": "update",
    "label added": "update",
    "label removed": "update",
    "approved": "approved",
    "unapproved": "unapproved",
}
"""The word for what happened to a merge request."""


def deliver(
    face: GitLabFace, sender: Deliverer, origin: str, told: tuple[str, Project, Person, Any]
) -> None:
    """Something happened: tell every hook of the project that asked for it."""
    project = told[1]
    if not project.hooks:
        return
    found = _message(face, origin, told)
    if found is None:
        return
    flag, name, body = found
    for hook in project.hooks:
        if hook.events.get(flag):
            number = str(uuid.uuid4())
            headers = {"X-Gitlab-Event": name, "X-Gitlab-Event-UUID": number}
            headers |= {"Idempotency-Key": number, "X-Gitlab-Instance": origin}
            if hook.secret:
                headers["X-Gitlab-Token"] = hook.secret
            sender.send(hook.url, headers, body)


def _message(
    face: GitLabFace, origin: str, told: tuple[str, Project, Person, Any]
) -> tuple[str, str, dict[str, Any]] | None:
    what, project, by, about = told
    common = {"user": shapes.person(by, origin), "project": _project(project, origin)}
    if what == "push" and isinstance(about, Push):
        tag = about.ref.startswith(TAGS)
        flag = "tag_push_events" if tag else "push_events"
        name = "Tag Push Hook" if tag else "Push Hook"
        return flag, name, _push(project, by, about, origin)
    if what in ACTIONS and isinstance(about, MergeRequest):
        if not any(one.what == "opened" for one in about.events):
            return None  # labels and people that it is opened with
        shown = {**brief(face, about, origin), "action": ACTIONS[what]}
        shown["last_commit"] = {"id": about.head}
        body = {"object_kind": "merge_request", "event_type": "merge_request", **common}
        return "merge_requests_events", "Merge Request Hook", {**body, "object_attributes": shown}
    if what == "note" and isinstance(about, tuple):
        request, note = about
        return "note_events", "Note Hook", {**_note(face, request, note, origin), **common}
    if what == "pipeline" and isinstance(about, pipelines.Pipeline):
        state = pipelines.state(project, about)
        shown = {"id": about.id, "ref": about.ref, "sha": about.sha, "status": state}
        body = {"object_kind": "pipeline", "object_attributes": shown}
        return "pipeline_events", "Pipeline Hook", {**body, **common}
    return None


def _project(project: Project, origin: str) -> dict[str, Any]:
    return {
        "id": project.id,
        "name": project.name,
        "path_with_namespace": project.full_path,
        "default_branch": project.default_branch,
        "web_url": f"{origin}/{project.full_path}",
        "git_http_url": f"{origin}/{project.full_path}.git",
    }


def _push(project: Project, by: Person, push: Push, origin: str) -> dict[str, Any]:
    kind = "tag_push" if push.ref.startswith(TAGS) else "push"
    new = None if push.after == ZERO else project.git.resolve(push.after)
    known = [] if push.before == ZERO else [f"^{push.before}"]
    commits = project.git.log("--max-count=20", new, *known) if new else []
    return {
        "object_kind": kind,
        "event_name": kind,
        "before": push.before,
        "after": push.after,
        "ref": push.ref,
        "checkout_sha": new,
        "user_id": by.id,
        "user_name": by.name,
        "user_username": by.login,
        "project_id": project.id,
        "project": _project(project, origin),
        "commits": [{"id": one.sha, "message": one.message} for one in commits],
        "total_commits_count": len(commits),
    }


def _note(face: GitLabFace, request: MergeRequest, note: Note, origin: str) -> dict[str, Any]:
    return {
        "object_kind": "note",
        "event_type": "note",
        "object_attributes": shapes.note(note, request, origin),
        "merge_request": brief(face, request, origin),
    }
