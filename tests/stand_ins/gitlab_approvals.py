"""Approvals and, on Premium, the rules they fulfil.

Source: GitLab, "Merge request approvals API"; on Free `lib/api/merge_request_approvals.rb`.
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_merge_requests import ONE
from tests.stand_ins.gitlab_mergeability import (
    approved,
    counted,
    fulfilled,
    may_approve,
    rules,
)
from tests.stand_ins.gitlab_request_shapes import STATES
from tests.stand_ins.gitlab_rules import brief, paid, shape
from tests.stand_ins.merge_requests import note, review, unapprove
from tests.stand_ins.model import MergeRequest, State, Verdict
from tests.stand_ins.pushing import event
from tests.stand_ins.web import Answer, Call, Routes

ROUTES = Routes()


# --- approving ----------------------------------------------------------------------------------


@ROUTES.on("GET", f"{ONE}/approvals")
def approvals(face: GitLabFace, call: Call) -> dict[str, Any]:
    return _state(face, face.request(call), call)


@ROUTES.on("POST", f"{ONE}/approve")
def approve(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    if (sha := call.text("sha")) and sha != found.head:
        raise refused(409, f"SHA does not match HEAD of source branch: {found.head}")
    there = any(a.by is call.person for a in found.approvals())
    if there or not may_approve(face, found, call.person):
        raise refused(401)
    review(face.forge, found, call.person, Verdict.APPROVED)
    note(face.forge, found, call.person, "approved this merge request", system=True)
    return _state(face, found, call)


@ROUTES.on("POST", f"{ONE}/unapprove")
def take_back(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.request(call)
    if not unapprove(face.forge, found, call.person):
        raise refused(404, "404 Not Found")
    note(face.forge, found, call.person, "unapproved this merge request", system=True)
    return _state(face, found, call)


@ROUTES.on("PUT", f"{ONE}/reset_approvals")
def reset(face: GitLabFace, call: Call) -> Answer:
    found = face.request(call)
    if not call.person.bot or found.state is State.MERGED:
        raise refused(401)
    found.reviews = []
    event(face.forge, found, "approvals dropped", call.person)
    return Answer(202, 202)  # the endpoint ends with its status, which becomes the body


def _state(face: GitLabFace, request: MergeRequest, call: Call) -> dict[str, Any]:
    given = request.approvals()
    mine = call.caller is not None and any(a.by is call.caller for a in given)
    may = call.caller is not None and not mine and may_approve(face, request, call.caller)
    told = {
        "user_has_approved": mine,
        "user_can_approve": may,
        "approved": bool(given),
        "approved_by": [
            {
                "user": shapes.person(a.by, call.origin),
                **({"approved_at": shapes.at(a.at)} if face.tells_when_approved else {}),
            }
            for a in given
        ],
    }
    if not face.premium:
        return told
    here = rules(face, request)
    left = [rule for rule in here if not fulfilled(face, request, rule)]
    return {
        "id": request.id,
        "iid": request.number,
        "project_id": request.project.id,
        "title": request.title,
        "description": request.body,
        "state": STATES[request.state],
        "created_at": shapes.at(request.created),
        "updated_at": shapes.at(request.updated),
        "merge_status": "can_be_merged",
        **told,
        "approved": approved(face, request),
        "approvals_required": sum(rule.required for rule in here),
        "approvals_left": sum(r.required - len(counted(face, request, r)) for r in left),
        "require_password_to_approve": False,
        "suggested_approvers": [],
        "approvers": [],
        "approver_groups": [],
        "approval_rules_left": [brief(rule) for rule in left],
        "has_approval_rules": bool(here),
        "merge_request_approvers_available": True,
        "multiple_approval_rules_available": True,
        "invalid_approvers_rules": [],
    }


@ROUTES.on("GET", f"{ONE}/approval_state")
def approval_state(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    found = face.request(call)
    shown = [
        {
            **shape(face, rule, call),
            "approved_by": shapes.people(counted(face, found, rule), call.origin),
            "approved": fulfilled(face, found, rule),
            "code_owner": rule.kind == "code_owner",
            "overridden": rule.source is not None and rule.source.required != rule.required,
            "source_rule": rule.source and {"approvals_required": rule.source.required},
        }
        for rule in rules(face, found)
    ]
    own = found.project.rules.get(found.number)
    return {"approval_rules_overwritten": bool(own), "rules": shown}
