"""What GitHub's answers say, in our words. Pure; every method may raise InvalidInput.

Source: GitHub REST, version 2022-11-28.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bot.canonical import Fields
from bot.model import (
    IDENTITY,
    Approval,
    Check,
    CheckState,
    MergeRequest,
    MergeRequestState,
)

NOTHING = "0" * 40
"""What an activity calls the commit before a branch was there, and after it is gone."""

_STATUSES = {"pending": CheckState.PENDING, "success": CheckState.SUCCESS}
_CONCLUSIONS = {
    "success": CheckState.SUCCESS,
    # GitHub lets these two pass where a check is required; nobody has looked, so they do not here.
    "skipped": CheckState.SKIPPED,
    "neutral": CheckState.SKIPPED,
}
_WORST_FIRST = (CheckState.FAILURE, CheckState.PENDING, CheckState.SKIPPED, CheckState.SUCCESS)


@dataclass(frozen=True, slots=True)
class Activity:
    """Who pushed a branch, and the heads that it had."""

    pushers: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()


def merge_request(pull: Fields) -> MergeRequest:
    """One as a list of them tells it; its author is the only contributor that is named there."""
    author = login(pull, "user") or "ghost"
    merged = pull.optional("merged_at") is not None
    state = MergeRequestState.OPEN if pull.text("state") == "open" else MergeRequestState.CLOSED
    return MergeRequest(
        number=pull.number("number"),
        source_branch=pull.inner("head").text("ref"),
        target_branch=pull.inner("base").text("ref"),
        head=pull.inner("head").text("sha"),
        state=MergeRequestState.MERGED if merged else state,
        author=author,
        title=pull.text("title"),
        body=pull.optional("body") or "",
        contributors=(author,),
        # Before the merge it names a commit that GitHub makes to try it.
        merge_sha=pull.text("merge_commit_sha") if merged else None,
        automatic_merge=pull.content.get("auto_merge") is not None,
        labels=tuple(sorted({label.text("name") for label in pull.each("labels")})),
        reviewers=tuple(sorted({one.text("login") for one in pull.each("requested_reviewers")})),
    )


def from_here(pull: Fields) -> bool:
    """Whether its branch is one of this repository; a fork that is gone has no `repo`."""
    head = pull.inner("head")
    if head.content.get("repo") is None:
        return False
    return head.inner("repo").number("id") == pull.inner("base").inner("repo").number("id")


def approvals(reviews: Iterable[Fields], bot: str) -> tuple[Approval, ...]:
    """The approval of each person whose last word it is, oldest first.

    A comment is no last word. Dismissing one rewrites its state, and asking for changes is another
    word. An approval whose commit GitHub has forgotten counts for none.

    Source: GitHub REST, "List reviews for a pull request": in chronological order.
    """
    last: dict[str, Fields] = {}
    for review in reviews:
        person = login(review, "user")
        if person is not None and review.text("state") not in {"COMMENTED", "PENDING"}:
            last.pop(person, None)
            last[person] = review
    return tuple(
        Approval(person, sha, review.moment("submitted_at"), is_bot(review.inner("user"), bot))
        for person, review in last.items()
        if review.text("state") == "APPROVED" and (sha := review.optional("commit_id"))
    )


def is_bot(user: Fields, bot: str) -> bool:
    """Whether it is an app, or ourselves."""
    name = user.text("login")
    return user.text("type") == "Bot" or name.endswith("[bot]") or name == bot


def may_write(permission: Fields) -> bool:
    """Whether GitHub counts this person's approval: it asks for write access.

    Source: GitHub REST, "Get repository permissions for a user": `permission` is admin, write,
    read or none, where maintain is write and triage read.
    """
    return permission.text("permission") in {"admin", "write"}


def statuses(found: Iterable[Fields], sha: str) -> tuple[Check, ...]:
    """The last commit status of each name and poster, latest last; "error" is a failure.

    An account may be called like an app's number, and is then written with an `@`.
    """
    told: dict[tuple[str, str], Check] = {}
    for status in sorted(found, key=lambda s: s.number("id")):
        name, source = status.text("context"), login(status, "creator") or ""
        source = f"@{source}" if source.isdigit() else source
        state = _STATUSES.get(status.text("state"), CheckState.FAILURE)
        told.pop((name, source), None)
        text, at = status.optional("description") or "", status.time("created_at")
        told[name, source] = Check(name, source, sha, state, text, at)
    return tuple(told.values())


def check_runs(found: Iterable[Fields], sha: str) -> tuple[Check, ...]:
    """The check runs of each name and app, by the app's id: of several the one that went worst."""
    told: dict[tuple[str, str], Check] = {}
    for run in found:
        app = run.content.get("app")
        source = "" if app is None else str(run.inner("app").number("id"))
        check = Check(run.text("name"), source, sha, _state(run))
        before = told.get((check.name, source))
        if before is None or _badness(check) < _badness(before):
            told[check.name, source] = check
    return tuple(told.values())


def _state(run: Fields) -> CheckState:
    if run.text("status") != "completed":
        return CheckState.PENDING
    return _CONCLUSIONS.get(run.optional("conclusion") or "", CheckState.FAILURE)


def _badness(check: Check) -> int:
    return _WORST_FIRST.index(check.state)


def closed_by(events: Iterable[Fields]) -> str | None:
    """Who closed it last, None while nobody has."""
    closer = None
    for event in events:
        if event.text("event") == "closed":
            closer = login(event, "actor")
    return closer


def forcers(events: Iterable[Fields]) -> tuple[str, ...]:
    """Who threw away what was there before."""
    forced = (e for e in events if e.text("event") == "head_ref_force_pushed")
    return several(login(event, "actor") or "somebody unknown" for event in forced)


def activity(found: Iterable[Fields]) -> Activity:
    """Who did what to a branch; whoever deletes it adds nothing."""
    pushers: dict[str, None] = {}
    heads: dict[str, None] = {}
    for one in found:
        if one.text("activity_type") == "branch_deletion":
            continue
        pushers[login(one, "actor") or "somebody unknown"] = None
        heads.update(dict.fromkeys((one.text("after"), one.text("before"))))
    heads.pop(NOTHING, None)
    return Activity(tuple(pushers), tuple(heads))


def committers(commits: Iterable[Fields]) -> tuple[str, ...]:
    """Logins of the authors and committers, their e-mails where GitHub knows no login.

    Our own identity is left out: anybody can write it, so it says nothing of who did.
    """
    found: dict[str, None] = {}
    for commit in commits:
        for role in ("author", "committer"):
            # Where nobody is known it is null, or an empty object.
            known = login(commit, role) if commit.content.get(role) else None
            found[known or commit.inner("commit").inner(role).text("email")] = None
    found.pop(IDENTITY.email, None)
    return tuple(found)


def heads(refs: Iterable[Fields]) -> Mapping[str, str]:
    """Branches by short name, with their commits."""
    return {
        ref.text("ref").removeprefix("refs/heads/"): ref.inner("object").text("sha") for ref in refs
    }


def several(*groups: Iterable[str]) -> tuple[str, ...]:
    """Each once, in the order of first mention."""
    return tuple(dict.fromkeys(name for group in groups for name in group))


def login(fields: Fields, key: str) -> str | None:
    """The login of a user who may be null, as one is whose account is gone."""
    return None if fields.content.get(key) is None else fields.inner(key).text("login")
