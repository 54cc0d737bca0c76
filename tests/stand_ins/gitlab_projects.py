"""Projects with their labels.

Source: GitLab, "Projects API", "Labels API".
"""

from collections.abc import Mapping
from typing import Any

from tests.stand_ins import gitlab_places as places
from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Group, Label, Person, Project
from tests.stand_ins.pushing import record
from tests.stand_ins.web import Call, Listing, Routes, Upload

ROUTES = Routes()
ONE = "/projects/:id"


# --- projects -----------------------------------------------------------------------------------


def shape(face: GitLabFace, project: Project, call: Call) -> dict[str, Any]:
    """A project as the caller sees it."""
    return places.project(project, call.origin, face.forge.access(call.caller, project))


@ROUTES.on("GET", "/projects")
def projects(face: GitLabFace, call: Call) -> Listing:
    access, searched = face.forge.access, call.text("search").casefold()
    wanted: Mapping[str, Any] = call.fields.get("custom_attributes") or {}
    found = [
        one
        for one in sorted(face.forge.projects.values(), key=lambda one: -one.id)
        if (access(call.caller, one) >= Access.GUEST or one.settings.get("visibility") == "public")
        and searched in one.full_path.casefold()
        and (not call.flag("owned") or _owns(face, call.person, one))
        and (not call.flag("membership") or call.person.id in face.forge.members(one))
        and (not call.flag("archived") or one.settings.get("archived"))
        and all(one.extra.get("attributes", {}).get(k) == v for k, v in wanted.items())
    ]
    return Listing(found, lambda one: shape(face, one, call))


def _owns(face: GitLabFace, person: Person, project: Project) -> bool:
    return face.forge.members(project).get(person.id, Access.NONE) >= Access.OWNER


@ROUTES.on("POST", "/projects")
def create(face: GitLabFace, call: Call) -> dict[str, Any]:
    owner: Person | Group = call.person
    if number := call.text("namespace_id"):
        group = face.forge.groups.get(int(number))
        if group is None and int(number) != call.person.id:
            raise refused(404, "404 Namespace Not Found")
        owner = group or owner
        if group and face.forge.access(call.person, group) < Access.DEVELOPER:
            raise refused(403)
    name = call.text("name") or call.text("path")
    path = call.text("path") or name.replace(" ", "-")
    if any(p.owner is owner and p.path == path for p in face.forge.projects.values()):
        raise refused(400, {"name": ["has already been taken"], "path": ["has already been taken"]})
    made = face.forge.add_project(owner, path, call.person, name)
    made.settings["default_branch_protection"] = 2
    _change(call, made)
    if call.flag("initialize_with_readme"):
        _initialise(face, made, call.person)
    return shape(face, made, call)


def _initialise(face: GitLabFace, project: Project, by: Person) -> None:
    git = project.git
    before = git.refs()
    put = {"README.md": ("100644", git.store(f"# {project.name}\n".encode()))}
    made = git.write(git.changed(None, put), [], "Initial commit", face.forge.signature(by))
    git.move(f"refs/heads/{project.default_branch}", made)
    record(face.forge, project, by, before)


@ROUTES.on("GET", ONE)
def get(face: GitLabFace, call: Call) -> dict[str, Any]:
    return shape(face, face.project(call), call)


@ROUTES.on("PUT", ONE)
def update(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.MAINTAINER)
    _change(call, project)
    project.updated = face.forge.tick()
    return shape(face, project, call)


@ROUTES.on("DELETE", ONE)
def delete(face: GitLabFace, call: Call) -> dict[str, str]:
    project = face.project(call, Access.OWNER)
    del face.forge.projects[project.id]
    return {"message": "202 Accepted"}


def _change(call: Call, project: Project) -> None:
    for name, usual in places.PROJECT_SETTINGS.items():
        if name in call.fields:
            project.settings[name] = call.flag(name) if usual in (True, False) else call.text(name)
    if "default_branch" in call.fields:
        project.default_branch = call.text("default_branch")
    if "name" in call.fields:
        project.name = call.text("name")
    if "path" in call.fields:
        project.path = call.text("path")
    if "avatar" in call.fields:
        image = call.fields["avatar"]
        place = f"{call.origin}/uploads/-/system/project/avatar/{project.id}"
        url = f"{place}/{image.name}" if isinstance(image, Upload) else None
        project.extra["avatar_url"] = url


# --- labels -------------------------------------------------------------------------------------


def _labels(project: Project) -> list[tuple[Label, bool]]:
    above = project.owner.lineage if isinstance(project.owner, Group) else []
    inherited = [(label, False) for group in above for label in group.labels]
    return [(label, True) for label in project.labels] + inherited


@ROUTES.on("GET", f"{ONE}/labels")
def labels(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.REPORTER)
    return Listing(
        _labels(project),
        lambda one: shapes.label(one[0], subscriber=call.caller, project=one[1]),
    )


def one_label(face: GitLabFace, call: Call, least: Access = Access.REPORTER) -> Label:
    """The label of the path, by number or name."""
    name = call.parts["label"]
    for label, _ in _labels(face.project(call, least)):
        if name in {label.name, str(label.id)}:
            return label
    raise refused(404, "404 Label Not Found")


@ROUTES.on("GET", f"{ONE}/labels/:label")
def label(face: GitLabFace, call: Call) -> dict[str, Any]:
    return shapes.label(one_label(face, call), subscriber=call.caller)


@ROUTES.on("POST", f"{ONE}/labels")
def add_label(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.REPORTER)
    name = call.text("name")
    if any(label.name == name for label, _ in _labels(project)):
        raise refused(409, "Label already exists")
    if not call.text("color"):
        raise refused(400, "color is missing")
    description = call.text("description") or None
    made = Label(face.forge.number(), name, call.text("color"), description)
    project.labels.append(made)
    return shapes.label(made)


@ROUTES.on("PUT", f"{ONE}/labels")
@ROUTES.on("PUT", f"{ONE}/labels/:label")
def change_label(face: GitLabFace, call: Call) -> dict[str, Any]:
    call.parts.setdefault("label", call.text("label_id") or call.text("name"))
    found = one_label(face, call)
    found.name = call.text("new_name", found.name)
    found.color = call.text("color", found.color)
    if "description" in call.fields:
        found.description = call.text("description") or None
    return shapes.label(found, subscriber=call.caller)


@ROUTES.on("DELETE", f"{ONE}/labels/:label")
def delete_label(face: GitLabFace, call: Call) -> None:
    found = one_label(face, call)
    face.project(call).labels.remove(found)
