"""Whether GitLab would merge, and why not; approvals as each tier counts them.

Source: GitLab, "Merge requests API: Merge status"; `app/services/merge_requests/mergeability`.
"""

from tests.stand_ins import pipelines
from tests.stand_ins.gitlab_code_owners import owner_rules
from tests.stand_ins.gitlab_face import GitLabFace
from tests.stand_ins.merge_requests import behind, conflicts
from tests.stand_ins.model import Access, MergeRequest, Person, Rule, State
from tests.stand_ins.pushing import matching

DRAFTS = ("draft:", "[draft]", "(draft)")
"""How the title of a draft begins."""

UNSETTLED = frozenset({"preparing", "unchecked", "checking"})


def draft(title: str) -> bool:
    """Whether a title says so."""
    return title.casefold().startswith(DRAFTS)


def look(face: GitLabFace, request: MergeRequest) -> None:
    """Somebody asked for the one merge request: computing its mergeability goes on."""
    if request.unsettled:
        request.unsettled -= 1
    if not request.unsettled and request.prepared_at is None:
        request.prepared_at = face.forge.tick()


def detailed(face: GitLabFace, request: MergeRequest) -> str:
    """The one reason that is told."""
    if request.state is not State.OPEN:
        return "not_open"
    if request.unsettled:
        return "preparing" if request.prepared_at is None else "checking"
    settings = request.project.settings
    if request.draft:
        return "draft_status"
    if request.source.git.head(request.source_branch) is None or not _commits(request):
        return "commits_status"
    if settings.get("only_allow_merge_if_all_discussions_are_resolved") and unresolved(request):
        return "discussions_not_resolved"
    if face.premium and not approved(face, request):
        return "not_approved"
    if settings.get("only_allow_merge_if_pipeline_succeeds") and (ci := _ci(request)):
        return ci
    if conflicts(request):
        return "conflict"
    linear = settings.get("merge_method") in {"rebase_merge", "ff"}
    return "need_rebase" if linear and behind(request) else "mergeable"


def _commits(request: MergeRequest) -> bool:
    return bool(request.project.git.count(request.head, f"^refs/heads/{request.target_branch}"))


def _ci(request: MergeRequest) -> str | None:
    pipeline = pipelines.of_head(request)
    state = pipelines.state(request.source, pipeline) if pipeline else None
    if state == "success":
        return None
    return "ci_still_running" if state in pipelines.ACTIVE else "ci_must_pass"


def unresolved(request: MergeRequest) -> bool:
    """Whether a thread waits for somebody."""
    return any(note.resolvable and note.resolved_by is None for note in request.notes)


# --- approvals ----------------------------------------------------------------------------------


def setting(request: MergeRequest, name: str) -> bool:
    """One of the project's approval settings."""
    value: bool = APPROVAL_SETTINGS[name]
    return bool(request.project.settings.get(name, value))


APPROVAL_SETTINGS = {
    "reset_approvals_on_push": True,
    "selective_code_owner_removals": False,
    "disable_overriding_approvers_per_merge_request": False,
    "merge_requests_author_approval": False,
    "merge_requests_disable_committers_approval": False,
    "require_password_to_approve": False,
    "require_reauthentication_to_approve": False,
}
"""A project's, and what holds where nobody said otherwise."""


def rules(face: GitLabFace, request: MergeRequest) -> list[Rule]:
    """Those that count for it: its own where it has some, else the project's for its target.

    Those of code owners come on top.
    """
    found = request.project.rules.get(request.number)
    if not found:
        found = [rule for rule in request.project.approval_rules if _applies(rule, request)]
    return [*found, *owner_rules(face.forge, request)]


def _applies(rule: Rule, request: MergeRequest) -> bool:
    protected = matching(request.project.protected_branches, request.target_branch)
    if rule.every_protected:
        return bool(protected)
    return not rule.branches or any(one in protected for one in rule.branches)


def committers(request: MergeRequest) -> set[str]:
    """Who made its commits, by address."""
    start = f"refs/heads/{request.target_branch}"
    log = request.project.git.log(request.head, f"^{start}")
    return {commit.committer.email for commit in log}


def may_approve(face: GitLabFace, request: MergeRequest, person: Person) -> bool:
    """Whether an approval of somebody's is taken at all: a Developer's, or the author's.

    A Reporter's is with a licence, of whom a group of a rule consists.
    Source: GitLab, "Approval rules: Eligible approvers".
    """
    access = face.forge.access(person, request.project)
    author = person is request.author
    if request.state is not State.OPEN or access < Access.REPORTER:
        return False
    if access < Access.DEVELOPER and not author and not _named_by_a_group(face, request, person):
        return False
    if not face.premium:
        return True
    if author and not setting(request, "merge_requests_author_approval"):
        return False
    barred = setting(request, "merge_requests_disable_committers_approval")
    return not barred or person.email not in committers(request)


def _named_by_a_group(face: GitLabFace, request: MergeRequest, person: Person) -> bool:
    if not face.premium:
        return False
    return any(person.id in group.members for rule in rules(face, request) for group in rule.groups)


def eligible(face: GitLabFace, rule: Rule) -> list[Person]:
    """Whom a rule names, by number; nobody for one that anybody's approval fulfils."""
    numbers = {person.id for person in rule.people}
    for group in rule.groups:
        numbers |= set(group.members)
    return [face.forge.people[number] for number in sorted(numbers)]


def counted(face: GitLabFace, request: MergeRequest, rule: Rule) -> list[Person]:
    """Who fulfils a rule."""
    people = [a.by for a in request.approvals()]
    if rule.kind == "any_approver":
        return people
    return [person for person in people if person in eligible(face, rule)]


def approved(face: GitLabFace, request: MergeRequest) -> bool:
    """Whether every rule has what it requires."""
    return all(fulfilled(face, request, rule) for rule in rules(face, request))


def fulfilled(face: GitLabFace, request: MergeRequest, rule: Rule) -> bool:
    """Whether a rule has what it requires; one that nobody could fulfil requires nothing.

    Source: GitLab, "Merge request approval rules: Invalid rules".
    """
    if rule.kind in {"regular", "code_owner"} and not eligible(face, rule):
        return True
    return len(counted(face, request, rule)) >= rule.required
