"""What a project keeps beside its code and nothing else depends on: badges, milestones, pages.

Each kind is created, listed, read, changed and deleted in the same way; a `Shelf` says with what.
Source: GitLab, the API page of each kind.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_rules import paid
from tests.stand_ins.model import Access, Project
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()

Thing = dict[str, Any]


@dataclass(frozen=True)
class Shelf:
    """`fields` with what they are untold; `needed` ones must be given; `key` names one in paths."""

    place: str
    fields: Mapping[str, Any]
    needed: tuple[str, ...] = ()
    key: str = "id"
    least: Access = Access.MAINTAINER
    premium: bool = False
    slug: str = ""

    @property
    def path(self) -> str:
        """Where its things lie."""
        return f"/projects/:id/{self.place}"

    def things(self, project: Project) -> dict[str, Thing]:
        """A project's, by key."""
        found: dict[str, Thing] = project.extra.setdefault(self.place, {})
        return found

    def project(self, face: GitLabFace, call: Call) -> Project:
        """For somebody who may."""
        if self.premium:
            paid(face)
        return face.project(call, self.least)

    def find(self, face: GitLabFace, call: Call) -> tuple[dict[str, Thing], Thing]:
        """All of them, and the one of the path."""
        things = self.things(self.project(face, call))
        if call.parts["key"] not in things:
            raise refused(404, "404 Not found")
        return things, things[call.parts["key"]]

    def listed(self, face: GitLabFace, call: Call) -> Listing:
        """All of them."""
        things = self.things(self.project(face, call))
        return Listing(list(things.values()), lambda thing: thing)

    def get(self, face: GitLabFace, call: Call) -> Thing:
        """One of them."""
        return self.find(face, call)[1]

    def create(self, face: GitLabFace, call: Call) -> Thing:
        """One more."""
        project = self.project(face, call)
        if missing := [name for name in self.needed if not call.text(name)]:
            raise refused(400, ", ".join(f"{name} is missing" for name in missing))
        number = face.forge.number()
        now = shapes.at(face.forge.tick())
        thing = {"id": number, "project_id": project.id, "created_at": now, "updated_at": now}
        thing |= {n: call.fields.get(n, usual) for n, usual in self.fields.items()}
        if self.key == "slug":
            thing["slug"] = call.text(self.slug).replace(" ", "-")
        self.things(project)[str(thing[self.key])] = thing
        return thing

    def update(self, face: GitLabFace, call: Call) -> Thing:
        """One of them otherwise."""
        _, thing = self.find(face, call)
        thing |= {name: call.fields[name] for name in self.fields if name in call.fields}
        if event := call.text("state_event"):
            thing["state"] = {"close": "closed", "activate": "active"}[event]
        thing["updated_at"] = shapes.at(face.forge.tick())
        return thing

    def delete(self, face: GitLabFace, call: Call) -> None:
        """One of them gone; an environment is stopped first."""
        things, thing = self.find(face, call)
        if thing.get("state") == "available":
            raise refused(403, "403 Forbidden")
        del things[call.parts["key"]]


SHELVES = (
    Shelf("badges", {"link_url": None, "image_url": None, "name": None}, ("link_url", "image_url")),
    Shelf("triggers", {"description": None, "last_used": None}, ("description",)),
    Shelf(
        "remote_mirrors",
        {"url": None, "enabled": False, "update_status": "none", "auth_method": "password"},
        ("url",),
    ),
    Shelf(
        "milestones",
        {"title": None, "description": "", "due_date": None, "start_date": None, "state": "active"},
        ("title",),
        least=Access.REPORTER,
    ),
    Shelf(
        "wikis",
        {"title": None, "content": None, "format": "markdown", "encoding": "UTF-8"},
        ("title", "content"),
        key="slug",
        slug="title",
        least=Access.DEVELOPER,
    ),
    Shelf(
        "pages/domains",
        {"domain": None, "auto_ssl_enabled": False, "verified": False, "enabled_until": None},
        ("domain",),
        key="domain",
        slug="domain",
    ),
    Shelf(
        "external_status_checks",
        {"name": None, "external_url": None, "protected_branches": [], "hmac": False},
        ("name", "external_url"),
        premium=True,
    ),
)


def offer(routes: Routes, shelf: Shelf) -> None:
    """Make its calls known."""
    one = f"{shelf.path}/:key"
    routes.on("GET", shelf.path)(shelf.listed)
    routes.on("POST", shelf.path)(shelf.create)
    routes.on("GET", one)(shelf.get)
    routes.on("PUT", one)(shelf.update)
    routes.on("DELETE", one)(shelf.delete)


for _shelf in SHELVES:
    offer(ROUTES, _shelf)


@ROUTES.on("GET", "/projects/:id/milestones/:key/issues")
def issues_of_milestone(face: GitLabFace, call: Call) -> Listing:
    """There are no issues here, so none is of a milestone."""
    face.project(call, Access.REPORTER)
    return Listing([], lambda one: one)


@ROUTES.on("GET", "/projects/:id/milestones/:key/merge_requests")
def requests_of_milestone(face: GitLabFace, call: Call) -> Listing:
    from tests.stand_ins.gitlab_request_shapes import brief

    project = face.project(call, Access.REPORTER)
    found = [
        one
        for one in project.requests.values()
        if str((one.extra.get("milestone") or {}).get("id")) == call.parts["key"]
    ]
    return Listing(found, lambda one: brief(face, one, call.origin))


@ROUTES.on("GET", "/pages/domains")
def domains(face: GitLabFace, call: Call) -> Listing:
    if not call.person.administrator:
        raise refused(403)
    every = [
        domain
        for project in face.forge.projects.values()
        for domain in project.extra.get("pages/domains", {}).values()
    ]
    return Listing(every, lambda one: one)
