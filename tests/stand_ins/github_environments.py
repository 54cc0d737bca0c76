"""Calls on a repository's environments, and on the branches that may deploy to them.

Source: GitHub, "REST API endpoints for deployment environments", "... for deployment branch
policies"; plans: "Managing environments for deployment", google/go-github#2611 (a private
repository on Free: 404; timers and reviewers there on Team: 422).
"""

from typing import Any

from tests.stand_ins.github_account_shapes import Json, stamp
from tests.stand_ins.github_face import GitHubFace, not_found, refused
from tests.stand_ins.github_state import is_public
from tests.stand_ins.model import Environment, Project
from tests.stand_ins.web import Answer, Call, Listing, Routes

ROUTES = Routes()

_ALL = "/repos/:owner/:repo/environments"
_ONE = f"{_ALL}/:environment"
_POLICIES = f"{_ONE}/deployment-branch-policies"
_PLAN = (
    "Failed to create the environment protection rule. Please ensure the billing plan supports "
    "the required reviewers protection rule."
)
_PROTECTED = "protected_branches"


@ROUTES.on("GET", _ALL)
def environments(face: GitHubFace, call: Call) -> Answer:
    project = face.project(call)
    kept = project.environments if face.forge.may_protect(project) else []
    listing = Listing(kept, lambda one: _shape(face, call, project, one))
    return face.counted(call, "environments", listing)


@ROUTES.on("GET", _ONE)
def environment(face: GitHubFace, call: Call) -> Any:
    project, found = _named(face, call)
    if found is None:
        raise not_found()
    return _shape(face, call, project, found)


@ROUTES.on("PUT", _ONE)
def put(face: GitHubFace, call: Call) -> Any:
    """Make it, or make it anew: what is not told is taken away."""
    project, found = _named(face, call, "admin")
    guards = {"wait_timer", "reviewers", "prevent_self_review"} & call.fields.keys()
    if guards and not is_public(project):
        raise refused(422, _PLAN)
    policy = call.fields.get("deployment_branch_policy")
    if policy is not None and policy[_PROTECTED] == policy["custom_branch_policies"]:
        raise refused(422, "Validation Failed")
    now = face.forge.tick()
    if found is None:
        found = Environment(face.forge.number(), call.parts["environment"], now, now)
        project.environments.append(found)
    found.updated = now
    found.extra = {_PROTECTED: bool(policy and policy[_PROTECTED])}
    by_name = policy is not None and not policy[_PROTECTED]
    found.branches = (found.branches or {}) if by_name else None
    return _shape(face, call, project, found)


@ROUTES.on("GET", _POLICIES)
def policies(face: GitHubFace, call: Call) -> Answer:
    _, found = _named(face, call)
    if found is None:
        raise not_found()
    kept = list((found.branches or {}).items())
    return face.counted(call, "branch_policies", Listing(kept, _policy))


@ROUTES.on("POST", _POLICIES)
def new_policy(face: GitHubFace, call: Call) -> Answer:
    """One more branch that may deploy, where they are named at all."""
    _, found = _named(face, call, "admin")
    if found is None or found.branches is None:
        raise not_found()
    name = call.text("name")
    if name in found.branches.values():
        return Answer(303)
    number = face.forge.number()
    found.branches[number] = name
    return Answer(200, _policy((number, name)))


def _named(face: GitHubFace, call: Call, least: str = "read") -> tuple[Project, Environment | None]:
    """The one of the path, whatever its case; a plan without environments shows none."""
    project = face.project(call, least)
    if not face.forge.may_protect(project):
        raise not_found()
    name = call.parts["environment"].casefold()
    return project, next((e for e in project.environments if e.name.casefold() == name), None)


def _policy(row: tuple[int, str]) -> Json:
    number, name = row
    return {"id": number, "node_id": f"GBP_{number}", "name": name, "type": "branch"}


def _shape(face: GitHubFace, call: Call, project: Project, one: Environment) -> Json:
    shapes = face.shapes(call)
    by_name, protected = one.branches is not None, one.extra.get(_PROTECTED, False)
    rule = {"id": one.id, "node_id": f"GA_{one.id}", "type": "branch_policy"}
    policy = {_PROTECTED: protected, "custom_branch_policies": by_name}
    page = f"{shapes.page(project)}/deployments/activity_log?environments_filter={one.name}"
    return {
        "id": one.id,
        "node_id": f"EN_{one.id}",
        "name": one.name,
        "url": f"{shapes.address(project)}/environments/{one.name}",
        "html_url": page,
        "created_at": stamp(one.created),
        "updated_at": stamp(one.updated),
        "protection_rules": [rule] if by_name or protected else [],
        "deployment_branch_policy": policy if by_name or protected else None,
    }
