"""Calls on repositories, who may touch them, and accounts.

Source: GitHub, "REST API endpoints for repositories", "... for collaborators", "... for users",
"... for rate limits".
"""

from typing import Any

from tests.stand_ins.bare import BareRepository
from tests.stand_ins.github_face import GitHubFace, invalid, not_found, refused
from tests.stand_ins.github_shapes import SETTINGS, role_of
from tests.stand_ins.github_state import ROLES, GitHubForge, is_public
from tests.stand_ins.model import Access, Group, Person, Project
from tests.stand_ins.web import Answer, Call, Listing, Routes

ROUTES = Routes()

_REPOSITORY = "/repos/:owner/:repo"
_COLLABORATOR = f"{_REPOSITORY}/collaborators/:login"
_PUT = {"pull": "read", "push": "write", "maintain": "maintain", "admin": "admin"}
"""Source: GitHub, "Add a repository collaborator"."""


@ROUTES.on("POST", "/orgs/:org/repos")
def create(face: GitHubFace, call: Call) -> Any:
    """By an owner of the organisation."""
    organisation = face.organisation(call, admin=True)
    made = _made(face, call, organisation)
    return face.shapes(call).full_repository(made, call.caller)


@ROUTES.on("POST", "/user/repos")
def create_own(face: GitHubFace, call: Call) -> Any:
    """Of the asking person's own."""
    if call.caller is None:
        raise refused(401, "Requires authentication")
    return face.shapes(call).full_repository(_made(face, call, call.caller), call.caller)


def _made(face: GitHubFace, call: Call, owner: Person | Group) -> Project:
    name = call.text("name")
    path = f"{owner.path if isinstance(owner, Group) else owner.login}/{name}"
    if not name or face.forge.project(path) is not None:
        raise invalid("Repository", "name already exists on this account")
    made = face.forge.add_project(owner, name, call.person)
    private = call.flag("private") or call.text("visibility") == "private"
    made.settings["visibility"] = "private" if private else "public"
    _set(call, made)
    return made


@ROUTES.on("GET", _REPOSITORY)
def single(face: GitHubFace, call: Call) -> Any:
    """With what its reader may do."""
    return face.shapes(call).full_repository(face.project(call), call.caller)


@ROUTES.on("PATCH", _REPOSITORY)
def update(face: GitHubFace, call: Call) -> Any:
    """Its settings, by an administrator."""
    project = face.project(call, "admin")
    if "private" in call.fields:
        project.settings["visibility"] = "private" if call.flag("private") else "public"
    if "allow_auto_merge" in call.fields and call.flag("allow_auto_merge"):
        # Armed merges wait for rules; where the plan has none, the setting stays as it was.
        call.fields["allow_auto_merge"] = face.forge.may_protect(project)
    _set(call, project)
    project.updated = face.forge.tick()
    return face.shapes(call).full_repository(project, call.caller)


def _set(call: Call, project: Project) -> None:
    if "default_branch" in call.fields:
        project.default_branch = call.text("default_branch")
        project.git.git("symbolic-ref", "HEAD", f"refs/heads/{project.default_branch}")
    known = (*SETTINGS, "description", "archived")
    project.settings |= {key: call.fields[key] for key in known if key in call.fields}


@ROUTES.on("POST", f"{_REPOSITORY}/forks")
def fork(face: GitHubFace, call: Call) -> Answer:
    """The asking person's own."""
    parent = face.project(call)
    if call.caller is None:
        raise refused(401, "Requires authentication")
    existing = face.forge.project(f"{call.caller.login}/{parent.path}")
    made = existing or _forked(face.forge, parent, call.caller)
    return Answer(202, face.shapes(call).full_repository(made, call.caller))


def _forked(forge: GitHubForge, parent: Project, owner: Person) -> Project:
    made = forge.add_project(owner, parent.path, owner)
    made.forked_from, made.default_branch = parent, parent.default_branch
    made.settings["visibility"] = "public" if is_public(parent) else "private"
    made.git.git("fetch", "--quiet", str(parent.git.path), "refs/heads/*:refs/heads/*")
    assert isinstance(made.git, BareRepository)
    return made


# --- who may ------------------------------------------------------------------------------------


@ROUTES.on("GET", f"{_REPOSITORY}/collaborators")
def collaborators(face: GitHubFace, call: Call) -> Listing:
    """Everybody with a role, however it came; apps are not among them."""
    project = face.project(call, "write")
    direct = call.text("affiliation", "all") in {"direct", "outside"}
    roles = project.members if direct else face.forge.members(project)
    people = [(face.forge.people[number], access) for number, access in sorted(roles.items())]
    shapes = face.shapes(call)
    humans = [(one, access) for one, access in people if not one.bot]
    return Listing(humans, lambda pair: shapes.collaborator(*pair))


@ROUTES.on("GET", _COLLABORATOR)
def is_collaborator(face: GitHubFace, call: Call) -> None:
    """204, or 404 for somebody without a role."""
    project = face.project(call, "write")
    one = face.forge.login(call.parts["login"])
    if face.forge.access(one, project) < ROLES["read"]:
        raise not_found()


@ROUTES.on("GET", f"{_COLLABORATOR}/permission")
def permission(face: GitHubFace, call: Call) -> Any:
    """The highest role; `maintain` is told as `write` in the field of old."""
    project = face.project(call, "write")
    one = face.somebody(call.parts["login"])
    access = face.forge.access(one, project)
    if access < ROLES["read"] and is_public(project):
        access = Access.REPORTER
    role = role_of(access)
    shape = face.shapes(call).collaborator(one, access)
    old = {"maintain": "write"}.get(role, role)
    return {"permission": old, "user": shape, "role_name": role}


@ROUTES.on("PUT", _COLLABORATOR)
def invite(face: GitHubFace, call: Call) -> Answer:
    """A member of the organisation has it at once; so has everybody else here, uninvited."""
    project = face.project(call, "admin")
    one = face.somebody(call.parts["login"])
    role = _PUT.get(call.text("permission", "push"))
    if role is None:
        raise invalid("Repository", {"field": "permission", "code": "invalid"})
    project.members[one.id] = ROLES[role]
    return Answer(204)


@ROUTES.on("DELETE", _COLLABORATOR)
def remove(face: GitHubFace, call: Call) -> Answer:
    """What a team or the organisation grants stays."""
    project = face.project(call, "admin")
    project.members.pop(face.somebody(call.parts["login"]).id, None)
    return Answer(204)


# --- accounts -----------------------------------------------------------------------------------


@ROUTES.on("GET", "/user")
def me(face: GitHubFace, call: Call) -> Any:
    """Whose token it is; an app's installation is no user."""
    if call.caller is None:
        raise refused(401, "Requires authentication")
    if call.caller.bot:
        raise refused(403, "Resource not accessible by integration")
    return face.shapes(call).full_user(call.caller, private=True)


@ROUTES.on("GET", "/users/:login")
def user(face: GitHubFace, call: Call) -> Any:
    """Anybody."""
    return face.shapes(call).full_user(face.somebody(call.parts["login"]))


@ROUTES.on("GET", "/rate_limit")
def rate_limit(face: GitHubFace, call: Call) -> Any:
    """Asking it costs nothing."""
    told = face.budget.told(call.caller)
    return {"resources": {"core": told, "search": told, "graphql": told}, "rate": told}
