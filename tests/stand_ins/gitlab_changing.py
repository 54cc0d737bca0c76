"""A merge request's title, text, people and labels, as a call changes them.

Source: GitLab, "Merge requests API: Update MR".
"""

from tests.stand_ins.gitlab_face import GitLabFace
from tests.stand_ins.gitlab_mergeability import draft
from tests.stand_ins.model import Access, Label, MergeRequest, Project
from tests.stand_ins.pushing import event
from tests.stand_ins.web import Call


def change(face: GitLabFace, call: Call, found: MergeRequest) -> None:
    """Do what the fields of a call say."""
    given = call.fields
    if "title" in given and call.text("title") != found.title:
        found.title = call.text("title")
        found.draft = draft(found.title)
        if any(one.what == "opened" for one in found.events):
            event(face.forge, found, "renamed", call.person)
    if "description" in given:
        found.body = call.text("description")
    if "target_branch" in given:
        found.target_branch = call.text("target_branch")
    if "squash" in given:
        found.extra["squash"] = call.flag("squash")
    if "remove_source_branch" in given:
        found.remove_source = call.flag("remove_source_branch")
    if "milestone_id" in given:
        _plan(face, call, found)
    _assign(face, call, found)
    _label(face, call, found)


def _plan(face: GitLabFace, call: Call, found: MergeRequest) -> None:
    wanted = call.text("milestone_id")
    milestones = found.project.extra.get("milestones", {})
    found.extra["milestone"] = milestones.get(int(wanted or 0))
    about = found.extra["milestone"]
    event(
        face.forge, found, "milestone added" if about else "milestone removed", call.person, about
    )


def _assign(face: GitLabFace, call: Call, found: MergeRequest) -> None:
    """On Free one assignee and one reviewer are kept, the others are dropped silently."""
    for name, kept in (("assignee_ids", found.assignees), ("reviewer_ids", found.reviewers)):
        if name not in call.fields:
            continue
        numbers = [int(number) for number in call.many(name) if int(number)]
        people = [face.forge.people[n] for n in numbers if n in face.forge.people]
        visible = [p for p in people if face.forge.access(p, found.project) >= Access.REPORTER]
        kept[:] = visible if face.premium else visible[:1]
    if "assignee_id" in call.fields:
        number = int(call.text("assignee_id") or 0)
        found.assignees[:] = [face.forge.people[number]] if number in face.forge.people else []


def _label(face: GitLabFace, call: Call, found: MergeRequest) -> None:
    labels = list(found.labels)
    if "labels" in call.fields:
        labels = [str(one) for one in call.many("labels")]
    labels += [one for one in call.many("add_labels") if one not in labels]
    labels = [one for one in labels if one not in call.many("remove_labels")]
    added = [one for one in labels if one not in found.labels]
    removed = [one for one in found.labels if one not in labels]
    for name in added:
        event(face.forge, found, "label added", call.person, _known(face, found.project, name))
    for name in removed:
        event(face.forge, found, "label removed", call.person, _known(face, found.project, name))
    found.labels = labels


def _known(face: GitLabFace, project: Project, name: str) -> Label:
    """The label, made where nobody made it before."""
    for one in project.labels:
        if one.name == name:
            return one
    made = Label(face.forge.number(), name, "#6699cc")
    project.labels.append(made)
    return made
