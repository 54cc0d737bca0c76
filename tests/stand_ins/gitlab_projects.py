"""Projects with their labels, hooks and protections.

Source: GitLab, "Projects API", "Labels API", "Protected branches API", "Protected tags API",
"Project webhooks API".
"""

from collections.abc import Mapping
from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.model import Access, Group, Hook, Label, Person, Project, Protection
from tests.stand_ins.web import Call, Listing, Routes, Upload

ROUTES = Routes()
ONE = "/projects/:id"
WORDS = {"private": Access.GUEST}


# --- projects -----------------------------------------------------------------------------------


def shape(face: GitLabFace, project: Project, call: Call) -> dict[str, Any]:
    """A project as the caller sees it."""
    return shapes.project(project, call.origin, face.forge.access(call.caller, project))


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
    from tests.stand_ins.pushing import record

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
    for name, usual in shapes.PROJECT_SETTINGS.items():
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


@ROUTES.on("PUT", f"{ONE}/labels/:label")
def change_label(face: GitLabFace, call: Call) -> dict[str, Any]:
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


# --- protections --------------------------------------------------------------------------------

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


# --- hooks --------------------------------------------------------------------------------------

EVENTS = (
    "push_events",
    "tag_push_events",
    "merge_requests_events",
    "issues_events",
    "confidential_issues_events",
    "note_events",
    "confidential_note_events",
    "job_events",
    "pipeline_events",
    "wiki_page_events",
    "deployment_events",
    "releases_events",
    "feature_flag_events",
    "emoji_events",
)


def _hook(face: GitLabFace, call: Call) -> tuple[Project, Hook]:
    project = face.project(call, Access.MAINTAINER)
    for one in project.hooks:
        if one.id == call.number("hook"):
            return project, one
    raise refused(404, "404 Not found")


def _fill(call: Call, hook: Hook) -> None:
    hook.url = call.text("url", hook.url)
    hook.secret = call.text("token") or hook.secret
    hook.events |= {name: call.flag(name) for name in EVENTS if name in call.fields}


@ROUTES.on("GET", f"{ONE}/hooks")
def hooks(face: GitLabFace, call: Call) -> Listing:
    project = face.project(call, Access.MAINTAINER)
    return Listing(project.hooks, lambda one: shapes.hook(one, project))


@ROUTES.on("GET", f"{ONE}/hooks/:hook")
def hook(face: GitLabFace, call: Call) -> dict[str, Any]:
    project, found = _hook(face, call)
    return shapes.hook(found, project)


@ROUTES.on("POST", f"{ONE}/hooks")
def add_hook(face: GitLabFace, call: Call) -> dict[str, Any]:
    project = face.project(call, Access.MAINTAINER)
    usual = {name: name == "push_events" for name in EVENTS}
    made = Hook(face.forge.number(), call.text("url"), face.forge.tick(), events=usual)
    _fill(call, made)
    project.hooks.append(made)
    return shapes.hook(made, project)


@ROUTES.on("PUT", f"{ONE}/hooks/:hook")
def change_hook(face: GitLabFace, call: Call) -> dict[str, Any]:
    project, found = _hook(face, call)
    _fill(call, found)
    return shapes.hook(found, project)


@ROUTES.on("DELETE", f"{ONE}/hooks/:hook")
def delete_hook(face: GitLabFace, call: Call) -> None:
    project, found = _hook(face, call)
    project.hooks.remove(found)
