"""What stands between a pull request of GitHub's and its base branch, and the merge itself.

Source: GitHub, "About protected branches", "Merging a pull request"; reference/
forges-and-registries.md 2.1.
"""

import re
from collections.abc import Iterator

from tests.stand_ins.bare import Signature
from tests.stand_ins.github_git_shapes import CheckRun
from tests.stand_ins.github_pull_shapes import AUTOMATIC, Mergeability
from tests.stand_ins.github_rules import Demand, demands
from tests.stand_ins.github_shapes import SETTINGS
from tests.stand_ins.github_state import ROLES, GitHubForge
from tests.stand_ins.merge_requests import behind, conflicts, rebased
from tests.stand_ins.model import MergeRequest, Person, Project, Review, State, Status, Verdict
from tests.stand_ins.pushing import BRANCHES, event, record

CHECK_RUNS = "check runs"
"""Key of the check runs that a project keeps."""

_PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
_PASSED = {"success", "neutral", "skipped"}


# --- what is there ------------------------------------------------------------------------------


def latest_statuses(project: Project, sha: str) -> list[Status]:
    """The last one of each context, newest first."""
    latest: dict[str, Status] = {}
    for one in project.statuses:
        if one.sha == sha:
            latest[one.name] = one
    return sorted(latest.values(), key=lambda one: one.updated, reverse=True)


def check_runs(project: Project, sha: str) -> list[CheckRun]:
    """Of a commit, newest first; of one name and app only the last."""
    kept: dict[int, CheckRun] = project.extra.get(CHECK_RUNS, {})
    latest = {(one.name, one.app.id): one for one in kept.values() if one.sha == sha}
    return sorted(latest.values(), key=lambda one: one.id, reverse=True)


def standing(forge: GitHubForge, pull: MergeRequest) -> list[Review]:
    """The last verdict of each person who may write, but the author's."""
    latest: dict[int, Review] = {}
    for review in pull.reviews:
        if review.verdict is not Verdict.COMMENTED and review.by is not pull.author:
            latest[review.by.id] = review
    return [r for r in latest.values() if forge.access(r.by, pull.project) >= ROLES["write"]]


# --- what is wanted -----------------------------------------------------------------------------


def unmet(forge: GitHubForge, pull: MergeRequest, by: Person) -> list[str]:
    """What the rules of the base branch still want before somebody may merge, in GitHub's words."""
    reasons: list[str] = []
    for one in demands(forge, pull.project, f"{BRANCHES}{pull.target_branch}"):
        if not one.excepts(by):
            said = list(_unmet(forge, pull, by, one))
            # A protection says what is first, a rule set everything.
            reasons += (
                ["Repository rule violations found\n\n" + "\n\n".join(said)]
                if (said and one.ruleset)
                else said
            )
    return reasons


def _unmet(forge: GitHubForge, pull: MergeRequest, by: Person, one: Demand) -> Iterator[str]:
    if one.locked:
        yield "This branch is locked."
    if one.pushers is not None and not one.pushers(by):
        yield "You're not authorized to push to this branch. Visit the branch protection page."
    if one.approvals is not None:
        yield from _reviews_unmet(forge, pull, one)
    yield from _checks_unmet(forge, pull, one)


def _reviews_unmet(forge: GitHubForge, pull: MergeRequest, one: Demand) -> Iterator[str]:
    verdicts = standing(forge, pull)
    if any(review.verdict is Verdict.CHANGES_REQUESTED for review in verdicts):
        yield "Changes have been requested."
    approvals = [review for review in verdicts if review.verdict is Verdict.APPROVED]
    wanted = one.approvals or 0
    if len(approvals) < wanted:
        plural = "" if wanted == 1 else "s"
        verb = "is" if wanted == 1 else "are"
        said = f"At least {wanted} approving review{plural} {verb} required by reviewers"
        yield f"{said} with write access."
    pusher = pull.versions[-1].by
    fresh = [r for r in approvals if r.by is not pusher and r.at >= pull.versions[-1].at]
    if one.last_push and not fresh:
        yield "New changes require approval from someone other than the last pusher."
    if one.code_owners and not _owners_agree(forge, pull, approvals):
        yield "Waiting on code owner review."


def _checks_unmet(forge: GitHubForge, pull: MergeRequest, one: Demand) -> Iterator[str]:
    for context, app in one.checks:
        states = _states(forge, pull, context, app)
        if not states:
            yield f'Required status check "{context}" is expected.'
        elif states != {"success"}:
            word = "failing" if states & {"failure", "error"} else "pending"
            yield f'Required status check "{context}" is {word}.'
    if one.strict and one.checks and behind(pull):
        yield "Head branch is out of date. Review and try the merge again."


def _states(forge: GitHubForge, pull: MergeRequest, context: str, app: int | None) -> set[str]:
    """What was said under a name; where an app is expected, by that app alone.

    Source: GitHub, "About protected branches" (an app as the expected source of status updates).
    """
    expected = forge.apps[app].bot if app in forge.apps else None
    found = {
        one.state
        for one in latest_statuses(pull.project, pull.head)
        if one.name == context and (app is None or one.by is expected)
    }
    for run in check_runs(pull.project, pull.head):
        if run.name == context and app in {None, run.app.id}:
            passed = run.status == "completed" and run.conclusion in _PASSED
            done = "failure" if run.status == "completed" else "pending"
            found.add("success" if passed else done)
    return found


def _owners_agree(forge: GitHubForge, pull: MergeRequest, approvals: list[Review]) -> bool:
    approvers = {review.by.login for review in approvals}
    teams = {
        f"{t.organisation.path}/{t.slug}": {forge.people[n].login for n in forge.of_team(t)}
        for t in forge.teams
    }
    for owners in owners_of_changes(pull):
        people = {login for one in owners for login in teams.get(one, {one})}
        # Whoever may not write owns nothing.
        known = {login for login in people if _may_own(forge, pull.project, login)}
        if known and not known & approvers:
            return False
    return True


def _may_own(forge: GitHubForge, project: Project, login: str) -> bool:
    return forge.access(forge.login(login), project) >= ROLES["write"]


def owners_of_changes(pull: MergeRequest) -> list[tuple[str, ...]]:
    """The owners of each changed file, by the CODEOWNERS of the base branch; names without `@`.

    Source: GitHub, "About code owners" (the last pattern that fits decides).
    """
    git = pull.project.git
    found = codeowners(pull.project, pull.target_branch)
    if found is None:
        return []
    rules = [(_codeowners_pattern(line.split()[0]), owners) for _, line, owners in found[1]]
    owned = []
    for path in git.git("diff", "--name-only", pull.versions[-1].base, pull.head).splitlines():
        fitting = [owners for pattern, owners in rules if pattern.match(path)]
        if fitting and fitting[-1]:
            owned.append(fitting[-1])
    return owned


def codeowners(
    project: Project, name: str
) -> tuple[str, list[tuple[int, str, tuple[str, ...]]]] | None:
    """Where a branch has its CODEOWNERS, and its rules: line number, line and owners."""
    sha = project.git.resolve(name)
    for place in _PLACES:
        entry = project.git.entry(sha, place) if sha else None
        if entry is not None:
            lines = project.git.blob(entry.sha).decode().splitlines()
            rows = ((n, one.partition("#")[0].split()) for n, one in enumerate(lines, start=1))
            rules = [(n, lines[n - 1], tuple(o.lstrip("@") for o in r[1:])) for n, r in rows if r]
            return place, rules
    return None


def _codeowners_pattern(text: str) -> re.Pattern[str]:
    anchored = "/" in text.rstrip("/")
    inner = re.escape(text.strip("/")).replace(r"\*\*", ".*").replace(r"\*", "[^/]*")
    return re.compile(("" if anchored else "(?:.*/)?") + inner + "(?:/|$)")


# --- merging ------------------------------------------------------------------------------------


def mergeability(forge: GitHubForge, pull: MergeRequest, reader: Person | None) -> Mergeability:
    """What is known of an open one; a look at it makes GitHub find out."""
    if pull.state is not State.OPEN:
        return Mergeability()
    if pull.unsettled > 0:
        pull.unsettled -= 1
        return Mergeability()
    if conflicts(pull):
        return Mergeability(mergeable=False, state="dirty")
    return Mergeability(True, _state(forge, pull, reader), test_merge(pull))


def _state(forge: GitHubForge, pull: MergeRequest, reader: Person | None) -> str:
    if pull.draft:
        return "draft"
    nobody = Person(0, "", "", "", pull.created)
    reasons = unmet(forge, pull, reader or nobody)
    if any("out of date" in reason for reason in reasons):
        return "behind"
    if reasons:
        return "blocked"
    states = {one.state for one in latest_statuses(pull.project, pull.head)}
    runs = check_runs(pull.project, pull.head)
    well = all(run.status == "completed" and run.conclusion in _PASSED for run in runs)
    return "clean" if states <= {"success"} and well else "unstable"


def test_merge(pull: MergeRequest) -> str:
    """The commit that merging it now would make, kept as `refs/pull/N/merge`."""
    git = pull.project.git
    base = git.head(pull.target_branch) or ""
    tree = git.merged(base, pull.head) or ""
    by = Signature(pull.author.name, pull.author.email, pull.versions[-1].at)
    made = git.write(tree, [base, pull.head], f"Merge {pull.head} into {base}", by)
    git.move(f"refs/pull/{pull.number}/merge", made)
    return made


def carry_out(
    forge: GitHubForge, pull: MergeRequest, by: Person, message: str, method: str = "merge"
) -> str:
    """Merge, squash or rebase what can be; the base branch's new head."""
    git = pull.project.git
    before = git.refs()
    base = before[f"{BRANCHES}{pull.target_branch}"]
    made = _made(forge, pull, by, message, method)
    pull.state, pull.merged_by = State.MERGED, by
    pull.merged_at = pull.updated = forge.tick()
    pull.merge_commit = made
    pull.extra.pop(AUTOMATIC, None)
    git.move(f"{BRANCHES}{pull.target_branch}", made, base)
    if pull.project.settings.get("delete_branch_on_merge") and pull.source is pull.project:
        git.move(pull.source_ref, None)
    record(forge, pull.project, by, before)
    event(forge, pull, "merged", by)
    return made


def _made(forge: GitHubForge, pull: MergeRequest, by: Person, message: str, method: str) -> str:
    git = pull.project.git
    if method == "rebase":
        return rebased(forge, pull, by)
    base = git.head(pull.target_branch) or ""
    tree = git.merged(base, pull.head) or ""
    author = forge.signature(by)
    server = Signature("GitHub", "noreply@github.com", author.at)
    parents = [base] if method == "squash" else [base, pull.head]
    return git.write(tree, parents, message, author, server)


def merge_armed(forge: GitHubForge, project: Project) -> None:
    """Merge what somebody told GitHub to merge by itself, once nothing is in the way."""
    for pull in list(project.requests.values()):
        armed = pull.extra.get(AUTOMATIC)
        if armed is None or pull.state is not State.OPEN or pull.draft:
            continue
        if not conflicts(pull) and not unmet(forge, pull, armed["by"]):
            carry_out(forge, pull, armed["by"], armed["text"], armed["method"])


def allowed(project: Project, method: str) -> bool:
    """Whether a repository's settings let it be merged so."""
    key = {"merge": "allow_merge_commit"}.get(method, f"allow_{method}_merge")
    return bool(project.settings.get(key, SETTINGS[key]))


def dismiss_stale(forge: GitHubForge, pull: MergeRequest, by: Person) -> None:
    """New commits take back approvals where the rules of the base say so."""
    wanted = demands(forge, pull.project, f"{BRANCHES}{pull.target_branch}")
    if not any(one.dismiss_stale for one in wanted):
        return
    for review in pull.approvals():
        review.verdict = Verdict.DISMISSED
        event(forge, pull, "review_dismissed", by, (review, "approved"))
