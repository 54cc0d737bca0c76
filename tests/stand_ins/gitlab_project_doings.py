"""What else can be done with a project: stars, forks, uploads, attributes, transfer.

Source: GitLab, "Projects API", "Custom attributes API", "Project forks API".
"""

import secrets
from typing import Any

from tests.stand_ins import gitlab_places as places
from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_accounts import administrators
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_projects import shape
from tests.stand_ins.gitlab_rules import paid
from tests.stand_ins.model import Access, Group, Person
from tests.stand_ins.pushing import record
from tests.stand_ins.web import Answer, Call, Listing, Routes

ROUTES = Routes()
ONE = "/projects/:id"


# --- stars, housekeeping, storage ---------------------------------------------------------------


@ROUTES.on("POST", f"{ONE}/star")
def star(face: GitLabFace, call: Call) -> Any:
    project = face.project(call)
    stars: set[int] = project.extra.setdefault("stars", set())
    if call.person.id in stars:
        return Answer(304)
    stars.add(call.person.id)
    return shape(face, project, call)


@ROUTES.on("POST", f"{ONE}/unstar")
def unstar(face: GitLabFace, call: Call) -> Any:
    project = face.project(call)
    stars: set[int] = project.extra.setdefault("stars", set())
    if call.person.id not in stars:
        return Answer(304)
    stars.remove(call.person.id)
    return shape(face, project, call)


@ROUTES.on("POST", f"{ONE}/housekeeping")
def housekeeping(face: GitLabFace, call: Call) -> Answer:
    project = face.project(call, Access.OWNER)
    project.git.git("gc", "--quiet", "--auto")
    return Answer(201)


@ROUTES.on("GET", f"{ONE}/storage")
def storage(face: GitLabFace, call: Call) -> dict[str, Any]:
    administrators(call)
    project = face.project(call)
    path = project.git.path.name
    return {
        "project_id": project.id,
        "disk_path": path.removesuffix(".git"),
        "created_at": shapes.at(project.created),
        "repository_storage": "default",
    }


@ROUTES.on("POST", f"{ONE}/uploads")
def upload(face: GitLabFace, call: Call) -> dict[str, str]:
    project = face.project(call, Access.REPORTER)
    file = call.fields.get("file")
    if file is None:
        raise refused(400, "file is missing")
    place = f"/uploads/{secrets.token_hex(16)}/{file.name}"
    project.extra.setdefault("uploads", {})[place] = file.content
    return {
        "alt": file.name,
        "url": place,
        "full_path": f"/-/project/{project.id}{place}",
        "markdown": f"[{file.name}]({place})",
    }


# --- where it lies ------------------------------------------------------------------------------


@ROUTES.on("GET", f"{ONE}/groups")
def groups(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call)
    above = project.owner.lineage if isinstance(project.owner, Group) else []
    return Listing(above, lambda one: places.group(one, call.origin))


@ROUTES.on("PUT", f"{ONE}/transfer")
def transfer(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.OWNER)
    project.owner = _owner(face, call.text("namespace"))
    return shape(face, project, call)


def _owner(face: GitLabFace, name: str) -> Person | Group:
    group = face.forge.groups.get(int(name)) if name.isdigit() else face.forge.group(name)
    return group or face.somebody(name)


@ROUTES.on("POST", f"{ONE}/fork")
def fork(face: GitLabFace, call: Call) -> dict[str, Any]:
    source = face.project(call, Access.REPORTER)
    named = call.text("namespace") or call.text("namespace_path") or call.text("namespace_id")
    owner = _owner(face, named) if named else call.person
    path = call.text("path") or source.path
    if any(p.owner is owner and p.path == path for p in face.forge.projects.values()):
        raise refused(409, {"path": ["has already been taken"]})
    made = face.forge.add_project(owner, path, call.person, call.text("name") or source.name)
    made.forked_from, made.default_branch = source, source.default_branch
    made.settings = dict(source.settings)
    made.git.git("fetch", "--quiet", str(source.git.path), "refs/heads/*:refs/heads/*")
    record(face.forge, made, call.person, {}, "fork")
    source.extra["forks"] = source.extra.get("forks", 0) + 1
    return shape(face, made, call)


@ROUTES.on("GET", f"{ONE}/forks")
def forks(face: GitLabFace, call: Call) -> Listing:
    source = face.project(call)
    found = [one for one in face.forge.projects.values() if one.forked_from is source]
    return Listing(found, lambda one: shape(face, one, call))


# --- attributes, pages, integrations ------------------------------------------------------------


@ROUTES.on("GET", f"{ONE}/custom_attributes")
def attributes(face: GitLabFace, call: Call) -> list[dict[str, str]]:
    administrators(call)
    kept = face.project(call).extra.get("attributes", {})
    return [{"key": key, "value": value} for key, value in kept.items()]


@ROUTES.on("GET", f"{ONE}/custom_attributes/:key")
def attribute(face: GitLabFace, call: Call) -> dict[str, str]:
    administrators(call)
    kept = face.project(call).extra.get("attributes", {})
    if call.parts["key"] not in kept:
        raise refused(404, "404 Not found")
    return {"key": call.parts["key"], "value": kept[call.parts["key"]]}


@ROUTES.on("PUT", f"{ONE}/custom_attributes/:key")
def set_attribute(face: GitLabFace, call: Call) -> dict[str, str]:
    administrators(call)
    kept = face.project(call).extra.setdefault("attributes", {})
    kept[call.parts["key"]] = call.text("value")
    return attribute(face, call)


@ROUTES.on("DELETE", f"{ONE}/custom_attributes/:key")
def delete_attribute(face: GitLabFace, call: Call) -> None:
    attribute(face, call)
    del face.project(call).extra["attributes"][call.parts["key"]]


_PAGES = {"is_unique_domain_enabled": True, "force_https": False}


@ROUTES.on("GET", f"{ONE}/pages")
def pages(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.MAINTAINER)
    address = f"http://{project.path}.pages.localhost"
    return {"url": address, "deployments": [], **_PAGES, **project.extra.get("pages", {})}


@ROUTES.on("PATCH", f"{ONE}/pages")
def change_pages(face: GitLabFace, call: Call) -> dict[str, Any]:
    kept = face.project(call, Access.MAINTAINER).extra.setdefault("pages", {})
    if "pages_unique_domain_enabled" in call.fields:
        kept["is_unique_domain_enabled"] = call.flag("pages_unique_domain_enabled")
    if "pages_https_only" in call.fields:
        kept["force_https"] = call.flag("pages_https_only")
    return pages(face, call)


@ROUTES.on("DELETE", f"{ONE}/pages")
def delete_pages(face: GitLabFace, call: Call) -> None:
    face.project(call, Access.MAINTAINER).extra.pop("pages", None)


@ROUTES.on("GET", f"{ONE}/mirror/pull")
def pull_mirror(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    kept = face.project(call, Access.MAINTAINER).extra.get("pull_mirror")
    if kept is None:
        raise refused(400, "Project is not mirrored")
    return {"enabled": False, "last_error": None, "update_status": "none", **kept}


@ROUTES.on("PUT", f"{ONE}/mirror/pull")
def set_pull_mirror(face: GitLabFace, call: Call) -> dict[str, Any]:
    paid(face)
    kept = face.project(call, Access.MAINTAINER).extra.setdefault("pull_mirror", {})
    kept |= {name: call.fields[name] for name in ("enabled", "url") if name in call.fields}
    kept.setdefault("id", face.forge.number())
    return pull_mirror(face, call)


for word in ("services", "integrations"):

    @ROUTES.on("PUT", f"{ONE}/{word}/:slug")
    def set_integration(face: GitLabFace, call: Call) -> dict[str, Any]:
        kept = face.project(call, Access.MAINTAINER).extra.setdefault("integrations", {})
        kept[call.parts["slug"]] = {k: v for k, v in call.fields.items() if k != "slug"}
        return integration(face, call)

    @ROUTES.on("GET", f"{ONE}/{word}/:slug")
    def integration(face: GitLabFace, call: Call) -> dict[str, Any]:
        kept = face.project(call, Access.MAINTAINER).extra.get("integrations", {})
        name = call.parts["slug"]
        told = {"title": name.title(), "slug": name, "active": name in kept}
        return {**told, "properties": kept.get(name, {})}

    @ROUTES.on("DELETE", f"{ONE}/{word}/:slug")
    def delete_integration(face: GitLabFace, call: Call) -> None:
        kept = face.project(call, Access.MAINTAINER).extra.get("integrations", {})
        if kept.pop(call.parts["slug"], None) is None:
            raise refused(404, "404 Service Not Found")
