"""Calls on pull requests.

Source: GitHub, "REST API endpoints for pull requests"; reference/forges-and-registries.md 2.1.
"""

from collections.abc import Callable
from typing import Any

from tests.stand_ins import github_merging as merging
from tests.stand_ins.github_face import GitHubFace, invalid, not_found, refused
from tests.stand_ins.github_pull_shapes import Mergeability
from tests.stand_ins.github_rules import demands
from tests.stand_ins.github_state import ROLES, is_public
from tests.stand_ins.merge_requests import CannotMerge, open_request, reopen, same_branches
from tests.stand_ins.model import Group, MergeRequest, Project, State, Tier
from tests.stand_ins.pushing import BRANCHES, close, event, record
from tests.stand_ins.web import Answer, Call, Listing, Refused, Routes

ROUTES = Routes()

_PULLS = "/repos/:owner/:repo/pulls"
_PULL = f"{_PULLS}/:number"
_MOVED = "Head branch was modified. Review and try the merge again."
_NOT = "Pull Request is not mergeable"
_BASE_KEY: dict[str, Callable[[MergeRequest], Any]] = {
    "created": lambda pull: pull.created,
    "updated": lambda pull: pull.updated,
}


@ROUTES.on("GET", _PULLS)
def listed(face: GitHubFace, call: Call) -> Listing:
    """A `head` without its owner is no filter at all."""
    project = face.project(call)
    state, head, base = call.text("state", "open"), call.text("head"), call.text("base")
    found = [
        one
        for one in project.requests.values()
        if (state == "all" or (one.state is State.OPEN) == (state == "open"))
        and (not base or one.target_branch == base)
        and (":" not in head or head == f"{_login(one.source)}:{one.source_branch}")
    ]
    key = _BASE_KEY.get(call.text("sort", "created"), _BASE_KEY["created"])
    found.sort(key=key, reverse=call.text("direction", "desc") == "desc")
    return Listing(found, face.pulls(call).simple)


@ROUTES.on("POST", _PULLS)
def create(face: GitHubFace, call: Call) -> Any:
    """Between two branches of which the first has something new; once for each pair."""
    project = face.project(call)
    if call.caller is None:
        raise refused(401, "Requires authentication")
    title, base = call.text("title"), call.text("base")
    if not title:
        raise invalid("PullRequest", {"field": "title", "code": "missing_field"})
    source, branch = _source(face, project, call.text("head"), call.text("head_repo"))
    if source is None or source.git.head(branch) is None:
        raise invalid("PullRequest", {"field": "head", "code": "invalid"})
    if project.git.head(base) is None:
        raise invalid("PullRequest", {"field": "base", "code": "invalid"})
    if same_branches(project, source, (branch, base)):
        said = f"A pull request already exists for {_login(source)}:{branch}."
        raise invalid("PullRequest", said)
    if not _has_new(project, source, branch, base):
        raise invalid("PullRequest", f"No commits between {base} and {branch}")
    free = face.forge.policy.tier is Tier.FREE and not is_public(project)
    if call.flag("draft") and free:
        raise invalid("PullRequest", "Draft pull requests are not supported in this repository.")
    pull = open_request(face.forge, project, source, (branch, base), call.caller)
    pull.title, pull.body, pull.draft = title, call.text("body"), call.flag("draft")
    keep_refs(pull)
    event(face.forge, pull, "opened", call.caller)
    return face.pulls(call).full(pull, Mergeability())


@ROUTES.on("GET", _PULL)
def single(face: GitHubFace, call: Call) -> Any:
    """Looking at it makes GitHub find out whether it can be merged."""
    pull = face.pull(call)
    return face.pulls(call).full(pull, merging.mergeability(face.forge, pull, call.caller))


@ROUTES.on("PATCH", _PULL)
def update(face: GitHubFace, call: Call) -> Any:
    """Title, body, base and state, by its author or whoever may write."""
    pull = face.pull(call)
    change(face, call, pull)
    return face.pulls(call).full(pull, merging.mergeability(face.forge, pull, call.caller))


def change(face: GitHubFace, call: Call, pull: MergeRequest) -> None:
    """The same for pull requests as such and as issues."""
    forge, by = face.forge, call.caller
    if by is None or (by is not pull.author and forge.access(by, pull.project) < ROLES["write"]):
        raise refused(403, "Must have push access to repository")
    if "title" in call.fields and call.text("title") != pull.title:
        if not call.text("title"):
            raise invalid("PullRequest", {"field": "title", "code": "missing_field"})
        event(forge, pull, "renamed", by, (pull.title, call.text("title")))
        pull.title = call.text("title")
    if "body" in call.fields:
        pull.body = call.text("body")
    if (base := call.text("base")) and base != pull.target_branch:
        if pull.project.git.head(base) is None:
            raise invalid("PullRequest", {"field": "base", "code": "invalid"})
        pull.target_branch = base
    state = call.text("state")
    if state == "closed" and pull.state is State.OPEN:
        close(forge, pull, by)
    elif state == "open" and pull.state is not State.OPEN:
        _open_again(face, call, pull)
    pull.updated = forge.tick()


def _open_again(face: GitHubFace, call: Call, pull: MergeRequest) -> None:
    branch = pull.source_branch
    if pull.state is State.MERGED:
        raise invalid("PullRequest", {"field": "state", "code": "invalid"})
    if pull.source.git.head(branch) is None:
        raise invalid("PullRequest", f"state cannot be changed. The {branch} branch was deleted.")
    if same_branches(pull.project, pull.source, (branch, pull.target_branch)):
        said = f"There is already an open pull request from {_login(pull.source)}:{branch}."
        raise invalid("PullRequest", f"state cannot be changed. {said}")
    assert call.caller is not None
    reopen(face.forge, pull, call.caller)
    keep_refs(pull)


@ROUTES.on("GET", f"{_PULL}/commits")
def commits(face: GitHubFace, call: Call) -> Listing:
    """Oldest first, 250 at most."""
    pull = face.pull(call)
    told = pull.project.git.log(pull.head, f"^{pull.versions[-1].base}")
    return Listing(told[::-1][:250], face.git(call, pull.project).commit)


@ROUTES.on("GET", f"{_PULL}/files")
def files(face: GitHubFace, call: Call) -> Listing:
    """What it changes."""
    pull = face.pull(call)
    shapes = face.git(call, pull.project)
    return Listing(shapes.files(pull.versions[-1].base, pull.head), lambda one: one)


# --- merging ------------------------------------------------------------------------------------


@ROUTES.on("GET", f"{_PULL}/merge")
def is_merged(face: GitHubFace, call: Call) -> None:
    """204, or 404 when it is not."""
    if face.pull(call).state is not State.MERGED:
        raise not_found()


@ROUTES.on("PUT", f"{_PULL}/merge")
def merge(face: GitHubFace, call: Call) -> Any:
    """At this head, if one is named."""
    pull = face.pull(call, "write")
    forge, by = face.forge, call.person
    method = call.text("merge_method", "merge")
    if method not in {"merge", "squash", "rebase"}:
        raise invalid("PullRequest", {"field": "merge_method", "code": "invalid"})
    if pull.state is not State.OPEN:
        raise refused(405, _NOT)
    if (sha := call.text("sha")) and sha != pull.head:
        raise refused(409, _MOVED)
    if pull.draft:
        raise refused(405, "Pull Request is still a draft")
    if not merging.mergeability(forge, pull, by).mergeable:
        raise refused(405, _NOT)
    if reasons := merging.unmet(forge, pull, by):
        raise refused(405, reasons[0])
    _allow_method(face, pull, method)
    branch = f"{_login(pull.source)}/{pull.source_branch}"
    title = call.text("commit_title") or f"Merge pull request #{pull.number} from {branch}"
    message = call.text("commit_message", pull.title)
    try:
        made = merging.carry_out(forge, pull, by, f"{title}\n\n{message}".rstrip(), method)
    except CannotMerge:
        raise refused(405, _NOT) from None
    return {"sha": made, "merged": True, "message": "Pull Request successfully merged"}


def _allow_method(face: GitHubFace, pull: MergeRequest, method: str) -> None:
    wanted = demands(face.forge, pull.project, f"{BRANCHES}{pull.target_branch}")
    ruled = all(method in one.methods for one in wanted)
    linear = any(one.linear for one in wanted) and method == "merge"
    if linear or not ruled or not merging.allowed(pull.project, method):
        name = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
        raise refused(405, f"{name[method]} are not allowed on this repository.")


@ROUTES.on("PUT", f"{_PULL}/update-branch")
def update_branch(face: GitHubFace, call: Call) -> Answer:
    """Merge the base into it."""
    pull = face.pull(call, "write")
    if (sha := call.text("expected_head_sha")) and sha != pull.head:
        raise _simple(f"expected_head_sha {sha} does not match the current head {pull.head}")
    git = pull.source.git
    base = pull.project.git.head(pull.target_branch) or ""
    if pull.project.git.is_ancestor(base, pull.head):
        raise _simple("There are no new commits on the base branch.")
    tree = pull.project.git.merged(pull.head, base)
    if tree is None:
        raise _simple("merge conflict between base and head")
    before = git.refs()
    by = face.forge.signature(call.person)
    words = f"Merge branch '{pull.target_branch}' into {pull.source_branch}"
    made = git.write(tree, [pull.head, base], words, by)
    git.move(pull.source_ref, made, pull.head)
    record(face.forge, pull.source, call.person, before)
    url = face.pulls(call).address(pull)
    return Answer(202, {"message": "Updating pull request branch.", "url": url})


def _simple(message: str) -> Refused:
    documentation = "https://docs.github.com/rest"
    return Refused(422, {"message": message, "documentation_url": documentation, "status": "422"})


# --- how ----------------------------------------------------------------------------------------


def keep_refs(pull: MergeRequest) -> None:
    """What git may fetch of it."""
    pull.project.git.move(f"refs/pull/{pull.number}/head", pull.head)


def _login(project: Project) -> str:
    return project.owner.path if isinstance(project.owner, Group) else project.owner.login


def _source(
    face: GitHubFace, project: Project, head: str, repository: str
) -> tuple[Project | None, str]:
    owner, colon, branch = head.partition(":")
    if not colon:
        return project, head
    if owner.casefold() == _login(project).casefold() and not repository:
        return project, branch
    forks = (
        one
        for one in face.forge.projects.values()
        if one.forked_from is project and _login(one).casefold() == owner.casefold()
    )
    return next(forks, None), branch


def _has_new(project: Project, source: Project, branch: str, base: str) -> bool:
    head = source.git.head(branch) or ""
    if source is not project:
        project.git.git("fetch", "--quiet", "--no-tags", str(source.git.path), head)
    return bool(project.git.count(head, f"^refs/heads/{base}"))
