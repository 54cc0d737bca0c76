"""Calls on branches and what protects them.

Source: GitHub, "REST API endpoints for protected branches", "... for rules".
"""

from typing import Any

from tests.stand_ins.github_account_shapes import Json
from tests.stand_ins.github_face import GitHubFace, invalid, not_found, refused
from tests.stand_ins.github_protection_shapes import ProtectionShapes
from tests.stand_ins.github_rules import PROTECTIONS, RULESETS, Ruleset, detailed_rules
from tests.stand_ins.model import Project
from tests.stand_ins.pushing import BRANCHES
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()

_REPOSITORY = "/repos/:owner/:repo"
_PROTECTION = f"{_REPOSITORY}/branches/*branch/protection"
_RULESETS = f"{_REPOSITORY}/rulesets"
_WANTED = (
    "required_status_checks",
    "enforce_admins",
    "required_pull_request_reviews",
    "restrictions",
)
_MOST_APPROVALS = {"protection": 6, "ruleset": 10}
_UPGRADE = "Upgrade to GitHub Pro or make this repository public to enable this feature."


def _administered(face: GitHubFace, call: Call) -> Project:
    """The repository, for an administrator, where the plan has protected branches at all."""
    project = face.project(call, "admin")
    if not face.forge.may_protect(project):
        raise refused(403, _UPGRADE)
    return project


def _branch(call: Call, project: Project) -> str:
    branch = call.parts["branch"]
    if project.git.head(branch) is None:
        raise refused(404, "Branch not found")
    return branch


# --- branches -----------------------------------------------------------------------------------


@ROUTES.on("GET", _PROTECTION)
def protection(face: GitHubFace, call: Call) -> Any:
    """To an administrator alone."""
    project = _administered(face, call)
    branch = _branch(call, project)
    put = project.extra.get(PROTECTIONS, {}).get(branch)
    if put is None:
        raise refused(404, "Branch not protected")
    return ProtectionShapes(face.shapes(call), project).protection(branch, put)


@ROUTES.on("PUT", _PROTECTION)
def protect(face: GitHubFace, call: Call) -> Any:
    """Four keys must be there, null or not."""
    project = _administered(face, call)
    branch = _branch(call, project)
    put = call.content if isinstance(call.content, dict) else {}
    missing = [key for key in _WANTED if key not in put]
    if missing:
        words = ", ".join(f'"{key}" wasn\'t supplied' for key in missing)
        raise refused(422, f"Invalid request.\n\n{words}.")
    reviews = put.get("required_pull_request_reviews") or {}
    if not 0 <= reviews.get("required_approving_review_count", 1) <= _MOST_APPROVALS["protection"]:
        raise invalid("ProtectedBranch", "required_approving_review_count must be 0 to 6")
    project.extra.setdefault(PROTECTIONS, {})[branch] = put
    return protection(face, call)


@ROUTES.on("DELETE", _PROTECTION)
def unprotect(face: GitHubFace, call: Call) -> None:
    """Rule sets stay."""
    project = _administered(face, call)
    if project.extra.get(PROTECTIONS, {}).pop(_branch(call, project), None) is None:
        raise refused(404, "Branch not protected")


@ROUTES.on("GET", f"{_REPOSITORY}/branches/*branch")
def branch(face: GitHubFace, call: Call) -> Any:
    """Whether it is protected, to anybody who sees the repository."""
    project = face.project(call)
    name = _branch(call, project)
    return ProtectionShapes(face.shapes(call), project).branch(name)


# --- rule sets ----------------------------------------------------------------------------------


@ROUTES.on("GET", f"{_REPOSITORY}/rules/branches/*branch")
def rules(face: GitHubFace, call: Call) -> Listing:
    """The active rules for a branch, there or not, to anybody who sees the repository.

    Source: github/branch-deploy#345: without the plan's rules it is refused, for reading too.
    """
    project = face.project(call)
    if not face.forge.may_protect(project):
        raise refused(403, _UPGRADE)
    found = detailed_rules(face.forge, project, f"{BRANCHES}{call.parts['branch']}")
    return Listing(list(found), lambda one: one)


@ROUTES.on("GET", _RULESETS)
def rulesets(face: GitHubFace, call: Call) -> Listing:
    """Briefly."""
    project = face.project(call)
    kept: dict[int, Ruleset] = project.extra.get(RULESETS, {})
    return Listing(list(kept.values()), ProtectionShapes(face.shapes(call), project).brief)


@ROUTES.on("GET", f"{_RULESETS}/:ruleset")
def ruleset(face: GitHubFace, call: Call) -> Any:
    """Whole; who may go around it is told to administrators alone."""
    project = face.project(call)
    return ProtectionShapes(face.shapes(call), project).ruleset(
        _ruleset(call, project), call.caller
    )


@ROUTES.on("POST", _RULESETS)
def new_ruleset(face: GitHubFace, call: Call) -> Any:
    """By an administrator, where the plan has them."""
    project = _administered(face, call)
    name = call.text("name")
    if not name or not call.text("enforcement"):
        raise refused(422, 'Invalid request.\n\n"name" and "enforcement" must be supplied.')
    kept = project.extra.setdefault(RULESETS, {})
    if any(one.name == name for one in kept.values()):
        raise invalid("Ruleset", "Name must be unique")
    now = face.forge.tick()
    number = face.forge.number()
    target = call.text("target", "branch")
    made = Ruleset(number, name, target, call.text("enforcement"), {}, [], [], now, now)
    _put(face, call, made)
    kept[number] = made
    return ProtectionShapes(face.shapes(call), project).ruleset(made, call.caller)


@ROUTES.on("PUT", f"{_RULESETS}/:ruleset")
def edit_ruleset(face: GitHubFace, call: Call) -> Any:
    """What is not named stays as it was."""
    project = _administered(face, call)
    found = _ruleset(call, project)
    _put(face, call, found)
    return ProtectionShapes(face.shapes(call), project).ruleset(found, call.caller)


@ROUTES.on("DELETE", f"{_RULESETS}/:ruleset")
def delete_ruleset(face: GitHubFace, call: Call) -> None:
    """By an administrator."""
    project = _administered(face, call)
    del project.extra[RULESETS][_ruleset(call, project).id]


def _put(face: GitHubFace, call: Call, ruleset: Ruleset) -> None:
    given: Json = call.fields
    for rule in given.get("rules", ()):
        parameters = rule.get("parameters") or {}
        count = parameters.get("required_approving_review_count", 0)
        if not 0 <= count <= _MOST_APPROVALS["ruleset"]:
            raise invalid("Ruleset", "Invalid rule 'pull_request': required_approving_review_count")
    ruleset.name = given.get("name", ruleset.name)
    ruleset.enforcement = given.get("enforcement", ruleset.enforcement)
    ruleset.conditions = given.get("conditions", ruleset.conditions)
    ruleset.rules = given.get("rules", ruleset.rules)
    ruleset.bypass = given.get("bypass_actors", ruleset.bypass)
    ruleset.updated = face.forge.tick()


def _ruleset(call: Call, project: Project) -> Ruleset:
    number = call.parts["ruleset"]
    found = project.extra.get(RULESETS, {}).get(int(number)) if number.isdigit() else None
    if found is None:
        raise not_found()
    kept: Ruleset = found
    return kept
