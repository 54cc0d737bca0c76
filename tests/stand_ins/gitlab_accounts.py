"""People, their tokens, groups and members.

Source: GitLab, "Users API", "Groups API", "Members API", "Personal access tokens API".
"""

from typing import Any

from tests.stand_ins import gitlab_places as places
from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Group, Person, Project, Token
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
VERSION = "18.5.2"


@ROUTES.on("GET", "/version")
def version(face: GitLabFace, call: Call) -> dict[str, str]:
    call.known()
    return {"version": VERSION, "revision": "c1a55e5d6d1"}


@ROUTES.on("GET", "/metadata")
def metadata(face: GitLabFace, call: Call) -> dict[str, Any]:
    call.known()
    kas = {"enabled": False, "externalUrl": None, "version": None}
    return {
        "version": VERSION,
        "revision": "c1a55e5d6d1",
        "kas": kas,
        "enterprise": face.premium,
    }


# --- people -------------------------------------------------------------------------------------


@ROUTES.on("GET", "/user")
def me(face: GitLabFace, call: Call) -> dict[str, Any]:
    return shapes.account(call.person, call.origin)


@ROUTES.on("GET", "/users")
def users(face: GitLabFace, call: Call) -> Listing:
    wanted, login = call.text("search").casefold(), call.text("username").casefold()
    found = [
        one
        for one in sorted(face.forge.people.values(), key=lambda one: -one.id)
        if (not login or one.login.casefold() == login)
        and (not wanted or wanted in f"{one.login} {one.name} {one.email}".casefold())
    ]
    full = call.person.administrator
    brief = lambda one: shapes.person(one, call.origin)  # noqa: E731
    return Listing(found, (lambda one: shapes.account(one, call.origin)) if full else brief)


@ROUTES.on("GET", "/users/:id")
def user(face: GitLabFace, call: Call) -> dict[str, Any]:
    found = face.somebody(call.number("id"))
    if call.person.administrator or found is call.person:
        return shapes.account(found, call.origin)
    return {**(shapes.person(found, call.origin) or {}), "bot": found.bot}


@ROUTES.on("POST", "/users")
def add_user(face: GitLabFace, call: Call) -> dict[str, Any]:
    administrators(call)
    login = call.text("username")
    if face.forge.login(login):
        raise refused(409, "Username has already been taken")
    made = face.forge.add_person(login, call.text("name"), call.text("email"))
    made.administrator = call.flag("admin")
    return shapes.account(made, call.origin)


@ROUTES.on("DELETE", "/users/:id")
def delete_user(face: GitLabFace, call: Call) -> None:
    administrators(call)
    face.forge.remove_person(face.somebody(call.number("id")))


def administrators(call: Call) -> None:
    """Nobody else may.

    Raises:
        Refused: 403.
    """
    if not call.person.administrator:
        raise refused(403)


# --- tokens -------------------------------------------------------------------------------------


@ROUTES.on("GET", "/personal_access_tokens/self")
def own_token(face: GitLabFace, call: Call) -> dict[str, Any]:
    if call.token is None:
        raise refused(401)
    return _token(call.token)


@ROUTES.on("POST", "/users/:id/personal_access_tokens")
def add_token(face: GitLabFace, call: Call) -> dict[str, Any]:
    administrators(call)
    owner = face.somebody(call.number("id"))
    scopes = [str(scope) for scope in call.many("scopes")]
    made = face.forge.add_token(owner, *scopes, prefix="glpat-", name=call.text("name"))
    made.expires = call.text("expires_at") or None
    return {**_token(made), "token": made.text}


@ROUTES.on("POST", "/projects/:id/access_tokens")
def add_project_token(face: GitLabFace, call: Call) -> dict[str, Any]:
    """The project gets a bot of its own."""
    project = face.project(call, Access.MAINTAINER)
    level = Access(int(call.text("access_level", "40")))
    if level > face.forge.access(call.person, project):
        raise refused(400, "User does not have permission to create project access token")
    bots = sum(one.of_project == project.id for one in face.forge.people.values())
    login = f"project_{project.id}_bot_{bots}"
    mail = f"{login}@noreply.127.0.0.1"
    bot = face.forge.add_person(login, call.text("name"), mail, bot=True, of_project=project.id)
    project.members[bot.id] = level
    scopes = [str(scope) for scope in call.many("scopes")]
    made = face.forge.add_token(bot, *scopes, prefix="glpat-", name=call.text("name"))
    made.expires = call.text("expires_at") or None
    return {**_token(made), "access_level": int(level), "token": made.text}


def _token(one: Token) -> dict[str, Any]:
    return {
        "id": one.id,
        "name": one.name,
        "revoked": one.revoked,
        "created_at": shapes.at(one.created),
        "scopes": sorted(one.scopes) or ["api"],
        "user_id": one.owner.id,
        "last_used_at": None,
        "active": not one.revoked,
        "expires_at": one.expires,
    }


# --- groups -------------------------------------------------------------------------------------


def group_of(face: GitLabFace, call: Call, least: Access = Access.GUEST) -> Group:
    """The group of the path, by number or full path, for somebody with this access at least."""
    name = call.parts["id"]
    found = face.forge.groups.get(int(name)) if name.isdigit() else face.forge.group(name)
    if found is None or not _sees(face, call, found):
        raise refused(404, "404 Group Not Found")
    if face.forge.access(call.caller, found) < least:
        raise refused(403)
    return found


def _sees(face: GitLabFace, call: Call, group: Group) -> bool:
    if group.extra.get("visibility") == "public":
        return True
    if call.caller is not None and group.extra.get("visibility") == "internal":
        return True
    inside = any(p for p in face.forge.projects.values() if p.owner is group)
    belongs = face.forge.access(call.caller, group) >= Access.GUEST
    return belongs or (inside and _in_a_project(face, call, group))


def _in_a_project(face: GitLabFace, call: Call, group: Group) -> bool:
    return any(
        p.owner is group and face.forge.access(call.caller, p) >= Access.GUEST
        for p in face.forge.projects.values()
    )


@ROUTES.on("GET", "/groups")
def groups(face: GitLabFace, call: Call) -> Listing:
    wanted = call.text("search").casefold()
    found = [
        one
        for one in face.forge.groups.values()
        if _sees(face, call, one) and wanted in one.full_path.casefold()
    ]
    return Listing(found, lambda one: places.group(one, call.origin))


@ROUTES.on("GET", "/groups/:id")
def group(face: GitLabFace, call: Call) -> dict[str, Any]:
    return places.group(group_of(face, call), call.origin)


@ROUTES.on("POST", "/groups")
def add_group(face: GitLabFace, call: Call) -> dict[str, Any]:
    parent = call.text("parent_id")
    above = face.forge.groups[int(parent)] if parent else None
    path = call.text("path")
    if face.forge.group(f"{above.full_path}/{path}" if above else path):
        raise refused(400, 'Failed to save group {:path=>["has already been taken"]}')
    made = face.forge.add_group(path, call.text("name"), above)
    made.members[call.person.id] = Access.OWNER
    made.extra |= {k: call.text(k) for k in ("visibility", "description") if k in call.fields}
    return places.group(made, call.origin)


@ROUTES.on("DELETE", "/groups/:id")
def delete_group(face: GitLabFace, call: Call) -> dict[str, str]:
    gone = group_of(face, call, Access.OWNER)
    forge = face.forge
    forge.projects = {
        n: p
        for n, p in forge.projects.items()
        if not (isinstance(p.owner, Group) and gone in p.owner.lineage)
    }
    forge.groups = {n: g for n, g in forge.groups.items() if gone not in g.lineage}
    return {"message": "202 Accepted"}


@ROUTES.on("GET", "/groups/:id/projects")
def projects_of_group(face: GitLabFace, call: Call) -> Listing:
    above = group_of(face, call)
    found = [one for one in face.forge.projects.values() if one.owner is above]
    access = face.forge.access
    return Listing(found, lambda one: places.project(one, call.origin, access(call.caller, one)))


# --- members ------------------------------------------------------------------------------------


def _place(face: GitLabFace, call: Call, least: Access = Access.GUEST) -> Project | Group:
    if call.path.startswith("/api/v4/groups/"):
        return group_of(face, call, least)
    return face.project(call, least)


def _listed(face: GitLabFace, call: Call, *, inherited: bool) -> Listing:
    there = face.forge.members(_place(face, call), inherited=inherited)
    wanted = call.text("query").casefold()
    people = [(face.forge.people[number], access) for number, access in sorted(there.items())]
    numbers = {int(number) for number in call.many("user_ids")}
    found = [
        one
        for one in people
        if wanted in f"{one[0].login} {one[0].name}".casefold()
        and (not numbers or one[0].id in numbers)
    ]
    return Listing(found, lambda one: shapes.member(one[0], one[1], call.origin))


def _member(face: GitLabFace, call: Call, *, inherited: bool) -> dict[str, Any]:
    there = face.forge.members(_place(face, call), inherited=inherited)
    access = there.get(call.number("user"))
    if access is None:
        raise refused(404, "404 Not found")
    return shapes.member(face.forge.people[call.number("user")], access, call.origin)


def _put(face: GitLabFace, call: Call, person: Person) -> dict[str, Any]:
    place = _place(face, call, Access.MAINTAINER)
    level = Access(int(call.text("access_level")))
    if level > face.forge.access(call.person, place):
        raise refused(403)
    place.members[person.id] = level
    return shapes.member(person, level, call.origin)


for root in ("/projects/:id", "/groups/:id"):

    @ROUTES.on("GET", f"{root}/members")
    def members(face: GitLabFace, call: Call) -> Listing:
        return _listed(face, call, inherited=False)

    @ROUTES.on("GET", f"{root}/members/all")
    def every_member(face: GitLabFace, call: Call) -> Listing:
        return _listed(face, call, inherited=True)

    @ROUTES.on("GET", f"{root}/members/all/:user")
    def any_member(face: GitLabFace, call: Call) -> dict[str, Any]:
        return _member(face, call, inherited=True)

    @ROUTES.on("GET", f"{root}/members/:user")
    def member(face: GitLabFace, call: Call) -> dict[str, Any]:
        return _member(face, call, inherited=False)

    @ROUTES.on("POST", f"{root}/members")
    def add_member(face: GitLabFace, call: Call) -> dict[str, Any]:
        person = face.somebody(call.fields.get("user_id") or call.text("username"))
        if person.id in _place(face, call, Access.MAINTAINER).members:
            raise refused(409, "Member already exists")
        return _put(face, call, person)

    @ROUTES.on("PUT", f"{root}/members/:user")
    def change_member(face: GitLabFace, call: Call) -> dict[str, Any]:
        return _put(face, call, face.somebody(call.number("user")))

    @ROUTES.on("DELETE", f"{root}/members/:user")
    def remove_member(face: GitLabFace, call: Call) -> None:
        place = _place(face, call, Access.MAINTAINER)
        if place.members.pop(call.number("user"), None) is None:
            raise refused(404, "404 Not found")
