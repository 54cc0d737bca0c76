"""Labels and milestones that a group's projects share, and people who follow a label.

Source: GitLab, "Labels API", "Group labels API", "Group milestones API".
"""

from typing import Any

from tests.stand_ins import gitlab_shapes as shapes
from tests.stand_ins.gitlab_accounts import group_of
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_projects import one_label
from tests.stand_ins.model import Access, Group, Label, Project
from tests.stand_ins.web import Call, Listing, Routes

ROUTES = Routes()
ONE = "/projects/:id"


@ROUTES.on("POST", f"{ONE}/labels/:label/subscribe")
def subscribe(face: GitLabFace, call: Call) -> dict[str, Any]:
    label = one_label(face, call)
    label.subscribers.add(call.person.id)
    return shapes.label(label, subscriber=call.person)


@ROUTES.on("POST", f"{ONE}/labels/:label/unsubscribe")
def unsubscribe(face: GitLabFace, call: Call) -> dict[str, Any]:
    label = one_label(face, call)
    label.subscribers.discard(call.person.id)
    return shapes.label(label, subscriber=call.person)


@ROUTES.on("PUT", f"{ONE}/labels/:label/promote")
def promote_label(face: GitLabFace, call: Call) -> dict[str, Any]:
    label = one_label(face, call)
    project, group = _below_group(face, call)
    project.labels.remove(label)
    group.labels.append(label)
    return shapes.label(label, project=False)


@ROUTES.on("POST", f"{ONE}/milestones/:key/promote")
def promote_milestone(face: GitLabFace, call: Call) -> dict[str, Any]:
    project, group = _below_group(face, call)
    found = project.extra.get("milestones", {}).pop(call.parts["key"], None)
    if found is None:
        raise refused(404, "404 Not found")
    group.extra.setdefault("milestones", []).append(found)
    return dict(found)


def _below_group(face: GitLabFace, call: Call) -> tuple[Project, Group]:
    project = face.project(call, Access.REPORTER)
    if not isinstance(project.owner, Group):
        raise refused(400, "Project does not belong to a group")
    return project, project.owner


@ROUTES.on("GET", "/groups/:id/milestones")
def milestones_of_group(face: GitLabFace, call: Call) -> Listing:
    return Listing(group_of(face, call).extra.get("milestones", []), lambda one: one)


@ROUTES.on("GET", "/groups/:id/labels")
def labels_of_group(face: GitLabFace, call: Call) -> Listing:
    found = [label for one in group_of(face, call).lineage for label in one.labels]
    return Listing(found, lambda one: shapes.label(one, project=False))


@ROUTES.on("POST", "/groups/:id/labels")
def add_group_label(face: GitLabFace, call: Call) -> dict[str, Any]:
    group = group_of(face, call, Access.REPORTER)
    made = Label(face.forge.number(), call.text("name"), call.text("color"))
    group.labels.append(made)
    return shapes.label(made, project=False)


@ROUTES.on("DELETE", "/groups/:id/labels/:label")
def delete_group_label(face: GitLabFace, call: Call) -> None:
    group = group_of(face, call, Access.REPORTER)
    left = [label for label in group.labels if label.name != call.parts["label"]]
    if len(left) == len(group.labels):
        raise refused(404, "404 Label Not Found")
    group.labels[:] = left
