"""What a forge does about a push: refuse it beforehand, draw its consequences afterwards."""

import fnmatch
from collections.abc import Iterable, Mapping

from tests.stand_ins.forge import Forge
from tests.stand_ins.model import (
    ZERO,
    Access,
    Event,
    MergeRequest,
    Person,
    Project,
    Protection,
    Push,
    State,
    Version,
)

BRANCHES, TAGS = "refs/heads/", "refs/tags/"


def matching(protections: Iterable[Protection], name: str) -> list[Protection]:
    """Those whose pattern names this branch or tag; `*` stands for anything, a slash too."""
    return [p for p in protections if fnmatch.fnmatchcase(name, p.pattern.replace("[", "[[]"))]


def may_push(forge: Forge, project: Project, person: Person, branch: str) -> bool:
    """Whether somebody may add commits to a branch, or make it."""
    if forge.access(person, project) < Access.DEVELOPER:
        return False
    rules = matching(project.protected_branches, branch)
    return not rules or any(forge.allows(rule.push, person, project) for rule in rules)


def may_merge(forge: Forge, project: Project, person: Person, branch: str) -> bool:
    """Whether somebody may merge into a branch."""
    if forge.access(person, project) < Access.DEVELOPER:
        return False
    rules = matching(project.protected_branches, branch)
    if not rules:
        return True
    return any(forge.allows([*rule.merge, *rule.push], person, project) for rule in rules)


def verdict(forge: Forge, project: Project, person: Person, ref: str, *, deletes: bool) -> str:
    """What somebody may do to a ref: `free`, `forward` (anything but a rewriting) or `closed`."""
    if forge.access(person, project) < Access.DEVELOPER:
        return "closed"
    if ref.startswith(TAGS):
        rules = matching(project.protected_tags, ref.removeprefix(TAGS))
        ok = not rules or any(forge.allows(rule.push, person, project) for rule in rules)
        return "free" if ok else "closed"
    if not ref.startswith(BRANCHES):
        return "closed"
    branch = ref.removeprefix(BRANCHES)
    rules = matching(project.protected_branches, branch)
    if not rules:
        return "free"
    if deletes or not any(forge.allows(rule.push, person, project) for rule in rules):
        return "closed"
    return "free" if all(rule.force for rule in rules) else "forward"


def record(
    forge: Forge, project: Project, person: Person, before: Mapping[str, str], why: str = "push"
) -> list[Push]:
    """Remember what moved since `before` as somebody's doing, and draw the consequences."""
    now = project.git.refs()
    made = []
    for ref in sorted({*before, *now}):
        old, new = before.get(ref, ZERO), now.get(ref, ZERO)
        if old != new:
            made.append(Push(ref, old, new, person, forge.tick()))
    project.pushes += made
    if made:
        project.updated = made[-1].at
    for push in made:
        for request in list(forge.requests()):
            _follow(forge, project, request, push)
        forge.tell(why, project, person, push)
    return made


def _follow(forge: Forge, project: Project, request: MergeRequest, push: Push) -> None:
    if request.source is project and push.ref == request.source_ref:
        _source_moved(forge, request, push)
    elif request.project is project and push.ref == f"{BRANCHES}{request.target_branch}":
        _target_moved(forge, request, push)


def _source_moved(forge: Forge, request: MergeRequest, push: Push) -> None:
    if request.state is not State.OPEN:
        return
    if push.after == ZERO:
        if forge.policy.closes_without_source:
            close(forge, request, push.by)
        return
    kept = same_patch(request, push.after)
    add_version(forge, request, push.after, push.by)
    event(forge, request, "pushed", push.by, push)
    if forge.policy.drops_approvals(request) and not kept:
        request.reviews = [r for r in request.reviews if r not in request.approvals()]
        event(forge, request, "approvals dropped", push.by, push)
    request.automatic = None


def _target_moved(forge: Forge, request: MergeRequest, push: Push) -> None:
    if request.state is not State.OPEN or push.after == ZERO:
        return
    request.unsettled = forge.policy.polls_until_settled
    head = request.head
    if project_has(request.project, head) and request.project.git.is_ancestor(head, push.after):
        request.state = State.MERGED
        request.merged_by, request.merged_at = push.by, forge.tick()
        request.merge_commit = None
        event(forge, request, "merged", push.by)


def project_has(project: Project, sha: str) -> bool:
    """Whether a commit is there."""
    return project.git.commit(sha) is not None


def bring(request: MergeRequest, sha: str) -> None:
    """Fetch a fork's commit, and keep what a version's refs keep alive."""
    git = request.project.git
    if request.source is not request.project:
        git.git("fetch", "--quiet", "--no-tags", str(request.source.git.path), sha)
    git.move(f"refs/merge-requests/{request.number}/head", sha)
    git.move(f"refs/keep-around/{sha}", sha)


def add_version(forge: Forge, request: MergeRequest, head: str, by: Person) -> None:
    """A push reached the merge request."""
    bring(request, head)
    start = request.project.git.head(request.target_branch) or ZERO
    base = request.project.git.base(head, start) if start != ZERO else None
    at = forge.tick()
    request.versions.append(Version(forge.number(), head, base or start, start, by, at))
    request.updated = at
    request.unsettled = forge.policy.polls_until_settled


def same_patch(request: MergeRequest, head: str) -> bool:
    """Whether a new head changes the same as the one before: a plain rebase."""
    bring(request, head)
    git, last = request.project.git, request.versions[-1]
    target = git.head(request.target_branch)
    base = git.base(head, target) if target else None
    return base is not None and _patch(request, last.base, last.head) == _patch(request, base, head)


def _patch(request: MergeRequest, old: str, new: str) -> str:
    git = request.project.git
    told = git.git("patch-id", "--stable", given=git.raw("diff", old, new) + b"\n")
    return told.split(" ")[0]


def close(forge: Forge, request: MergeRequest, by: Person) -> None:
    """End it unmerged."""
    request.state, request.closed_by, request.closed_at = State.CLOSED, by, forge.tick()
    request.updated, request.automatic = request.closed_at, None
    event(forge, request, "closed", by)


def event(forge: Forge, request: MergeRequest, what: str, by: Person, about: object = None) -> None:
    """Remember that something happened, and tell the listeners."""
    request.events.append(Event(forge.number(), what, by, forge.tick(), about))
    forge.tell(what, request.project, by, request)
