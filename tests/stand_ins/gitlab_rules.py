"""Approval rules and settings: they are there on Premium alone.

Source: GitLab, "Merge request approvals API".
"""

from typing import Any

from tests.stand_ins import gitlab_places as places
from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_merge_requests import ONE
from tests.stand_ins.gitlab_mergeability import APPROVAL_SETTINGS, eligible, rules
from tests.stand_ins.model import Access, MergeRequest, Project, Rule
from tests.stand_ins.web import Call, Refused, Routes

ROUTES = Routes()
RULES = "/projects/:id/approval_rules"


def paid(face: GitLabFace) -> None:
    """What is not there on Free.

    Raises:
        Refused: 404.
    """
    if not face.premium:
        raise Refused(404, {"error": "404 Not Found"})


# --- a project's settings and rules -------------------------------------------------------------


@ROUTES.on("GET", "/projects/:id/approvals")
def settings(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    return _settings(face.project(call, Access.DEVELOPER))


@ROUTES.on("POST", "/projects/:id/approvals")
def change_settings(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    project = face.project(call, Access.MAINTAINER)
    project.settings |= {n: call.flag(n) for n in APPROVAL_SETTINGS if n in call.fields}
    return _settings(project)


def _settings(project: Project) -> dict[str, Any]:
    shown = {n: project.settings.get(n, value) for n, value in APPROVAL_SETTINGS.items()}
    return {
        "approvers": [],
        "approver_groups": [],
        "approvals_before_merge": max((r.required for r in project.approval_rules), default=0),
        **shown,
    }


@ROUTES.on("GET", RULES)
def project_rules(face: GitLabFace, call: Call) -> Any:
    paid(face)
    project = face.project(call, Access.DEVELOPER)
    return [_of_project(face, rule, call) for rule in project.approval_rules]


@ROUTES.on("GET", f"{RULES}/:rule")
def project_rule(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    return _of_project(face, _one(face.project(call, Access.DEVELOPER).approval_rules, call), call)


@ROUTES.on("POST", RULES)
def add_project_rule(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    project = face.project(call, Access.MAINTAINER)
    rule = _new(face, call, project)
    project.approval_rules.append(rule)
    return _of_project(face, rule, call)


@ROUTES.on("PUT", f"{RULES}/:rule")
def change_project_rule(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    project = face.project(call, Access.MAINTAINER)
    rule = _one(project.approval_rules, call)
    _fill(face, call, project, rule)
    return _of_project(face, rule, call)


@ROUTES.on("DELETE", f"{RULES}/:rule")
def delete_project_rule(face: GitLabFace, call: Call) -> None:
    paid(face)
    project = face.project(call, Access.MAINTAINER)
    project.approval_rules.remove(_one(project.approval_rules, call))


# --- a merge request's own rules ----------------------------------------------------------------


@ROUTES.on("GET", f"{ONE}/approval_rules")
def request_rules(face: GitLabFace, call: Call) -> Any:
    paid(face)
    return [shape(face, rule, call) for rule in rules(face, face.request(call))]


@ROUTES.on("POST", f"{ONE}/approval_rules")
def add_request_rule(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    found = _overridable(face, call)
    rule = _new(face, call, found.project)
    if number := call.text("approval_project_rule_id"):
        match = [r for r in found.project.approval_rules if r.id == int(number)]
        if not match:
            raise refused(404, "404 Not found")
        source = match[0]
        rule = Rule(rule.id, source.name, rule.required, source.kind, source=source)
        rule.people, rule.groups = list(source.people), list(source.groups)
    found.project.rules.setdefault(found.number, []).append(rule)
    return shape(face, rule, call)


@ROUTES.on("PUT", f"{ONE}/approval_rules/:rule")
def change_request_rule(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    found = _overridable(face, call)
    rule = _one(found.project.rules.get(found.number, []), call)
    _fill(face, call, found.project, rule)
    return shape(face, rule, call)


@ROUTES.on("DELETE", f"{ONE}/approval_rules/:rule")
def delete_request_rule(face: GitLabFace, call: Call) -> None:
    paid(face)
    found = _overridable(face, call)
    own = found.project.rules.get(found.number, [])
    own.remove(_one(own, call))


def _overridable(face: GitLabFace, call: Call) -> MergeRequest:
    found = face.request(call, Access.DEVELOPER)
    if found.project.settings.get("disable_overriding_approvers_per_merge_request"):
        raise refused(403)
    return found


def _one(several: list[Rule], call: Call) -> Rule:
    for rule in several:
        if rule.id == call.number("rule"):
            return rule
    raise refused(404, "404 Not found")


def _new(face: GitLabFace, call: Call, project: Project) -> Rule:
    rule = Rule(face.forge.number(), call.text("name"), int(call.text("approvals_required", "0")))
    _fill(face, call, project, rule)
    if "rule_type" not in call.fields and not rule.people and not rule.groups:
        rule.kind = "any_approver"
    return rule


def _fill(face: GitLabFace, call: Call, project: Project, rule: Rule) -> None:
    """People and groups that are not listed are taken out."""
    rule.name = call.text("name", rule.name)
    rule.required = int(call.text("approvals_required", str(rule.required)))
    rule.kind = call.text("rule_type", rule.kind)
    people = face.forge.people
    rule.people = [people[int(n)] for n in call.many("user_ids") if int(n) in people]
    rule.people += [face.somebody(login) for login in call.many("usernames")]
    rule.groups = [face.forge.groups[int(n)] for n in call.many("group_ids")]
    rule.every_protected = call.flag("applies_to_all_protected_branches", rule.every_protected)
    if "protected_branch_ids" in call.fields:
        wanted = {int(n) for n in call.many("protected_branch_ids")}
        rule.branches = [p for p in project.protected_branches if p.id in wanted]


def brief(rule: Rule) -> dict[str, Any]:
    """A rule by name."""
    return {"id": rule.id, "name": rule.name, "rule_type": rule.kind}


def shape(face: GitLabFace, rule: Rule, call: Call) -> dict[str, Any]:
    """A rule as it is told."""
    return {
        **brief(rule),
        "report_type": None,
        "eligible_approvers": shapes.people(eligible(face, rule), call.origin),
        "approvals_required": rule.required,
        "users": shapes.people(rule.people, call.origin),
        "groups": [places.group(group, call.origin) for group in rule.groups],
        "contains_hidden_groups": False,
        "section": rule.section,
    }


def _of_project(face: GitLabFace, rule: Rule, call: Call) -> dict[str, Any]:
    return {
        **shape(face, rule, call),
        "applies_to_all_protected_branches": rule.every_protected,
        "protected_branches": [shapes.protected_branch(one) for one in rule.branches],
    }
