"""Calls on organisations, teams and apps.

Source: GitHub, "REST API endpoints for teams", "... for organization members", "... for GitHub
Apps"; "Authenticating as a GitHub App installation".
"""

from typing import Any

from tests.stand_ins.github_account_shapes import stamp
from tests.stand_ins.github_face import GitHubFace, invalid, not_found, refused
from tests.stand_ins.github_state import ROLES, App, Installation, Team
from tests.stand_ins.model import Group
from tests.stand_ins.web import Answer, Call, Listing, Routes

ROUTES = Routes()

_TEAM = "/orgs/:org/teams/:team"
_MEMBERSHIP = f"{_TEAM}/memberships/:login"
_GRANTS = {"pull": "read", "push": "write", "maintain": "maintain", "admin": "admin"}


def team_of(face: GitHubFace, call: Call) -> Team:
    """The team of the path; whoever is no member of the organisation sees none."""
    organisation = seen(face, call)
    found = face.forge.team(organisation, call.parts["team"])
    if found is None:
        raise not_found()
    return found


def seen(face: GitHubFace, call: Call) -> Group:
    """The organisation of the path, for whoever belongs to it."""
    organisation = face.organisation(call)
    if not face.belongs(call.caller, organisation):
        raise not_found()
    return organisation


# --- organisations ------------------------------------------------------------------------------


@ROUTES.on("GET", "/orgs/:org")
def organisation(face: GitHubFace, call: Call) -> Any:
    """An organisation's page."""
    return face.shapes(call).organisation(face.organisation(call))


@ROUTES.on("GET", "/orgs/:org/members")
def members(face: GitHubFace, call: Call) -> Listing:
    """Its people, owners too."""
    found = seen(face, call)
    role = call.text("role", "all")
    people = [
        face.forge.people[number]
        for number, access in found.members.items()
        if role == "all" or (access >= ROLES["admin"]) == (role == "admin")
    ]
    return Listing(people, face.shapes(call).user)


@ROUTES.on("GET", "/orgs/:org/members/:login")
def is_member(face: GitHubFace, call: Call) -> None:
    """204 or 404."""
    if face.somebody(call.parts["login"]).id not in seen(face, call).members:
        raise not_found()


# --- teams --------------------------------------------------------------------------------------


@ROUTES.on("GET", "/orgs/:org/teams")
def teams(face: GitHubFace, call: Call) -> Listing:
    """Of the organisation."""
    organisation = seen(face, call)
    found = [one for one in face.forge.teams if one.organisation is organisation]
    return Listing(found, face.shapes(call).team)


@ROUTES.on("POST", "/orgs/:org/teams")
def new_team(face: GitHubFace, call: Call) -> Any:
    """By any member; who makes it belongs to it."""
    organisation = seen(face, call)
    slug = call.text("name").casefold().replace(" ", "-")
    if not slug or face.forge.team(organisation, slug):
        raise invalid("Team", {"field": "name", "code": "already_exists"})
    parents = [t for t in face.forge.teams if str(t.id) == call.text("parent_team_id")]
    parent = next(iter(parents), None)
    made = Team(face.forge.number(), organisation, slug, parent, {call.person.id})
    face.forge.teams.append(made)
    return face.shapes(call).full_team(made)


@ROUTES.on("GET", _TEAM)
def team(face: GitHubFace, call: Call) -> Any:
    """One by its slug."""
    return face.shapes(call).full_team(team_of(face, call))


@ROUTES.on("GET", f"{_TEAM}/members")
def of_team(face: GitHubFace, call: Call) -> Listing:
    """Of the team and those below it."""
    numbers = sorted(face.forge.of_team(team_of(face, call)))
    return Listing([face.forge.people[n] for n in numbers], face.shapes(call).user)


@ROUTES.on("GET", _MEMBERSHIP)
def membership(face: GitHubFace, call: Call) -> Any:
    """Of the team or one below it."""
    found = team_of(face, call)
    one = face.somebody(call.parts["login"])
    if one.id not in face.forge.of_team(found):
        raise not_found()
    role = "maintainer" if one.id in found.maintainers else "member"
    url = f"{face.shapes(call).team(found)['url']}/memberships/{one.login}"
    return {"state": "active", "role": role, "url": url}


@ROUTES.on("PUT", _MEMBERSHIP)
def join(face: GitHubFace, call: Call) -> Any:
    """By an owner."""
    face.organisation(call, admin=True)
    team_of(face, call).members.add(face.somebody(call.parts["login"]).id)
    return membership(face, call)


@ROUTES.on("DELETE", _MEMBERSHIP)
def leave(face: GitHubFace, call: Call) -> None:
    """By an owner."""
    face.organisation(call, admin=True)
    team_of(face, call).members.discard(face.somebody(call.parts["login"]).id)


@ROUTES.on("PUT", f"{_TEAM}/repos/:owner/:repo")
def grant(face: GitHubFace, call: Call) -> None:
    """A role in a repository, by its administrator."""
    project = face.project(call, "admin")
    role = _GRANTS.get(call.text("permission", "push"))
    if role is None:
        raise invalid("Team", {"field": "permission", "code": "invalid"})
    team_of(face, call).repositories[project.id] = ROLES[role]


@ROUTES.on("DELETE", f"{_TEAM}/repos/:owner/:repo")
def revoke(face: GitHubFace, call: Call) -> None:
    """What others grant stays."""
    project = face.project(call, "admin")
    team_of(face, call).repositories.pop(project.id, None)


# --- apps ---------------------------------------------------------------------------------------


def _app(face: GitHubFace, call: Call) -> App:
    return face.forge.apps[int(call.parts["app"])]


def _installation(face: GitHubFace, call: Call) -> Installation:
    found = face.forge.installations.get(int(call.parts["installation"]))
    if found is None or found.app is not _app(face, call):
        raise not_found()
    return found


@ROUTES.on("GET", "/app")
def app(face: GitHubFace, call: Call) -> Any:
    """Whose JSON web token it is."""
    mine = _app(face, call)
    installed = face.forge.installations.values()
    count = sum(one.app is mine for one in installed)
    return {**face.shapes(call).app(mine), "installations_count": count}


@ROUTES.on("GET", "/apps/:slug")
def app_by_slug(face: GitHubFace, call: Call) -> Any:
    """Any app, to anybody."""
    found = [one for one in face.forge.apps.values() if one.slug == call.parts["slug"]]
    if not found:
        raise not_found()
    return face.shapes(call).app(found[0])


@ROUTES.on("GET", "/app/installations")
def installations(face: GitHubFace, call: Call) -> Listing:
    """Of the app."""
    mine = _app(face, call)
    found = [one for one in face.forge.installations.values() if one.app is mine]
    return Listing(found, face.shapes(call).installation)


@ROUTES.on("GET", "/app/installations/:installation")
def installation(face: GitHubFace, call: Call) -> Any:
    """One of them."""
    return face.shapes(call).installation(_installation(face, call))


@ROUTES.on("GET", "/repos/:owner/:repo/installation")
def of_repository(face: GitHubFace, call: Call) -> Any:
    """The app's that may touch a repository."""
    project = face.forge.project(f"{call.parts['owner']}/{call.parts['repo']}")
    mine = _app(face, call)
    for one in face.forge.installations.values():
        if one.app is mine and project is not None and face.forge.installed(one, project):
            return face.shapes(call).installation(one)
    raise not_found()


@ROUTES.on("GET", "/orgs/:org/installation")
def of_organisation(face: GitHubFace, call: Call) -> Any:
    """The app's in an organisation."""
    mine, organisation = _app(face, call), face.organisation(call)
    for one in face.forge.installations.values():
        if one.app is mine and one.account is organisation:
            return face.shapes(call).installation(one)
    raise not_found()


@ROUTES.on("POST", "/app/installations/:installation/access_tokens")
def access_token(face: GitHubFace, call: Call) -> Any:
    """For an hour, with the app's rights or fewer."""
    one = _installation(face, call)
    own = {"metadata": "read", **one.app.permissions}
    wanted = call.fields.get("permissions") or own
    levels = ("read", "write", "admin")
    for name, level in wanted.items():
        if levels.index(level) > levels.index(own[name]) if name in own else True:
            raise refused(422, "The permissions requested are not granted to this installation.")
    scopes = [f"{name}:{level}" for name, level in wanted.items()]
    token = face.forge.add_installation_token(one, *scopes)
    selection = "all" if one.repositories is None else "selected"
    return {
        "token": token.text,
        "expires_at": stamp(face.forge.expiry(token)),
        "permissions": wanted,
        "repository_selection": selection,
    }


@ROUTES.on("GET", "/installation/repositories")
def repositories(face: GitHubFace, call: Call) -> Answer:
    """What the token's installation may touch."""
    bot = call.caller
    found = [
        project
        for project in face.forge.projects.values()
        for one in face.forge.installations.values()
        if one.app.bot is bot and face.forge.installed(one, project)
    ]
    shapes = face.shapes(call)
    answer = face.counted(
        call, "repositories", Listing(found, lambda one: shapes.repository_of_app(one, call.caller))
    )
    answer.content["repository_selection"] = "all"
    return answer
