"""Protected branches and tags.

Source: GitLab, "Protected branches API", "Protected tags API".
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Group, Person, Protection
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
ONE = "/projects/:id"
Whom = list[Access | Person | Group]


def _whom(face: GitLabFace, call: Call, verb: str, usual: Access | None, kept: Whom) -> Whom:
    """Who may, after a call that names a level or, on Premium, people and groups."""
    level, listed = f"{verb}_access_level", call.fields.get(f"allowed_to_{verb}")
    found: Whom = [] if level in call.fields else list(kept)
    if level in call.fields:
        found.append(Access(int(call.text(level))))
    for entry in listed or []:
        if "user_id" in entry or "group_id" in entry:
            if not face.premium:
                continue
            number = entry.get("user_id")
            found.append(
                face.somebody(number) if number else face.forge.groups[int(entry["group_id"])]
            )
        elif "id" in entry and entry.get("_destroy"):
            del found[int(entry["id"]) - 1]
        elif "access_level" in entry:
            found.append(Access(int(entry["access_level"])))
    return found or ([usual] if usual is not None else [])


@ROUTES.on("GET", f"{ONE}/protected_branches")
def protected_branches(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.DEVELOPER)
    return Listing(project.protected_branches, shapes.protected_branch)


def _protection(several: list[Protection], call: Call) -> Protection:
    for one in several:
        if one.pattern == call.parts["name"]:
            return one
    raise refused(404, "404 Not found")


@ROUTES.on("GET", f"{ONE}/protected_branches/:name")
def protected_branch(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.DEVELOPER)
    return shapes.protected_branch(_protection(project.protected_branches, call))


@ROUTES.on("POST", f"{ONE}/protected_branches")
def protect_branch(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.MAINTAINER)
    name = call.text("name")
    if any(one.pattern == name for one in project.protected_branches):
        raise refused(409, f"Protected branch '{name}' already exists")
    usual = Access.MAINTAINER
    made = Protection(
        face.forge.number(),
        name,
        _whom(face, call, "push", usual, []),
        _whom(face, call, "merge", usual, []),
        force=call.flag("allow_force_push"),
        owners=face.premium and call.flag("code_owner_approval_required"),
    )
    project.protected_branches.append(made)
    return shapes.protected_branch(made)


@ROUTES.on("PATCH", f"{ONE}/protected_branches/:name")
def change_branch(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.MAINTAINER)
    found = _protection(project.protected_branches, call)
    found.push = _whom(face, call, "push", None, found.push)
    found.merge = _whom(face, call, "merge", None, found.merge)
    found.force = call.flag("allow_force_push", found.force)
    found.owners = face.premium and call.flag("code_owner_approval_required", found.owners)
    return shapes.protected_branch(found)


@ROUTES.on("DELETE", f"{ONE}/protected_branches/:name")
def unprotect_branch(face: GitLabFace, call: Call) -> None:
    project = face.project(call, Access.MAINTAINER)
    project.protected_branches.remove(_protection(project.protected_branches, call))


def _tag(one: Protection) -> dict[str, Any]:
    return {"name": one.pattern, "create_access_levels": shapes.levels(one.push)}


@ROUTES.on("GET", f"{ONE}/protected_tags")
def protected_tags(face: GitLabFace, call: Call) -> Listing:
    return Listing(face.project(call, Access.DEVELOPER).protected_tags, _tag)


@ROUTES.on("GET", f"{ONE}/protected_tags/:name")
def protected_tag(face: GitLabFace, call: Call) -> dict[str, Any]:
    return _tag(_protection(face.project(call, Access.DEVELOPER).protected_tags, call))


@ROUTES.on("POST", f"{ONE}/protected_tags")
def protect_tag(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.MAINTAINER)
    name = call.text("name")
    if any(one.pattern == name for one in project.protected_tags):
        raise refused(409, f"Protected tag '{name}' already exists")
    whom = _whom(face, call, "create", Access.MAINTAINER, [])
    made = Protection(face.forge.number(), name, whom, [])
    project.protected_tags.append(made)
    return _tag(made)


@ROUTES.on("DELETE", f"{ONE}/protected_tags/:name")
def unprotect_tag(face: GitLabFace, call: Call) -> None:
    project = face.project(call, Access.MAINTAINER)
    project.protected_tags.remove(_protection(project.protected_tags, call))
