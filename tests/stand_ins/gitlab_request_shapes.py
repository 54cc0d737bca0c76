"""How GitLab writes down a merge request.

Source: GitLab, "Merge requests API: Single merge request response notes".
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins import pipelines
from tests.stand_ins.gitlab_face import GitLabFace
from tests.stand_ins.gitlab_mergeability import UNSETTLED, detailed, unresolved
from tests.stand_ins.merge_requests import behind
from tests.stand_ins.model import MergeRequest, Person, State
from tests.stand_ins.pushing import may_merge
from tests.stand_ins.web import Call

STATES = {State.OPEN: "opened", State.CLOSED: "closed", State.MERGED: "merged"}


def brief(face: GitLabFace, one: MergeRequest, origin: str) -> dict[str, Any]:
    """As lists tell it."""
    status = detailed(face, one)
    if status in UNSETTLED:
        old = status
    else:
        old = "cannot_be_merged" if status in {"conflict", "commits_status"} else "can_be_merged"
    assignees = shapes.people(one.assignees, origin)
    notes = [note for note in one.notes if not note.system]
    reference = f"!{one.number}"
    return {
        "id": one.id,
        "iid": one.number,
        "project_id": one.project.id,
        "title": one.title,
        "description": one.body,
        "state": STATES[one.state],
        "created_at": shapes.at(one.created),
        "updated_at": shapes.at(one.updated),
        "merged_by": shapes.person(one.merged_by, origin),
        "merge_user": shapes.person(one.merged_by or (one.automatic or {}).get("by"), origin),
        "merged_at": shapes.at(one.merged_at),
        "closed_by": shapes.person(one.closed_by, origin),
        "closed_at": shapes.at(one.closed_at),
        "target_branch": one.target_branch,
        "source_branch": one.source_branch,
        "user_notes_count": len(notes),
        "upvotes": 0,
        "downvotes": 0,
        "author": shapes.person(one.author, origin),
        "assignees": assignees,
        "assignee": assignees[0] if assignees else None,
        "reviewers": shapes.people(one.reviewers, origin),
        "source_project_id": one.source.id,
        "target_project_id": one.project.id,
        "labels": sorted(one.labels),
        "draft": one.draft,
        "imported": False,
        "imported_from": "none",
        "work_in_progress": one.draft,
        "milestone": one.extra.get("milestone"),
        "merge_when_pipeline_succeeds": one.automatic is not None,
        "merge_status": old,
        "detailed_merge_status": status,
        "merge_after": None,
        "sha": one.head,
        "merge_commit_sha": one.merge_commit,
        "squash_commit_sha": one.squash_commit,
        "discussion_locked": None,
        "should_remove_source_branch": one.extra.get("should_remove"),
        "force_remove_source_branch": one.remove_source,
        "prepared_at": shapes.at(one.prepared_at),
        "allow_collaboration": False,
        "allow_maintainer_to_push": False,
        "reference": reference,
        "references": {
            "short": reference,
            "relative": reference,
            "full": f"{one.project.full_path}{reference}",
        },
        "web_url": f"{origin}/{one.project.full_path}/-/merge_requests/{one.number}",
        "time_stats": {
            "time_estimate": 0,
            "total_time_spent": 0,
            "human_time_estimate": None,
            "human_total_time_spent": None,
        },
        "squash": bool(one.extra.get("squash")),
        "squash_on_merge": bool(one.extra.get("squash")),
        "task_completion_status": {"count": 0, "completed_count": 0},
        "has_conflicts": status == "conflict",
        "blocking_discussions_resolved": not unresolved(one),
        "approvals_before_merge": None,
    }


def whole(face: GitLabFace, one: MergeRequest, call: Call) -> dict[str, Any]:
    """As it is told when it is asked for by itself."""
    last = one.versions[-1]
    pipeline = pipelines.of_head(one)
    shown = {
        **brief(face, one, call.origin),
        "subscribed": True,
        "changes_count": str(len(_changed(one)) or 1),
        "latest_build_started_at": None,
        "latest_build_finished_at": None,
        "first_deployed_to_production_at": None,
        "pipeline": pipeline and pipeline_shape(one, call.origin),
        "head_pipeline": pipeline and pipeline_shape(one, call.origin),
        "diff_refs": {"base_sha": last.base, "head_sha": last.head, "start_sha": last.start},
        "merge_error": one.merge_error,
        "first_contribution": False,
        "user": {"can_merge": _can_merge(face, one, call.caller)},
    }
    if call.flag("include_diverged_commits_count"):
        shown["diverged_commits_count"] = behind(one) if one.state is State.OPEN else 0
    if call.flag("include_rebase_in_progress"):
        shown["rebase_in_progress"] = False
    return shown


def pipeline_shape(one: MergeRequest, origin: str) -> dict[str, Any] | None:
    """The pipeline of its head."""
    found = pipelines.of_head(one)
    return pipeline(found, one, origin) if found else None


def pipeline(found: pipelines.Pipeline, one: MergeRequest, origin: str) -> dict[str, Any]:
    """A pipeline, briefly."""
    return {
        "id": found.id,
        "iid": found.id,
        "project_id": one.source.id,
        "sha": found.sha,
        "ref": found.ref,
        "status": pipelines.state(one.source, found),
        "source": found.source,
        "created_at": shapes.at(found.created),
        "updated_at": shapes.at(found.updated),
        "web_url": f"{origin}/{one.source.full_path}/-/pipelines/{found.id}",
        "user": shapes.person(found.by, origin),
    }


def _changed(one: MergeRequest) -> list[str]:
    last = one.versions[-1]
    return one.project.git.git("diff", "--name-only", last.base, last.head).splitlines()


def _can_merge(face: GitLabFace, one: MergeRequest, person: Person | None) -> bool:
    return person is not None and may_merge(face.forge, one.project, person, one.target_branch)
