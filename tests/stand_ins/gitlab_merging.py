"""Merge, automatic merge, rebase.

Source: GitLab, `lib/api/merge_requests.rb` ("Merge a merge request" and below).
"""

from typing import Any

from tests.stand_ins import pipelines
from tests.stand_ins.gitlab_face import GitLabFace, refused
from tests.stand_ins.gitlab_merge_requests import ONE
from tests.stand_ins.gitlab_mergeability import detailed
from tests.stand_ins.gitlab_request_shapes import whole
from tests.stand_ins.merge_requests import CannotMerge, merge, note, rebased
from tests.stand_ins.model import Access, MergeRequest, Person, State
from tests.stand_ins.pushing import event, may_merge, may_push, record, verdict
from tests.stand_ins.web import Answer, Call, Routes

ROUTES = Routes()

WAITING = frozenset(
    {
        "ci_must_pass",
        "ci_still_running",
        "discussions_not_resolved",
        "draft_status",
        "not_approved",
        "requested_changes",
    }
)
"""What an automatic merge waits for."""


@ROUTES.on("PUT", f"{ONE}/merge")
def merge_it(face: GitLabFace, call: Call) -> dict[str, Any]:
    """The order of the refusals is GitLab's."""
    found = face.request(call)
    sha = call.text("sha")
    if not sha and found.project.settings.get("require_sha_for_merge"):
        raise refused(400, "SHA must be provided when merging")
    if not may_merge(face.forge, found.project, call.person, found.target_branch):
        raise refused(401)
    if sha and sha != found.head:
        raise refused(409, f"SHA does not match HEAD of source branch: {found.head}")
    automatic = call.flag("auto_merge") or call.flag("merge_when_pipeline_succeeds")
    status = detailed(face, found)
    if automatic and _waits(found, status):
        found.automatic = {"by": call.person, **_wishes(call)}
        words = f"enabled an automatic merge when all merge checks for {found.head} pass"
        note(face.forge, found, call.person, words, system=True)
        event(face.forge, found, "automatic merge enabled", call.person)
        return whole(face, found, call)
    if status != "mergeable":
        raise refused(405)
    try:
        carry_out(face, found, call.person, _wishes(call))
    except CannotMerge:
        raise refused(422, "Branch cannot be merged") from None
    return whole(face, found, call)


def _wishes(call: Call) -> dict[str, Any]:
    names = (
        "merge_commit_message",
        "squash_commit_message",
        "squash",
        "should_remove_source_branch",
    )
    return {name: call.fields[name] for name in names if name in call.fields}


def _waits(request: MergeRequest, status: str) -> bool:
    if status in WAITING:
        return True
    head = pipelines.of_head(request)
    busy = head is not None and pipelines.state(request.source, head) in pipelines.ACTIVE
    return status == "mergeable" and busy


def carry_out(face: GitLabFace, request: MergeRequest, by: Person, wishes: dict[str, Any]) -> None:
    """Merge it as the project wants it.

    Raises:
        CannotMerge: git cannot.
    """
    settings = request.project.settings
    method = str(settings.get("merge_method", "merge"))
    squash = _true(wishes.get("squash", request.extra.get("squash", False)))
    message = str(wishes.get("merge_commit_message") or _message(request))
    if squash:
        message = str(wishes.get("squash_commit_message") or request.title)
        merge(face.forge, request, by, message, method="squash")
    else:
        merge(
            face.forge, request, by, message, method="fast-forward" if method == "ff" else "merge"
        )
    note(face.forge, request, by, "merged", system=True)
    if _true(wishes.get("should_remove_source_branch", request.remove_source)):
        _remove_source(face, request, by)


def _true(value: object) -> bool:
    return value is True or str(value).casefold() in {"true", "1"}


def _message(request: MergeRequest) -> str:
    return (
        f"Merge branch '{request.source_branch}' into '{request.target_branch}'\n\n"
        f"{request.title}\n\nSee merge request {request.project.full_path}!{request.number}\n"
    )


def _remove_source(face: GitLabFace, request: MergeRequest, by: Person) -> None:
    git = request.source.git
    if git.head(request.source_branch) is None:
        return
    if verdict(face.forge, request.source, by, request.source_ref, deletes=True) == "closed":
        return
    before = git.refs()
    git.move(request.source_ref, None)
    record(face.forge, request.source, by, before)


@ROUTES.on("POST", f"{ONE}/cancel_merge_when_pipeline_succeeds")
def cancel(face: GitLabFace, call: Call) -> dict[str, str]:
    found = face.request(call)
    may = may_merge(face.forge, found.project, call.person, found.target_branch)
    if not may and found.author is not call.person:
        raise refused(401)
    if found.automatic is None or found.state is not State.OPEN:
        raise refused(406)
    found.automatic = None
    note(face.forge, found, call.person, "canceled the automatic merge", system=True)
    event(face.forge, found, "automatic merge cancelled", call.person)
    return {"status": "success"}


def merge_what_is_armed(face: GitLabFace) -> None:
    """Merge whatever waited for nothing else any more."""
    for request in list(face.forge.requests()):
        armed = request.automatic
        if armed is None or request.state is not State.OPEN or request.unsettled:
            continue
        status = detailed(face, request)
        if status == "mergeable" and not _waits(request, status):
            try:
                carry_out(face, request, armed["by"], armed)
            except CannotMerge as e:
                request.automatic, request.merge_error = None, str(e)


@ROUTES.on("PUT", f"{ONE}/rebase")
def rebase(face: GitLabFace, call: Call) -> Answer:
    found = face.request(call)
    if not may_push(face.forge, found.source, call.person, found.source_branch):
        raise refused(403, "Cannot push to source branch")
    if found.source.git.head(found.source_branch) is None:
        raise refused(403, "Source branch does not exist")
    if verdict(face.forge, found.source, call.person, found.source_ref, deletes=False) != "free":
        raise refused(403, "Source branch is protected from force push")
    found.merge_error = None
    try:
        head = rebased(face.forge, found, call.person)
    except CannotMerge:
        found.merge_error = "Rebase failed: Rebase locally, resolve all conflicts, then push."
        return Answer(202, {"rebase_in_progress": True})
    source = found.source.git
    if found.source is not found.project:
        source.git("fetch", "--quiet", "--no-tags", str(found.project.git.path), head)
    before = source.refs()
    source.move(found.source_ref, head)
    record(face.forge, found.source, call.person, before)
    return Answer(202, {"rebase_in_progress": True})


@ROUTES.on("GET", f"{ONE}/merge_ref")
def merge_ref(face: GitLabFace, call: Call) -> dict[str, str]:
    found = face.request(call, Access.DEVELOPER)
    git = found.project.git
    target = git.head(found.target_branch)
    tree = git.merged(target, found.head) if target else None
    if tree is None or target is None:
        raise refused(400, "Merge request is not mergeable")
    by = face.forge.signature(call.person)
    made = git.write(tree, [target, found.head], "Merge", by)
    git.move(f"refs/merge-requests/{found.number}/merge", made)
    return {"commit_id": made}
