"""Opening, approving and merging; what git must decide is asked of git."""

from collections.abc import Sequence

from tests.stand_ins.bare import GitFailed
from tests.stand_ins.forge import Forge
from tests.stand_ins.model import (
    MergeRequest,
    Note,
    Person,
    Project,
    Review,
    State,
    Verdict,
)
from tests.stand_ins.pushing import BRANCHES, add_version, event, record


class CannotMerge(Exception):
    """The branches conflict."""


def open_request(
    forge: Forge, project: Project, source: Project, branches: tuple[str, str], by: Person
) -> MergeRequest:
    """A new one from the first branch to the second; both are there."""
    head = source.git.head(branches[0])
    if head is None:
        raise GitFailed(f"no branch {branches[0]}")
    number = max(project.requests, default=0) + 1
    now = forge.tick()
    request = MergeRequest(
        forge.number(), number, project, source, *branches, "", "", by, created=now, updated=now
    )
    push = forge.pusher(source, request.source_ref, head)
    add_version(forge, request, head, push.by if push else by)
    project.requests[number] = request
    return request


def same_branches(
    project: Project, source: Project, branches: tuple[str, str]
) -> list[MergeRequest]:
    """The open ones between them."""
    return [
        one
        for one in project.requests.values()
        if one.state is State.OPEN
        and one.source is source
        and (one.source_branch, one.target_branch) == branches
    ]


def reopen(forge: Forge, request: MergeRequest, by: Person) -> None:
    """A closed one is open again, at its branch's head of today."""
    request.state, request.closed_at, request.closed_by = State.OPEN, None, None
    head = request.source.git.head(request.source_branch)
    if head and head != request.head:
        push = forge.pusher(request.source, request.source_ref, head)
        add_version(forge, request, head, push.by if push else by)
    request.unsettled = forge.policy.polls_until_settled
    request.updated = forge.tick()
    event(forge, request, "reopened", by)


def conflicts(request: MergeRequest) -> bool:
    """Whether git cannot merge it by itself."""
    git = request.project.git
    target = git.head(request.target_branch)
    if target is None:
        return True
    try:
        return git.merged(target, request.head) is None
    except GitFailed:
        return True


def behind(request: MergeRequest) -> int:
    """How many commits of the target branch it has not."""
    return request.project.git.count(f"refs/heads/{request.target_branch}", f"^{request.head}")


def review(
    forge: Forge,
    request: MergeRequest,
    by: Person,
    verdict: Verdict,
    body: str = "",
    head: str = "",
) -> Review:
    """Somebody says what they think of it."""
    made = Review(forge.number(), by, verdict, head or request.head, forge.tick(), body)
    request.reviews.append(made)
    request.updated = made.at
    if verdict is not Verdict.COMMENTED:
        event(forge, request, verdict.value, by, made)
    return made


def unapprove(forge: Forge, request: MergeRequest, by: Person) -> bool:
    """Take somebody's approval back; whether there was one."""
    mine = [r for r in request.approvals() if r.by is by]
    request.reviews = [r for r in request.reviews if r not in mine]
    if mine:
        event(forge, request, "unapproved", by)
    return bool(mine)


def note(
    forge: Forge, request: MergeRequest, by: Person, body: str, *, system: bool = False
) -> Note:
    """A comment, or with `system` the forge's record."""
    now = forge.tick()
    number = forge.number()
    made = Note(number, by, body, now, now, system, discussion=f"{number:040x}")
    request.notes.append(made)
    if not system:
        request.updated = now
        forge.tell("note", request.project, by, (request, made))
    return made


def merge(
    forge: Forge, request: MergeRequest, by: Person, message: str, *, method: str = "merge"
) -> str:
    """Merge, squash or rebase it, and record it as a push of theirs; the target's new head.

    Raises:
        CannotMerge: the branches conflict, or there is nothing to fast-forward.
    """
    if forge.policy.refuses_merges:
        raise CannotMerge("a hook of the server refused it")
    made = _made(forge, request, by, message, method)
    before = request.project.git.refs()
    old = before[f"{BRANCHES}{request.target_branch}"]
    request.state, request.merged_by = State.MERGED, by
    request.merged_at = request.updated = forge.tick()
    request.automatic = None
    request.project.git.move(f"{BRANCHES}{request.target_branch}", made, old)
    if method == "squash":
        request.squash_commit = made
    if method == "merge":
        request.merge_commit = made
    record(forge, request.project, by, before)
    event(forge, request, "merged", by)
    return made


def _made(forge: Forge, request: MergeRequest, by: Person, message: str, method: str) -> str:
    git = request.project.git
    target = git.head(request.target_branch)
    if target is None:
        raise CannotMerge("the target branch is not there")
    if method == "fast-forward":
        if not git.is_ancestor(target, request.head):
            raise CannotMerge("not a fast-forward")
        return request.head
    if method == "rebase":
        return rebased(forge, request, by)
    try:
        tree = git.merged(target, request.head)
    except GitFailed as e:
        raise CannotMerge(str(e)) from None
    if tree is None:
        raise CannotMerge("conflict")
    parents: Sequence[str] = [target] if method == "squash" else [target, request.head]
    return git.write(tree, parents, message, forge.signature(by))


def rebased(forge: Forge, request: MergeRequest, by: Person) -> str:
    """The commits of its branch again on top of the target; the new head, moved nowhere yet.

    Raises:
        CannotMerge: one of them conflicts.
    """
    git = request.project.git
    target = git.head(request.target_branch)
    if target is None:
        raise CannotMerge("the target branch is not there")
    head = target
    for commit in reversed(git.log("--no-merges", request.head, f"^{target}")):
        tree = git.three_way(commit.parents[0], head, commit.sha)
        if tree is None:
            raise CannotMerge(f"{commit.sha} conflicts")
        head = git.write(tree, [head], commit.message, commit.author, forge.signature(by))
    return head
