"""What Gitea's answers say, in our words. Pure; every method may raise InvalidInput.

Source: Gitea 1.26, modules/structs (the shapes) and services/convert (what is put into them).
"""

from collections.abc import Collection, Iterable
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

_STATES = {
    "pending": CheckState.PENDING,
    "success": CheckState.SUCCESS,
    "skipped": CheckState.SKIPPED,
}


@dataclass(frozen=True, slots=True)
class Timeline:
    """What a merge request's events say of it.

    `pushers` are those whom Gitea remembers: it forgets the ones before, when a branch is forced
    elsewhere, and keeps in `replaced` the heads that were lost then. `closed_by` closed it last,
    None while nobody has; `automatic_merge`: a person told Gitea to merge it by itself;
    `reviewed`: somebody has said something of it as a reviewer.
    """

    pushers: tuple[str, ...] = ()
    replaced: tuple[str, ...] = ()
    closed_by: str | None = None
    automatic_merge: bool = False
    reviewed: bool = False


def merge_request(pull: Fields) -> MergeRequest:
    """One as a list of them tells it; its author is the only contributor that is named there."""
    author = pull.inner("user").text("login")
    merged = pull.flag("merged")
    state = MergeRequestState.OPEN if pull.text("state") == "open" else MergeRequestState.CLOSED
    return MergeRequest(
        number=pull.number("number"),
        source_branch=pull.inner("head").text("label"),
        target_branch=pull.inner("base").text("ref"),
        head=pull.inner("head").text("sha"),
        state=MergeRequestState.MERGED if merged else state,
        author=author,
        title=pull.text("title"),
        body=pull.text("body"),
        contributors=(author,),
        merge_sha=pull.text("merge_commit_sha") if merged else None,
        labels=_sorted(pull, "labels", "name"),
        reviewers=_sorted(pull, "requested_reviewers", "login"),
    )


def from_here(pull: Fields) -> bool:
    """Whether its branch is one of this repository.

    A fork's has the fork's `repo_id`, and -1 once the fork is gone. One that was pushed to
    `refs/for/` has no branch at all, and an empty `label`.
    """
    head = pull.inner("head")
    return head.number("repo_id") == pull.inner("base").number("repo_id") and bool(
        head.text("label")
    )


def approvals(reviews: Iterable[Fields], bot: str) -> tuple[Approval, ...]:
    """The approvals that Gitea still counts, one for each person and commit.

    It keeps `official` on reviews that a push has made stale and dismissed; of several reviews by
    one person only the last is official.
    """
    found: dict[tuple[str, str], Approval] = {}
    for review in reviews:
        if review.text("state") != "APPROVED" or not review.flag("official"):
            continue
        if review.flag("stale") or review.flag("dismissed"):
            continue
        person, sha = review.inner("user").text("login"), review.text("commit_id")
        found[person, sha] = Approval(person, sha, review.moment("submitted_at"), person == bot)
    return tuple(found.values())


def checks(statuses: Iterable[Fields], sha: str) -> tuple[Check, ...]:
    """The last status of each name and poster, latest last; what else there is has failed."""
    found: dict[tuple[str, str], Check] = {}
    for status in sorted(statuses, key=lambda s: s.number("id")):
        name, source = status.text("context"), _login(status, "creator") or ""
        state = _STATES.get(status.text("status"), CheckState.FAILURE)
        found.pop((name, source), None)
        told = status.text("description")
        found[name, source] = Check(name, source, sha, state, told, status.time("created_at"))
    return tuple(found.values())


def timeline(events: Iterable[Fields]) -> Timeline:
    """Of a merge request's events, oldest first."""
    pushers: dict[str, None] = {}
    replaced: dict[str, None] = {}
    closed_by, automatic, reviewed = None, False, False
    for event in events:
        kind = event.text("type")
        if kind == "pull_push":
            pushers[_login(event, "user") or "somebody unknown"] = None
            push = Fields.parse(event.text("body").encode(errors="replace"))
            if push.flag("is_force_push"):
                # The first is the head that was thrown away; Gitea may have forgotten it.
                replaced.update(dict.fromkeys(push.texts("commit_ids")[:1]))
        elif kind == "close":
            closed_by = _login(event, "user")
        elif kind in {"pull_scheduled_merge", "pull_cancel_scheduled_merge"}:
            automatic = kind == "pull_scheduled_merge"
        elif kind == "review":
            reviewed = True
    return Timeline(tuple(pushers), tuple(replaced), closed_by, automatic, reviewed)


def committers(commits: Iterable[Fields]) -> tuple[str, ...]:
    """Logins of the authors and committers, their e-mails where Gitea knows no login.

    Our own identity is left out: anybody can write it, so it says nothing of who did.
    """
    found: dict[str, None] = {}
    for commit in commits:
        for role in ("author", "committer"):
            login = _login(commit, role)
            found[login or commit.inner("commit").inner(role).text("email")] = None
    found.pop(IDENTITY.email, None)
    return tuple(found)


def several(*groups: Collection[str]) -> tuple[str, ...]:
    """Each once, in the order of first mention."""
    return tuple(dict.fromkeys(name for group in groups for name in group))


def _login(fields: Fields, key: str) -> str | None:
    """The login of a user who may be null."""
    return None if fields.content.get(key) is None else fields.inner(key).text("login")


def _sorted(fields: Fields, key: str, name: str) -> tuple[str, ...]:
    """Names out of a list that is null where Gitea never filled it."""
    if fields.content.get(key) is None:
        return ()
    return tuple(sorted({item.text(name) for item in fields.each(key)}))
